// A payment as the console shows it: in a list, and by itself with what may still be done about it.

import type { Static } from 'typebox'

import { listChannels } from '../accounts/channels.store.ts'
import { findBillingKey } from '../billing-keys/billing-keys.store.ts'
import { instant, instantOrNull, type Queryable } from '../db/database.ts'
import type { Cancel } from '../payments/cancel.ts'
import { listCancels } from '../payments/cancel-queries.store.ts'
import { type CancellablePayment, findCancellable } from '../payments/cancels.store.ts'
import { type Payment, statusOf } from '../payments/payment.ts'
import { cancelReceiptUrlOf, receiptUrlOf } from '../payments/receipt-url.ts'
import { taxSplitOf } from '../payments/tax-split.ts'
import type { Clock } from '../primitives/clock.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { earliestVerdictMs, type EvidenceRules } from '../reconciliation/evidence-rule.ts'
import { findScheduleOf } from '../schedules/schedule-queries.store.ts'
import { findNewestWebhook } from '../webhooks/webhook-queries.store.ts'
import type { cancelSchema, paymentSchema, paymentSummarySchema } from './payments-view.ts'

export interface PaymentAnswerDependencies {
  readonly db: Queryable
  readonly clock: Clock
  readonly evidenceRules: EvidenceRules
  readonly answerWithinMs: number
}

export function modeOf(sandbox: boolean): 'sandbox' | 'live' {
  return sandbox ? 'sandbox' : 'live'
}

export function showPaymentSummary(payment: Payment): Static<typeof paymentSummarySchema> {
  const { state, amountWon, cancelAmountWon } = payment
  return {
    impUid: payment.impUid,
    merchantUid: payment.merchantUid,
    state,
    isPartlyCancelled: state === 'cancelled' && cancelAmountWon < amountWon,
    isGivenBack: payment.giveBack !== null,
    v1Status: statusOf(payment),
    method: payment.method,
    mode: modeOf(payment.sandbox),
    purpose: payment.purpose,
    channelKey: payment.channelKey,
    pgId: payment.pgId,
    amountWon,
    cancelledWon: cancelAmountWon,
    name: payment.name,
    buyerName: payment.buyerName,
    customerUid: payment.customerUid,
    cardName: payment.cardName,
    cardNumberMasked: payment.cardNumberMasked,
    failReason: payment.failReason,
    startedAt: instant(payment.startedAtMs),
    paidAt: instantOrNull(payment.paidAtMs),
    failedAt: instantOrNull(payment.failedAtMs),
    cancelledAt: instantOrNull(payment.cancelledAtMs),
  }
}

const cancelsMax = 1_000

/** Undefined: the merchant has no such payment. */
export async function showPayment(
  deps: PaymentAnswerDependencies,
  owner: MerchantId,
  impUid: string,
): Promise<Static<typeof paymentSchema> | undefined> {
  const { db, clock } = deps
  const answeredBeforeMs = clock.now() - deps.answerWithinMs
  const payment = await findCancellable(db, owner, { impUid }, answeredBeforeMs)
  if (payment === undefined) return undefined
  const [cancels, schedule, key, webhookId, balance] = await Promise.all([
    listCancels(db, owner, impUid, cancelsMax),
    findScheduleOf(db, payment),
    payment.customerUid === null ? undefined : findBillingKey(db, owner, payment.customerUid),
    findNewestWebhook(db, owner, impUid),
    balanceOf(db, payment),
  ])
  return {
    ...showPaymentSummary(payment),
    ...linesOf(payment),
    ...balance,
    scheduleId: schedule?.scheduleId ?? null,
    hasBillingKey: key !== undefined,
    cancels: cancels.map((cancel) => showCancel(deps, payment, cancel)),
    acts: {
      cancel: balance.cancellableWon > 0,
      resolve: payment.state === 'unknown',
      notChargedFrom:
        payment.state === 'unknown' ? waitUntil(deps, payment, payment.startedAtMs) : null,
      resendWebhook: webhookId !== undefined,
    },
  }
}

function linesOf(payment: Payment) {
  return {
    taxFreeWon: payment.taxFreeWon,
    vatWon: payment.vatWon,
    cardQuota: payment.cardQuota,
    cardCode: payment.cardCode,
    cardType: payment.cardType,
    buyerEmail: payment.buyerEmail,
    buyerTel: payment.buyerTel,
    buyerAddr: payment.buyerAddr,
    buyerPostcode: payment.buyerPostcode,
    customData: payment.customData,
    noticeUrl: payment.noticeUrl,
    userAgent: payment.userAgent,
    customerUidUsage: payment.customerUidUsage,
    pgTid: payment.pgTid,
    applyNum: payment.applyNum,
    failure: payment.failure,
    cancelReason: payment.cancelReason,
    receiptUrl: receiptUrlOf(payment),
  }
}

/** What a cancel would be decided from (payments/cancel.ts). */
async function balanceOf(db: Queryable, payment: CancellablePayment) {
  const { reservedWon, state, pgTid } = payment
  const isPaid = (state === 'paid' || state === 'cancelled') && pgTid !== null
  if (!isPaid) return { reservedWon, cancellableWon: 0, taxFreeCancellableWon: 0 }
  const channels = await listChannels(db, payment.merchantId)
  const channel = channels.find(({ channelKey }) => channelKey === payment.channelKey)
  const { taxFreeWon } = taxSplitOf(payment, channel?.taxMode ?? 'per_payment')
  return {
    reservedWon,
    cancellableWon: payment.amountWon - payment.cancelAmountWon - reservedWon,
    taxFreeCancellableWon: taxFreeWon - payment.taxFreeTakenWon,
  }
}

export function showCancel(
  deps: Pick<PaymentAnswerDependencies, 'clock' | 'evidenceRules'>,
  payment: Payment,
  cancel: Cancel,
): Static<typeof cancelSchema> {
  const { state, cancelledAtMs } = cancel
  const receiptUrl =
    cancelledAtMs === null ? null : cancelReceiptUrlOf(payment, { ...cancel, cancelledAtMs })
  return {
    cancelId: cancel.cancelId,
    state,
    amountWon: cancel.amountWon,
    taxFreeWon: cancel.taxFreeWon,
    reason: cancel.reason,
    pgTid: cancel.pgTid,
    failure: cancel.failure,
    failReason: cancel.failReason,
    receiptUrl,
    startedAt: instant(cancel.startedAtMs),
    cancelledAt: instantOrNull(cancelledAtMs),
    resolvable: state === 'unknown',
    notCancelledFrom: state === 'unknown' ? waitUntil(deps, payment, cancel.startedAtMs) : null,
  }
}

/** From when on an operator may say "it did not happen"; null: now (reconciliation/evidence-rule.ts). */
function waitUntil(
  { clock, evidenceRules }: Pick<PaymentAnswerDependencies, 'clock' | 'evidenceRules'>,
  { merchantId, sandbox }: Payment,
  startedAtMs: number,
): string | null {
  const earliestMs = earliestVerdictMs({ startedAtMs, sandbox }, evidenceRules)
  return sandbox || earliestMs <= clock.now(merchantId) ? null : instant(earliestMs)
}
