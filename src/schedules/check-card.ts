// V1's checking_amount: a real charge of a small amount, given back at once, before anything is reserved. A new
// card's key is kept only if the charge is approved (the guide's §4); whatever may still have to be given back
// is found again by its purpose.

import type { ChannelWish } from '../accounts/channel.ts'
import type { CardInput } from '../gateways/gateway.ts'
import { type ChargeDependencies, type ChargeResult, plainOrder } from '../payments/charge.ts'
import { chargeBillingKey } from '../payments/charge-billing-key.ts'
import { giveBack } from '../payments/give-back.ts'
import { issueAndCharge } from '../payments/issue-and-charge.ts'
import type { Payment } from '../payments/payment.ts'
import type { MerchantId } from '../primitives/ids.ts'

export interface NewCard {
  readonly card: CardInput
  readonly numberMasked: string
  readonly wish: ChannelWish
}

export interface CheckCard {
  readonly merchantId: MerchantId
  readonly customerUid: string
  readonly amountWon: number
  readonly buyerIp: string
  /** Null: the customer has a key already. */
  readonly newCard: NewCard | null
}

/** What became of the money of a card check. `pending`: it is still with us, and is given back by the worker. */
export interface CardCheck {
  readonly impUid: string
  readonly refund: 'cancelled' | 'unknown' | 'pending'
}

export type CheckResult =
  | ({ readonly kind: 'approved' } & CardCheck)
  /** It may have been charged. When that turns out so, it is given back by the worker. */
  | { readonly kind: 'unknown'; readonly impUid: string }
  | { readonly kind: 'failed'; readonly payment: Payment }
  | Exclude<ChargeResult, { readonly kind: 'payment' }>

// The charge and its cancel answer within the time of one request.
const chargeShare = 0.6

export async function checkCard(deps: ChargeDependencies, wanted: CheckCard): Promise<CheckResult> {
  const chargeWithinMs = Math.ceil(deps.answerWithinMs * chargeShare)
  const result = await charge({ ...deps, answerWithinMs: chargeWithinMs }, wanted)
  if (result.kind !== 'payment') return result
  const { payment } = result
  switch (payment.state) {
    case 'sending':
    case 'unknown':
      return { kind: 'unknown', impUid: payment.impUid }
    case 'failed':
      return { kind: 'failed', payment }
    case 'paid':
    case 'cancelled': {
      const cancelWithinMs = Math.max(1, deps.answerWithinMs - chargeWithinMs)
      const refund = await giveBack({ ...deps, answerWithinMs: cancelWithinMs }, payment)
      return { kind: 'approved', impUid: payment.impUid, refund }
    }
  }
}

function charge(
  deps: ChargeDependencies,
  { merchantId, customerUid, amountWon, buyerIp, newCard }: CheckCard,
): Promise<ChargeResult> {
  const order = { ...checkOrder, amountWon, buyerIp, merchantUid: `check_${deps.ids.digits(16)}` }
  if (newCard === null) {
    return chargeBillingKey(deps, { merchantId, customerUid, order, usage: 'payment' })
  }
  const { card, numberMasked: cardNumberMasked, wish } = newCard
  return issueAndCharge(deps, { merchantId, customerUid, order, card, cardNumberMasked, wish })
}

const checkOrder = { ...plainOrder, purpose: 'card_check', name: '카드 확인 결제' } as const
