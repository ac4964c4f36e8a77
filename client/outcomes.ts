// What a charge or a cancel came to, as a value. A decline and an open outcome are no faults of the program: each needs
// a branch of its own, which a union makes the compiler ask for and an exception would let be forgotten.

import { BillkeyError, UnknownOutcomeError } from './errors.ts'
import type { Payment } from './v1-objects.ts'

/** The money was taken. */
export interface PaidOutcome {
  readonly kind: 'paid'
  readonly payment: Payment
}

/** Declined: no money was taken, and `payment.fail_reason` says why. */
export interface FailedOutcome {
  readonly kind: 'failed'
  readonly payment: Payment
}

/** The money was taken and has been given back since, all or part of it; seen when an old call is repeated. */
export interface CancelledOutcome {
  readonly kind: 'cancelled'
  readonly payment: Payment
}

/**
 * The money may have been taken. Neither deliver nor charge again under another merchant_uid: wait for the webhook,
 * ask `payments.outcome(merchant_uid)`, or repeat the call with the same `idempotencyKey` on a billkey server.
 */
export interface UnknownOutcome {
  readonly kind: 'unknown'
  readonly idempotencyKey: string
  /** Null when the answer was lost. */
  readonly payment: Payment | null
  /** Null when the server itself says that it does not know yet. */
  readonly cause: UnknownOutcomeError | null
}

export type ChargeOutcome = PaidOutcome | FailedOutcome | CancelledOutcome | UnknownOutcome

/** A cancel that was refused throws RefusedError. */
export type CancelOutcome = CancelledOutcome | UnknownOutcome

/** What is known of an order. `absent`: the server has no payment of that name, though one may still be under way. */
export type OrderOutcome =
  | PaidOutcome
  | FailedOutcome
  | CancelledOutcome
  | { readonly kind: 'unknown'; readonly payment: Payment }
  | { readonly kind: 'absent' }

/** The charge was declined, or its money given back; `payment` says which. */
export class DeclinedError extends BillkeyError {
  override readonly name = 'DeclinedError'
  readonly kind = 'declined'
  readonly payment: Payment

  constructor(payment: Payment) {
    super(payment.fail_reason ?? `the payment is ${payment.status}`)
    this.payment = payment
  }
}

/** For who would rather catch: the payment when it is paid, else DeclinedError or UnknownOutcomeError. */
export function paidOrThrow(outcome: ChargeOutcome): Payment {
  switch (outcome.kind) {
    case 'paid':
      return outcome.payment
    case 'failed':
    case 'cancelled':
      throw new DeclinedError(outcome.payment)
    case 'unknown':
      throw (
        outcome.cause ??
        new UnknownOutcomeError('the outcome is not known yet', outcome.idempotencyKey)
      )
  }
}

/** Judges a payment by its status; what is neither paid, failed nor cancelled is open. */
export function outcomeOf(payment: Payment): Exclude<OrderOutcome, { kind: 'absent' }> {
  const { status } = payment
  const isSettled = status === 'paid' || status === 'failed' || status === 'cancelled'
  return isSettled ? { kind: status, payment } : { kind: 'unknown', payment }
}
