// What V1 answers to a cancel. Code 0 shows the payment as our books have it. An unknown outcome is code 0 too,
// with the payment unchanged and a header: a refusal would invite a client to pay out a second time.

import { type V1Answer, value } from '../http/envelope.ts'
import { outcomeHeader } from '../http/idempotency-answer.ts'
import { refused, type V1Error } from '../http/v1-error.ts'
import type { PublicContext } from '../http/v1-routes.ts'
import type { Cancellable, CancelRefusal } from './cancel.ts'
import type { CancelResult } from './cancel-payment.ts'
import { heldAfterRestore } from './hold.ts'
import { failReasonOf } from './payment.ts'
import { type PaymentView, viewPayment } from './payment-view.ts'

export function answerCancel(
  result: CancelResult,
  context: Pick<PublicContext, 'setHeader'>,
): V1Answer<PaymentView> {
  if (result.kind !== 'cancelled' && result.kind !== 'unknown') throw nothingCancelled(result)
  if (result.kind === 'unknown') context.setHeader(outcomeHeader, 'unknown')
  return value(viewPayment(result.payment))
}

function nothingCancelled(
  result: Exclude<CancelResult, { kind: 'cancelled' | 'unknown' }>,
): V1Error {
  switch (result.kind) {
    case 'failed':
      return refused(failReasonOf(result.outcome.code, result.outcome.message), -1)
    case 'absent':
      return refused('취소할 결제건이 존재하지 않습니다.', 1)
    case 'refused':
      return refused(cancelRefusalMessage(result.refusal), 1)
    case 'no_channel':
      return refused(result.message, -1)
    case 'held':
      return heldAfterRestore()
    case 'contended':
      return refused('동시에 처리 중인 취소 요청이 많습니다. 잠시 후 다시 시도해 주세요.', 1)
  }
}

/** Only the first of these messages is V1's own; its words for the others are not known. */
export function cancelRefusalMessage(refusal: CancelRefusal): string {
  switch (refusal.kind) {
    case 'fully_cancelled':
      return '이미 전액취소된 주문입니다.'
    case 'checksum_mismatch':
      return `취소 가능 금액이 checksum과 일치하지 않습니다. ${balanceNote(refusal)}`
    case 'over_balance':
      return `취소 요청 금액(${refusal.wantedWon}원)이 취소 가능 금액을 초과합니다. ${balanceNote(refusal)}`
    case 'outcome_awaited':
      return `결과를 확인하고 있는 취소 요청이 있어 추가로 취소할 수 없습니다. ${balanceNote(refusal)}${checksumHint(refusal)}`
    case 'tax_free_unfit':
      return `면세 금액(tax_free)은 ${refusal.leastWon}원 이상 ${refusal.mostWon}원 이하만 취소할 수 있습니다.`
  }
}

function balanceNote({ cancellableWon, reservedWon }: Cancellable): string {
  const awaited = reservedWon === 0 ? '' : `, 결과 확인 중인 취소 금액: ${reservedWon}원`
  return `(취소 가능 금액: ${cancellableWon}원${awaited})`
}

// The way on for somebody who knows of the unknown cancel and means another one.
function checksumHint({ cancellableWon }: Cancellable): string {
  if (cancellableWon === 0) return ''
  return ` 별도의 취소 요청이라면 checksum에 취소 가능 금액 ${cancellableWon}을 지정해 주세요.`
}
