// Every statement about billing keys and the exchanges that issue them.

import { instant, json, type Queryable, sql } from '../db/database.ts'
import type { ExchangeEnd, ExchangeStart } from '../gateways/exchange.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { BillingKey } from './billing-key.ts'

const billingKeyColumns = `
  merchant_id as "merchantId", customer_uid as "customerUid", channel_key as "channelKey",
  pg_id as "pgId", sandbox, gateway_key_sealed as "gatewayKeySealed",
  card_number_masked as "cardNumberMasked", card_code as "cardCode", card_name as "cardName",
  card_type as "cardType", customer_id as "customerId", customer_name as "customerName",
  customer_tel as "customerTel", customer_email as "customerEmail", customer_addr as "customerAddr",
  customer_postcode as "customerPostcode", inserted_at as "insertedAtMs", updated_at as "updatedAtMs"`

const findBillingKeyStatement = sql(
  'find_billing_key',
  `select ${billingKeyColumns} from billing_keys where merchant_id = $1 and customer_uid = $2`,
)

export async function findBillingKey(
  db: Queryable,
  owner: MerchantId,
  customerUid: string,
): Promise<BillingKey | undefined> {
  return (await db.query<BillingKey>(findBillingKeyStatement, [owner, customerUid])).rows[0]
}

const listBillingKeysStatement = sql(
  'list_billing_keys_by_uid',
  `select ${billingKeyColumns} from billing_keys where merchant_id = $1 and customer_uid = any($2)`,
)

/** Those of the named keys that exist, in no particular order. */
export async function listBillingKeys(
  db: Queryable,
  owner: MerchantId,
  customerUids: readonly string[],
): Promise<BillingKey[]> {
  return (await db.query<BillingKey>(listBillingKeysStatement, [owner, customerUids])).rows
}

const deleteBillingKeyStatement = sql(
  'delete_billing_key',
  `delete from billing_keys where merchant_id = $1 and customer_uid = $2 returning ${billingKeyColumns}`,
)

/** Deletes the key for good; the sealed AUTOKEY goes with it. */
export async function deleteBillingKey(
  db: Queryable,
  owner: MerchantId,
  customerUid: string,
): Promise<BillingKey | undefined> {
  return (await db.query<BillingKey>(deleteBillingKeyStatement, [owner, customerUid])).rows[0]
}

const insertIssueExchangeStatement = sql(
  'insert_issue_exchange',
  `insert into exchanges (
     merchant_id, exchange_id, purpose, customer_uid, channel_key, order_number, amount, started_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8)`,
)

/** Commits that a key is about to be asked for. */
export async function insertIssueExchange(
  db: Queryable,
  wanted: Pick<BillingKey, 'merchantId' | 'customerUid' | 'channelKey'>,
  exchange: ExchangeStart,
  nowMs: number,
): Promise<void> {
  await db.query(insertIssueExchangeStatement, [
    wanted.merchantId,
    exchange.exchangeId,
    exchange.purpose,
    wanted.customerUid,
    wanted.channelKey,
    exchange.orderNumber,
    exchange.amountWon,
    instant(nowMs),
  ])
}

const endIssueExchangeStatement = sql(
  'end_issue_exchange',
  `update exchanges set
     outcome = $3, cause = $4, result_code = $5, result_message = $6, transaction_id = $7, record = $8,
     finished_at = $9
   where merchant_id = $1 and exchange_id = $2 and outcome = 'sending'`,
)

/** Completes an exchange that gave no key. */
export async function endIssueExchange(
  db: Queryable,
  owner: MerchantId,
  end: ExchangeEnd,
  nowMs: number,
): Promise<void> {
  await db.query(endIssueExchangeStatement, [owner, ...endValues(end), instant(nowMs)])
}

// V1 upserts: the same customer_uid again is overwritten by the last card; inserted_at stays.
const saveBillingKeyStatement = sql(
  'save_billing_key',
  `with exchange as (
     update exchanges set
       outcome = $3, cause = $4, result_code = $5, result_message = $6, transaction_id = $7, record = $8,
       finished_at = $9
     where merchant_id = $1 and exchange_id = $2)
   insert into billing_keys (
     merchant_id, customer_uid, channel_key, pg_id, sandbox, gateway_key_sealed, card_number_masked,
     card_code, card_name, card_type, customer_id, customer_name, customer_tel, customer_email,
     customer_addr, customer_postcode, inserted_at, updated_at)
   values ($1, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $9, $9)
   on conflict (merchant_id, customer_uid) do update set
     channel_key = excluded.channel_key, pg_id = excluded.pg_id, sandbox = excluded.sandbox,
     gateway_key_sealed = excluded.gateway_key_sealed,
     card_number_masked = excluded.card_number_masked, card_code = excluded.card_code,
     card_name = excluded.card_name, card_type = excluded.card_type, customer_id = excluded.customer_id,
     customer_name = excluded.customer_name, customer_tel = excluded.customer_tel,
     customer_email = excluded.customer_email, customer_addr = excluded.customer_addr,
     customer_postcode = excluded.customer_postcode, updated_at = excluded.updated_at
   returning ${billingKeyColumns}`,
)

/** Stores an issued key and completes its exchange, in one commit. */
export async function saveBillingKey(
  db: Queryable,
  key: BillingKey,
  end: ExchangeEnd,
): Promise<BillingKey> {
  const { rows } = await db.query<BillingKey>(saveBillingKeyStatement, [
    key.merchantId,
    ...endValues(end),
    instant(key.updatedAtMs),
    key.customerUid,
    key.channelKey,
    key.pgId,
    key.sandbox,
    key.gatewayKeySealed,
    key.cardNumberMasked,
    key.cardCode,
    key.cardName,
    key.cardType,
    key.customerId,
    key.customerName,
    key.customerTel,
    key.customerEmail,
    key.customerAddr,
    key.customerPostcode,
  ])
  return rows[0] as BillingKey
}

function endValues(end: ExchangeEnd) {
  return [
    end.exchangeId,
    end.outcome,
    end.cause,
    end.resultCode,
    end.resultMessage,
    end.transactionId,
    json(end.record),
  ] as const
}
