// Every statement of Idempotency-Key. A claim is one statement and its own commit: of two requests under one key one
// gets the row.

import { instant, json, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { CallPlace, KeptAnswer } from './idempotency.ts'

// Taken are: a new key, an expired one, and one whose first request is dead. The last keeps its call_id, by which
// what that request began is found.
const claimStatement = sql(
  'claim_idempotent_call',
  `insert into idempotency_keys as k (
     merchant_id, idempotency_key, call_id, fingerprint, created_at, lease_until, expires_at)
   values ($1, $2, $3, $4, $5, $6, $7)
   on conflict (merchant_id, idempotency_key) do update set
     call_id = case when k.expires_at <= excluded.created_at then excluded.call_id else k.call_id end,
     created_at = case when k.expires_at <= excluded.created_at then excluded.created_at else k.created_at end,
     expires_at = case when k.expires_at <= excluded.created_at then excluded.expires_at else k.expires_at end,
     fingerprint = excluded.fingerprint, lease_until = excluded.lease_until,
     status = null, headers = null, body = null, is_provisional = false
   where k.expires_at <= excluded.created_at
     or (k.status is null and k.lease_until <= excluded.created_at and k.fingerprint = excluded.fingerprint)
   returning call_id as "callId"`,
)

export interface NewClaim {
  readonly place: CallPlace
  readonly fingerprint: Buffer
  readonly nowMs: number
  readonly leaseUntilMs: number
  readonly expiresAtMs: number
}

/** The id of the call that is now ours: a new one, or that of a dead request. Undefined: the key is not to be had. */
export async function claimCall(
  db: Queryable,
  { place, ...claim }: NewClaim,
): Promise<string | undefined> {
  const { rows } = await db.query<{ callId: string }>(claimStatement, [
    place.merchantId,
    place.key,
    place.callId,
    claim.fingerprint,
    instant(claim.nowMs),
    instant(claim.leaseUntilMs),
    instant(claim.expiresAtMs),
  ])
  return rows[0]?.callId
}

const findStatement = sql(
  'find_idempotent_call',
  `select call_id as "callId", fingerprint = $3 as "isSameRequest", status, headers, body,
     is_provisional as "isProvisional"
   from idempotency_keys where merchant_id = $1 and idempotency_key = $2`,
)

export interface KnownCall {
  readonly callId: string
  readonly isSameRequest: boolean
  /** Null while it is under way. */
  readonly answer: KeptAnswer | null
}

interface CallRow extends Pick<KnownCall, 'callId' | 'isSameRequest'> {
  readonly status: number | null
  readonly headers: Record<string, string> | null
  readonly body: string | null
  readonly isProvisional: boolean
}

export async function findCall(
  db: Queryable,
  owner: MerchantId,
  key: string,
  fingerprint: Buffer,
): Promise<KnownCall | undefined> {
  const { rows } = await db.query<CallRow>(findStatement, [owner, key, fingerprint])
  const [row] = rows
  if (row === undefined) return undefined
  const { callId, isSameRequest, status, headers, body, isProvisional } = row
  if (status === null || headers === null || body === null) {
    return { callId, isSameRequest, answer: null }
  }
  return { callId, isSameRequest, answer: { status, headers, body, isProvisional } }
}

const storeAnswerStatement = sql(
  'store_idempotent_answer',
  `update idempotency_keys set status = $4, headers = $5, body = $6, is_provisional = $7
   where merchant_id = $1 and idempotency_key = $2 and call_id = $3
     and (status is null or is_provisional)`,
)

/** Keeps the answer, unless a final one is kept already. */
export async function storeAnswer(
  db: Queryable,
  { merchantId, key, callId }: CallPlace,
  answer: KeptAnswer,
): Promise<void> {
  const { status, headers, body, isProvisional } = answer
  const values = [merchantId, key, callId, status, json(headers), body, isProvisional]
  await db.query(storeAnswerStatement, values)
}

const freeStatement = sql(
  'free_idempotency_key',
  `delete from idempotency_keys
   where merchant_id = $1 and idempotency_key = $2 and call_id = $3 and status is null`,
)

/** The call was refused before it began anything: the key may be used for another request. */
export async function freeKey(
  db: Queryable,
  { merchantId, key, callId }: CallPlace,
): Promise<void> {
  await db.query(freeStatement, [merchantId, key, callId])
}

const endLeaseStatement = sql(
  'end_idempotency_lease',
  `update idempotency_keys set lease_until = $4
   where merchant_id = $1 and idempotency_key = $2 and call_id = $3 and status is null`,
)

/** The call failed: the next request under the key need not wait to look up what was begun. */
export async function endLease(
  db: Queryable,
  { merchantId, key, callId }: CallPlace,
  nowMs: number,
): Promise<void> {
  await db.query(endLeaseStatement, [merchantId, key, callId, instant(nowMs)])
}

const findExpiredStatement = sql(
  'find_expired_idempotency_keys',
  `select merchant_id as "merchantId", idempotency_key as "key" from idempotency_keys
   where expires_at <= $1 order by expires_at limit $2`,
)

/** Of all merchants, oldest first. Takes no lock. */
export async function findExpiredKeys(
  db: Queryable,
  nowMs: number,
  limit: number,
): Promise<Pick<CallPlace, 'merchantId' | 'key'>[]> {
  const { rows } = await db.query<Pick<CallPlace, 'merchantId' | 'key'>>(findExpiredStatement, [
    instant(nowMs),
    limit,
  ])
  return rows
}

// Looks at the time again: a key that was found may have been claimed anew since.
const deleteExpiredStatement = sql(
  'delete_expired_idempotency_keys',
  `delete from idempotency_keys
   where merchant_id = $1 and idempotency_key = any($2) and expires_at <= $3`,
)

export async function deleteExpiredKeys(
  db: Queryable,
  owner: MerchantId,
  keys: readonly string[],
  nowMs: number,
): Promise<number> {
  return (await db.query(deleteExpiredStatement, [owner, keys, instant(nowMs)])).rowCount
}
