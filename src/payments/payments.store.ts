// The statements that settle payments, with their exchanges and pending billing keys. Each write is one statement, so one
// round trip and one durable commit; intents.store.ts has those from before the gateway is called.

import { instant, json, type Queryable, sql } from '../db/database.ts'
import { together } from '../db/together.ts'
import type { ExchangeEnd, ExchangeStart } from '../gateways/exchange.ts'
import { paymentColumns } from './payment-columns.ts'
import type { Payment, Settlement } from './payment.ts'
import type { PendingBillingKey } from './pending-billing-key.ts'
import {
  beforeSettlement,
  endSchedule,
  endSchedules,
  keepByEvidence,
  keepOrDropPendingKey,
  raiseLateApproval,
  tellMerchant,
} from './settled-follow-ups.ts'

const otherPaymentOfOrder = `
  select from payments o where o.merchant_id = $1 and o.imp_uid <> $2
    and o.merchant_uid = payments.merchant_uid and o.state <> 'failed' and o.give_back is null`

// A settled payment is not settled again. The one exception: evidence said "not charged" and then the gateway's
// own approval arrives; money that was taken is never shown as failed. Unless its merchant_uid has been paid again
// by then: one order cannot be paid twice, so only the exchange keeps the approval, for whoever gives it back.
// An intent that may not have been committed is settled by the name of its exchange: its payment's name may have gone
// to the schedule's next attempt.
const settleAloneStatement = sql(
  'settle_payment_alone',
  `with ${beforeSettlement},
   settled as (
     update payments set
       state = $4, lease_until = null, updated_at = $3,
       pg_tid = coalesce($5, pg_tid), apply_num = coalesce($6, apply_num),
       failure = $7, fail_reason = $8,
       paid_at = case when $4 = 'paid' then $3::timestamptz else paid_at end,
       failed_at = case when $4 = 'failed' then $3::timestamptz else null end,
       card_code = coalesce(card_code, $9), card_name = coalesce(card_name, $10)
     where merchant_id = $1 and imp_uid = $2 and exists (select from before)
       and exists (select from exchanges e where e.merchant_id = $1 and e.exchange_id = $11 and e.imp_uid = $2)
       and (state in ('sending', 'unknown') or (state = 'failed' and failure = 'evidence' and $4 = 'paid'
         and not exists (${otherPaymentOfOrder})))
     returning *),
   ${raiseLateApproval},
   exchange as (
     update exchanges set
       outcome = $12, cause = $13, result_code = $14, result_message = $15, transaction_id = $16,
       record = $17, finished_at = $3
     where merchant_id = $1 and exchange_id = $11 and outcome in ('sending', 'unknown')),
   ${keepOrDropPendingKey('$18')},
   ${endSchedule('$20')},
   ${tellMerchant('$18', '$19')}
   select ${paymentColumns} from settled`,
)

export interface Telling {
  /** The id of the event, should there be one to send; and of the audit row, should a key be replaced. */
  readonly webhookId: string
  /** The caller has been answered `ready` already, so a failure is told of too. */
  readonly tellsFailure: boolean
}

export interface Retrying {
  /** Nothing left us, for a cause that passes: a schedule whose claim allows it is put back. */
  readonly mayTryAgain: boolean
}

export interface CardFacts {
  readonly cardCode: string | null
  readonly cardName: string | null
}

/** What an exchange proved of the payment it was about. */
interface Proof {
  readonly payment: Payment
  readonly settlement: Settlement & CardFacts & Telling & Retrying
  readonly exchange: ExchangeEnd
}

/**
 * Writes what an exchange proved, once. A billing key that was waiting for this payment is kept when the payment
 * is paid and dropped when it failed, in the same commit. Returns undefined when the payment was settled before.
 */
export function settle(
  db: Queryable,
  payment: Payment,
  settlement: Proof['settlement'],
  exchange: ExchangeEnd,
): Promise<Payment | undefined> {
  const proof = { payment, settlement, exchange }
  if (!isOrdinary(proof)) return settleAlone(db, proof)
  return settleOrdinary(db, payment.merchantId, proof)
}

// No key waits for it, and its schedule gets no other attempt. That it has not been settled before only its row can say.
function isOrdinary({ payment, settlement }: Proof): boolean {
  return payment.customerUidUsage !== 'issue' && !settlement.mayTryAgain
}

// One whose row is in another state by now is left alone, with its exchange.
const settleStatement = sql(
  'settle_payment',
  `with proofs as (
     select * from json_to_recordset($2::json) as p (
       merchant_id bigint, settled_uid text, at timestamptz, new_state text, new_tid text, new_apply_num text,
       new_failure text, new_reason text, new_card_code text, new_card_name text, exchange_id uuid, outcome text,
       cause text, result_code text, result_message text, transaction_id text, record jsonb, webhook_id uuid,
       tells_failure boolean)
     where merchant_id = $1),
   settled as (
     update payments t set
       state = p.new_state, lease_until = null, updated_at = p.at,
       pg_tid = coalesce(p.new_tid, pg_tid), apply_num = coalesce(p.new_apply_num, apply_num),
       failure = p.new_failure, fail_reason = p.new_reason,
       paid_at = case when p.new_state = 'paid' then p.at else paid_at end,
       failed_at = case when p.new_state = 'failed' then p.at end,
       card_code = coalesce(card_code, p.new_card_code), card_name = coalesce(card_name, p.new_card_name)
     from proofs p
     where t.merchant_id = $1 and t.imp_uid = p.settled_uid and t.state in ('sending', 'unknown')
       and coalesce(t.customer_uid_usage, '') <> 'issue'
       and exists (
         select from exchanges e
         where e.merchant_id = $1 and e.exchange_id = p.exchange_id and e.imp_uid = p.settled_uid)
     returning t.*, p.exchange_id, p.webhook_id, p.tells_failure),
   exchange as (
     update exchanges x set
       outcome = p.outcome, cause = p.cause, result_code = p.result_code, result_message = p.result_message,
       transaction_id = p.transaction_id, record = p.record, finished_at = p.at
     from proofs p join settled s on s.merchant_id = p.merchant_id and s.imp_uid = p.settled_uid
     where x.merchant_id = $1 and x.exchange_id = p.exchange_id and x.outcome in ('sending', 'unknown')),
   ${endSchedules},
   ${tellMerchant('s.webhook_id', 's.tells_failure')}
   select imp_uid as "impUid", state, pg_tid as "pgTid", apply_num as "applyNum", failure,
     fail_reason as "failReason", card_code as "cardCode", card_name as "cardName", paid_at as "paidAtMs",
     failed_at as "failedAtMs"
   from settled`,
)

/** What a settlement changes of a payment that was on its way or unknown; the rest is as its intent was. */
type Settled = Pick<
  Payment,
  | 'impUid'
  | 'state'
  | 'pgTid'
  | 'applyNum'
  | 'failure'
  | 'failReason'
  | 'cardCode'
  | 'cardName'
  | 'paidAtMs'
  | 'failedAtMs'
>

const settleOrdinary = together<Proof, Payment | undefined>({
  async together(db, owner, proofs) {
    // One of each payment, and in an order of their own, as in intents.store.ts.
    const proofByUid = new Map(proofs.map((proof) => [proof.payment.impUid, proof]))
    const given = [...proofByUid.values()].map(rowOf)
    given.sort((a, b) => (a.settled_uid < b.settled_uid ? -1 : 1))
    const { rows } = await db.query<Settled>(settleStatement, [owner, json(given)])
    const byUid = new Map(rows.map((row) => [row.impUid, row]))
    return proofs.map((proof) => {
      const settled = byUid.get(proof.payment.impUid)
      const isOurs = proofByUid.get(proof.payment.impUid) === proof
      return settled !== undefined && isOurs ? { ...proof.payment, ...settled } : undefined
    })
  },
  alone: (db, _owner, proof) => settleAlone(db, proof),
})

function rowOf({ payment, settlement, exchange }: Proof) {
  return {
    merchant_id: payment.merchantId,
    settled_uid: payment.impUid,
    at: instant(settlement.atMs),
    new_state: settlement.state,
    new_tid: settlement.pgTid,
    new_apply_num: settlement.applyNum,
    new_failure: settlement.failure,
    new_reason: settlement.failReason,
    new_card_code: settlement.cardCode,
    new_card_name: settlement.cardName,
    exchange_id: exchange.exchangeId,
    outcome: exchange.outcome,
    cause: exchange.cause,
    result_code: exchange.resultCode,
    result_message: exchange.resultMessage,
    transaction_id: exchange.transactionId,
    record: exchange.record,
    webhook_id: settlement.webhookId,
    tells_failure: settlement.tellsFailure,
  }
}

async function settleAlone(
  db: Queryable,
  { payment, settlement, exchange }: Proof,
): Promise<Payment | undefined> {
  const { rows } = await db.query<Payment>(settleAloneStatement, [
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
    settlement.webhookId,
    settlement.tellsFailure,
    settlement.mayTryAgain,
  ])
  return rows[0]
}

// `from`: the states it may leave. Of a failed one the money turned out to have been taken: it is kept unless its order
// has been paid by another payment meanwhile, or it is to be given back, which takes no order.
const settleByEvidenceStatement = sql(
  'settle_payment_by_evidence',
  `with ${beforeSettlement},
   settled as (
     update payments set
       state = $4, lease_until = null, updated_at = $3,
       pg_tid = coalesce($5, pg_tid), apply_num = coalesce($6, apply_num),
       failure = $7, fail_reason = $8, give_back = $16,
       paid_at = case when $4 = 'paid' then $3::timestamptz else paid_at end,
       failed_at = case when $4 = 'failed' then $3::timestamptz else null end,
       card_code = coalesce(card_code, $17), card_name = coalesce(card_name, $18)
     where merchant_id = $1 and imp_uid = $2 and exists (select from before) and state = any($15::text[])
       and (state <> 'failed' or ($4 = 'paid' and ($16::text is not null or not exists (${otherPaymentOfOrder}))))
     returning *),
   ${raiseLateApproval},
   evidence as (
     insert into payment_evidence (
       merchant_id, imp_uid, evidence_id, source, verdict, transaction_id, actor, reason, recorded_at)
     select merchant_id, imp_uid, $9, $10, $11, $5, $12, $13, $3 from settled),
   ${keepByEvidence},
   ${endSchedule('false')},
   ${tellMerchant('$14', 'true')}
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

/** What evidence makes of a payment, beside what an answer would. */
export interface EvidenceSettlement extends Settlement, CardFacts, Pick<Telling, 'webhookId'> {
  /** The states it may leave. */
  readonly from: readonly ('sending' | 'unknown' | 'failed')[]
  /** Not kept: to be cancelled by the worker, which the merchant is told of or not. */
  readonly giveBack: Payment['giveBack']
}

/** Ends a payment by evidence, which is kept with it. Undefined when it is in no such state any more. */
export async function settleByEvidence(
  db: Queryable,
  payment: Pick<Payment, 'merchantId' | 'impUid'>,
  settlement: EvidenceSettlement,
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
    settlement.webhookId,
    settlement.from,
    settlement.giveBack,
    settlement.cardCode,
    settlement.cardName,
  ])
  return rows[0]
}

// The lease becomes another one in the same statement: a sweeper that waits for the row, having found the old lease
// lapsed and no charge announced, then finds that it is not the lease it meant, and leaves the payment alone.
const keyIssuedStatement = sql(
  'record_key_issued_for_payment',
  `with alive as (
     update payments set
       lease_until = greatest(lease_until + interval '1 millisecond', $19), updated_at = $10,
       card_code = coalesce(card_code, $12), card_name = coalesce(card_name, $13),
       card_type = coalesce(card_type, $14)
     where merchant_id = $1 and imp_uid = $2 and state = 'sending'
     returning *),
   issued as (
     update exchanges e set
       outcome = $4, cause = $5, result_code = $6, result_message = $7, transaction_id = $8, record = $9,
       finished_at = $10
     from alive
     where e.merchant_id = $1 and e.exchange_id = $3 and e.outcome = 'sending'
       and alive.merchant_id = e.merchant_id and alive.imp_uid = e.imp_uid
     returning e.merchant_id, e.imp_uid, e.customer_uid, e.channel_key),
   pending as (
     insert into pending_billing_keys (
       merchant_id, imp_uid, customer_uid, channel_key, pg_id, sandbox, gateway_key_sealed,
       card_number_masked, card_code, card_name, card_type, customer_name, customer_tel, customer_email,
       customer_addr, customer_postcode, issued_at)
     select p.merchant_id, p.imp_uid, p.customer_uid, p.channel_key, p.pg_id, p.sandbox, $11,
       p.card_number_masked, $12, $13, $14, p.buyer_name, p.buyer_tel, p.buyer_email, p.buyer_addr,
       p.buyer_postcode, $10
     from alive p join issued i using (merchant_id, imp_uid))
   insert into exchanges (
     merchant_id, exchange_id, purpose, imp_uid, customer_uid, channel_key, order_number, amount, started_at)
   select merchant_id, $15, $16, imp_uid, customer_uid, channel_key, $17, $18, $10 from issued
   returning exchange_id`,
)

/** The end of the exchange that issued the key, the start of the one that charges it, and its sender's new lease. */
export interface IssueToCharge {
  readonly issue: ExchangeEnd
  readonly charge: ExchangeStart
  readonly leaseUntilMs: number
}

/**
 * Guide §4, between the two calls: the key that was just issued waits for its payment, which learns its card from it,
 * and the charge is announced, in one commit. False when the payment is no longer being sent: then nothing may be charged.
 */
export async function recordKeyIssuedForPayment(
  db: Queryable,
  pending: PendingBillingKey,
  { issue, charge, leaseUntilMs }: IssueToCharge,
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
    instant(leaseUntilMs),
  ])
  return rowCount === 1
}
