// POST /payments/cancel: parse, call, render.

import { Type } from '../http/json-schema.ts'
import { badRequest } from '../http/v1-error.ts'
import { type V1Route, v1Route } from '../http/v1-routes.ts'
import { answerCancel } from './cancel-answer.ts'
import { type CancelDependencies, cancelPayment } from './cancel-payment.ts'
import type { PaymentName } from './cancels.store.ts'
import { paymentSchema } from './payment-view.ts'
import { revisitCancel } from './revisit-call.ts'

const won = (description: string) =>
  Type.Optional(Type.Integer({ minimum: 0, description: `${description} (원)` }))

// V1's fields for virtual accounts, promotions and escrow (refund_*, retain_promotion, extra,
// escrow_confirmed) have no meaning for a card payment and are ignored like any unknown name.
const cancelParams = Type.Object({
  imp_uid: Type.Optional(
    Type.String({ maxLength: 64, description: 'merchant_uid와 함께 보내면 imp_uid가 우선합니다.' }),
  ),
  merchant_uid: Type.Optional(Type.String({ maxLength: 64 })),
  amount: won('취소 요청 금액. 없거나 0이면 남은 금액 전액을 취소합니다.'),
  tax_free: won('취소 요청 금액 중 면세 금액'),
  vat_amount: won('취소 요청 금액 중 부가세. PG가 과세 금액에서 계산하므로 전송하지 않습니다.'),
  checksum: won('현재 취소 가능 금액. 일치하지 않으면 PG에 요청하지 않습니다.'),
  reason: Type.Optional(Type.String({ maxLength: 1000, description: '취소 사유' })),
  enable_webhook: Type.Optional(Type.Boolean({ description: '취소 웹훅 발송 여부' })),
})

export function cancelsRoutes(deps: CancelDependencies): V1Route[] {
  return [
    v1Route({
      method: 'POST',
      url: '/payments/cancel',
      summary: '결제취소(전액/부분)',
      auth: 'token',
      params: cancelParams,
      response: paymentSchema,
      revisit: revisitCancel(deps),
      handler: async (input, context) => {
        const { amount = 0, vat_amount: vatWon = 0, tax_free: taxFreeWon = 0 } = input
        if (amount > 0 && vatWon + taxFreeWon > amount) {
          throw badRequest(
            '파라미터 오류: tax_free, vat_amount (합계가 amount보다 클 수 없습니다.)',
          )
        }
        const result = await cancelPayment(deps, {
          ...nameOf(input),
          merchantId: context.merchant.merchantId,
          amountWon: amount === 0 ? undefined : amount,
          taxFreeWon,
          checksumWon: input.checksum,
          reason: input.reason ?? null,
          enableWebhook: input.enable_webhook ?? false,
          callId: context.callId,
        })
        return answerCancel(result, context)
      },
    }),
  ]
}

interface NameParams {
  readonly imp_uid?: string | undefined
  readonly merchant_uid?: string | undefined
}

// V1: imp_uid wins when both are sent, even when it names nothing.
function nameOf({ imp_uid: impUid, merchant_uid: merchantUid }: NameParams): PaymentName {
  if (impUid !== undefined) return { impUid }
  if (merchantUid !== undefined) return { merchantUid }
  throw badRequest('imp_uid 또는 merchant_uid 중 하나는 반드시 지정해주셔야합니다.')
}
