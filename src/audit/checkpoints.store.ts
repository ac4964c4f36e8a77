// Every statement about the ends of chains and what was signed of them.

import { instant, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { Checkpoint } from './checkpoint.ts'

const columns = `merchant_id as "merchantId", sequence, hash, master_key_id as "masterKeyId", signature,
  signed_at as "signedAtMs"`

const listUnsignedStatement = sql(
  'list_unsigned_audit_heads',
  `select merchant_id as "merchantId" from audit_heads
   where signed_sequence < sequence and merchant_id > $1 order by merchant_id limit $2`,
)

/** Merchants whose chain is longer than what was signed of it. */
export async function listUnsigned(
  db: Queryable,
  after: MerchantId,
  limit: number,
): Promise<MerchantId[]> {
  const { rows } = await db.query<{ merchantId: MerchantId }>(listUnsignedStatement, [after, limit])
  return rows.map(({ merchantId }) => merchantId)
}

const newestOfKeysStatement = sql(
  'find_newest_audit_checkpoint',
  `select ${columns} from audit_checkpoints
   where merchant_id = $1 and master_key_id = any($2) order by sequence desc limit 1`,
)

/** The newest that was signed under one of these master keys. */
export async function findNewestCheckpoint(
  db: Queryable,
  owner: MerchantId,
  masterKeyIds: readonly string[],
): Promise<Checkpoint | undefined> {
  return (await db.query<Checkpoint>(newestOfKeysStatement, [owner, masterKeyIds])).rows[0]
}

const listStatement = sql(
  'list_audit_checkpoints',
  `select ${columns} from audit_checkpoints
   where merchant_id = $1 and sequence between $2 and $3 order by sequence`,
)

/** Those of a stretch of the chain, in its order. */
export async function listCheckpoints(
  db: Queryable,
  owner: MerchantId,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Checkpoint[]> {
  return (await db.query<Checkpoint>(listStatement, [owner, from, to])).rows
}

// The head's number is a hint for workers, and goes forward only.
const insertStatement = sql(
  'insert_audit_checkpoint',
  `with checkpoint as (
     insert into audit_checkpoints (merchant_id, sequence, hash, master_key_id, signature, signed_at)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing)
   update audit_heads set signed_sequence = greatest(signed_sequence, $2)
   where merchant_id = $1`,
)

/** Two workers may sign the same stretch; the first one's checkpoint stays. */
export async function insertCheckpoint(db: Queryable, checkpoint: Checkpoint): Promise<void> {
  await db.query(insertStatement, [
    checkpoint.merchantId,
    checkpoint.sequence,
    checkpoint.hash,
    checkpoint.masterKeyId,
    checkpoint.signature,
    instant(checkpoint.signedAtMs),
  ])
}

export interface AuditHead {
  readonly sequence: number
  readonly hash: Buffer
}

const findHeadStatement = sql(
  'find_audit_head',
  'select sequence, hash from audit_heads where merchant_id = $1',
)

export async function findHead(db: Queryable, owner: MerchantId): Promise<AuditHead | undefined> {
  return (await db.query<AuditHead>(findHeadStatement, [owner])).rows[0]
}

const listTrailsStatement = sql(
  'list_audit_trails',
  `select merchant_id as "merchantId" from (
     select merchant_id from merchants
     union select merchant_id from audit_heads union select merchant_id from audit_checkpoints) every
   order by merchant_id`,
)

/** Whoever has a trail or should have one. Number 0 is the installation's own. */
export async function listTrails(db: Queryable): Promise<MerchantId[]> {
  const { rows } = await db.query<{ merchantId: MerchantId }>(listTrailsStatement)
  return rows.map(({ merchantId }) => merchantId)
}
