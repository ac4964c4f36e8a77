// POST /subscribe/payments/again: charges a stored billing key. The AUTOKEY is opened in memory for the call and
// never leaves the server.

import { type BillingKey, gatewayKeyPurpose } from '../billing-keys/billing-key.ts'
import { findBillingKey } from '../billing-keys/billing-keys.store.ts'
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
import type { CustomerUidUsage, Payment } from './payment.ts'
import { isMerchantUidTaken } from './payment-queries.store.ts'
import { refuseKeyCharge } from './refuse-order.ts'
import type { ScheduleClaim } from './schedule-claim.ts'

export interface ChargeBillingKey {
  readonly merchantId: MerchantId
  readonly customerUid: string
  readonly order: Order
  readonly usage: Extract<CustomerUidUsage, 'payment' | 'payment.scheduled'>
  /** The schedule this attempt executes; taken in the commit of the intent. */
  readonly claim?: ScheduleClaim
}

export async function chargeBillingKey(
  deps: ChargeDependencies,
  wanted: ChargeBillingKey,
): Promise<ChargeResult> {
  const { merchantId, customerUid, order } = wanted
  const key = await findBillingKey(deps.db, merchantId, customerUid)
  if (key === undefined) {
    // V1 looks at the merchant_uid first: a duplicate is reported even for an unknown customer.
    const isTaken = await isMerchantUidTaken(deps.db, merchantId, order.merchantUid)
    return { kind: isTaken ? 'duplicate' : 'no_billing_key' }
  }
  const opened = await deps.channels.byKey(merchantId, key.channelKey)
  if (opened.kind === 'none') return { kind: 'no_channel', message: opened.message }
  const gatewayKey = await deps.vault.open(
    merchantId,
    gatewayKeyPurpose,
    customerUid,
    key.gatewayKeySealed,
  )

  const known = withKnownBuyer(order, key)
  const refused = refuseKeyCharge(deps.gateway, { order: known, customerUid, card: key, opened })
  if (refused !== null) return { kind: 'refused', request: refused }

  const candidate = newPayment(deps, known, opened, {
    method: 'billing_key',
    customerUid,
    customerUidUsage: wanted.usage,
    cardNumberMasked: key.cardNumberMasked,
    cardCode: key.cardCode,
    cardName: key.cardName,
    cardType: key.cardType,
  })
  const requestOf = (payment: Payment) => ({
    order: orderLinesOf(payment, payment.impUid, order.buyerIp),
    gatewayKey,
    ...chargeLinesOf(order, opened.channel),
  })
  const intent = await commitIntent(
    deps,
    candidate,
    (payment) => beginCharge(deps.ids, payment, order.callId),
    wanted.claim,
  )
  if (intent.kind !== 'intent') return intent

  const { payment, exchange } = intent
  const sendAndSettle = async (): Promise<ChargeResult> => {
    const contract = wanted.claim?.by === 'due' ? opened.patientContract : opened.contract
    const answer = await deps.gateway.chargeBillingKey(contract, requestOf(payment))
    return settleAnswer(deps, payment, exchange.exchangeId, answer)
  }
  return answerChargeInTime(deps, intent, sendAndSettle)
}

/** What the order leaves out of the buyer is what was registered with the card (V1). */
export function withKnownBuyer(order: Order, key: BillingKey): Order {
  return {
    ...order,
    buyerName: order.buyerName ?? key.customerName,
    buyerEmail: order.buyerEmail ?? key.customerEmail,
    buyerTel: order.buyerTel ?? key.customerTel,
    buyerAddr: order.buyerAddr ?? key.customerAddr,
    buyerPostcode: order.buyerPostcode ?? key.customerPostcode,
  }
}
