// Every statement about merchants, their API keys and access tokens.

import { type Act, auditEvent } from '../audit/audit-event.ts'
import { instant, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { TokenGrant } from './access-token.ts'

export interface Merchant {
  readonly merchantId: MerchantId
  readonly name: string
  readonly createdAtMs: number
}

export interface ApiKey {
  readonly impKey: string
  readonly merchantId: MerchantId
  readonly secretHash: Buffer
}

const insertMerchantStatement = sql(
  'insert_merchant',
  `with added as (
     insert into merchants (name, created_at) values ($1, $2) returning merchant_id, name, created_at),
   ${auditEvent({
     from: 'added',
     eventId: '$3',
     actor: '$4',
     action: `'merchant.added'`,
     subject: 'merchant_id',
     detail: `jsonb_build_object('name', name)`,
     at: '$2',
   })}
   select merchant_id as "merchantId", name, created_at as "createdAtMs" from added`,
)

/** The first event of every merchant's trail. */
export async function insertMerchant(db: Queryable, name: string, act: Act): Promise<Merchant> {
  const values = [name, instant(act.atMs), act.eventId, act.actor]
  return (await db.query<Merchant>(insertMerchantStatement, values)).rows[0] as Merchant
}

const listMerchantsStatement = sql(
  'list_merchants',
  `select merchant_id as "merchantId", name, created_at as "createdAtMs" from merchants order by merchant_id`,
)

/** All of them: an installation has thousands at most, and each may be named to a command. */
export async function listMerchants(db: Queryable): Promise<Merchant[]> {
  return (await db.query<Merchant>(listMerchantsStatement)).rows
}

const insertApiKeyStatement = sql(
  'insert_api_key',
  `with kept as (
     insert into api_keys (imp_key, merchant_id, secret_hash, created_at) values ($1, $2, $3, $4)
     on conflict (imp_key) do update set secret_hash = excluded.secret_hash, revoked_at = null
       where api_keys.merchant_id = excluded.merchant_id
     returning merchant_id, imp_key, created_at),
   ${auditEvent({
     from: 'kept',
     eventId: '$5',
     actor: '$6',
     action: `case when created_at = $4 then 'api_key.created' else 'api_key.secret_replaced' end`,
     subject: 'imp_key',
     detail: `'{}'`,
     at: '$4',
   })}
   select imp_key from kept`,
)

/** Adds an API key, or gives it a new secret. False when another merchant has this imp_key. */
export async function upsertApiKey(db: Queryable, key: ApiKey, act: Act): Promise<boolean> {
  const { rowCount } = await db.query(insertApiKeyStatement, [
    key.impKey,
    key.merchantId,
    key.secretHash,
    instant(act.atMs),
    act.eventId,
    act.actor,
  ])
  return rowCount === 1
}

const findApiKeyStatement = sql(
  'find_api_key',
  `select imp_key as "impKey", merchant_id as "merchantId", secret_hash as "secretHash"
   from api_keys where imp_key = $1 and revoked_at is null`,
)

export async function findApiKey(db: Queryable, impKey: string): Promise<ApiKey | undefined> {
  return (await db.query<ApiKey>(findApiKeyStatement, [impKey])).rows[0]
}

const listApiKeysStatement = sql(
  'list_api_keys',
  `select imp_key as "impKey", created_at as "createdAtMs", revoked_at as "revokedAtMs"
   from api_keys where merchant_id = $1 order by created_at limit 1000`,
)

export interface ApiKeyRow {
  readonly impKey: string
  readonly createdAtMs: number
  readonly revokedAtMs: number | null
}

export async function listApiKeys(db: Queryable, owner: MerchantId): Promise<ApiKeyRow[]> {
  return (await db.query<ApiKeyRow>(listApiKeysStatement, [owner])).rows
}

const revokeApiKeyStatement = sql(
  'revoke_api_key',
  `with revoked as (
     update api_keys set revoked_at = $3 where merchant_id = $1 and imp_key = $2 and revoked_at is null
     returning merchant_id, imp_key),
   ended as (
     delete from access_tokens t using revoked r where t.merchant_id = $1 and t.imp_key = r.imp_key),
   ${auditEvent({
     from: 'revoked',
     eventId: '$4',
     actor: '$5',
     action: `'api_key.revoked'`,
     subject: 'imp_key',
     detail: `'{}'`,
     at: '$3',
   })}
   select imp_key from revoked`,
)

/** Revokes an API key and ends its token. */
export async function revokeApiKey(
  db: Queryable,
  owner: MerchantId,
  impKey: string,
  { atMs, eventId, actor }: Act,
): Promise<void> {
  await db.query(revokeApiKeyStatement, [owner, impKey, instant(atMs), eventId, actor])
}

const endTokenStatement = sql(
  'end_api_key_token',
  'delete from access_tokens where merchant_id = $1 and imp_key = $2',
)

/** Ends an API key's token; the key stays. */
export async function endToken(db: Queryable, owner: MerchantId, impKey: string): Promise<void> {
  await db.query(endTokenStatement, [owner, impKey])
}

export interface StoredGrant extends TokenGrant {
  readonly hash: Buffer
}

const findGrantStatement = sql(
  'find_token_grant',
  `select nonce, issued_at as "issuedAtMs", expires_at as "expiresAtMs", token_hash as "hash"
   from access_tokens where merchant_id = $1 and imp_key = $2`,
)

export async function findGrant(
  db: Queryable,
  owner: MerchantId,
  impKey: string,
): Promise<StoredGrant | undefined> {
  return (await db.query<StoredGrant>(findGrantStatement, [owner, impKey])).rows[0]
}

// Two processes may find the token expired at once: the second one's insert must not end the first one's token.
// $7 is a token that this process can no longer derive.
const insertGrantStatement = sql(
  'insert_token_grant',
  `insert into access_tokens (merchant_id, imp_key, nonce, token_hash, issued_at, expires_at)
   values ($1, $2, $3, $4, $5, $6)
   on conflict (merchant_id, imp_key) do update set
     nonce = excluded.nonce, token_hash = excluded.token_hash, issued_at = excluded.issued_at,
     expires_at = excluded.expires_at
     where access_tokens.expires_at <= excluded.issued_at or access_tokens.token_hash = $7`,
)

/** Stores a new grant. False when another process has just stored one that still lives: read that one. */
export async function insertGrant(
  db: Queryable,
  key: Pick<ApiKey, 'merchantId' | 'impKey'>,
  grant: StoredGrant,
  lost: Buffer | null,
): Promise<boolean> {
  const { rowCount } = await db.query(insertGrantStatement, [
    key.merchantId,
    key.impKey,
    grant.nonce,
    grant.hash,
    instant(grant.issuedAtMs),
    instant(grant.expiresAtMs),
    lost,
  ])
  return rowCount === 1
}

// Only from the expiry that was read, so that two askers in the last minute extend once.
const extendGrantStatement = sql(
  'extend_token_grant',
  `update access_tokens set expires_at = $4
   where merchant_id = $1 and imp_key = $2 and expires_at = $3`,
)

export async function extendGrant(
  db: Queryable,
  key: Pick<ApiKey, 'merchantId' | 'impKey'>,
  fromMs: number,
  toMs: number,
): Promise<boolean> {
  const { rowCount } = await db.query(extendGrantStatement, [
    key.merchantId,
    key.impKey,
    instant(fromMs),
    instant(toMs),
  ])
  return rowCount === 1
}

const findTokenStatement = sql(
  'find_token',
  `select t.imp_key as "impKey", t.expires_at as "expiresAtMs"
   from access_tokens t where t.merchant_id = $1 and t.token_hash = $2`,
)

export interface LiveToken {
  readonly impKey: string
  readonly expiresAtMs: number
}

export async function findToken(
  db: Queryable,
  owner: MerchantId,
  hash: Buffer,
): Promise<LiveToken | undefined> {
  return (await db.query<LiveToken>(findTokenStatement, [owner, hash])).rows[0]
}
