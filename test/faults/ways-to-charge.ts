// The three ways V1 takes money by card, as a test drives them: prepare once, then charge any number of times.

import type { TestMerchant, V1Reply } from '../support/app.ts'

export const amountWon = 3_000

/** A number that approves, of the simulator's issuer 신한카드. */
export const goodCard = '9366000000900000'

export interface Attempt {
  readonly merchantUid: string
  readonly customerUid: string
  readonly cardNumber: string
}

/** Anything that calls the API as one merchant: the test app's own client, or one of another process. */
export type Caller = Pick<TestMerchant, 'call'>

export interface Way {
  readonly name: 'onetime' | 'onetime with customer_uid' | 'again'
  /** PAYMETHOD of the exchange that takes the money. */
  readonly payMethod: 'CARD-SUGI' | 'CARD-BATCH'
  prepare(merchant: Caller, attempt: Attempt): Promise<void>
  charge(merchant: Caller, attempt: Attempt): Promise<V1Reply>
}

export const onetime: Way = {
  name: 'onetime',
  payMethod: 'CARD-SUGI',
  prepare: async () => undefined,
  charge: (merchant, attempt) =>
    merchant.call('POST', '/subscribe/payments/onetime', {
      ...orderOf(attempt),
      ...cardOf(attempt.cardNumber),
    }),
}

export const onetimeWithKey: Way = {
  name: 'onetime with customer_uid',
  payMethod: 'CARD-BATCH',
  prepare: async () => undefined,
  charge: (merchant, attempt) =>
    merchant.call('POST', '/subscribe/payments/onetime', {
      ...orderOf(attempt),
      ...cardOf(attempt.cardNumber),
      customer_uid: attempt.customerUid,
    }),
}

export const again: Way = {
  name: 'again',
  payMethod: 'CARD-BATCH',
  prepare: async (merchant, { customerUid, cardNumber }) => {
    const path = `/subscribe/customers/${customerUid}`
    const { body } = await merchant.call('POST', path, cardOf(cardNumber))
    if (body.code !== 0) throw new Error(`no billing key to charge: ${body.message}`)
  },
  charge: (merchant, attempt) =>
    merchant.call('POST', '/subscribe/payments/again', {
      ...orderOf(attempt),
      customer_uid: attempt.customerUid,
    }),
}

export const waysToCharge: readonly Way[] = [onetime, onetimeWithKey, again]

let attempts = 0

/** An attempt with names nobody used before. */
export function newAttempt(cardNumber: string = goodCard): Attempt {
  attempts += 1
  return { merchantUid: `order-${attempts}`, customerUid: `customer-${attempts}`, cardNumber }
}

function orderOf({ merchantUid }: Attempt) {
  return { merchant_uid: merchantUid, amount: amountWon, name: '정기구독 1개월' }
}

function cardOf(cardNumber: string) {
  return { card_number: cardNumber, expiry: '2039-12', birth: '880101', pwd_2digit: '12' }
}
