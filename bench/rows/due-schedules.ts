// Many schedules due at the same instant, as on the first of a month: put there, watched while they are charged.

import { setTimeout as delay } from 'node:timers/promises'

import { adHocSql } from '../../src/db/database.ts'
import { runAtLeisure } from '../contest.ts'
import { memoryOf } from '../process-usage.ts'
import { customers, type Rig } from '../rig.ts'

let batches = 0

/** So many at once, all due now; they show all together, when this is committed. */
export async function addDueSchedules(rig: Rig, count: number): Promise<void> {
  const { merchantId } = rig.merchant
  batches += 1
  const dueAt = new Date().toISOString()
  await runAtLeisure(
    rig.parts.db,
    `insert into schedules (
       merchant_id, schedule_id, merchant_uid, customer_uid, state, schedule_at, due_at, amount, name, buyer_ip,
       buyer_name, buyer_email, created_at, updated_at)
     select ${merchantId}, gen_random_uuid(), 'due-${batches}-' || n, 'customer-' || n % ${customers}, 'scheduled',
       '${dueAt}', '${dueAt}', 9900, 'plan', '127.0.0.1', 'buyer', 'buyer@example.com', '${dueAt}', '${dueAt}'
     from generate_series(1, ${count}) n`,
  )
}

/** What was not charged in time is nobody's any more. */
export async function dropDueSchedules({ parts }: Rig): Promise<void> {
  await runAtLeisure(parts.db, `delete from schedules where state = 'scheduled'`)
}

export async function countDue({ parts }: Rig): Promise<number> {
  const { rows } = await parts.db.query<{ count: number }>(
    adHocSql(`select count(*)::int as count from schedules where state = 'scheduled'`),
  )
  return rows[0]?.count ?? 0
}

/** How many approvals the simulator gave so far. */
export async function countApprovals({ simulator }: Rig): Promise<number> {
  const reply = await fetch(`${simulator.url}/_ledger?limit=0`)
  const { totals } = (await reply.json()) as { totals: { approvals: number } }
  return totals.approvals
}

export interface Watched {
  /** Approvals per second, from the first second with any to the end. */
  readonly perSecond: number
  readonly approved: number
  readonly seconds: number
  readonly rate: readonly (readonly [second: number, value: number])[]
  readonly memoryMb: readonly (readonly [second: number, value: number])[]
}

/** Looks once a second until all are approved or time is up. */
export async function watchApprovals(
  rig: Rig,
  { count, secondsMax }: { readonly count: number; readonly secondsMax: number },
): Promise<Watched> {
  const before = await countApprovals(rig)
  const startMs = performance.now()
  const secondsNow = () => (performance.now() - startMs) / 1000
  const rate: [number, number][] = []
  const memoryMb: [number, number][] = []
  let approved = 0
  let lastAt = 0
  while (approved < count && secondsNow() < secondsMax) {
    await delay(1_000)
    const now = (await countApprovals(rig)) - before
    const at = secondsNow()
    rate.push([at, (now - approved) / (at - lastAt)])
    if (rig.worker !== null) memoryMb.push([at, memoryOf(rig.worker.pid).rssMb])
    approved = now
    lastAt = at
  }
  return { perSecond: approved / lastAt, approved, seconds: lastAt, rate, memoryMb }
}
