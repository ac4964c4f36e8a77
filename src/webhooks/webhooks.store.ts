// The statements that move events through the queue. Work is found across merchants without a lock, then taken up
// lane by lane within one merchant, under a lease.

import { instant, instantOrNull, json, type Queryable, sql } from '../db/database.ts'
import { together } from '../db/together.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { EndpointName, Webhook } from './webhook.ts'

/** For a statement that calls webhooks `w`. */
export const webhookColumns = `
  w.merchant_id as "merchantId", w.webhook_id as "webhookId", w.sandbox, w.imp_uid as "impUid",
  w.merchant_uid as "merchantUid", w.status, w.cancellation_id as "cancellationId",
  w.url_override as "urlOverride", w.state, w.attempt_count as "attemptCount", w.retry_step as "retryStep",
  w.due_at as "dueAtMs", w.created_at as "createdAtMs", w.delivered_at as "deliveredAtMs", w.archive_id as "archiveId"`

/** What takes its turn together: a merchant's endpoint of one mode (empty origin), or a notice_url's origin. */
export interface Lane extends EndpointName {
  readonly lane: string
}

export interface DueLane extends Lane {
  /** False: the endpoint is paused, or has no address, and its events are to be held. */
  readonly isOpen: boolean
}

// Reads every due row's index entry: one lane with a great backlog must not hide another behind a row limit.
const findDueLanesStatement = sql(
  'find_due_webhook_lanes',
  `select d.*, (d.lane <> '' or (e.url is not null and e.paused_at is null)) as "isOpen"
   from (
     select merchant_id as "merchantId", sandbox, lane, min(due_at) as oldest
     from (
       select merchant_id, sandbox, lane, due_at from webhooks w
       where state = 'pending' and due_at <= $1 and (lease_until is null or lease_until <= $1)
         and not exists (select from merchant_clocks c where c.merchant_id = w.merchant_id)
       union all
       select w.merchant_id, w.sandbox, w.lane, w.due_at
       from merchant_clocks c join webhooks w on w.merchant_id = c.merchant_id
       where w.state = 'pending' and w.due_at <= c.now_at
         and (w.lease_until is null or w.lease_until <= $1)) due
     group by merchant_id, sandbox, lane) d
   left join webhook_endpoints e on e.merchant_id = d."merchantId" and e.sandbox = d.sandbox
   order by d.oldest limit $2`,
)

/** Lanes with work, of all merchants, the longest waiting first. Takes no lock. */
export async function findDueLanes(
  db: Queryable,
  machineMs: number,
  limit: number,
): Promise<DueLane[]> {
  return (await db.query<DueLane>(findDueLanesStatement, [instant(machineMs), limit])).rows
}

/** The merchant's time decides what is due, the machine's how long a lease lasts. */
export interface Times {
  readonly nowMs: number
  readonly machineMs: number
}

// An event waits for the earlier ones of its payment: a receiver that believes the body must not see "cancelled"
// and then an older "paid". The attempt is on record before it is made. Whether the endpoint is open is asked here again:
// another process may have paused it since the lane was looked at. `updated_at` stays: it is in an index, and without it
// none takes a new entry for an event that is taken up.
const takeUpStatement = sql(
  'take_up_webhooks',
  `with due as (
     select w.webhook_id from webhooks w
     where w.merchant_id = $1 and w.sandbox = $2 and w.lane = $3 and w.state = 'pending' and w.due_at <= $4
       and (w.lease_until is null or w.lease_until <= $7)
       and not exists (
         select from webhooks b where b.merchant_id = w.merchant_id and b.imp_uid = w.imp_uid
           and b.state in ('pending', 'held') and (b.created_at, b.webhook_id) < (w.created_at, w.webhook_id))
       and ($3 <> '' or exists (
         select from webhook_endpoints e
         where e.merchant_id = $1 and e.sandbox = $2 and e.url is not null and e.paused_at is null))
     order by w.due_at, w.webhook_id limit $6 for update of w skip locked),
   taken as (
     update webhooks w set
       attempt_count = w.attempt_count + 1, lease_until = $5
     from due where w.merchant_id = $1 and w.webhook_id = due.webhook_id
     returning w.*),
   begun as (
     insert into webhook_attempts (merchant_id, webhook_id, attempt, started_at)
     select merchant_id, webhook_id, attempt_count, $4 from taken)
   select ${webhookColumns} from taken w order by w.webhook_id`,
)

/** Takes up to `limit` due events of a lane: until the lease ends nobody else sends them. */
export async function takeUp(
  db: Queryable,
  { merchantId, sandbox, lane }: Lane,
  times: Times & { readonly leaseUntilMs: number },
  limit: number,
): Promise<Webhook[]> {
  const { rows } = await db.query<Webhook>(takeUpStatement, [
    merchantId,
    sandbox,
    lane,
    instant(times.nowMs),
    instant(times.leaseUntilMs),
    limit,
    instant(times.machineMs),
  ])
  return rows
}

// The endpoint's row is locked against resuming: else an event could be held just after the held ones were freed.
const holdStatement = sql(
  'hold_webhooks',
  `with closed as (
     select merchant_id from webhook_endpoints
     where merchant_id = $1 and sandbox = $2 and (paused_at is not null or url is null) for share),
   due as (
     select webhook_id from webhooks
     where merchant_id = $1 and sandbox = $2 and lane = '' and state = 'pending' and due_at <= $3
       and (lease_until is null or lease_until <= $5) and exists (select from closed)
     order by due_at limit $4 for update skip locked)
   update webhooks w set state = 'held', due_at = null, lease_until = null, updated_at = $3
   from due where w.merchant_id = $1 and w.webhook_id = due.webhook_id`,
)

/** Sets due events of a paused endpoint aside until it is resumed. Gives how many. */
export async function holdDue(
  db: Queryable,
  { merchantId, sandbox }: EndpointName,
  { nowMs, machineMs }: Times,
  limit: number,
): Promise<number> {
  const values = [merchantId, sandbox, instant(nowMs), limit, instant(machineMs)]
  return (await db.query(holdStatement, values)).rowCount
}

const releaseStatement = sql(
  'release_webhooks',
  `with waiting as (
     select webhook_id from webhooks
     where merchant_id = $1 and sandbox = $2 and lane = '' and (
       state = 'held' or (state = 'pending' and lease_until is null and due_at > $3))
     limit $4 for update skip locked)
   update webhooks w set state = 'pending', due_at = $3, retry_step = 0, updated_at = $3
   from waiting where w.merchant_id = $1 and w.webhook_id = waiting.webhook_id`,
)

/** Makes held events, and those that wait for their next try, due now. Gives how many: call again while not 0. */
export async function releaseWaiting(
  db: Queryable,
  { merchantId, sandbox }: EndpointName,
  nowMs: number,
  limit: number,
): Promise<number> {
  return (await db.query(releaseStatement, [merchantId, sandbox, instant(nowMs), limit])).rowCount
}

/** Names one attempt, so that its end is not written over a later one's. */
export type AttemptName = Pick<Webhook, 'merchantId' | 'webhookId' | 'attemptCount'>

export interface AttemptEnd {
  readonly url: string | null
  readonly requestBody: string
  readonly status: number | null
  readonly responseBody: string | null
  readonly error: string | null
  readonly endedAtMs: number
  readonly durationMs: number
}

const endAttempt = `attempt as (
     update webhook_attempts set
       url = $5, request_body = $6, status = $7, response_body = $8, error = $9, duration_ms = $10
     where merchant_id = $1 and webhook_id = $2 and attempt = $3)`

function attemptValues(attempt: AttemptName, end: AttemptEnd) {
  return [
    attempt.merchantId,
    attempt.webhookId,
    attempt.attemptCount,
    instant(end.endedAtMs),
    end.url,
    end.requestBody,
    end.status,
    end.responseBody,
    end.error,
    end.durationMs,
  ]
}

// Several that end together are one statement and one commit.
const recordDeliveredStatement = sql(
  'record_webhook_delivered',
  `with ends as (
     select * from json_to_recordset($2::json) as e (
       merchant_id bigint, webhook_id uuid, attempt int, at timestamptz, url text, request_body text, status int,
       response_body text, error text, duration_ms int, sandbox boolean, endpoint_url text)
     where merchant_id = $1),
   attempt as (
     update webhook_attempts a set
       url = e.url, request_body = e.request_body, status = e.status, response_body = e.response_body,
       error = e.error, duration_ms = e.duration_ms
     from ends e where a.merchant_id = $1 and a.webhook_id = e.webhook_id and a.attempt = e.attempt),
   endpoint as (
     update webhook_endpoints p set failing_since = null, updated_at = e.at
     from (select sandbox, endpoint_url, max(at) as at from ends group by sandbox, endpoint_url) e
     where p.merchant_id = $1 and p.sandbox = e.sandbox and p.url = e.endpoint_url and p.failing_since is not null
       and p.paused_at is null)
   update webhooks w set
     state = 'delivered', delivered_at = e.at, due_at = null, lease_until = null, updated_at = e.at
   from ends e where w.merchant_id = $1 and w.webhook_id = e.webhook_id and w.state <> 'delivered'`,
)

interface DeliveredEnd {
  readonly webhook: AttemptName & EndpointName
  readonly end: AttemptEnd
  readonly endpointUrl: string | null
}

const recordAnyDelivered = together<DeliveredEnd, true>({
  async together(db, owner, ends) {
    await db.query(recordDeliveredStatement, [owner, json(ends.map(rowOfEnd))])
    return ends.map(() => true)
  },
  async alone(db, owner, end) {
    await db.query(recordDeliveredStatement, [owner, json([rowOfEnd(end)])])
    return true
  },
})

function rowOfEnd({ webhook, end, endpointUrl }: DeliveredEnd) {
  return {
    merchant_id: webhook.merchantId,
    webhook_id: webhook.webhookId,
    attempt: webhook.attemptCount,
    at: instant(end.endedAtMs),
    url: end.url,
    request_body: end.requestBody,
    status: end.status,
    response_body: end.responseBody,
    error: end.error,
    duration_ms: end.durationMs,
    sandbox: webhook.sandbox,
    endpoint_url: endpointUrl,
  }
}

/**
 * It was delivered, and stays so whatever another process with a newer lease is about to say. `endpointUrl` is
 * the endpoint's address that was used, null for a notice_url.
 */
export async function recordDelivered(
  db: Queryable,
  webhook: DeliveredEnd['webhook'],
  end: AttemptEnd,
  endpointUrl: string | null,
): Promise<void> {
  await recordAnyDelivered(db, webhook.merchantId, { webhook, end, endpointUrl })
}

export type FailedEnd =
  | { readonly state: 'pending'; readonly dueAtMs: number; readonly retryStep: number }
  | { readonly state: 'held' | 'given_up' }

const recordFailureStatement = sql(
  'record_webhook_failure',
  `with ${endAttempt}
   update webhooks set
     state = $11, due_at = $12, retry_step = coalesce($13, retry_step), lease_until = null, updated_at = $4
   where merchant_id = $1 and webhook_id = $2 and attempt_count = $3 and state = 'pending'`,
)

export async function recordFailure(
  db: Queryable,
  attempt: AttemptName,
  end: AttemptEnd,
  next: FailedEnd,
): Promise<void> {
  await db.query(recordFailureStatement, [
    ...attemptValues(attempt, end),
    next.state,
    instantOrNull(next.state === 'pending' ? next.dueAtMs : null),
    next.state === 'pending' ? next.retryStep : null,
  ])
}

const replayOneStatement = sql(
  'replay_webhook',
  `update webhooks set
     state = 'pending', due_at = $3, lease_until = null, retry_step = 0, delivered_at = null,
     updated_at = $3
   where merchant_id = $1 and webhook_id = $2 and (lease_until is null or lease_until <= $4)`,
)

/** Makes one event due now, whatever became of it. False when it is being sent at this moment, or is absent. */
export async function replayOne(
  db: Queryable,
  merchantId: MerchantId,
  webhookId: string,
  { nowMs, machineMs }: Times,
): Promise<boolean> {
  const values = [merchantId, webhookId, instant(nowMs), instant(machineMs)]
  return (await db.query(replayOneStatement, values)).rowCount === 1
}
