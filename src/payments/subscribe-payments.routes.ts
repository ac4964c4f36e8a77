// POST /subscribe/payments/onetime and /again: parse, call, render.

import { type Static, type TProperties, Type } from 'typebox'

import { type CardReading, readCard } from '../billing-keys/card-input.ts'
import { badRequest } from '../http/v1-error.ts'
import { type MerchantContext, type V1Route, v1Route } from '../http/v1-routes.ts'
import { jsonText } from '../http/v1-parameters.ts'
import { amountWonMax } from '../primitives/money.ts'
import { buyerIpOf } from '../billing-keys/buyer-ip.ts'
import type { ChargeDependencies, Order } from './charge.ts'
import { answerCharge } from './charge-answer.ts'
import { chargeBillingKey } from './charge-billing-key.ts'
import { chargeCard } from './charge-card.ts'
import { issueAndCharge } from './issue-and-charge.ts'
import { paymentSchema } from './payment-view.ts'

// V1 documents a length for each of these texts and does not refuse longer ones; what the wire cannot carry
// is cut there. The bounds here only keep the rows sane.
const text = (maxLength = 255) => Type.Optional(Type.String({ maxLength }))
const won = (minimum: number) => Type.Integer({ minimum, maximum: amountWonMax })

/** What onetime and again have in common. */
const orderParams = {
  merchant_uid: Type.String({ maxLength: 40, description: '가맹점 주문번호' }),
  amount: won(1),
  tax_free: Type.Optional(won(0)),
  vat_amount: Type.Optional(won(0)),
  vat: Type.Optional(won(0)),
  name: text(),
  buyer_name: text(),
  buyer_email: text(),
  buyer_tel: text(),
  buyer_addr: text(1000),
  buyer_postcode: text(),
  card_quota: Type.Optional(Type.Integer({ minimum: 0, maximum: 99 })),
  custom_data: Type.Optional(jsonText({ maxLength: 65_536 })),
  notice_url: text(2000),
  browser_ip: text(45),
  currency: text(),
} satisfies TProperties

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
      handler: async (input, context) => {
        const { card, numberMasked } = cardOf(input)
        const wanted = {
          merchantId: context.merchant.merchantId,
          order: orderOf(input, context),
          card,
          cardNumberMasked: numberMasked,
          wish: { channelKey: input.channel_key, pg: input.pg },
        }
        const { customer_uid: customerUid } = input
        const result =
          customerUid === undefined
            ? await chargeCard(deps, wanted)
            : await issueAndCharge(deps, { ...wanted, customerUid })
        return answerCharge(result, context)
      },
    }),
    v1Route({
      method: 'POST',
      url: '/subscribe/payments/again',
      summary: '빌링키 결제 요청',
      auth: 'token',
      params: againParams,
      response: paymentSchema,
      handler: async (input, context) => {
        const result = await chargeBillingKey(deps, {
          merchantId: context.merchant.merchantId,
          customerUid: input.customer_uid,
          order: orderOf(input, context),
          usage: 'payment',
        })
        return answerCharge(result, context)
      },
    }),
  ]
}

function cardOf(input: Static<typeof onetimeParams>): Extract<CardReading, { kind: 'card' }> {
  const reading = readCard(input)
  if (reading.kind === 'malformed') {
    throw badRequest(`파라미터 오류: ${reading.field} (${reading.hint})`)
  }
  return reading
}

type BuyerParams = Pick<
  Static<typeof againParams>,
  'buyer_name' | 'buyer_email' | 'buyer_tel' | 'buyer_addr' | 'buyer_postcode'
>

function orderOf(
  input: Static<typeof againParams> | Static<typeof onetimeParams>,
  context: MerchantContext,
): Order {
  const taxFreeWon = input.tax_free ?? 0
  const vatWon = input.vat_amount ?? input.vat ?? null
  refuseForeignCurrency(input.currency)
  if (taxFreeWon > input.amount) {
    throw badRequest('파라미터 오류: tax_free (amount보다 클 수 없습니다.)')
  }
  if (vatWon !== null && vatWon > input.amount - taxFreeWon) {
    throw badRequest('파라미터 오류: vat_amount (과세 금액보다 클 수 없습니다.)')
  }
  return {
    merchantUid: input.merchant_uid,
    amountWon: input.amount,
    taxFreeWon,
    vatWon,
    cardQuota: input.card_quota ?? 0,
    name: input.name ?? null,
    ...buyerOf(input),
    customData: input.custom_data ?? null,
    noticeUrl: input.notice_url ?? null,
    buyerIp: buyerIpOf(input.browser_ip, context.clientIp),
    userAgent: context.userAgent,
  }
}

function buyerOf(input: BuyerParams) {
  return {
    buyerName: input.buyer_name ?? null,
    buyerEmail: input.buyer_email ?? null,
    buyerTel: input.buyer_tel ?? null,
    buyerAddr: input.buyer_addr ?? null,
    buyerPostcode: input.buyer_postcode ?? null,
  }
}

// PAYJOA takes won only; charging another currency's number in won would take the wrong money.
function refuseForeignCurrency(currency: string | undefined): void {
  if (currency !== undefined && currency.toUpperCase() !== 'KRW') {
    throw badRequest('파라미터 오류: currency (KRW만 지원합니다.)')
  }
}
