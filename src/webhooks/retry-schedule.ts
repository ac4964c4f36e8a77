// When an event that was not taken is sent again. The schedule is data: V1's own five re-sends a minute apart,
// then longer and longer waits, together more than four days. Jitter only lengthens a wait.

const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** The wait before re-send 1, 2, … of a round; after the last the event is given up. */
export const retryDelaysMs: readonly number[] = [
  ...[1, 1, 1, 1, 1, 5, 15, 30].map((minutes) => minutes * minuteMs),
  ...[1, 2, 4, 8, 12, 12, 12, 24, 24].map((hours) => hours * hourMs),
]

/** A wait is lengthened by up to this part of itself, so that events that failed together do not return together. */
export const jitterPart = 0.2

/** The longest wait a receiver can ask for with Retry-After. */
export const retryAfterMaxMs = 24 * hourMs

/**
 * An endpoint that has taken nothing for this long is paused. Shorter than the schedule, so that the events of a
 * dead endpoint are held for its return rather than given up.
 */
export const pauseAfterMs = 4 * 24 * hourMs

export type NextTry =
  | { readonly kind: 'retry'; readonly dueAtMs: number; readonly retryStep: number }
  | { readonly kind: 'exhausted' }

/** `fraction` in [0, 1) draws the jitter; `retryAfterMs` is what the receiver asked for, null when it did not. */
export function nextTry(
  retryStep: number,
  { nowMs, retryAfterMs, fraction }: NextTryFacts,
): NextTry {
  const delayMs = retryDelaysMs[retryStep]
  if (delayMs === undefined) return { kind: 'exhausted' }
  const waitMs = Math.round(delayMs * (1 + jitterPart * fraction))
  return {
    kind: 'retry',
    dueAtMs: nowMs + Math.max(waitMs, Math.min(retryAfterMs ?? 0, retryAfterMaxMs)),
    retryStep: retryStep + 1,
  }
}

export interface NextTryFacts {
  readonly nowMs: number
  readonly retryAfterMs: number | null
  readonly fraction: number
}

/** Reads Retry-After (RFC 9110 §10.2.3): seconds, or a date. Null when absent or neither; never negative. */
export function readRetryAfterMs(header: string | null, nowMs: number): number | null {
  const text = header?.trim() ?? ''
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  // Only HTTP dates, which name their day: Date.parse alone takes "5" for a month.
  if (!/^[A-Z][a-z]+, /.test(text)) return null
  const atMs = Date.parse(text)
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs)
}
