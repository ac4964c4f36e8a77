// Every statement about a merchant's endpoints. What changes where money is told of leaves an audit row.

import { type Act, auditEvent } from '../audit/audit-event.ts'
import { instant, type Queryable, sql, type SqlValue } from '../db/database.ts'
import { lookUpTogether } from '../db/together.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { Endpoint, EndpointName, PauseReason, WebhookFormat } from './webhook.ts'

/** For a statement that calls webhook_endpoints `e`. */
export const endpointColumns = `
  e.merchant_id as "merchantId", e.sandbox, e.mode, e.url, e.format, e.sends_failures as "sendsFailures",
  e.secret_sealed as "secretSealed", e.secret_previous_sealed as "secretPreviousSealed",
  e.failing_since as "failingSinceMs", e.paused_at as "pausedAtMs", e.pause_reason as "pauseReason"`

const findStatement = sql(
  'find_webhook_endpoint',
  `select ${endpointColumns} from webhook_endpoints e where merchant_id = $1`,
)

/** That of each mode, where there is one. */
async function listEndpoints(db: Queryable, owner: MerchantId): Promise<Endpoint[]> {
  return (await db.query<Endpoint>(findStatement, [owner])).rows
}

const findByMode = lookUpTogether(listEndpoints, ({ sandbox }) => sandbox)

export function findEndpoint(
  db: Queryable,
  { merchantId, sandbox }: EndpointName,
): Promise<Endpoint | undefined> {
  return findByMode(db, merchantId, sandbox)
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

// Each change leaves its audit row in the same statement. $3 instant, $4 event id, $5 actor.
function audited(action: string, change: string, detail = `'{}'::jsonb`): string {
  return `with changed as (
     ${change} returning webhook_endpoints.*),
   ${auditEvent({
     from: 'changed',
     eventId: '$4',
     actor: '$5',
     action: `'webhook_endpoint.${action}'`,
     subject: 'mode',
     detail,
     at: '$3',
   })}
   select mode from changed`
}

function actValues({ merchantId, sandbox }: EndpointName, act: Act): SqlValue[] {
  return [merchantId, sandbox, instant(act.atMs), act.eventId, act.actor]
}

const updateStatement = sql(
  'update_webhook_endpoint',
  audited(
    'set',
    `update webhook_endpoints set
       url = $6, format = $7, sends_failures = $8,
       failing_since = null, paused_at = null, pause_reason = null, updated_at = $3
     where merchant_id = $1 and sandbox = $2`,
    `jsonb_build_object('url', url, 'format', format, 'sendsFailures', sends_failures)`,
  ),
)

/** Whatever was wrong with the address before is forgotten. */
export async function updateEndpoint(
  db: Queryable,
  name: EndpointName,
  { url, format, sendsFailures }: EndpointSettings,
  act: Act,
): Promise<void> {
  await db.query(updateStatement, [...actValues(name, act), url, format, sendsFailures])
}

const removeAddressStatement = sql(
  'remove_webhook_address',
  audited(
    'address_removed',
    `update webhook_endpoints set
       url = null, failing_since = null, paused_at = null, pause_reason = null, updated_at = $3
     where merchant_id = $1 and sandbox = $2 and url is not null`,
  ),
)

/** False when no address is set. Format and secrets stay for the next one. */
export async function removeAddress(db: Queryable, name: EndpointName, act: Act): Promise<boolean> {
  return (await db.query(removeAddressStatement, actValues(name, act))).rowCount === 1
}

// One statement moves the secret, so a rotation of data keys that runs beside it finds it in either column.
const rotateSecretStatement = sql(
  'rotate_webhook_secret',
  audited(
    'secret_rotated',
    `update webhook_endpoints set
       secret_previous_sealed = secret_sealed, secret_sealed = $6, updated_at = $3
     where merchant_id = $1 and sandbox = $2 and secret_previous_sealed is null`,
  ),
)

/** False when there is no such endpoint, or an older secret still signs along. */
export async function rotateSecret(
  db: Queryable,
  name: EndpointName,
  secretSealed: Buffer,
  act: Act,
): Promise<boolean> {
  const values = [...actValues(name, act), secretSealed]
  return (await db.query(rotateSecretStatement, values)).rowCount === 1
}

const dropOldSecretStatement = sql(
  'drop_old_webhook_secret',
  audited(
    'old_secret_dropped',
    `update webhook_endpoints set secret_previous_sealed = null, updated_at = $3
     where merchant_id = $1 and sandbox = $2 and secret_previous_sealed is not null`,
  ),
)

/** False when no older secret signs along. */
export async function dropOldSecret(db: Queryable, name: EndpointName, act: Act): Promise<boolean> {
  return (await db.query(dropOldSecretStatement, actValues(name, act))).rowCount === 1
}

const noteFailureStatement = sql(
  'note_webhook_endpoint_failure',
  `with changed as (
     update webhook_endpoints set
       failing_since = coalesce(failing_since, $4),
       paused_at = case when $5::boolean or failing_since <= $6 then $4::timestamptz end,
       pause_reason = case when $5::boolean then 'gone' when failing_since <= $6 then 'failing' end,
       updated_at = $4
     where merchant_id = $1 and sandbox = $2 and url = $3 and paused_at is null
       and ($5::boolean or failing_since is null or failing_since <= $6)
     returning webhook_endpoints.*),
   ${auditEvent({
     from: 'changed where pause_reason is not null',
     eventId: '$7',
     actor: `'worker'`,
     action: `'webhook_endpoint.paused'`,
     subject: 'mode',
     detail: `jsonb_build_object('reason', pause_reason, 'failingSince', failing_since)`,
     at: '$4',
   })}
   select pause_reason as "pauseReason" from changed`,
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
    /** Of the audit event, should it come to a pause. */
    readonly eventId: string
  },
): Promise<PauseReason | null> {
  const { rows } = await db.query<{ pauseReason: PauseReason | null }>(noteFailureStatement, [
    merchantId,
    sandbox,
    failure.url,
    instant(failure.atMs),
    failure.isGone,
    instant(failure.failingBeforeMs),
    failure.eventId,
  ])
  return rows[0]?.pauseReason ?? null
}

const resumeStatement = sql(
  'resume_webhook_endpoint',
  audited(
    'resumed',
    `update webhook_endpoints set
       failing_since = null, paused_at = null, pause_reason = null, updated_at = $3
     where merchant_id = $1 and sandbox = $2 and paused_at is not null`,
  ),
)

/** False when the endpoint was not paused. */
export async function resume(db: Queryable, name: EndpointName, act: Act): Promise<boolean> {
  return (await db.query(resumeStatement, actValues(name, act))).rowCount === 1
}
