// The payment as V1 shows it: every field present, null for absent strings, 0 for absent timestamps.

import type { Static } from 'typebox'

import { nullable } from '../http/envelope.ts'
import { Type } from '../http/json-schema.ts'
import { unixSeconds } from '../primitives/clock.ts'
import { type DoneCancel, type Payment, statusOf } from './payment.ts'
import { cancelReceiptUrlOf, receiptUrlOf } from './receipt-url.ts'

const text = () => nullable(Type.String())
const instant = (description: string) =>
  Type.Integer({ description: `${description} Unix seconds, 0 when it has not happened.` })

const cancellation = Type.Object({
  pg_tid: text(),
  amount: Type.Integer(),
  cancelled_at: Type.Integer(),
  reason: text(),
  receipt_url: text(),
  cancellation_id: text(),
})

/** PaymentAnnotation of the published V1 document, with the fields live captures show. */
export const paymentSchema = Type.Object({
  amount: Type.Integer({ description: 'Won.' }),
  apply_num: text(),
  bank_code: text(),
  bank_name: text(),
  buyer_addr: text(),
  buyer_email: text(),
  buyer_name: text(),
  buyer_postcode: text(),
  buyer_tel: text(),
  cancel_amount: Type.Integer({ description: 'Won given back so far.' }),
  cancel_history: Type.Array(cancellation),
  cancel_reason: text(),
  cancel_receipt_urls: Type.Array(Type.String()),
  cancelled_at: instant('Of the last cancel.'),
  card_code: text(),
  card_issuer_code: text(),
  card_issuer_name: text(),
  card_name: text(),
  card_number: text(),
  card_publisher_code: text(),
  card_publisher_name: text(),
  card_quota: Type.Integer(),
  card_type: nullable(Type.Integer()),
  cash_receipt_issued: Type.Boolean(),
  channel: Type.String(),
  currency: Type.String(),
  custom_data: text(),
  customer_uid: text(),
  customer_uid_usage: text(),
  deposit_history: Type.Array(Type.Object({})),
  emb_pg_provider: text(),
  escrow: Type.Boolean(),
  fail_reason: text(),
  failed_at: instant('Of the failure.'),
  imp_uid: Type.String(),
  merchant_uid: Type.String(),
  name: text(),
  paid_at: instant('Of the approval; kept after a cancel.'),
  pay_method: text(),
  pg_id: text(),
  pg_provider: text(),
  pg_tid: text(),
  promotion: Type.Null(),
  receipt_url: text(),
  sandbox: Type.Boolean(),
  started_at: instant('When the payment began.'),
  status: Type.String({ description: 'ready, paid, failed or cancelled.' }),
  user_agent: text(),
  vbank_code: text(),
  vbank_date: Type.Integer(),
  vbank_holder: text(),
  vbank_issued_at: Type.Integer(),
  vbank_name: text(),
  vbank_num: text(),
})

export type PaymentView = Static<typeof paymentSchema>

/** Renders a payment as V1 does. */
export function viewPayment(payment: Payment): PaymentView {
  return {
    ...noVirtualAccount,
    ...viewCard(payment),
    ...viewTimes(payment),
    amount: payment.amountWon,
    apply_num: payment.applyNum,
    buyer_addr: payment.buyerAddr,
    buyer_email: payment.buyerEmail,
    buyer_name: payment.buyerName,
    buyer_postcode: payment.buyerPostcode,
    buyer_tel: payment.buyerTel,
    cancel_amount: payment.cancelAmountWon,
    cancel_history: payment.cancels.map((cancel) => viewCancel(payment, cancel)),
    cancel_reason: payment.cancelReason,
    cancel_receipt_urls: payment.cancels
      .map((cancel) => cancelReceiptUrlOf(payment, cancel))
      .filter((url) => url !== null),
    cash_receipt_issued: false,
    channel: 'api',
    currency: 'KRW',
    custom_data: payment.customData,
    customer_uid: payment.customerUid,
    customer_uid_usage: payment.customerUidUsage,
    emb_pg_provider: null,
    escrow: false,
    fail_reason: payment.failReason,
    imp_uid: payment.impUid,
    merchant_uid: payment.merchantUid,
    name: payment.name,
    pay_method: 'card',
    pg_id: payment.pgId,
    pg_provider: 'daou',
    pg_tid: payment.pgTid,
    promotion: null,
    receipt_url: receiptUrlOf(payment),
    sandbox: payment.sandbox,
    status: statusOf(payment),
    user_agent: payment.userAgent,
  }
}

function viewCancel(payment: Payment, cancel: DoneCancel): Static<typeof cancellation> {
  return {
    pg_tid: cancel.pgTid ?? payment.pgTid,
    amount: cancel.amountWon,
    cancelled_at: unixSeconds(cancel.cancelledAtMs),
    reason: cancel.reason,
    receipt_url: cancelReceiptUrlOf(payment, cancel),
    cancellation_id: cancel.cancelId,
  }
}

// Card payments only: V1 fills these for virtual accounts and transfers.
const noVirtualAccount = {
  bank_code: null,
  bank_name: null,
  deposit_history: [],
  vbank_code: null,
  vbank_date: 0,
  vbank_holder: null,
  vbank_issued_at: 0,
  vbank_name: null,
  vbank_num: null,
}

function viewCard(payment: Payment) {
  return {
    card_code: payment.cardCode,
    card_issuer_code: payment.cardCode,
    card_issuer_name: payment.cardName,
    card_name: payment.cardName,
    card_number: payment.cardNumberMasked,
    card_publisher_code: null,
    card_publisher_name: null,
    card_quota: payment.cardQuota,
    card_type: payment.cardType,
  }
}

function viewTimes(payment: Payment) {
  return {
    cancelled_at: secondsOrZero(payment.cancelledAtMs),
    failed_at: secondsOrZero(payment.failedAtMs),
    paid_at: secondsOrZero(payment.paidAtMs),
    started_at: unixSeconds(payment.startedAtMs),
  }
}

function secondsOrZero(instantMs: number | null): number {
  return instantMs === null ? 0 : unixSeconds(instantMs)
}
