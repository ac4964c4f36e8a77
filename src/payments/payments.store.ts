// Every statement that writes payments, their exchanges and pending billing keys. Each write is one statement,
// so one round trip and one durable commit: intent before the gateway is called, settlement after.

import { instant, json, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { ExchangeEnd, ExchangeStart } from '../gateways/exchange.ts'
import { paymentColumns } from './payment-columns.ts'
import type { Payment, Settlement } from './payment.ts'
import type { PendingBillingKey } from './pending-billing-key.ts'

/** The unique index that keeps one merchant_uid from being paid twice. */
export const merchantUidTaken = 'payments_merchant_uid_taken'
export const impUidTaken = 'payments_pkey'

const insertIntentStatement = sql(
  'insert_intent',
  `with intent as (
     insert into payments (
       merchant_id, imp_uid, merchant_uid, state, method, channel_key, pg_id, sandbox, amount, tax_free,
       vat_amount, card_quota, name, buyer_name, buyer_email, buyer_tel, buyer_addr, buyer_postcode,
       custom_data, notice_url, user_agent, customer_uid, customer_uid_usage, card_number_masked, card_code,
       card_name, card_type, started_at, lease_until, updated_at)
     values ($1, $2, $3, 'sending', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
       $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $27)
     returning merchant_id, imp_uid, channel_key)
   insert into exchanges (
     merchant_id, exchange_id, purpose, imp_uid, customer_uid, channel_key, order_number, amount, started_at)
   select merchant_id, $29, $30, imp_uid, $21, channel_key, $31, $32, $27 from intent`,
)

/**
 * Commits a payment that is about to be sent together with its first exchange.
 * Violates `payments_merchant_uid_taken` when the merchant_uid is paid, cancelled, on its way or unknown.
 */
export async function insertIntent(
  db: Queryable,
  payment: Payment,
  leaseUntilMs: number,
  exchange: ExchangeStart,
): Promise<void> {
  await db.query(insertIntentStatement, [
    payment.merchantId,
    payment.impUid,
    payment.merchantUid,
    payment.method,
    payment.channelKey,
    payment.pgId,
    payment.sandbox,
    payment.amountWon,
    payment.taxFreeWon,
    payment.vatWon,
    payment.cardQuota,
    payment.name,
    payment.buyerName,
    payment.buyerEmail,
    payment.buyerTel,
    payment.buyerAddr,
    payment.buyerPostcode,
    payment.customData,
    payment.noticeUrl,
    payment.userAgent,
    payment.customerUid,
    payment.customerUidUsage,
    payment.cardNumberMasked,
    payment.cardCode,
    payment.cardName,
    payment.cardType,
    instant(payment.startedAtMs),
    instant(leaseUntilMs),
    exchange.exchangeId,
    exchange.purpose,
    exchange.orderNumber,
    exchange.amountWon,
  ])
}

// For a statement whose `settled` holds the payment it settled: $1 merchant, $2 imp_uid, $3 the instant.
const keepOrDropPendingKey = `pending as (
     delete from pending_billing_keys
     where merchant_id = $1 and imp_uid = $2 and exists (select from settled where state <> 'unknown')
     returning *),
   kept as (
     insert into billing_keys (
       merchant_id, customer_uid, channel_key, pg_id, sandbox, gateway_key_sealed, card_number_masked,
       card_code, card_name, card_type, customer_name, customer_tel, customer_email, customer_addr,
       customer_postcode, inserted_at, updated_at)
     select p.merchant_id, p.customer_uid, p.channel_key, p.pg_id, p.sandbox, p.gateway_key_sealed,
       p.card_number_masked, p.card_code, p.card_name, p.card_type, p.customer_name, p.customer_tel,
       p.customer_email, p.customer_addr, p.customer_postcode, $3, $3
     from pending p join settled s on s.state = 'paid'
     on conflict (merchant_id, customer_uid) do update set
       channel_key = excluded.channel_key, pg_id = excluded.pg_id, sandbox = excluded.sandbox,
       gateway_key_sealed = excluded.gateway_key_sealed,
       card_number_masked = excluded.card_number_masked, card_code = excluded.card_code,
       card_name = excluded.card_name, card_type = excluded.card_type,
       customer_name = excluded.customer_name, customer_tel = excluded.customer_tel,
       customer_email = excluded.customer_email, customer_addr = excluded.customer_addr,
       customer_postcode = excluded.customer_postcode, updated_at = excluded.updated_at)`

// A settled payment is not settled again. The one exception: evidence said "not charged" and then the gateway's
// own approval arrives; money that was taken is never shown as failed.
const settleStatement = sql(
  'settle_payment',
  `with settled as (
     update payments set
       state = $4, lease_until = null, updated_at = $3,
       pg_tid = coalesce($5, pg_tid), apply_num = coalesce($6, apply_num),
       failure = $7, fail_reason = $8,
       paid_at = case when $4 = 'paid' then $3::timestamptz else paid_at end,
       failed_at = case when $4 = 'failed' then $3::timestamptz else null end,
       card_code = coalesce(card_code, $9), card_name = coalesce(card_name, $10)
     where merchant_id = $1 and imp_uid = $2
       and (state in ('sending', 'unknown') or (state = 'failed' and failure = 'evidence' and $4 = 'paid'))
     returning *),
   exchange as (
     update exchanges set
       outcome = $12, cause = $13, result_code = $14, result_message = $15, transaction_id = $16,
       record = $17, finished_at = $3
     where merchant_id = $1 and exchange_id = $11 and outcome in ('sending', 'unknown')),
   ${keepOrDropPendingKey}
   select ${paymentColumns} from settled`,
)

export interface CardFacts {
  readonly cardCode: string | null
  readonly cardName: string | null
}

/**
 * Writes what an exchange proved, once. A billing key that was waiting for this payment is kept when the payment
 * is paid and dropped when it failed, in the same commit. Returns undefined when the payment was settled before.
 */
export async function settle(
  db: Queryable,
  payment: Pick<Payment, 'merchantId' | 'impUid'>,
  settlement: Settlement & CardFacts,
  exchange: ExchangeEnd,
): Promise<Payment | undefined> {
  const { rows } = await db.query<Payment>(settleStatement, [
    payment.merchantId,
    payment.impUid,
    instant(settlement.atMs),
    settlement.state,
    settlement.pgTid,
    settlement.applyNum,
    settlement.failure,
    settlement.failReason,
    settlement.cardCode,
    settlement.cardName,
    exchange.exchangeId,
    exchange.outcome,
    exchange.cause,
    exchange.resultCode,
    exchange.resultMessage,
    exchange.transactionId,
    json(exchange.record),
  ])
  return rows[0]
}

const settleByEvidenceStatement = sql(
  'settle_payment_by_evidence',
  `with settled as (
     update payments set
       state = $4, lease_until = null, updated_at = $3,
       pg_tid = coalesce($5, pg_tid), apply_num = coalesce($6, apply_num),
       failure = $7, fail_reason = $8,
       paid_at = case when $4 = 'paid' then $3::timestamptz else paid_at end,
       failed_at = case when $4 = 'failed' then $3::timestamptz else null end
     where merchant_id = $1 and imp_uid = $2 and state = 'unknown'
     returning *),
   evidence as (
     insert into payment_evidence (
       merchant_id, imp_uid, evidence_id, source, verdict, transaction_id, actor, reason, recorded_at)
     select merchant_id, imp_uid, $9, $10, $11, $5, $12, $13, $3 from settled),
   ${keepOrDropPendingKey}
   select ${paymentColumns} from settled`,
)

export interface Evidence {
  readonly evidenceId: string
  readonly source: 'operator' | 'notification' | 'daily_file'
  readonly verdict: 'charged' | 'not_charged'
  /** Who or what says so. */
  readonly actor: string
  readonly reason: string
}

/** Ends an unknown payment by evidence, which is kept with it. Undefined when it is no longer unknown. */
export async function settleByEvidence(
  db: Queryable,
  payment: Pick<Payment, 'merchantId' | 'impUid'>,
  settlement: Settlement,
  evidence: Evidence,
): Promise<Payment | undefined> {
  const { rows } = await db.query<Payment>(settleByEvidenceStatement, [
    payment.merchantId,
    payment.impUid,
    instant(settlement.atMs),
    settlement.state,
    settlement.pgTid,
    settlement.applyNum,
    settlement.failure,
    settlement.failReason,
    evidence.evidenceId,
    evidence.source,
    evidence.verdict,
    evidence.actor,
    evidence.reason,
  ])
  return rows[0]
}

const keyIssuedStatement = sql(
  'record_key_issued_for_payment',
  `with issued as (
     update exchanges set
       outcome = $4, cause = $5, result_code = $6, result_message = $7, transaction_id = $8, record = $9,
       finished_at = $10
     where merchant_id = $1 and exchange_id = $3 and outcome = 'sending'
     returning merchant_id, imp_uid, customer_uid, channel_key),
   pending as (
     insert into pending_billing_keys (
       merchant_id, imp_uid, customer_uid, channel_key, pg_id, sandbox, gateway_key_sealed,
       card_number_masked, card_code, card_name, card_type, customer_name, customer_tel, customer_email,
       customer_addr, customer_postcode, issued_at)
     select p.merchant_id, p.imp_uid, p.customer_uid, p.channel_key, p.pg_id, p.sandbox, $11,
       p.card_number_masked, $12, $13, $14, p.buyer_name, p.buyer_tel, p.buyer_email, p.buyer_addr,
       p.buyer_postcode, $10
     from payments p join issued i using (merchant_id, imp_uid)
     where p.merchant_id = $1 and p.imp_uid = $2 and p.state = 'sending')
   insert into exchanges (
     merchant_id, exchange_id, purpose, imp_uid, customer_uid, channel_key, order_number, amount, started_at)
   select merchant_id, $15, $16, imp_uid, customer_uid, channel_key, $17, $18, $10 from issued
   returning exchange_id`,
)

/**
 * Guide §4, between the two calls: the key that was just issued waits for its payment, and the charge is
 * announced, in one commit. False when the payment is no longer being sent: then nothing may be charged.
 */
export async function recordKeyIssuedForPayment(
  db: Queryable,
  pending: PendingBillingKey,
  issue: ExchangeEnd,
  charge: ExchangeStart,
): Promise<boolean> {
  const { rowCount } = await db.query(keyIssuedStatement, [
    pending.merchantId,
    pending.impUid,
    issue.exchangeId,
    issue.outcome,
    issue.cause,
    issue.resultCode,
    issue.resultMessage,
    issue.transactionId,
    json(issue.record),
    instant(pending.issuedAtMs),
    pending.gatewayKeySealed,
    pending.cardCode,
    pending.cardName,
    pending.cardType,
    charge.exchangeId,
    charge.purpose,
    charge.orderNumber,
    charge.amountWon,
  ])
  return rowCount === 1
}

const findLapsedStatement = sql(
  'find_lapsed_sending',
  `select p.merchant_id as "merchantId", p.imp_uid as "impUid",
     exists (select from exchanges e
       where e.merchant_id = p.merchant_id and e.imp_uid = p.imp_uid and e.purpose = 'charge') as "mayBeCharged"
   from payments p where p.state = 'sending' and p.lease_until < $1
   order by p.lease_until limit $2`,
)

export interface LapsedPayment {
  readonly merchantId: MerchantId
  readonly impUid: string
  /** False: no charge was ever announced, so none can have left. */
  readonly mayBeCharged: boolean
}

/** Payments whose sender is gone, of all merchants, oldest first. Takes no lock. */
export async function findLapsed(
  db: Queryable,
  nowMs: number,
  limit: number,
): Promise<LapsedPayment[]> {
  return (await db.query<LapsedPayment>(findLapsedStatement, [instant(nowMs), limit])).rows
}

const expireStatement = sql(
  'expire_sending',
  `with expired as (
     update payments p set
       state = $4, lease_until = null, updated_at = $3,
       failure = $5, fail_reason = $6,
       failed_at = case when $4 = 'failed' then $3::timestamptz else null end
     where p.merchant_id = $1 and p.imp_uid = $2 and p.state = 'sending' and p.lease_until < $3
       and ($4 = 'unknown' or not exists (
         select from exchanges e where e.merchant_id = $1 and e.imp_uid = $2 and e.purpose = 'charge'))
     returning p.*),
   dropped as (
     delete from pending_billing_keys
     where merchant_id = $1 and imp_uid = $2 and exists (select from expired where state = 'failed')),
   exchange as (
     update exchanges set outcome = 'unknown', cause = 'sender_lost', finished_at = $3
     where merchant_id = $1 and imp_uid = $2 and outcome = 'sending' and exists (select from expired))
   select ${paymentColumns} from expired`,
)

/**
 * Ends the wait for a lost sender: `unknown` where a charge may have left, failed where none was announced.
 * Undefined when the sender, or another process, was quicker.
 */
export async function expireSending(
  db: Queryable,
  lapsed: LapsedPayment,
  nowMs: number,
): Promise<Payment | undefined> {
  const { rows } = await db.query<Payment>(expireStatement, [
    lapsed.merchantId,
    lapsed.impUid,
    instant(nowMs),
    lapsed.mayBeCharged ? 'unknown' : 'failed',
    lapsed.mayBeCharged ? null : 'unsent',
    lapsed.mayBeCharged ? null : '서버가 중단되어 PG로 결제를 요청하지 못했습니다.',
  ])
  return rows[0]
}
