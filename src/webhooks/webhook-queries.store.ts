// Looking events up: for people, and for choosing what to send again.

import { instantOrNull, type Queryable, sql, sqlOfEach, type SqlValue } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { EndpointName, Webhook, WebhookState, WebhookStatus } from './webhook.ts'
import { webhookColumns } from './webhooks.store.ts'

/** Null: whatever it is. */
export interface WebhookFilter {
  readonly sandbox: boolean | null
  readonly state: WebhookState | null
  readonly status: WebhookStatus | null
  readonly impUid: string | null
  /** Of the event, inclusive. */
  readonly sinceMs: number | null
  /** Exclusive. */
  readonly untilMs: number | null
}

export const everyWebhook: WebhookFilter = {
  sandbox: null,
  state: null,
  status: null,
  impUid: null,
  sinceMs: null,
  untilMs: null,
}

// What is asked for decides which index is followed, so each of these is a statement of its own.
const reaches = ['any', 'given_up', 'payment'] as const
type Reach = (typeof reaches)[number]

const conditionOf: Readonly<Record<Reach, string>> = {
  any: 'true',
  given_up: `w.state = 'given_up'`,
  payment: 'w.imp_uid = $5',
}

function reachOf({ impUid, state }: WebhookFilter): Reach {
  if (impUid !== null) return 'payment'
  return state === 'given_up' ? 'given_up' : 'any'
}

const matchesOf = (reach: Reach) => `w.merchant_id = $1 and ${conditionOf[reach]}
     and ($2::boolean is null or w.sandbox = $2) and ($3::text is null or w.state = $3)
     and ($4::text is null or w.status = $4) and ($5::text is null or w.imp_uid = $5)
     and w.created_at >= coalesce($6::timestamptz, '-infinity')
     and w.created_at < coalesce($7::timestamptz, 'infinity')`

function filterValues(merchantId: MerchantId, filter: WebhookFilter): SqlValue[] {
  return [
    merchantId,
    filter.sandbox,
    filter.state,
    filter.status,
    filter.impUid,
    instantOrNull(filter.sinceMs),
    instantOrNull(filter.untilMs),
  ]
}

const listStatement = sqlOfEach(
  'list_webhooks_by',
  reaches,
  (reach) =>
    `select ${webhookColumns} from webhooks w where ${matchesOf(reach)}
     order by w.created_at desc, w.webhook_id desc limit $8 offset $9`,
)

/** Newest first. */
export async function listWebhooks(
  db: Queryable,
  merchantId: MerchantId,
  filter: WebhookFilter,
  page: { readonly limit: number; readonly offset: number },
): Promise<Webhook[]> {
  const values = [...filterValues(merchantId, filter), page.limit, page.offset]
  return (await db.query<Webhook>(listStatement(reachOf(filter)), values)).rows
}

const listOfPaymentStatement = sql(
  'list_webhooks_of_payment',
  `select ${webhookColumns} from webhooks w
   where w.merchant_id = $1 and w.imp_uid = $2 order by w.created_at, w.webhook_id limit $3`,
)

/** All events of a payment, oldest first. */
export async function listWebhooksOfPayment(
  db: Queryable,
  merchantId: MerchantId,
  impUid: string,
  limit: number,
): Promise<Webhook[]> {
  return (await db.query<Webhook>(listOfPaymentStatement, [merchantId, impUid, limit])).rows
}

const findNewestStatement = sql(
  'find_newest_webhook_of_payment',
  `select w.webhook_id as "webhookId" from webhooks w
   where w.merchant_id = $1 and w.imp_uid = $2 order by w.created_at desc, w.webhook_id desc limit 1`,
)

/** The event of the newest fact; undefined: nobody was told of this payment. */
export async function findNewestWebhook(
  db: Queryable,
  merchantId: MerchantId,
  impUid: string,
): Promise<string | undefined> {
  const { rows } = await db.query<{ webhookId: string }>(findNewestStatement, [merchantId, impUid])
  return rows[0]?.webhookId
}

const findStatement = sql(
  'find_webhook',
  `select ${webhookColumns} from webhooks w where w.merchant_id = $1 and w.webhook_id = $2`,
)

export async function findWebhook(
  db: Queryable,
  merchantId: MerchantId,
  webhookId: string,
): Promise<Webhook | undefined> {
  // What is no UUID names no event; the server would call it an error.
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(webhookId)) return undefined
  return (await db.query<Webhook>(findStatement, [merchantId, webhookId])).rows[0]
}

export interface WebhookAttempt {
  readonly attempt: number
  readonly url: string | null
  readonly requestBody: string | null
  readonly status: number | null
  /** Its first 2 KB. */
  readonly responseBody: string | null
  readonly error: string | null
  readonly startedAtMs: number
  /** Null: no end was recorded; under way, or its sender died. */
  readonly durationMs: number | null
}

const attemptsStatement = sql(
  'list_webhook_attempts',
  `select attempt, url, request_body as "requestBody", status, response_body as "responseBody", error,
     started_at as "startedAtMs", duration_ms as "durationMs"
   from webhook_attempts where merchant_id = $1 and webhook_id = $2 order by attempt`,
)

/** Oldest first. */
export async function listAttempts(
  db: Queryable,
  { merchantId, webhookId }: Pick<Webhook, 'merchantId' | 'webhookId'>,
): Promise<WebhookAttempt[]> {
  return (await db.query<WebhookAttempt>(attemptsStatement, [merchantId, webhookId])).rows
}

const attemptsOfPaymentStatement = sql(
  'list_webhook_attempts_of_payment',
  `select w.webhook_id as "webhookId", a.attempt, a.url, null as "requestBody", a.status,
     null as "responseBody", a.error, a.started_at as "startedAtMs", a.duration_ms as "durationMs"
   from webhooks w join webhook_attempts a on a.merchant_id = w.merchant_id and a.webhook_id = w.webhook_id
   where w.merchant_id = $1 and w.imp_uid = $2 order by a.started_at, a.webhook_id, a.attempt limit $3`,
)

/** Of all events of a payment, oldest first, without their bodies. */
export async function listAttemptsOfPayment(
  db: Queryable,
  merchantId: MerchantId,
  impUid: string,
  limit: number,
): Promise<(WebhookAttempt & { readonly webhookId: string })[]> {
  const { rows } = await db.query<WebhookAttempt & { webhookId: string }>(
    attemptsOfPaymentStatement,
    [merchantId, impUid, limit],
  )
  return rows
}

const countStatement = sqlOfEach(
  'count_webhooks_to_replay_of',
  reaches,
  (reach) =>
    `select count(*) as "count" from webhooks w
     where ${matchesOf(reach)} and w.state in ('delivered', 'given_up')`,
)

/** How many events `replayWebhooks` will come to. */
export async function countReplayable(
  db: Queryable,
  merchantId: MerchantId,
  filter: WebhookFilter,
): Promise<number> {
  const values = filterValues(merchantId, filter)
  const { rows } = await db.query<{ count: number }>(countStatement(reachOf(filter)), values)
  return rows[0]?.count ?? 0
}

const countWaitingStatement = sql(
  'count_waiting_webhooks',
  `select count(*) as "count" from (
     (select from webhooks where merchant_id = $1 and sandbox = $2 and lane = '' and state = 'pending' limit $3)
     union all
     (select from webhooks where merchant_id = $1 and sandbox = $2 and state = 'held' limit $3)) waiting`,
)

/** What the endpoint's address has still to be told, counted up to `most` of each kind. */
export async function countWaiting(
  db: Queryable,
  { merchantId, sandbox }: EndpointName,
  most: number,
): Promise<number> {
  const { rows } = await db.query<{ count: number }>(countWaitingStatement, [
    merchantId,
    sandbox,
    most,
  ])
  return rows[0]?.count ?? 0
}
