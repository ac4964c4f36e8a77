// When a gateway is taken for down: so many calls in a row that it did not answer, or answered with nonsense. A decline
// is an answer. Pure.

import type { Unknown, Unsent } from '../gateways/gateway.ts'

/** What a call says of the gateway's health. `nothing`: the call never got so far. */
export type Health = 'alive' | 'distress' | 'nothing'

const distressed = new Set<Unsent['cause'] | Unknown['cause']>([
  'connect',
  'ready_failed',
  'timeout',
  'reset',
  'http_status',
  'unparseable',
  'gateway_uncertain',
])

const saysNothing = new Set<Unsent['cause']>([
  'preflight',
  'not_contracted',
  'over_rate',
  'gateway_down',
  'stopped',
])

export function healthOf(
  outcome: Unsent | Unknown | { readonly kind: 'approved' | 'declined' },
): Health {
  if (!('cause' in outcome)) return 'alive'
  if (outcome.kind === 'unsent' && saysNothing.has(outcome.cause)) return 'nothing'
  return distressed.has(outcome.cause) ? 'distress' : 'alive'
}

export interface Streak {
  readonly count: number
  readonly sinceMs: number
}

/** Calls in distress count together when they come within this time. */
const streakMs = 60_000

export function nextStreak(
  streak: Streak | undefined,
  health: Health,
  nowMs: number,
): Streak | undefined {
  if (health === 'nothing') return streak
  if (health === 'alive') return undefined
  const isFresh = streak === undefined || nowMs - streak.sinceMs > streakMs
  return isFresh ? { count: 1, sinceMs: nowMs } : { ...streak, count: streak.count + 1 }
}

const firstProbeMs = 2_000
const probeMaxMs = 60_000

/** How long after the n-th failed probe the next is made. */
export function probeAfterMs(failedProbes: number): number {
  return Math.min(firstProbeMs * 2 ** failedProbes, probeMaxMs)
}
