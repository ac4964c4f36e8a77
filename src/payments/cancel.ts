// What may be given back of a payment, and what each outcome of the gateway makes of a cancel. Pure.
// The gateway knows no idempotency, so a cancel that may have happened is never asked for again by accident.

import type { CancelOutcome } from '../gateways/gateway.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { failReasonOf, type PaymentFailure } from './payment.ts'

/** `sending`: its amount is reserved, the answer is awaited. `unknown`: the money may have gone back. */
export type CancelState = 'sending' | 'unknown' | 'done' | 'failed'

export interface Cancel {
  readonly merchantId: MerchantId
  readonly cancelId: string
  readonly impUid: string
  readonly state: CancelState
  readonly amountWon: number
  readonly taxFreeWon: number
  readonly reason: string | null
  /** V1: a cancel by API is told of only when it asks for it. */
  readonly enableWebhook: boolean
  readonly pgTid: string | null
  readonly failure: PaymentFailure | null
  readonly failReason: string | null
  readonly startedAtMs: number
  readonly cancelledAtMs: number | null
}

/** Where the money of a paid payment is. */
export interface CancelBalance {
  readonly amountWon: number
  /** Given back for certain. */
  readonly cancelledWon: number
  /** Reserved by cancels that are on their way or unknown. */
  readonly reservedWon: number
  /** The tax-free part of the whole amount. */
  readonly taxFreeWon: number
  /** The tax-free part of what is given back or reserved. */
  readonly taxFreeTakenWon: number
  /** A cancel whose caller was told that nobody knows whether it happened. */
  readonly hasUnansweredCancel: boolean
}

export interface CancelWish {
  /** Null: all that is not given back. */
  readonly amountWon: number | null
  /** 0: as little as the balance allows, which is what V1's default means. */
  readonly taxFreeWon: number
  /** What the merchant believes may still be cancelled; null: no check. */
  readonly checksumWon: number | null
}

export interface CancelShare {
  readonly kind: 'share'
  readonly amountWon: number
  readonly taxFreeWon: number
}

export type CancelRefusal =
  | { readonly kind: 'fully_cancelled' }
  | ({ readonly kind: 'checksum_mismatch' } & Cancellable)
  /** An earlier cancel of this payment may or may not have happened. */
  | ({ readonly kind: 'outcome_awaited' } & Cancellable)
  | ({ readonly kind: 'over_balance' } & Cancellable)
  | { readonly kind: 'tax_free_unfit'; readonly leastWon: number; readonly mostWon: number }

export interface Cancellable {
  readonly wantedWon: number
  /** What a cancel may ask for now: neither given back nor reserved. */
  readonly cancellableWon: number
  readonly reservedWon: number
}

/**
 * Decides a cancel. While an earlier one is unknown, another is taken only with a `checksum` of what is left
 * beside it: that proves a caller who knows of it, and not a program that repeats what seemed to fail.
 */
export function decideCancel(
  balance: CancelBalance,
  wish: CancelWish,
): CancelShare | CancelRefusal {
  const leftWon = balance.amountWon - balance.cancelledWon
  if (leftWon === 0) return { kind: 'fully_cancelled' }
  const { reservedWon } = balance
  const cancellableWon = leftWon - reservedWon
  const wantedWon = wish.amountWon ?? leftWon
  const state = { wantedWon, cancellableWon, reservedWon }
  if (wish.checksumWon !== null && wish.checksumWon !== cancellableWon) {
    return { kind: 'checksum_mismatch', ...state }
  }
  if (balance.hasUnansweredCancel && wish.checksumWon === null) {
    return { kind: 'outcome_awaited', ...state }
  }
  if (wantedWon > cancellableWon) return { kind: 'over_balance', ...state }
  return shareOf(balance, wantedWon, wish.taxFreeWon)
}

// The taxable rest cannot give more than it has, so the tax-free part has a least and a most.
function shareOf(
  balance: CancelBalance,
  amountWon: number,
  wishedWon: number,
): CancelShare | CancelRefusal {
  const leftWon = balance.amountWon - balance.cancelledWon - balance.reservedWon
  const taxFreeLeftWon = balance.taxFreeWon - balance.taxFreeTakenWon
  const leastWon = Math.max(0, amountWon - (leftWon - taxFreeLeftWon))
  const mostWon = Math.min(amountWon, taxFreeLeftWon)
  if (wishedWon > mostWon) return { kind: 'tax_free_unfit', leastWon, mostWon }
  // Of a wholly exempt payment every won is tax-free, whatever part the merchant names.
  const isExempt = balance.taxFreeWon === balance.amountWon
  if (wishedWon === 0 || isExempt) return { kind: 'share', amountWon, taxFreeWon: leastWon }
  if (wishedWon < leastWon) return { kind: 'tax_free_unfit', leastWon, mostWon }
  return { kind: 'share', amountWon, taxFreeWon: wishedWon }
}

/** What settling writes on a cancel's row. */
export interface CancelSettlement {
  readonly state: 'done' | 'failed' | 'unknown'
  readonly atMs: number
  readonly pgTid: string | null
  readonly failure: PaymentFailure | null
  readonly failReason: string | null
}

/**
 * PAYJOA's "already cancelled": this request gave nothing back, but something did that is not in our books, so
 * neither "cancelled" nor "not cancelled" is proved. An operator looks, and settles it.
 */
export const alreadyCancelledCode = '9206'

/** `cancelled_at` is our clock's instant, as `paid_at` is; the gateway's CANCELDATE stays in the exchange record. */
export function cancelSettlementOf(outcome: CancelOutcome, nowMs: number): CancelSettlement {
  switch (outcome.kind) {
    case 'approved':
      return { ...nothingElse, state: 'done', atMs: nowMs, pgTid: outcome.transactionId }
    case 'declined':
      if (outcome.code === alreadyCancelledCode) {
        return { ...nothingElse, state: 'unknown', atMs: nowMs, pgTid: null }
      }
      return failed('declined', failReasonOf(outcome.code, outcome.message))
    case 'unsent':
      return failed('unsent', failReasonOf(outcome.code, outcome.message))
    case 'unknown':
      return { ...nothingElse, state: 'unknown', atMs: nowMs, pgTid: outcome.transactionId }
  }

  function failed(failure: PaymentFailure, failReason: string): CancelSettlement {
    return { state: 'failed', atMs: nowMs, pgTid: null, failure, failReason }
  }
}

const nothingElse = { failure: null, failReason: null } as const
