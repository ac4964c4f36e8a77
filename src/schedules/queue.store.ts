// How much is due behind each channel's rate.

import { instant, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'

export interface ChannelQueue {
  /** Null: its billing key is gone; each attempt will say so. */
  readonly channelKey: string | null
  readonly due: number
  readonly executing: number
  readonly oldestDueAtMs: number | null
}

// Counted up to a bound: beyond it the number tells an operator nothing more. Oldest first, because a plan that is made
// without knowing how few are due would read the whole table for any of them.
const queueStatement = sql(
  'list_schedule_queues',
  `with open as (
     (select customer_uid, due_at, true as is_due from schedules
      where merchant_id = $1 and state = 'scheduled' and due_at <= $2 order by due_at limit $3)
     union all
     (select customer_uid, due_at, false from schedules
      where merchant_id = $1 and state = 'executing' limit $3))
   select k.channel_key as "channelKey", count(*) filter (where is_due) as due,
     count(*) filter (where not is_due) as executing, min(due_at) filter (where is_due) as "oldestDueAtMs"
   from open o left join billing_keys k on k.merchant_id = $1 and k.customer_uid = o.customer_uid
   group by k.channel_key`,
)

/** The largest number of due schedules that is counted. */
export const queueCountMax = 200_000

export async function listQueues(
  db: Queryable,
  owner: MerchantId,
  nowMs: number,
): Promise<ChannelQueue[]> {
  const values = [owner, instant(nowMs), queueCountMax]
  return (await db.query<ChannelQueue>(queueStatement, values)).rows
}

export interface ScheduleBacklog {
  readonly due: number
  /** Null: nothing is due. */
  readonly oldestDueAtMs: number | null
  readonly executing: number
}

const isDue = `s.state = 'scheduled' and s.due_at <= $1
  and not exists (select from merchant_clocks c where c.merchant_id = s.merchant_id)`

const scheduleBacklogStatement = sql(
  'read_schedule_backlog',
  `select
     (select count(*) from (select from schedules s where ${isDue} limit $2) d) as due,
     (select s.due_at from schedules s where ${isDue} order by s.due_at limit 1) as "oldestDueAtMs",
     (select count(*) from (select from schedules s where s.state = 'executing' limit $2) e) as executing`,
)

/** Of all merchants whose time runs, counted up to `countMax`. Takes no lock. */
export async function readScheduleBacklog(
  db: Queryable,
  nowMs: number,
  countMax: number,
): Promise<ScheduleBacklog> {
  const values = [instant(nowMs), countMax]
  const [backlog] = (await db.query<ScheduleBacklog>(scheduleBacklogStatement, values)).rows
  return backlog as ScheduleBacklog
}
