// The statements that commit a payment which is about to be sent, with its exchange and, for a schedule, the claim: one
// round trip and one durable commit before the gateway is called, shared by the payments of a merchant that begin together.

import { instant, json, type Queryable, sql, type Statement } from '../db/database.ts'
import { together } from '../db/together.ts'
import type { ExchangeStart } from '../gateways/exchange.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { isNotHeld } from './hold.ts'
import type { Payment } from './payment.ts'
import { claimCondition, type ScheduleClaim } from './schedule-claim.ts'

/** The unique index that keeps one merchant_uid from being paid twice. */
export const merchantUidTaken = 'payments_merchant_uid_taken'
export const impUidTaken = 'payments_pkey'

/** A payment that is about to be sent, its first exchange, and until when its sender is believed to live. */
export interface NewIntent {
  readonly payment: Payment
  readonly exchange: ExchangeStart
  readonly leaseUntilMs: number
}

const paymentColumns = [
  ['merchant_id', 'bigint'],
  ['imp_uid', 'text'],
  ['merchant_uid', 'text'],
  ['method', 'text'],
  ['channel_key', 'text'],
  ['pg_id', 'text'],
  ['sandbox', 'boolean'],
  ['amount', 'bigint'],
  ['tax_free', 'bigint'],
  ['vat_amount', 'bigint'],
  ['card_quota', 'int'],
  ['name', 'text'],
  ['buyer_name', 'text'],
  ['buyer_email', 'text'],
  ['buyer_tel', 'text'],
  ['buyer_addr', 'text'],
  ['buyer_postcode', 'text'],
  ['custom_data', 'text'],
  ['notice_url', 'text'],
  ['user_agent', 'text'],
  ['customer_uid', 'text'],
  ['customer_uid_usage', 'text'],
  ['card_number_masked', 'text'],
  ['card_code', 'text'],
  ['card_name', 'text'],
  ['card_type', 'int'],
  ['started_at', 'timestamptz'],
  ['purpose', 'text'],
  ['lease_until', 'timestamptz'],
] as const

const otherColumns = [
  ['exchange_id', 'uuid'],
  ['exchange_purpose', 'text'],
  ['order_number', 'text'],
  ['exchange_amount', 'bigint'],
  ['schedule_id', 'uuid'],
  ['claim_by', 'text'],
  ['retry_unsent_ms', 'int'],
] as const

const columns = [...paymentColumns, ...otherColumns]
type Row = Record<(typeof columns)[number][0], string | number | boolean | null>

const names = paymentColumns.map(([name]) => name).join(', ')
const namesOfOrder = paymentColumns.map(([name]) => `o.${name}`).join(', ')

// $1 is the merchant, whose rows alone are taken; $2 the rows.
const orders = `orders as (
     select * from json_to_recordset($2::json) as o (${columns.map((column) => column.join(' ')).join(', ')})
     where merchant_id = $1)`

function insertPaymentsAndExchanges(from: string, onConflict: '' | 'on conflict do nothing') {
  return `intent as (
     insert into payments (${names}, state, updated_at)
     select ${namesOfOrder}, 'sending', o.started_at from ${from} ${onConflict}
     returning merchant_id, imp_uid),
   exchange as (
     insert into exchanges (
       merchant_id, exchange_id, purpose, imp_uid, customer_uid, channel_key, order_number, amount, started_at)
     select o.merchant_id, o.exchange_id, o.exchange_purpose, o.imp_uid, o.customer_uid, o.channel_key,
       o.order_number, o.exchange_amount, o.started_at
     from intent i join orders o on o.merchant_id = i.merchant_id and o.imp_uid = i.imp_uid)
   select imp_uid as "impUid" from intent`
}

const ordersNotHeld = `orders o where ${isNotHeld}`

// Whose name or merchant_uid is taken is left out, so that it costs the others nothing.
const insertIntentsStatement = sql(
  'insert_intent',
  `with ${orders},
   ${insertPaymentsAndExchanges(ordersNotHeld, 'on conflict do nothing')}`,
)

// Says by its error which of the two it was.
const insertIntentAloneStatement = sql(
  'insert_intent_alone',
  `with ${orders},
   ${insertPaymentsAndExchanges(ordersNotHeld, '')}`,
)

// Taking the schedules and committing the intents are one statement: of two workers one gets the row, and a worker
// that is killed leaves either a schedule that is still due or a payment that is on its way. A name that is taken undoes
// the claims too.
const insertScheduledIntentsStatement = sql(
  'insert_scheduled_intent',
  `with ${orders},
   claimed as (
     update schedules t set
       state = 'executing', imp_uid = c.imp_uid, executed_at = c.started_at, payment_status = null,
       fail_reason = null, revoked_at = null, retry_unsent_ms = c.retry_unsent_ms, updated_at = c.started_at
     from orders c
     where t.merchant_id = $1 and t.schedule_id = c.schedule_id
       and ${claimCondition('c.claim_by', 'c.started_at')} and ${isNotHeld}
     returning c.imp_uid as claimed_uid),
   ${insertPaymentsAndExchanges('orders o join claimed on claimed_uid = o.imp_uid', '')}`,
)

/**
 * Commits a payment that is about to be sent together with its first exchange. False when its merchant is held.
 * Violates `payments_merchant_uid_taken` when the merchant_uid is paid, cancelled, on its way or unknown.
 */
export function insertIntent(db: Queryable, intent: NewIntent): Promise<boolean> {
  return insertAnyIntent(db, intent.payment.merchantId, rowOf(intent))
}

const insertAnyIntent = together<Row, boolean>({
  async together(db, owner, rows) {
    const written = await insertDistinct(db, insertIntentsStatement, owner, rows)
    return written.map((isWritten) => isWritten || undefined)
  },
  async alone(db, owner, row) {
    return (await insert(db, insertIntentAloneStatement, owner, [row])).size === 1
  },
})

/** `insertIntent` for a schedule. False when it is no longer to be had, or held: nothing was written. */
export function insertScheduledIntent(
  db: Queryable,
  intent: NewIntent,
  claim: ScheduleClaim,
): Promise<boolean> {
  const row = {
    ...rowOf(intent),
    schedule_id: claim.scheduleId,
    claim_by: claim.by,
    retry_unsent_ms: claim.retryUnsentMs,
  }
  return insertAnyScheduledIntent(db, intent.payment.merchantId, row)
}

const insertAnyScheduledIntent = together<Row, boolean>({
  together: (db, owner, rows) => insertDistinct(db, insertScheduledIntentsStatement, owner, rows),
  async alone(db, owner, row) {
    return (await insert(db, insertScheduledIntentsStatement, owner, [row])).size === 1
  },
})

/** Says of each row whether it was written; undefined: it has the name of another one, and goes by itself. */
async function insertDistinct(
  db: Queryable,
  statement: Statement,
  owner: MerchantId,
  rows: readonly Row[],
): Promise<(boolean | undefined)[]> {
  const byUid = new Map(rows.map((row) => [row.imp_uid, row]))
  const written = await insert(db, statement, owner, [...byUid.values()])
  return rows.map((row) => (byUid.get(row.imp_uid) === row ? written.has(row.imp_uid) : undefined))
}

/**
 * Gives the imp_uids that were written. Rows go in an order of their own, so that two processes which want the same ones
 * wait for each other instead of both for ever.
 */
async function insert(
  db: Queryable,
  statement: Statement,
  owner: MerchantId,
  rows: readonly Row[],
): Promise<ReadonlySet<unknown>> {
  const place = (row: Row) => String(row.schedule_id ?? row.merchant_uid)
  const inOrder = rows.toSorted((a, b) => (place(a) < place(b) ? -1 : 1))
  const written = await db.query<{ impUid: string }>(statement, [owner, json(inOrder)])
  return new Set(written.rows.map(({ impUid }) => impUid))
}

function rowOf({ payment, exchange, leaseUntilMs }: NewIntent): Row {
  return {
    merchant_id: payment.merchantId,
    imp_uid: payment.impUid,
    merchant_uid: payment.merchantUid,
    method: payment.method,
    channel_key: payment.channelKey,
    pg_id: payment.pgId,
    sandbox: payment.sandbox,
    amount: payment.amountWon,
    tax_free: payment.taxFreeWon,
    vat_amount: payment.vatWon,
    card_quota: payment.cardQuota,
    name: payment.name,
    buyer_name: payment.buyerName,
    buyer_email: payment.buyerEmail,
    buyer_tel: payment.buyerTel,
    buyer_addr: payment.buyerAddr,
    buyer_postcode: payment.buyerPostcode,
    custom_data: payment.customData,
    notice_url: payment.noticeUrl,
    user_agent: payment.userAgent,
    customer_uid: payment.customerUid,
    customer_uid_usage: payment.customerUidUsage,
    card_number_masked: payment.cardNumberMasked,
    card_code: payment.cardCode,
    card_name: payment.cardName,
    card_type: payment.cardType,
    started_at: instant(payment.startedAtMs),
    purpose: payment.purpose,
    lease_until: instant(leaseUntilMs),
    exchange_id: exchange.exchangeId,
    exchange_purpose: exchange.purpose,
    order_number: exchange.orderNumber,
    exchange_amount: exchange.amountWon,
    schedule_id: null,
    claim_by: null,
    retry_unsent_ms: null,
  }
}
