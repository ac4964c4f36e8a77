// How old a payment has to be before its bulk may go into an archive. Nobody should miss a record that is still asked for
// by the clock of some rule, so the age is beyond every one of them:
//
//   90 days   the period that V1's look-ups answer for by default (GET /payments/status)
//   120 days  in which the card schemes let a holder dispute a charge; then the wire is the evidence
//   15 days   of an Idempotency-Key, 4 days of a webhook's retries, days of notifications and daily files

import type { Clock } from '../primitives/clock.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { StartupError } from '../primitives/startup-error.ts'

export const leastAgeDays = 180
const leastAgeMs = leastAgeDays * 86_400_000

/** Throws `too_young` when payments of less than that age are meant. */
export function refuseYoung(beforeMs: number, nowMs: number): void {
  if (beforeMs <= nowMs - leastAgeMs) return
  const latest = new Date(nowMs - leastAgeMs).toISOString()
  throw new StartupError(
    'too_young',
    `payments are archived after ${leastAgeDays} days at the earliest: --before ${latest} or earlier`,
  )
}

/** The instant before which a merchant's payments may be taken: one whose clock stands in the past is not that old yet. */
export function archivableBefore(beforeMs: number, clock: Clock, owner: MerchantId): number {
  return Math.min(beforeMs, clock.now(owner) - leastAgeMs)
}
