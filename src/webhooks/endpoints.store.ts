// Every statement about a merchant's endpoints.

import { instant, type Queryable, sql } from '../db/database.ts'
import type { Endpoint, EndpointName, PauseReason, WebhookFormat } from './webhook.ts'

/** For a statement that calls webhook_endpoints `e`. */
export const endpointColumns = `
  e.merchant_id as "merchantId", e.sandbox, e.mode, e.url, e.format, e.sends_failures as "sendsFailures",
  e.secret_sealed as "secretSealed", e.secret_previous_sealed as "secretPreviousSealed",
  e.failing_since as "failingSinceMs", e.paused_at as "pausedAtMs", e.pause_reason as "pauseReason"`

const findStatement = sql(
  'find_webhook_endpoint',
  `select ${endpointColumns} from webhook_endpoints e where merchant_id = $1 and sandbox = $2`,
)

export async function findEndpoint(
  db: Queryable,
  { merchantId, sandbox }: EndpointName,
): Promise<Endpoint | undefined> {
  return (await db.query<Endpoint>(findStatement, [merchantId, sandbox])).rows[0]
}

const insertStatement = sql(
  'insert_webhook_endpoint',
  `insert into webhook_endpoints (merchant_id, sandbox, format, secret_sealed, created_at, updated_at)
   values ($1, $2, 'json', $3, $4, $4) on conflict do nothing`,
)

/** Makes the row that holds the secret, unless there is one. */
export async function insertEndpoint(
  db: Queryable,
  { merchantId, sandbox }: EndpointName,
  secretSealed: Buffer,
  nowMs: number,
): Promise<void> {
  await db.query(insertStatement, [merchantId, sandbox, secretSealed, instant(nowMs)])
}

export interface EndpointSettings {
  readonly url: string
  readonly format: WebhookFormat
  readonly sendsFailures: boolean
}

const updateStatement = sql(
  'update_webhook_endpoint',
  `update webhook_endpoints set
     url = $3, format = $4, sends_failures = $5,
     failing_since = null, paused_at = null, pause_reason = null, updated_at = $6
   where merchant_id = $1 and sandbox = $2`,
)

/** Whatever was wrong with the address before is forgotten. */
export async function updateEndpoint(
  db: Queryable,
  { merchantId, sandbox }: EndpointName,
  { url, format, sendsFailures }: EndpointSettings,
  nowMs: number,
): Promise<void> {
  const values = [merchantId, sandbox, url, format, sendsFailures, instant(nowMs)]
  await db.query(updateStatement, values)
}

// One statement moves the secret, so a rotation of data keys that runs beside it finds it in either column.
const rotateSecretStatement = sql(
  'rotate_webhook_secret',
  `update webhook_endpoints set
     secret_previous_sealed = secret_sealed, secret_sealed = $3, updated_at = $4
   where merchant_id = $1 and sandbox = $2 and secret_previous_sealed is null`,
)

/** False when there is no such endpoint, or an older secret still signs along. */
export async function rotateSecret(
  db: Queryable,
  { merchantId, sandbox }: EndpointName,
  secretSealed: Buffer,
  nowMs: number,
): Promise<boolean> {
  const values = [merchantId, sandbox, secretSealed, instant(nowMs)]
  return (await db.query(rotateSecretStatement, values)).rowCount === 1
}

const dropOldSecretStatement = sql(
  'drop_old_webhook_secret',
  `update webhook_endpoints set secret_previous_sealed = null, updated_at = $3
   where merchant_id = $1 and sandbox = $2 and secret_previous_sealed is not null`,
)

/** False when no older secret signs along. */
export async function dropOldSecret(
  db: Queryable,
  { merchantId, sandbox }: EndpointName,
  nowMs: number,
): Promise<boolean> {
  const values = [merchantId, sandbox, instant(nowMs)]
  return (await db.query(dropOldSecretStatement, values)).rowCount === 1
}

const noteFailureStatement = sql(
  'note_webhook_endpoint_failure',
  `update webhook_endpoints set
     failing_since = coalesce(failing_since, $4),
     paused_at = case when $5::boolean or failing_since <= $6 then $4::timestamptz end,
     pause_reason = case when $5::boolean then 'gone' when failing_since <= $6 then 'failing' end,
     updated_at = $4
   where merchant_id = $1 and sandbox = $2 and url = $3 and paused_at is null
     and ($5::boolean or failing_since is null or failing_since <= $6)
   returning pause_reason as "pauseReason"`,
)

/**
 * A delivery to the endpoint's address failed. Pauses it when it said 410 (`isGone`) or has been failing since
 * `failingBeforeMs`; gives the reason when it did. An address that was replaced meanwhile is not blamed.
 */
export async function noteEndpointFailure(
  db: Queryable,
  { merchantId, sandbox }: EndpointName,
  failure: {
    readonly url: string
    readonly isGone: boolean
    readonly atMs: number
    readonly failingBeforeMs: number
  },
): Promise<PauseReason | null> {
  const { rows } = await db.query<{ pauseReason: PauseReason | null }>(noteFailureStatement, [
    merchantId,
    sandbox,
    failure.url,
    instant(failure.atMs),
    failure.isGone,
    instant(failure.failingBeforeMs),
  ])
  return rows[0]?.pauseReason ?? null
}

const resumeStatement = sql(
  'resume_webhook_endpoint',
  `update webhook_endpoints set
     failing_since = null, paused_at = null, pause_reason = null, updated_at = $3
   where merchant_id = $1 and sandbox = $2 and paused_at is not null`,
)

/** False when the endpoint was not paused. */
export async function resume(
  db: Queryable,
  { merchantId, sandbox }: EndpointName,
  nowMs: number,
): Promise<boolean> {
  return (await db.query(resumeStatement, [merchantId, sandbox, instant(nowMs)])).rowCount === 1
}
