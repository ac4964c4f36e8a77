// What a call under an Idempotency-Key began, for the request that repeats it: the payment or the cancel as it stands,
// told as its first answer would have told it. Nothing is sent to the gateway from here.

import type { Queryable } from '../db/database.ts'
import type { V1Answer } from '../http/envelope.ts'
import { refused } from '../http/v1-error.ts'
import type { MerchantContext } from '../http/v1-routes.ts'
import { answerCancel } from './cancel-answer.ts'
import { findCancel } from './cancel-queries.store.ts'
import { answerCharge } from './charge-answer.ts'
import { findPayment, findPaymentOfCall } from './payment-queries.store.ts'
import type { PaymentView } from './payment-view.ts'

type Revisit = (
  callId: string,
  context: MerchantContext,
) => Promise<V1Answer<PaymentView> | undefined>

/** Of a charge: undefined when no intent was committed, so that nothing can have been sent. */
export function revisitCharge({ db }: { readonly db: Queryable }): Revisit {
  return async (callId, context) => {
    const payment = await findPaymentOfCall(db, context.merchant.merchantId, callId)
    if (payment === undefined) return undefined
    if (payment.failure === 'unsent') throw refused(payment.failReason ?? '', -1)
    return answerCharge({ kind: 'payment', payment, outcome: null }, context)
  }
}

/** Of a cancel: undefined when nothing was reserved. */
export function revisitCancel({ db }: { readonly db: Queryable }): Revisit {
  return async (cancelId, context) => {
    const { merchantId } = context.merchant
    const cancel = await findCancel(db, merchantId, cancelId)
    if (cancel === undefined) return undefined
    if (cancel.state === 'failed') throw refused(cancel.failReason ?? '', -1)
    const payment = await findPayment(db, merchantId, cancel.impUid)
    if (payment === undefined) throw new Error(`the payment of cancel ${cancelId} is gone`)
    const kind = cancel.state === 'done' ? 'cancelled' : 'unknown'
    return answerCancel({ kind, payment, cancelId }, context)
  }
}
