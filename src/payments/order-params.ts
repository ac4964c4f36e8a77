// What a merchant says of an order, in every request that takes money now or later: the parameters, and the
// rules between them.

import type { Static, TProperties } from 'typebox'

import { buyerIpOf } from '../billing-keys/buyer-ip.ts'
import { Type } from '../http/json-schema.ts'
import { badRequest } from '../http/v1-error.ts'
import type { PublicContext } from '../http/v1-routes.ts'
import { jsonText } from '../http/v1-parameters.ts'
import { amountWonMax } from '../primitives/money.ts'
import type { Order } from './charge.ts'

// V1 documents a length for each of these texts and does not refuse longer ones; what the wire cannot carry
// is cut there. The bounds here only keep the rows sane.
const text = (maxLength = 255) => Type.Optional(Type.String({ maxLength }))
const won = (minimum: number) => Type.Integer({ minimum, maximum: amountWonMax })

/** What onetime, again and the entries of a schedule have in common. */
export const orderParams = {
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

const orderSchema = Type.Object(orderParams)
export type OrderInput = Static<typeof orderSchema>

/**
 * Reads an order. Throws V1Error 400 where its amounts contradict each other; `prefix` stands before the name of
 * the parameter (`schedules[0].`).
 */
export function orderOf(
  input: OrderInput,
  context: Pick<PublicContext, 'clientIp' | 'userAgent'>,
  prefix = '',
): Order {
  const taxFreeWon = input.tax_free ?? 0
  const vatWon = input.vat_amount ?? input.vat ?? null
  refuseForeignCurrency(input.currency, prefix)
  if (taxFreeWon > input.amount) {
    throw badRequest(`파라미터 오류: ${prefix}tax_free (amount보다 클 수 없습니다.)`)
  }
  if (vatWon !== null && vatWon > input.amount - taxFreeWon) {
    throw badRequest(`파라미터 오류: ${prefix}vat_amount (과세 금액보다 클 수 없습니다.)`)
  }
  return {
    merchantUid: input.merchant_uid,
    amountWon: input.amount,
    taxFreeWon,
    vatWon,
    cardQuota: quotaOf(input.card_quota),
    name: input.name ?? null,
    ...buyerOf(input),
    customData: input.custom_data ?? null,
    noticeUrl: input.notice_url ?? null,
    buyerIp: buyerIpOf(input.browser_ip, context.clientIp),
    userAgent: context.userAgent,
    purpose: 'order',
  }
}

// V1's lump sum is 0, and on Korean slips it is one month: both are asked for, and the wire knows one of them.
function quotaOf(cardQuota = 0): number {
  return cardQuota === 1 ? 0 : cardQuota
}

type BuyerParams = Pick<
  OrderInput,
  'buyer_name' | 'buyer_email' | 'buyer_tel' | 'buyer_addr' | 'buyer_postcode'
>

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
function refuseForeignCurrency(currency: string | undefined, prefix: string): void {
  if (currency !== undefined && currency.toUpperCase() !== 'KRW') {
    throw badRequest(`파라미터 오류: ${prefix}currency (KRW만 지원합니다.)`)
  }
}
