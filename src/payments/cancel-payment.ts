// Gives money back: reserve the amount, call the gateway outside any transaction, book or release what the answer
// proved. Once the request may have left it is never sent again.

import type { OpenChannel } from '../accounts/open-channel.ts'
import { type Act, newAct } from '../audit/audit-event.ts'
import { isRetryableConnectionError, wasNothingSent } from '../db/pg-errors.ts'
import { endOf, type ExchangeStart } from '../gateways/exchange.ts'
import type { CancelOutcome, Declined, GatewayAnswer, Unsent } from '../gateways/gateway.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { within } from '../telemetry/activity.ts'
import { insist } from '../work/insist.ts'
import { answerInTime } from './answer-in-time.ts'
import {
  type Cancel,
  type CancelRefusal,
  cancelSettlementOf,
  type CancelShare,
  decideCancel,
} from './cancel.ts'
import { findCancel } from './cancel-queries.store.ts'
import {
  type CancellablePayment,
  findCancellable,
  type PaymentName,
  reserveCancel,
  settleCancel,
} from './cancels.store.ts'
import type { ChargeDependencies } from './charge.ts'
import { wasHeldUp } from './held-up.ts'
import type { Payment } from './payment.ts'
import { findPayment } from './payment-queries.store.ts'
import { taxSplitOf } from './tax-split.ts'

export type CancelDependencies = Omit<ChargeDependencies, 'vault'>

export type CancelPayment = PaymentName & {
  readonly merchantId: MerchantId
  /** Absent: all that is not given back yet. */
  readonly amountWon?: number | undefined
  /** The tax-free part of the amount; absent or 0: as little as the balance allows. */
  readonly taxFreeWon?: number | undefined
  /** What the caller believes may still be cancelled; anything else is refused without a call to the gateway. */
  readonly checksumWon?: number | undefined
  readonly reason: string | null
  readonly enableWebhook: boolean
  /** The call under an Idempotency-Key that brings it; it names the cancel. */
  readonly callId?: string | null
  /** The person who wants it, for the audit trail. Absent: the merchant's own program. */
  readonly actor?: string
}

export type CancelResult =
  /** The gateway confirmed it. */
  | { readonly kind: 'cancelled'; readonly payment: Payment; readonly cancelId: string }
  /** It may have happened. The amount stays reserved until evidence settles it; never ask again for it. */
  | { readonly kind: 'unknown'; readonly payment: Payment; readonly cancelId: string }
  /** The gateway said no, or nothing left us: nothing was given back, the attempt is recorded. */
  | { readonly kind: 'failed'; readonly payment: Payment; readonly outcome: Declined | Unsent }
  /** No payment of that name whose money we have. Nothing was recorded or sent, here and below. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly refusal: CancelRefusal }
  | { readonly kind: 'no_channel'; readonly message: string }
  /** The merchant came out of a backup and is not released yet. */
  | { readonly kind: 'held' }
  /** Too many at once on this one payment. */
  | { readonly kind: 'contended' }

// Each try that fails has let another cancel of the same payment through, so this bounds how many are at it.
const triesMax = 100

/** Cancels a payment in whole or in part. */
export async function cancelPayment(
  deps: CancelDependencies,
  wanted: CancelPayment,
): Promise<CancelResult> {
  const { merchantId } = wanted
  for (let tries = 0; tries < triesMax; tries += 1) {
    const nowMs = deps.clock.now()
    const answeredBeforeMs = nowMs - deps.answerWithinMs
    const payment = await findCancellable(deps.db, merchantId, wanted, answeredBeforeMs)
    if (payment === undefined || !isPaid(payment)) return { kind: 'absent' }
    if (payment.isHeld) return { kind: 'held' }
    const opened = await deps.channels.ofPayment(merchantId, payment.channelKey)
    if (opened.kind === 'none') return { kind: 'no_channel', message: opened.message }
    const decision = decide(payment, wanted, opened)
    if (decision.kind !== 'share') return { kind: 'refused', refusal: decision }

    const act = wanted.actor === undefined ? null : newAct(deps, wanted.actor)
    const begun = beginCancel(deps, wanted, { payment, share: decision })
    const sending = { payment, opened, act, ...begun }
    if (await commitReservation(deps, sending)) {
      const late: CancelResult = { kind: 'unknown', payment, cancelId: sending.cancel.cancelId }
      return answerInTime(deps, late, begin(deps, sending))
    }
  }
  return { kind: 'contended' }
}

// A paid payment has its DAOUTRX, without which the gateway cannot cancel it.
type Paid = CancellablePayment & { readonly pgTid: string }

function isPaid(payment: CancellablePayment): payment is Paid {
  const { state, pgTid } = payment
  return (state === 'paid' || state === 'cancelled') && pgTid !== null
}

function decide(
  payment: CancellablePayment,
  wanted: CancelPayment,
  opened: OpenChannel,
): CancelShare | CancelRefusal {
  const balance = {
    amountWon: payment.amountWon,
    cancelledWon: payment.cancelAmountWon,
    reservedWon: payment.reservedWon,
    taxFreeWon: taxSplitOf(payment, opened.channel.taxMode).taxFreeWon,
    taxFreeTakenWon: payment.taxFreeTakenWon,
    hasUnansweredCancel: payment.hasUnansweredCancel,
  }
  return decideCancel(balance, {
    amountWon: wanted.amountWon ?? null,
    taxFreeWon: wanted.taxFreeWon ?? 0,
    checksumWon: wanted.checksumWon ?? null,
  })
}

interface Sending {
  readonly payment: Paid
  readonly opened: OpenChannel
  readonly cancel: Cancel
  readonly exchange: ExchangeStart
  readonly act: Act | null
}

function beginCancel(
  { ids, clock }: CancelDependencies,
  { reason, enableWebhook, callId }: CancelPayment,
  { payment, share }: { readonly payment: Paid; readonly share: CancelShare },
): Pick<Sending, 'cancel' | 'exchange'> {
  const { amountWon, taxFreeWon } = share
  const cancel: Cancel = {
    merchantId: payment.merchantId,
    cancelId: callId ?? ids.uuid(),
    impUid: payment.impUid,
    state: 'sending',
    amountWon,
    taxFreeWon,
    reason,
    enableWebhook,
    pgTid: null,
    failure: null,
    failReason: null,
    startedAtMs: clock.now(payment.merchantId),
    cancelledAtMs: null,
  }
  const exchange: ExchangeStart = {
    exchangeId: ids.uuid(),
    purpose: 'cancel',
    // A cancel has no ORDERNO of its own; this names the approval's.
    orderNumber: payment.impUid,
    amountWon,
  }
  return { cancel, exchange }
}

async function commitReservation(deps: CancelDependencies, sending: Sending): Promise<boolean> {
  const { cancel, payment, exchange, act } = sending
  const leaseUntilMs = deps.clock.now() + deps.leaseMs
  const sinceMs = performance.now()
  try {
    const begun = { exchange, leaseUntilMs, act }
    const isReserved = await reserveCancel(deps.db, cancel, payment, begun)
    if (isReserved && wasHeldUp(deps, sinceMs)) {
      abandonReservation(deps, sending)
      throw new Error(`cancel ${cancel.cancelId} was not sent: this process was held up`)
    }
    return isReserved
  } catch (error) {
    const mayBeCommitted = isRetryableConnectionError(error) && !wasNothingSent(error)
    if (mayBeCommitted) abandonReservation(deps, sending)
    throw error
  }
}

// The connection broke while the reservation was being committed, so nobody knows whether it was; or it was, and its
// sender was held up. Nothing was sent: should it be there, it is released instead of waiting for an operator as `unknown`.
function abandonReservation(deps: CancelDependencies, sending: Sending): void {
  const outcome: Unsent = {
    kind: 'unsent',
    cause: 'stopped',
    code: null,
    message: '취소 요청을 기록하지 못해 PG로 전송하지 않았습니다.',
  }
  const exchange = { method: 'none', ready: null, execute: null }
  void deps.inFlight.track(settle(deps, sending, { outcome, exchange }))
}

function begin(deps: CancelDependencies, sending: Sending): Promise<CancelResult> {
  const { merchantId, impUid, channelKey } = sending.payment
  const about = {
    merchantId,
    impUid,
    channelKey,
    cancelId: sending.cancel.cancelId,
    exchangeId: sending.exchange.exchangeId,
  }
  return within('cancel', about, () => sendAndSettle(deps, sending))
}

async function sendAndSettle(deps: CancelDependencies, sending: Sending): Promise<CancelResult> {
  const { payment, opened, cancel } = sending
  const isMixed = taxSplitOf(payment, opened.channel.taxMode).mode === 'mixed'
  const answer = await deps.gateway.cancel(opened.contract, {
    transactionId: payment.pgTid,
    takenBy: payment.method,
    amountWon: cancel.amountWon,
    // Of a payment that is all taxable or all exempt the gateway knows the part by itself.
    taxFreeWon: isMixed ? cancel.taxFreeWon : 0,
    reason: cancel.reason ?? '',
  })
  deps.observer.cancelEnded(answer.outcome.kind)
  await settle(deps, sending, answer)
  return resultOf(deps, cancel, answer.outcome)
}

async function settle(
  deps: CancelDependencies,
  { cancel, exchange }: Sending,
  answer: GatewayAnswer<CancelOutcome>,
): Promise<void> {
  const settlement = {
    ...cancelSettlementOf(answer.outcome, deps.clock.now(cancel.merchantId)),
    webhookId: deps.ids.uuid(),
  }
  const end = endOf(exchange.exchangeId, answer)
  const insisted = {
    deed: 'settling',
    impUid: cancel.impUid,
    outcome: answer.outcome.kind,
    transactionId: settlement.pgTid,
  }
  const write = () => insist(deps, insisted, () => settleCancel(deps.db, cancel, settlement, end))
  // Evidence may have said the contrary in this very moment; money that went back has the last word.
  if (!(await write()) && answer.outcome.kind === 'approved') await write()
}

// The row is what counts: evidence may have settled it before its answer came.
async function resultOf(
  deps: CancelDependencies,
  { merchantId, impUid, cancelId }: Cancel,
  outcome: CancelOutcome,
): Promise<CancelResult> {
  const [cancel, payment] = await insist(deps, { deed: 'looking', impUid }, () =>
    Promise.all([
      findCancel(deps.db, merchantId, cancelId),
      findPayment(deps.db, merchantId, impUid),
    ]),
  )
  if (cancel === undefined || payment === undefined) throw new Error(`cancel ${cancelId} is gone`)
  if (outcome.kind === 'approved' && cancel.state !== 'done') {
    deps.log.error({ impUid, cancelId }, 'the gateway approved a cancel that evidence failed')
  }
  if (cancel.state === 'done') return { kind: 'cancelled', payment, cancelId }
  if (cancel.state === 'failed' && (outcome.kind === 'declined' || outcome.kind === 'unsent')) {
    return { kind: 'failed', payment, outcome }
  }
  return { kind: 'unknown', payment, cancelId }
}
