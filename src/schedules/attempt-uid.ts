// What the payment of an attempt at a schedule is called. It is made from the schedule, not drawn: after a restore of an
// older backup PAYJOA's daily file, whose ORDERNO it is, still tells which schedules were charged since
// (reconciliation/recover-schedules.ts). Never changed: it must be found again by any later version.

import { createHash } from 'node:crypto'

/** Attempts that may be looked for; one more than a schedule makes by itself, and some by hand. */
export const attemptUidsMax = 16

/**
 * V1's form, `imps_` and 12 digits. It can be told beforehand only by who knows the schedule's own id. V1 does not show
 * that; the console shows it to the merchant's own operators, who may look at the payment all the same.
 */
export function attemptImpUid(scheduleId: string, attempt: number): string {
  const digest = createHash('sha256').update(`billkey schedule ${scheduleId} ${attempt}`).digest()
  // Six bytes are 2^48; their bias modulo 10^12 is beyond notice.
  return `imps_${String(digest.readUIntBE(0, 6) % 1e12).padStart(12, '0')}`
}

/** How many the next attempt tries: each is taken by an earlier attempt of the same number. */
const triesOfAttempt = 4

/** For the next attempt. Once all of these are taken the name is drawn like any other. */
export function nextAttemptImpUids(scheduleId: string, unsentAttempts: number): string[] {
  return Array.from({ length: triesOfAttempt }, (_, tries) =>
    attemptImpUid(scheduleId, unsentAttempts + tries),
  )
}
