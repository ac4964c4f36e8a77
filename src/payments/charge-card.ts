// POST /subscribe/payments/onetime without customer_uid: a key-in payment. Of the card only the mask is stored.

import type { ChannelWish } from '../accounts/channel.ts'
import { inV1Names } from '../billing-keys/refused-request.ts'
import type { CardInput } from '../gateways/gateway.ts'
import type { MerchantId } from '../primitives/ids.ts'
import {
  answerChargeInTime,
  beginCharge,
  chargeLinesOf,
  type ChargeDependencies,
  type ChargeResult,
  commitIntent,
  newPayment,
  type Order,
  settleAnswer,
} from './charge.ts'
import { orderLinesOf } from './order-lines.ts'
import type { Payment } from './payment.ts'
import { orderPartNames, refuseByChannel, unknownCompany } from './refuse-order.ts'

export interface ChargeCard {
  readonly merchantId: MerchantId
  readonly order: Order
  readonly card: CardInput
  readonly cardNumberMasked: string
  readonly wish: ChannelWish
}

export async function chargeCard(
  deps: ChargeDependencies,
  wanted: ChargeCard,
): Promise<ChargeResult> {
  const { order, card } = wanted
  const opened = await deps.channels.choose(wanted.merchantId, 'key_in', wanted.wish)
  if (opened.kind === 'none') return { kind: 'no_channel', message: opened.message }

  const candidate = newPayment(deps, order, opened, {
    method: 'key_in',
    customerUid: null,
    customerUidUsage: null,
    cardNumberMasked: wanted.cardNumberMasked,
    cardCode: null,
    cardName: null,
    cardType: null,
  })
  const requestOf = (payment: Payment) => ({
    order: orderLinesOf(payment, payment.impUid, order.buyerIp),
    card,
    ...chargeLinesOf(order, opened.channel),
  })
  const refusal = deps.gateway.preflight.chargeCard(opened.contract, requestOf(candidate))
  const refused =
    refuseByChannel(order, opened.channel, unknownCompany) ??
    inV1Names(refusal, orderPartNames(order, null))
  if (refused !== null) return { kind: 'refused', request: refused }

  const intent = await commitIntent(deps, candidate, (payment) =>
    beginCharge(deps.ids, payment, order.callId),
  )
  if (intent.kind !== 'intent') return intent

  const { payment, exchange } = intent
  const sendAndSettle = async (): Promise<ChargeResult> => {
    const answer = await deps.gateway.chargeCard(opened.contract, requestOf(payment))
    return settleAnswer(deps, payment, exchange.exchangeId, answer)
  }
  return answerChargeInTime(deps, intent, sendAndSettle)
}
