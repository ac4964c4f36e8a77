// What is refused of an order before anything is recorded or sent: what its tax says that the gateway would take
// differently, months the card may not pay in, and what the wire cannot carry. Schedules are asked the same when
// they are reserved.

import type { Channel } from '../accounts/channel.ts'
import { type CardCompany, instalmentFaultOf } from '../accounts/instalment-rule.ts'
import type { OpenChannel } from '../accounts/open-channel.ts'
import {
  cardPartNames,
  inV1Names,
  type PartNames,
  type RefusedRequest,
} from '../billing-keys/refused-request.ts'
import type { Gateway } from '../gateways/gateway.ts'
import { Secret } from '../primitives/secret.ts'
import { chargeLinesOf, type Order } from './charge.ts'
import { orderLinesOf } from './order-lines.ts'
import { taxFaultOf } from './tax-split.ts'

/** The card of a request that has just been typed. */
export const unknownCompany: CardCompany = { cardCode: null, cardName: null }

/** The rules of the channel; null: nothing is in the way. `prefix` stands before the names: `schedules[0].`. */
export function refuseByChannel(
  order: Pick<Order, 'amountWon' | 'taxFreeWon' | 'vatWon' | 'cardQuota'>,
  { taxMode, instalments }: Pick<Channel, 'taxMode' | 'instalments'>,
  card: CardCompany,
  prefix = '',
): RefusedRequest | null {
  const tax = taxFaultOf(order, taxMode)
  if (tax !== null) {
    return { kind: 'malformed', parameter: prefix + tax.parameter, hint: tax.message }
  }
  const hint = instalmentFaultOf(instalments, order.cardQuota, card)
  return hint === null ? null : { kind: 'malformed', parameter: `${prefix}card_quota`, hint }
}

export interface KeyCharge {
  readonly order: Order
  readonly customerUid: string
  readonly card: CardCompany
  readonly opened: OpenChannel
}

/** Whether a billing key could be charged for the order, as far as that is known before it is sent. */
export function refuseKeyCharge(
  { preflight }: Pick<Gateway, 'preflight'>,
  { order, customerUid, card, opened }: KeyCharge,
  prefix = '',
): RefusedRequest | null {
  const { channel, contract } = opened
  const request = {
    order: orderLinesOf({ ...order, customerUid }, orderNumberToCome, order.buyerIp),
    gatewayKey: keyToCome,
    ...chargeLinesOf(order, channel),
  }
  return (
    refuseByChannel(order, channel, card, prefix) ??
    inV1Names(
      preflight.chargeBillingKey(contract, request),
      orderPartNames(order, customerUid, prefix),
    )
  )
}

// Stand for an imp_uid and an AUTOKEY, which are made to fit the wire; never sent.
const orderNumberToCome = 'imps_000000000000'
const keyToCome = new Secret('0')

/** Where each part of an order comes from: PRODUCTNAME and USERID are filled from other parameters when left out. */
export function orderPartNames(
  { name }: Pick<Order, 'name'>,
  customerUid: string | null,
  prefix = '',
): PartNames {
  return {
    ...cardPartNames,
    amount: `${prefix}amount`,
    instalments: `${prefix}card_quota`,
    tax_free: `${prefix}tax_free`,
    product_name: name === null ? `${prefix}merchant_uid` : `${prefix}name`,
    buyer_name: `${prefix}buyer_name`,
    buyer_email: `${prefix}buyer_email`,
    user_id: customerUid === null ? `${prefix}merchant_uid` : 'customer_uid',
  }
}
