// When a request is sent again. Rule: only where its being carried out twice is impossible. That is so when nothing
// left, when it only asks, or when the server carries a call out once per Idempotency-Key.

import type { Exchange } from './exchange.ts'

/** Handed in, so that a test can move time. */
export interface ClientClock {
  /** Milliseconds since 1970 UTC. */
  now(): number
  /** Resolves after `ms`, or when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: ClientClock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      signal?.addEventListener('abort', end)
    }),
}

export interface Repeater {
  readonly clock: ClientClock
  /** Between 0 and 1. */
  readonly random: () => number
  readonly retriesMax: number
  /** For how long a call under way elsewhere is asked for again. */
  readonly patienceMs: number
}

/** One sending, and whether sending it again could do it twice. */
export interface Sent {
  readonly exchange: Exchange
  readonly isRepeatable: boolean
}

export interface Sendings {
  readonly last: Exchange
  /** Some sending before the last may have been carried out. */
  readonly mayHaveArrived: boolean
}

/** Sends until there is an answer to keep. `send` may throw only where that sending did not leave. */
export async function sendRepeatedly(
  repeater: Repeater,
  signal: AbortSignal | undefined,
  send: (mayHaveArrived: boolean) => Promise<Sent>,
): Promise<Sendings> {
  const startedMs = repeater.clock.now()
  let retries = 0
  let mayHaveArrived = false
  for (;;) {
    const sent = await send(mayHaveArrived)
    const last = sent.exchange
    const elapsedMs = repeater.clock.now() - startedMs
    const waitMs = waitBeforeRepeatMs(repeater, sent, retries, elapsedMs)
    if (waitMs === null || isAborted(signal)) return { last, mayHaveArrived }
    mayHaveArrived ||= isOpen(last)
    if (!isUnderWay(last)) retries += 1
    await repeater.clock.sleep(waitMs, signal)
    if (isAborted(signal)) return { last, mayHaveArrived }
  }
}

// A function, since the compiler takes a property for unchanged across an await.
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}

/** True when the server may have acted, or may yet act, and did not say what came of it. */
export function isOpen(exchange: Exchange): boolean {
  if (exchange.kind !== 'answered') return exchange.kind === 'lost'
  const { status, envelope } = exchange.answer
  if (status >= 400 && status < 500) return openStatuses.has(status)
  const isAnswer = status === 200 || status === 207
  return !isAnswer || envelope === null || (envelope.code === 0 && envelope.response === null)
}

// HTTP promises of every 4xx that the request was not carried out. Not of these: a proxy's "took too long", the first
// request of a key still under way, and a proxy's note that its client had gone.
const openStatuses: ReadonlySet<number> = new Set([408, 409, 499])

const firstWaitMs = 250
const longestWaitMs = 10_000

function waitBeforeRepeatMs(
  repeater: Repeater,
  { exchange, isRepeatable }: Sent,
  retries: number,
  elapsedMs: number,
): number | null {
  if (exchange.kind !== 'unsent' && !isRepeatable) return null
  if (!isUnderWay(exchange) && retries >= repeater.retriesMax) return null
  if (isUnderWay(exchange) && elapsedMs >= repeater.patienceMs) return null
  if (exchange.kind === 'answered' && !isPassing(exchange.answer.status)) return null
  const asked = exchange.kind === 'answered' ? exchange.answer.retryAfterMs : null
  if (asked !== null) return asked > longestWaitMs ? null : asked
  // Spread out, so that clients cut off together do not come back together.
  const backoffMs = Math.min(firstWaitMs * 4 ** retries, longestWaitMs)
  return Math.round(backoffMs * (0.5 + repeater.random() / 2))
}

function isUnderWay(exchange: Exchange): boolean {
  return exchange.kind === 'answered' && exchange.answer.status === 409
}

function isPassing(status: number): boolean {
  return status >= 500 || status === 429 || openStatuses.has(status)
}
