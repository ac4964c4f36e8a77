// Turns answers to charges and cancels into outcomes.

import type { Call, Caller } from './caller.ts'
import { UnknownOutcomeError } from './errors.ts'
import {
  type CancelOutcome,
  type ChargeOutcome,
  outcomeOf,
  type UnknownOutcome,
} from './outcomes.ts'
import type { Payment } from './v1-objects.ts'

/** Sends a charge of the order `merchantUid`. Throws when it was refused or never left. */
export async function charge(
  caller: Caller,
  merchantUid: string,
  call: Call,
): Promise<ChargeOutcome> {
  return open(async () => {
    const { response, isOutcomeOpen, idempotencyKey } = await caller.callForOutcome<Payment>(call)
    const payment = paymentOf(response, idempotencyKey)
    if (payment.merchant_uid !== merchantUid) {
      throw new UnknownOutcomeError('the answer is of another order', idempotencyKey)
    }
    const outcome = outcomeOf(payment)
    if (outcome.kind !== 'unknown' && !isOutcomeOpen) return outcome
    return { kind: 'unknown', idempotencyKey, payment, cause: null }
  })
}

/** Sends a cancel. Throws when it was refused or never left. */
export async function cancel(caller: Caller, call: Call): Promise<CancelOutcome> {
  return open(async () => {
    const { response, isOutcomeOpen, idempotencyKey } = await caller.callForOutcome<Payment>(call)
    const payment = paymentOf(response, idempotencyKey)
    // A cancelled payment with the header: an earlier part was given back, and this one is open.
    if (payment.status === 'cancelled' && !isOutcomeOpen) return { kind: 'cancelled', payment }
    return { kind: 'unknown', idempotencyKey, payment, cause: null }
  })
}

function paymentOf(response: unknown, idempotencyKey: string): Payment {
  const { imp_uid: impUid, status } = response as Partial<Payment>
  if (typeof impUid === 'string' && typeof status === 'string') return response as Payment
  throw new UnknownOutcomeError('the answer holds no payment', idempotencyKey)
}

async function open<Outcome>(work: () => Promise<Outcome>): Promise<Outcome | UnknownOutcome> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof UnknownOutcomeError)) throw error
    const { idempotencyKey } = error
    return { kind: 'unknown', idempotencyKey, payment: null, cause: error }
  }
}
