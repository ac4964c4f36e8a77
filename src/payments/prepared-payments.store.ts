// Every statement about amounts registered before a browser payment.

import { instant, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'

export interface PreparedPayment {
  readonly merchantUid: string
  readonly amountWon: number
  readonly currency: string
}

const columns = `merchant_uid as "merchantUid", amount as "amountWon", currency`

const insertPreparedStatement = sql(
  'insert_prepared_payment',
  `insert into prepared_payments (merchant_id, merchant_uid, amount, currency, created_at, updated_at)
   values ($1, $2, $3, $4, $5, $5)
   on conflict (merchant_id, merchant_uid) do nothing
   returning ${columns}`,
)

const updatePreparedStatement = sql(
  'update_prepared_payment',
  `update prepared_payments set amount = $3, currency = $4, updated_at = $5
   where merchant_id = $1 and merchant_uid = $2
   returning ${columns}`,
)

interface Written {
  readonly owner: MerchantId
  readonly prepared: PreparedPayment
  readonly atMs: number
}

function valuesOf({ owner, prepared, atMs }: Written) {
  return [owner, prepared.merchantUid, prepared.amountWon, prepared.currency, instant(atMs)]
}

/** Undefined when the merchant_uid is registered already. */
export async function insertPrepared(
  db: Queryable,
  written: Written,
): Promise<PreparedPayment | undefined> {
  return (await db.query<PreparedPayment>(insertPreparedStatement, valuesOf(written))).rows[0]
}

/** Undefined when the merchant_uid is not registered. */
export async function updatePrepared(
  db: Queryable,
  written: Written,
): Promise<PreparedPayment | undefined> {
  return (await db.query<PreparedPayment>(updatePreparedStatement, valuesOf(written))).rows[0]
}

const findPreparedStatement = sql(
  'find_prepared_payment',
  `select ${columns} from prepared_payments where merchant_id = $1 and merchant_uid = $2`,
)

export async function findPrepared(
  db: Queryable,
  owner: MerchantId,
  merchantUid: string,
): Promise<PreparedPayment | undefined> {
  return (await db.query<PreparedPayment>(findPreparedStatement, [owner, merchantUid])).rows[0]
}
