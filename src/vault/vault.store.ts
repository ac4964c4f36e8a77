// Every statement about data keys. A key is only ever added, re-wrapped or, when nothing is sealed
// under it any more, deleted.

import { adHocSql, type Database, instant, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { sealedRowsUnder, type SealedColumn } from './sealed-columns.store.ts'

export interface WrappedDataKey {
  readonly merchantId: MerchantId
  readonly version: number
  readonly wrapped: Buffer
  readonly masterKeyId: string
  readonly createdAtMs: number
}

const columns = `merchant_id as "merchantId", version, wrapped, master_key_id as "masterKeyId",
  created_at as "createdAtMs"`

const insertDataKeyStatement = sql(
  'insert_data_key',
  `insert into data_keys (merchant_id, version, wrapped, master_key_id, created_at)
   values ($1, $2, $3, $4, $5)
   on conflict (merchant_id, version) do nothing`,
)

/** False when the version exists: then that one counts, and this one must be forgotten. */
export async function insertDataKey(db: Queryable, key: WrappedDataKey): Promise<boolean> {
  const { rowCount } = await db.query(insertDataKeyStatement, [
    key.merchantId,
    key.version,
    key.wrapped,
    key.masterKeyId,
    instant(key.createdAtMs),
  ])
  return rowCount === 1
}

const listDataKeysStatement = sql(
  'list_data_keys',
  `select ${columns} from data_keys where merchant_id = $1 order by version`,
)

/** Oldest version first. */
export async function listDataKeys(
  db: Queryable,
  merchantId: MerchantId,
): Promise<WrappedDataKey[]> {
  return (await db.query<WrappedDataKey>(listDataKeysStatement, [merchantId])).rows
}

const countByMasterKeyStatement = sql(
  'count_data_keys_by_master_key',
  `select master_key_id as "masterKeyId", count(*) as "dataKeys"
   from data_keys group by master_key_id order by master_key_id`,
)

export interface MasterKeyUse {
  readonly masterKeyId: string
  readonly dataKeys: number
}

export async function countDataKeysByMasterKey(db: Queryable): Promise<MasterKeyUse[]> {
  return (await db.query<MasterKeyUse>(countByMasterKeyStatement)).rows
}

const listForeignStatement = sql(
  'list_data_keys_to_rewrap',
  `select ${columns} from data_keys
   where master_key_id <> $1 and (merchant_id, version) > ($2, $3)
   order by merchant_id, version limit $4`,
)

export interface DataKeyPosition {
  readonly merchantId: MerchantId
  readonly version: number
}

/** A page of the data keys that are wrapped under another master key than this, after a position. */
export async function listDataKeysNotUnder(
  db: Queryable,
  masterKeyId: string,
  after: DataKeyPosition,
  limit: number,
): Promise<WrappedDataKey[]> {
  const values = [masterKeyId, after.merchantId, after.version, limit]
  return (await db.query<WrappedDataKey>(listForeignStatement, values)).rows
}

const rewrapStatement = sql(
  'rewrap_data_key',
  `update data_keys set wrapped = $4, master_key_id = $5
   where merchant_id = $1 and version = $2 and wrapped = $3`,
)

/** Replaces the wrapping if nobody else has done so since it was read. The key inside stays the same. */
export async function replaceWrapping(
  db: Queryable,
  old: WrappedDataKey,
  wrapping: Pick<WrappedDataKey, 'wrapped' | 'masterKeyId'>,
): Promise<boolean> {
  const { rowCount } = await db.query(rewrapStatement, [
    old.merchantId,
    old.version,
    old.wrapped,
    wrapping.wrapped,
    wrapping.masterKeyId,
  ])
  return rowCount === 1
}

const countMerchantsStatement = sql(
  'count_merchants_with_data_keys',
  `select count(distinct merchant_id) as "merchants" from data_keys`,
)

export async function countMerchantsWithDataKeys(db: Queryable): Promise<number> {
  return (await db.query<{ merchants: number }>(countMerchantsStatement)).rows[0]?.merchants ?? 0
}

export interface MerchantKeyState {
  readonly merchantId: MerchantId
  readonly versions: number
  readonly newestVersion: number
  readonly newestCreatedAtMs: number
}

const listKeyStatesStatement = sql(
  'list_merchant_key_states',
  `select merchant_id as "merchantId", count(*)::int as "versions", max(version) as "newestVersion",
     max(created_at) as "newestCreatedAtMs"
   from data_keys where merchant_id > $1
   group by merchant_id order by merchant_id limit $2`,
)

/** A page of merchants, by number. */
export async function listMerchantKeyStates(
  db: Queryable,
  after: MerchantId,
  limit: number,
): Promise<MerchantKeyState[]> {
  return (await db.query<MerchantKeyState>(listKeyStatesStatement, [after, limit])).rows
}

// A merchant may have millions of sealed rows, and all of them are looked at.
const deleteTimeoutMs = 3_600_000

/**
 * Deletes a data key unless a value of any sealed column names it. Looking and deleting are one
 * statement, so all columns are seen at the same instant: a value on its way from one table to
 * another is in one of them.
 */
export async function deleteDataKeyIfUnused(
  db: Database,
  { merchantId, version }: DataKeyPosition,
  sealedColumns: readonly SealedColumn[],
): Promise<boolean> {
  const unused = sealedColumns.map((column) => `and not exists (${sealedRowsUnder(column)})`)
  const statement = adHocSql(
    `delete from data_keys where merchant_id = $1 and version = $2 ${unused.join(' ')}`,
  )
  return db.transaction(
    async (tx) => (await tx.query(statement, [merchantId, version])).rowCount === 1,
    { statementTimeoutMs: deleteTimeoutMs },
  )
}
