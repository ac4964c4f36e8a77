// How many events wait, of all merchants. Partial indexes hold only those, counting ends at a bound, and no lock is
// taken. Merchants whose clock is stopped are left out: what they have due is due in a time of their own.

import { instant, type Queryable, sql } from '../db/database.ts'

export interface WebhookBacklog {
  readonly pending: number
  readonly due: number
  /** Null: nothing is due. */
  readonly oldestDueAtMs: number | null
  readonly held: number
  readonly pausedEndpoints: number
}

const isDue = `w.state = 'pending' and w.due_at <= $1 and (w.lease_until is null or w.lease_until <= $1)
  and not exists (select from merchant_clocks c where c.merchant_id = w.merchant_id)`

const webhookBacklogStatement = sql(
  'read_webhook_backlog',
  `select
     (select count(*) from (select from webhooks w where w.state = 'pending' limit $2) p) as pending,
     (select count(*) from (select from webhooks w where ${isDue} limit $2) d) as due,
     (select w.due_at from webhooks w where ${isDue} order by w.due_at limit 1) as "oldestDueAtMs",
     (select count(*) from (select from webhooks w where w.state = 'held' limit $2) h) as held,
     (select count(*) from webhook_endpoints where paused_at is not null) as "pausedEndpoints"`,
)

/** Counted up to `countMax` each. */
export async function readWebhookBacklog(
  db: Queryable,
  nowMs: number,
  countMax: number,
): Promise<WebhookBacklog> {
  const values = [instant(nowMs), countMax]
  const [backlog] = (await db.query<WebhookBacklog>(webhookBacklogStatement, values)).rows
  return backlog as WebhookBacklog
}
