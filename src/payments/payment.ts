// The states of a payment and what each outcome of the gateway makes of it. Pure.
// Only an explicit answer is final; whatever may have happened stays `unknown` until evidence settles it.

import type { ChargeOutcome, Unsent } from '../gateways/gateway.ts'
import type { MerchantId } from '../primitives/ids.ts'

/**
 * `sending`: the intent is committed, the answer is awaited. `unknown`: it may have been charged.
 * `cancelled`: some or all of the money went back (V1 calls a partial cancel cancelled too).
 */
export type PaymentState = 'sending' | 'unknown' | 'paid' | 'failed' | 'cancelled'

/** Why a payment failed: the gateway said no, nothing left us, or evidence showed there was no charge. */
export type PaymentFailure = 'declined' | 'unsent' | 'evidence'

export type CustomerUidUsage = 'issue' | 'payment' | 'payment.scheduled'

/** `card_check`: V1's checking_amount, given back at once. Everything else is an order. */
export type PaymentPurpose = 'order' | 'card_check'

export interface Payment {
  readonly merchantId: MerchantId
  readonly impUid: string
  readonly merchantUid: string
  readonly state: PaymentState
  readonly method: 'key_in' | 'billing_key'
  readonly channelKey: string
  readonly pgId: string
  readonly sandbox: boolean
  readonly amountWon: number
  readonly cancelAmountWon: number
  readonly taxFreeWon: number
  readonly vatWon: number | null
  readonly cardQuota: number
  readonly name: string | null
  readonly buyerName: string | null
  readonly buyerEmail: string | null
  readonly buyerTel: string | null
  readonly buyerAddr: string | null
  readonly buyerPostcode: string | null
  readonly customData: string | null
  readonly noticeUrl: string | null
  readonly userAgent: string | null
  readonly customerUid: string | null
  readonly customerUidUsage: CustomerUidUsage | null
  readonly cardNumberMasked: string | null
  readonly cardCode: string | null
  readonly cardName: string | null
  readonly cardType: number | null
  readonly pgTid: string | null
  readonly applyNum: string | null
  readonly purpose: PaymentPurpose
  /** Found late and not kept: it goes back through a cancel, of which the merchant is told or not. Else null. */
  readonly giveBack: 'silent' | 'told' | null
  readonly failure: PaymentFailure | null
  readonly failReason: string | null
  readonly cancelReason: string | null
  readonly startedAtMs: number
  readonly paidAtMs: number | null
  readonly failedAtMs: number | null
  readonly cancelledAtMs: number | null
  /** What was given back so far, oldest first. */
  readonly cancels: readonly DoneCancel[]
}

/** One cancel that the gateway, or evidence, confirmed. */
export interface DoneCancel {
  readonly cancelId: string
  readonly amountWon: number
  /** The gateway's id of the cancel; null where it gave none. */
  readonly pgTid: string | null
  readonly reason: string | null
  readonly cancelledAtMs: number
}

/** What settling writes on a payment's row. */
export interface Settlement {
  readonly state: 'paid' | 'failed' | 'unknown'
  readonly atMs: number
  readonly pgTid: string | null
  readonly applyNum: string | null
  readonly failure: PaymentFailure | null
  readonly failReason: string | null
}

/**
 * Turns what an exchange proved into what the payment becomes. `paid_at` is our clock's instant, so that the
 * books of one merchant are ordered by one clock; the gateway's AUTHDATE stays in the exchange record.
 */
export function settlementOf(outcome: ChargeOutcome, nowMs: number): Settlement {
  switch (outcome.kind) {
    case 'approved':
      return {
        state: 'paid',
        atMs: nowMs,
        pgTid: outcome.transactionId,
        applyNum: outcome.approvalNumber,
        failure: null,
        failReason: null,
      }
    case 'declined':
      return failed('declined', failReasonOf(outcome.code, outcome.message), outcome.transactionId)
    case 'unsent':
      return failed('unsent', failReasonOf(outcome.code, outcome.message), null)
    case 'unknown':
      // The transaction id of an untrusted answer is kept: it is what evidence is searched by.
      return {
        state: 'unknown',
        atMs: nowMs,
        pgTid: outcome.transactionId,
        applyNum: null,
        failure: null,
        failReason: null,
      }
  }

  function failed(failure: PaymentFailure, failReason: string, pgTid: string | null): Settlement {
    return { state: 'failed', atMs: nowMs, pgTid, applyNum: null, failure, failReason }
  }
}

const passingCauses = new Set<Unsent['cause']>([
  'connect',
  'ready_failed',
  'over_rate',
  'gateway_down',
  'stopped',
])

/** Nothing left us, and the cause may be gone in a minute: worth another attempt where nobody waits for an answer. */
export function mayBeTriedAgain(outcome: ChargeOutcome): boolean {
  return outcome.kind === 'unsent' && passingCauses.has(outcome.cause)
}

/** V1 writes a gateway's refusal as `[code]message`. */
export function failReasonOf(code: string | null, message: string): string {
  return code === null || code === '' ? message : `[${code}]${message}`
}

/**
 * The status V1 shows. An unknown outcome is never shown as failed: money may have moved. Money that goes back is not
 * shown as paid, or somebody would ship for it: what the merchant was told stands until the cancel is done.
 */
export function statusOf({
  state,
  giveBack,
}: Pick<Payment, 'state' | 'giveBack'>): 'ready' | 'paid' | 'failed' | 'cancelled' {
  if (state === 'paid' && giveBack !== null) return giveBack === 'told' ? 'ready' : 'failed'
  return state === 'sending' || state === 'unknown' ? 'ready' : state
}
