// POST /subscribe/payments/onetime (and its legacy alias /foreign) and /again: parse, call, render.

import type { Static, TProperties } from 'typebox'

import { type CardReading, readCard } from '../billing-keys/card-input.ts'
import { Type } from '../http/json-schema.ts'
import { badRequest } from '../http/v1-error.ts'
import { type MerchantContext, type V1Route, v1Route } from '../http/v1-routes.ts'
import type { ChargeDependencies, ChargeResult } from './charge.ts'
import { answerCharge } from './charge-answer.ts'
import { chargeBillingKey } from './charge-billing-key.ts'
import { chargeCard } from './charge-card.ts'
import { issueAndCharge } from './issue-and-charge.ts'
import { orderOf, orderParams } from './order-params.ts'
import { paymentSchema } from './payment-view.ts'
import { revisitCharge } from './revisit-call.ts'

const text = (maxLength = 255) => Type.Optional(Type.String({ maxLength }))

const cardParams = {
  card_number: Type.String({ maxLength: 64, description: 'dddd-dddd-dddd-dddd' }),
  expiry: Type.String({ maxLength: 16, description: 'YYYY-MM' }),
  birth: text(32),
  pwd_2digit: text(16),
  pg: text(),
  channel_key: text(),
} satisfies TProperties

const onetimeParams = Type.Object({
  ...orderParams,
  ...cardParams,
  customer_uid: Type.Optional(
    Type.String({ maxLength: 80, description: '주어지면 빌링키를 함께 발급합니다.' }),
  ),
})

// V1's older name for a payment by card number and expiry alone, which is how foreign cards pay. Two published
// clients still call it.
const { birth: _birth, pwd_2digit: _password, ...foreignProperties } = onetimeParams.properties
const foreignParams = Type.Object(foreignProperties)

const againParams = Type.Object({
  ...orderParams,
  customer_uid: Type.String({ maxLength: 80 }),
})

export function subscribePaymentsRoutes(deps: ChargeDependencies): V1Route[] {
  return [
    v1Route({
      method: 'POST',
      url: '/subscribe/payments/onetime',
      summary: '비인증 결제(키인결제) 요청',
      auth: 'token',
      params: onetimeParams,
      response: paymentSchema,
      revisit: revisitCharge(deps),
      handler: async (input, context) =>
        answerCharge(await payByCard(deps, input, context), context),
    }),
    v1Route({
      method: 'POST',
      url: '/subscribe/payments/foreign',
      summary: '비인증 결제(카드번호와 유효기간만) 요청',
      auth: 'token',
      params: foreignParams,
      response: paymentSchema,
      revisit: revisitCharge(deps),
      handler: async (input, context) =>
        answerCharge(await payByCard(deps, input, context), context),
    }),
    v1Route({
      method: 'POST',
      url: '/subscribe/payments/again',
      summary: '빌링키 결제 요청',
      auth: 'token',
      params: againParams,
      response: paymentSchema,
      revisit: revisitCharge(deps),
      handler: async (input, context) => {
        const result = await chargeBillingKey(deps, {
          merchantId: context.merchant.merchantId,
          customerUid: input.customer_uid,
          order: { ...orderOf(input, context), callId: context.callId },
          usage: 'payment',
        })
        return answerCharge(result, context)
      },
    }),
  ]
}

async function payByCard(
  deps: ChargeDependencies,
  input: Static<typeof onetimeParams>,
  context: MerchantContext,
): Promise<ChargeResult> {
  const { card, numberMasked } = cardOf(input)
  const wanted = {
    merchantId: context.merchant.merchantId,
    order: { ...orderOf(input, context), callId: context.callId },
    card,
    cardNumberMasked: numberMasked,
    wish: { channelKey: input.channel_key, pg: input.pg },
  }
  const { customer_uid: customerUid } = input
  return customerUid === undefined
    ? chargeCard(deps, wanted)
    : issueAndCharge(deps, { ...wanted, customerUid })
}

function cardOf(input: Static<typeof onetimeParams>): Extract<CardReading, { kind: 'card' }> {
  const reading = readCard(input)
  if (reading.kind === 'malformed') {
    throw badRequest(`파라미터 오류: ${reading.field} (${reading.hint})`)
  }
  return reading
}
