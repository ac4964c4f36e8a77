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

// Counted up to a bound: beyond it the number tells an operator nothing more.
const queueStatement = sql(
  'list_schedule_queues',
  `with open as (
     (select customer_uid, due_at, true as is_due from schedules
      where merchant_id = $1 and state = 'scheduled' and due_at <= $2 limit $3)
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
