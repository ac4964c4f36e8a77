// The statements of moving a stopped clock.

import { instant, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { scheduleColumns } from '../schedules/schedule-columns.ts'
import type { Schedule } from '../schedules/schedule.ts'

export interface StoppedClock {
  readonly nowMs: number
  /** Where an advance under way goes, while its runner is taken for alive. */
  readonly targetMs: number | null
}

const findStatement = sql(
  'find_merchant_clock',
  `select now_at as "nowMs", case when lease_until > $2 then target_at end as "targetMs"
   from merchant_clocks where merchant_id = $1`,
)

export async function findStoppedClock(
  db: Queryable,
  owner: MerchantId,
  machineMs: number,
): Promise<StoppedClock | undefined> {
  return (await db.query<StoppedClock>(findStatement, [owner, instant(machineMs)])).rows[0]
}

const beginStatement = sql(
  'begin_clock_advance',
  `update merchant_clocks set target_at = $2, lease_until = $3, updated_at = $4
   where merchant_id = $1 and (lease_until is null or lease_until <= $4) and now_at <= $2
   returning now_at as "nowMs"`,
)

/** Takes the clock for an advance; undefined when another one has it, or it stands later. */
export async function beginAdvance(
  db: Queryable,
  owner: MerchantId,
  targetMs: number,
  { machineMs, leaseUntilMs }: { readonly machineMs: number; readonly leaseUntilMs: number },
): Promise<{ readonly nowMs: number } | undefined> {
  const values = [owner, instant(targetMs), instant(leaseUntilMs), instant(machineMs)]
  return (await db.query<{ nowMs: number }>(beginStatement, values)).rows[0]
}

const stepStatement = sql(
  'step_clock',
  `update merchant_clocks set now_at = $2, lease_until = $3, updated_at = $4
   where merchant_id = $1 and target_at is not null`,
)

/** Moves a clock that is being advanced and keeps it taken. */
export async function stepClock(
  db: Queryable,
  owner: MerchantId,
  toMs: number,
  { machineMs, leaseUntilMs }: { readonly machineMs: number; readonly leaseUntilMs: number },
): Promise<void> {
  await db.query(stepStatement, [owner, instant(toMs), instant(leaseUntilMs), instant(machineMs)])
}

const endStatement = sql(
  'end_clock_advance',
  `update merchant_clocks set target_at = null, lease_until = null, updated_at = $2 where merchant_id = $1`,
)

export async function endAdvance(
  db: Queryable,
  owner: MerchantId,
  machineMs: number,
): Promise<void> {
  await db.query(endStatement, [owner, instant(machineMs)])
}

// A webhook that waits for an earlier one of its payment, or is being sent, is not next: nothing would happen then.
const nextEventStatement = sql(
  'find_next_event',
  `select min(due_at) as "dueAtMs" from (
     select min(due_at) as due_at from schedules where merchant_id = $1 and state = 'scheduled'
     union all
     select min(due_at) from webhooks w
     where merchant_id = $1 and state = 'pending' and lease_until is null
       and not exists (
         select from webhooks b where b.merchant_id = $1 and b.imp_uid = w.imp_uid
           and b.state in ('pending', 'held')
           and (b.created_at, b.webhook_id) < (w.created_at, w.webhook_id))) events`,
)

/** When the merchant's next schedule or webhook is due; null when nothing waits. */
export async function findNextEvent(db: Queryable, owner: MerchantId): Promise<number | null> {
  const { rows } = await db.query<{ dueAtMs: number | null }>(nextEventStatement, [owner])
  return rows[0]?.dueAtMs ?? null
}

const dueSchedulesStatement = sql(
  'find_due_schedules_of_merchant',
  `select ${scheduleColumns} from schedules
   where merchant_id = $1 and state = 'scheduled' and due_at <= $2
   order by due_at, schedule_id limit $3`,
)

/** The merchant's schedules due by an instant, oldest first. */
export async function findDueSchedulesOf(
  db: Queryable,
  owner: MerchantId,
  untilMs: number,
  limit: number,
): Promise<Schedule[]> {
  return (await db.query<Schedule>(dueSchedulesStatement, [owner, instant(untilMs), limit])).rows
}
