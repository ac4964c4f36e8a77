// What belongs to one merchant does not exist for another, on any route.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import type { BillingKeyView } from '../../src/billing-keys/billing-key.ts'
import type { PaymentView } from '../../src/payments/payment-view.ts'
import { startTestApp, type TestApp, type TestMerchant } from '../support/app.ts'
import { assertBooksUntouched } from './books.ts'
import { cardFields, cardOf, newMerchantUid, newOrder } from './orders.ts'
import {
  assertRefused,
  billingKeyOf,
  pageOf,
  paidOf,
  paymentNotFound,
  responseOf,
  unknownBuyer,
  unknownCustomer,
} from './replies.ts'

let app: TestApp
let owner: TestMerchant
let stranger: TestMerchant
let payment: PaymentView
let key: BillingKeyView

before(async () => {
  app = await startTestApp()
  owner = app.merchant
  stranger = await app.addMerchant()
  const order = newOrder({ customer_uid: 'subscriber' })
  payment = paidOf(await owner.call('POST', '/subscribe/payments/onetime', order))
  key = billingKeyOf(await owner.call('GET', '/subscribe/customers/subscriber'))
  // The stranger's token is stored before any books are compared.
  responseOf(await stranger.call('GET', '/users/pg'))
})
after(() => app.close())

test('a payment is not found by its imp_uid or merchant_uid', async () => {
  await assertBooksUntouched(app, async () => {
    for (const path of [
      `/payments/${payment.imp_uid}`,
      `/payments/find/${payment.merchant_uid}`,
      `/payments/find/${payment.merchant_uid}/paid`,
      `/payments/findAll/${payment.merchant_uid}`,
      `/payments?imp_uid[]=${payment.imp_uid}`,
      `/payments?merchant_uid[]=${payment.merchant_uid}`,
    ]) {
      assertRefused(await stranger.call('GET', path), paymentNotFound)
    }
  })
})

test('a list holds only what is one’s own', async () => {
  for (const path of [
    '/payments/status/all',
    '/payments/status/paid',
    '/subscribe/customers/subscriber/payments',
  ]) {
    assert.equal(pageOf(await stranger.call('GET', path)).total, 0, path)
    assert.equal(pageOf(await owner.call('GET', path)).total, 1, path)
  }
})

test('asked for together with one’s own, another’s is missing', async () => {
  const other = await app.addMerchant()
  const order = newOrder({ customer_uid: 'own' })
  const own = paidOf(await other.call('POST', '/subscribe/payments/onetime', order))
  const payments = await other.call(
    'GET',
    `/payments?imp_uid[]=${payment.imp_uid}&imp_uid[]=${own.imp_uid}`,
  )
  assert.deepEqual(responseOf(payments, 207), [own])
  const keys = await other.call(
    'GET',
    '/subscribe/customers?customer_uid[]=subscriber&customer_uid[]=own',
  )
  const found = responseOf(keys, 207) as BillingKeyView[]
  assert.deepEqual(
    found.map((one) => one.customer_uid),
    ['own'],
  )
})

test('a billing key is not read, deleted or charged', async () => {
  await assertBooksUntouched(app, async () => {
    const path = '/subscribe/customers/subscriber'
    assertRefused(await stranger.call('GET', path), unknownCustomer('subscriber'))
    assertRefused(await stranger.call('DELETE', path), unknownCustomer('subscriber'))
    assertRefused(await stranger.call('GET', '/subscribe/customers?customer_uid=subscriber'), {
      status: 404,
      code: -1,
      message: /등록된 정보를 찾을 수 없습니다/,
    })
    const charge = { customer_uid: 'subscriber', merchant_uid: newMerchantUid(), amount: 100 }
    assertRefused(await stranger.call('POST', '/subscribe/payments/again', charge), unknownBuyer)
    // Its paid merchant_uid is no duplicate to anybody else.
    const used = { ...charge, merchant_uid: payment.merchant_uid }
    assertRefused(await stranger.call('POST', '/subscribe/payments/again', used), unknownBuyer)
  })
})

test('the same customer_uid is another customer at another merchant', async () => {
  const other = await app.addMerchant()
  const path = '/subscribe/customers/subscriber'
  const theirs = billingKeyOf(await other.call('POST', path, cardFields(cardOf('BC카드'))))
  assert.equal(theirs.card_name, 'BC카드')
  assert.deepEqual(billingKeyOf(await owner.call('GET', path)), key)
  billingKeyOf(await other.call('DELETE', path))
  assert.deepEqual(billingKeyOf(await owner.call('GET', path)), key)
})

test('a channel is chosen by its key only by its own merchant', async () => {
  const channelKey = owner.channel.channelKey
  await assertBooksUntouched(app, async () => {
    for (const [path, body] of [
      ['/subscribe/payments/onetime', newOrder({ channel_key: channelKey })],
      ['/subscribe/customers/borrowed', { ...cardFields(), channel_key: channelKey }],
    ] as const) {
      assertRefused(await stranger.call('POST', path, body), {
        status: 200,
        code: -1,
        message: /^등록되지 않은 channel_key입니다\./,
      })
    }
  })
  const channels = responseOf(await stranger.call('GET', '/users/pg')) as { channel_key: string }[]
  assert.deepEqual(
    channels.map((channel) => channel.channel_key),
    [stranger.channel.channelKey],
  )
})
