// What V1 answers to a charge. A decline is a success of the call: code 0 with a failed payment. A code other
// than 0 means that nothing was charged for certain. An unknown outcome shows as ready and says so in a header.

import { errorOfRefused } from '../billing-keys/refused-request.ts'
import { type V1Answer, value } from '../http/envelope.ts'
import { outcomeHeader } from '../http/idempotency-answer.ts'
import { refused, type V1Error } from '../http/v1-error.ts'
import type { PublicContext } from '../http/v1-routes.ts'
import type { ChargeResult } from './charge.ts'
import { heldAfterRestore } from './hold.ts'
import { failReasonOf, statusOf } from './payment.ts'
import { type PaymentView, viewPayment } from './payment-view.ts'

export const duplicateMessage =
  '이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)'

export function answerCharge(
  result: ChargeResult,
  context: Pick<PublicContext, 'setHeader'>,
): V1Answer<PaymentView> {
  if (result.kind !== 'payment') throw nothingCharged(result)
  const { payment, outcome } = result
  // The row is what counts: the gateway's own notification may have said otherwise before its answer came.
  const refusal = payment.state === 'failed' ? outcome : null
  if (refusal?.kind === 'declined' && refusal.reason === 'card_invalid') throw cardRefused(refusal)
  if (refusal?.kind === 'unsent') throw refused(failReasonOf(refusal.code, refusal.message), -1)
  if (statusOf(payment) === 'ready') context.setHeader(outcomeHeader, 'unknown')
  return value(viewPayment(payment))
}

function nothingCharged(result: Exclude<ChargeResult, { kind: 'payment' }>): V1Error {
  switch (result.kind) {
    case 'duplicate':
      return refused(duplicateMessage, -1)
    case 'no_billing_key':
      return refused('등록되지 않은 구매자입니다.', 1)
    case 'not_claimed':
      return refused('이미 실행 중이거나 변경된 예약입니다.', 1)
    case 'held':
      return heldAfterRestore()
    case 'no_channel':
      return refused(result.message, -1)
    case 'refused':
      return errorOfRefused(result.request)
    case 'not_issued':
      return cardRefused(result.outcome)
  }
}

function cardRefused(outcome: { readonly code: string | null; readonly message: string }): V1Error {
  const reason = failReasonOf(outcome.code, outcome.message)
  return refused(`카드정보 인증에 실패하였습니다. ${reason}`, -1)
}
