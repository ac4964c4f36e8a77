// After a restore of an older backup: finds in a daily file the charges of schedules that were made since the backup.
// The ORDERNO of such a charge is made from its schedule (schedules/attempt-uid.ts), so the line itself says whose it
// is. The payment is booked again and its schedule ends with it, instead of being charged a second time.

import { attemptImpUid, attemptUidsMax } from '../schedules/attempt-uid.ts'
import type { GatewayFact } from '../gateways/evidence.ts'
import { isUniqueViolation } from '../db/pg-errors.ts'
import { merchantUidTaken } from '../payments/intents.store.ts'
import { applyFact, type FactDependencies } from './apply-fact.ts'
import {
  bookRecovered,
  type OpenSchedule,
  pageOfOpenSchedules,
  type RecoveringChannel,
} from './recovered-schedules.store.ts'

const pageSize = 1_000

/** Gives how many payments were booked again. Doing it twice books nothing twice. */
export async function recoverSchedules(
  deps: FactDependencies,
  channel: RecoveringChannel,
  { facts, day }: { readonly facts: readonly GatewayFact[]; readonly day: string },
): Promise<number> {
  const approvals = new Map(
    facts.filter(({ kind }) => kind === 'approval').map((fact) => [fact.orderNumber, fact]),
  )
  let recovered = 0
  let after: string | null = null
  while (approvals.size > 0) {
    const page: OpenSchedule[] = await pageOfOpenSchedules(deps.db, channel.merchantId, {
      after,
      limit: pageSize,
    })
    for (const schedule of page) {
      const fact = chargeOf(schedule, approvals)
      if (fact !== undefined && (await recover(deps, channel, { schedule, fact, day })))
        recovered += 1
    }
    const last = page.at(-1)
    if (last === undefined || page.length < pageSize) break
    after = last.scheduleId
  }
  return recovered
}

function chargeOf(
  { scheduleId, amountWon }: OpenSchedule,
  approvals: ReadonlyMap<string, GatewayFact>,
): GatewayFact | undefined {
  for (let attempt = 0; attempt < attemptUidsMax; attempt += 1) {
    const fact = approvals.get(attemptImpUid(scheduleId, attempt))
    // Another amount is another matter: it is raised like any order number that is none of ours.
    if (fact?.amountWon === amountWon) return fact
  }
  return undefined
}

async function recover(
  deps: FactDependencies,
  channel: RecoveringChannel,
  {
    schedule,
    fact,
    day,
  }: { readonly schedule: OpenSchedule; readonly fact: GatewayFact; readonly day: string },
): Promise<boolean> {
  const nowMs = deps.clock.now(channel.merchantId)
  try {
    const isBooked = await bookRecovered(deps.db, channel, {
      scheduleId: schedule.scheduleId,
      impUid: fact.orderNumber,
      startedAtMs: fact.happenedAtMs ?? nowMs,
      nowMs,
    })
    if (!isBooked) return false
  } catch (error) {
    // Its order was paid in another way since; then this charge is for an operator to look at.
    if (isUniqueViolation(error, merchantUidTaken)) return false
    throw error
  }
  const told = { ...fact, approvalNumber: null, issuer: null, record: { report: day } }
  const source = { name: 'daily_file', words: `daily file of ${day}, after a restore` } as const
  // Somebody was told of it before the restore, so it is kept whatever the channel does with late approvals.
  await applyFact(deps, { ...channel, lateApprovals: 'keep' }, told, source)
  deps.log.info(
    { impUid: fact.orderNumber, day },
    'a schedule that was charged after the backup was booked again',
  )
  return true
}
