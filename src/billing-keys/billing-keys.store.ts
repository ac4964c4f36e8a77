// Every statement about billing keys and the exchanges that issue them. The gateway knows no call that ends an
// AUTOKEY, so replacing or deleting one leaves it alive there; the audit trail says which.

import type { PendingSchedulesPolicy } from '../accounts/pending-schedules-policy.ts'
import { auditEvent } from '../audit/audit-event.ts'
import { instant, json, type Queryable, sql, type Transaction } from '../db/database.ts'
import { lookUpTogether } from '../db/together.ts'
import type { ExchangeEnd, ExchangeStart } from '../gateways/exchange.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { BillingKey } from './billing-key.ts'
import { auditKeptKey, replacedColumns } from './replaced-key.ts'

export const billingKeyColumns = `
  merchant_id as "merchantId", customer_uid as "customerUid", channel_key as "channelKey",
  pg_id as "pgId", sandbox, gateway_key_sealed as "gatewayKeySealed",
  card_number_masked as "cardNumberMasked", card_code as "cardCode", card_name as "cardName",
  card_type as "cardType", customer_id as "customerId", customer_name as "customerName",
  customer_tel as "customerTel", customer_email as "customerEmail", customer_addr as "customerAddr",
  customer_postcode as "customerPostcode", inserted_at as "insertedAtMs", updated_at as "updatedAtMs"`

const listBillingKeysStatement = sql(
  'find_billing_key',
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

export const findBillingKey = lookUpTogether(listBillingKeys, ({ customerUid }) => customerUid)

const lockForDeletionStatement = sql(
  'lock_billing_key_for_deletion',
  `select m.pending_schedules_on_delete as "policy"
   from billing_keys k join merchants m on m.merchant_id = k.merchant_id
   where k.merchant_id = $1 and k.customer_uid = $2 for update of k`,
)

/**
 * Locks the key until the end of the transaction, so that nothing is reserved on it meanwhile, and gives the
 * merchant's policy. Undefined when there is no such key.
 */
export async function lockForDeletion(
  transaction: Transaction,
  owner: MerchantId,
  customerUid: string,
): Promise<PendingSchedulesPolicy | undefined> {
  const { rows } = await transaction.query<{ policy: PendingSchedulesPolicy }>(
    lockForDeletionStatement,
    [owner, customerUid],
  )
  return rows[0]?.policy
}

// Sees what was reserved before the key was locked, since each statement looks anew. An attempt of the worker that
// is quicker than the revocation has its payment; it is no longer pending then.
const deleteBillingKeyStatement = sql(
  'delete_billing_key',
  `with pending as (
     select schedule_id from schedules
     where merchant_id = $1 and customer_uid = $2 and state = 'scheduled' order by schedule_id for update),
   revoked as (
     update schedules set state = 'revoked', revoked_at = $3, updated_at = $3
     where merchant_id = $1 and schedule_id in (select schedule_id from pending) and state = 'scheduled'
       and $4 = 'revoke'),
   counted as (select count(*) as n from pending),
   deleted as (
     delete from billing_keys using counted
     where merchant_id = $1 and customer_uid = $2 and ($4 <> 'refuse' or counted.n = 0)
     returning billing_keys.*),
   ${auditEvent({
     from: 'deleted, counted',
     eventId: '$5',
     actor: '$6',
     action: `'billing_key.deleted'`,
     subject: 'customer_uid',
     detail: `jsonb_build_object('card', card_number_masked, 'channelKey', channel_key, 'keyAliveAtGateway', true,
         'pendingSchedules', counted.n, 'policy', $4::text)
         || case when $7::text is null then '{}' else jsonb_build_object('reason', $7::text) end`,
     at: '$3',
   })}
   select counted.n as "pendingSchedules", deleted.* from counted left join (
     select ${billingKeyColumns} from deleted) deleted on true`,
)

export interface Deletion {
  readonly policy: PendingSchedulesPolicy
  readonly reason: string | null
  readonly actor: string
  readonly eventId: string
  readonly atMs: number
}

/**
 * Deletes the key for good, the sealed AUTOKEY with it, and does with its pending schedules what the policy says.
 * The key is null when the policy refuses.
 */
export async function deleteBillingKey(
  transaction: Transaction,
  owner: MerchantId,
  customerUid: string,
  { policy, reason, actor, eventId, atMs }: Deletion,
): Promise<{ readonly key: BillingKey | null; readonly pendingSchedules: number }> {
  const { rows } = await transaction.query<BillingKey & { pendingSchedules: number }>(
    deleteBillingKeyStatement,
    [owner, customerUid, instant(atMs), policy, eventId, actor, reason],
  )
  const { pendingSchedules, ...key } = rows[0] as BillingKey & { pendingSchedules: number }
  return { key: (key.customerUid as string | null) === null ? null : key, pendingSchedules }
}

const nameCustomerStatement = sql(
  'name_customer',
  `update billing_keys set customer_id = $3
   where merchant_id = $1 and customer_uid = $2 and customer_id is null`,
)

/** Adds V1's customer_id to a key that was issued together with a payment, which knows none. */
export async function nameCustomer(
  db: Queryable,
  { merchantId, customerUid }: Pick<BillingKey, 'merchantId' | 'customerUid'>,
  customerId: string,
): Promise<void> {
  await db.query(nameCustomerStatement, [merchantId, customerUid, customerId])
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
     where merchant_id = $1 and exchange_id = $2),
   kept as (
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
     customer_postcode = excluded.customer_postcode, updated_at = excluded.updated_at,
     ${replacedColumns}
   returning *),
   ${auditKeptKey('$25', '$26', '$9')}
   select ${billingKeyColumns} from kept`,
)

/** Stores an issued key and completes its exchange, in one commit. What it replaces goes into the audit trail. */
export async function saveBillingKey(
  db: Queryable,
  key: BillingKey,
  end: ExchangeEnd,
  audit: { readonly eventId: string; readonly actor: string },
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
    audit.eventId,
    audit.actor,
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
