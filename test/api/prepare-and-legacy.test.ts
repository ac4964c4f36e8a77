// What V1 has beside payments and cancels: amounts registered beforehand, the balance of a payment, the older
// name of a card payment, and tiers.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { startTestApp, type TestApp, type TestMerchant } from '../support/app.ts'
import { assertBooksUntouched, ledgerOf } from './books.ts'
import { cardOf, encodings, newMerchantUid, newOrder } from './orders.ts'
import {
  assertRefused,
  paidOf,
  paymentNotFound,
  type Refusal,
  responseOf,
  unauthorized,
} from './replies.ts'

let app: TestApp
let merchant: TestMerchant
before(async () => {
  app = await startTestApp()
  merchant = app.merchant
})
after(() => app.close())

const notPrepared: Refusal = {
  status: 404,
  code: -1,
  message: '사전등록된 결제정보가 존재하지 않습니다.',
}

describe('an amount registered beforehand', () => {
  for (const { name, encode } of encodings) {
    test(`is registered by ${name}, changed and read back`, async () => {
      const merchant_uid = newMerchantUid()
      const { body, headers } = encode({ merchant_uid, amount: 1000 })
      const registered = { merchant_uid, amount: 1000, currency: 'KRW' }
      const made = await merchant.call('POST', '/payments/prepare/', body, headers)
      assert.deepEqual(responseOf(made), registered)
      const changed = { merchant_uid, amount: 2500, currency: 'USD' }
      const put = await merchant.call('PUT', '/payments/prepare', { ...changed, currency: 'usd' })
      assert.deepEqual(responseOf(put), changed)
      const found = await merchant.call('GET', `/payments/prepare/${merchant_uid}`)
      assert.deepEqual(responseOf(found), changed)
    })
  }

  test('is registered once', async () => {
    const order = { merchant_uid: newMerchantUid(), amount: 1000, currency: null }
    responseOf(await merchant.call('POST', '/payments/prepare', order))
    const again = () => merchant.call('POST', '/payments/prepare', { ...order, amount: 1 })
    assertRefused(await assertBooksUntouched(app, again), {
      status: 200,
      code: 1,
      message: '결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다).',
    })
    const found = await merchant.call('GET', `/payments/prepare/${order.merchant_uid}`)
    assert.equal((responseOf(found) as { amount: number }).amount, 1000)
  })

  test('that was never registered is neither found nor changed', async () => {
    const unknown = newMerchantUid()
    assertRefused(await merchant.call('GET', `/payments/prepare/${unknown}`), notPrepared)
    const put = () =>
      merchant.call('PUT', '/payments/prepare', { merchant_uid: unknown, amount: 1000 })
    assertRefused(await assertBooksUntouched(app, put), notPrepared)
  })

  test("is its merchant's alone", async () => {
    const order = { merchant_uid: newMerchantUid(), amount: 1000 }
    responseOf(await merchant.call('POST', '/payments/prepare', order))
    const stranger = await app.addMerchant()
    const path = `/payments/prepare/${order.merchant_uid}`
    assertRefused(await stranger.call('GET', path), notPrepared)
    responseOf(await stranger.call('POST', '/payments/prepare', { ...order, amount: 7 }))
    const mine = responseOf(await merchant.call('GET', path)) as { amount: number }
    assert.equal(mine.amount, 1000)
  })

  test('needs a merchant_uid and an amount that can be meant', async () => {
    const missing = {
      status: 400,
      code: -1,
      message: '파라미터 누락: merchant_uid, amount',
    } as const
    assertRefused(await merchant.call('POST', '/payments/prepare', {}), missing)
    for (const amount of [-1, 1.5, true]) {
      const order = { merchant_uid: newMerchantUid(), amount }
      const reply = await merchant.call('POST', '/payments/prepare', order)
      assertRefused(reply, { status: 400, code: -1, message: /^파라미터 오류: amount/ })
    }
  })
})

describe('the balance of a payment', () => {
  test('is refused in V1’s words, since this PG has none', async () => {
    const paid = paidOf(await merchant.call('POST', '/subscribe/payments/onetime', newOrder()))
    assertRefused(await merchant.call('GET', `/payments/${paid.imp_uid}/balance`), {
      status: 404,
      code: -1,
      message:
        '(현재는 PAYCO, KCP만 지원됩니다) 결제건에 대한 금액상세정보가 확인되지 않습니다. 결제 상태가 paid 또는 cancelled가 아닌 경우 확인되지 않습니다.',
    })
  })

  test('of an unknown payment is an unknown payment', async () => {
    const reply = await merchant.call('GET', '/payments/imps_000000000000/balance')
    assertRefused(reply, paymentNotFound)
  })
})

describe('POST /subscribe/payments/foreign', () => {
  const order = () => ({
    merchant_uid: newMerchantUid(),
    amount: 3000,
    card_number: cardOf('신한카드'),
    expiry: '2031-12',
  })

  test('pays by card number and expiry alone', async () => {
    const paid = paidOf(await merchant.call('POST', '/subscribe/payments/foreign/', order()))
    assert.equal(paid.amount, 3000)
    const [approval] = ledgerOf(app, paid.imp_uid)
    assert.equal(approval?.kind, 'approval')
    assert.equal(approval?.paymethod, 'CARD-SUGI')
  })

  test('does not look at birth and password, however wrong they are', async () => {
    const sent = { ...order(), birth: 'unknown', pwd_2digit: 'none' }
    paidOf(await merchant.call('POST', '/subscribe/payments/foreign', sent))
  })

  test('needs its card as onetime does', async () => {
    const { card_number: _, ...cardless } = order()
    assertRefused(await merchant.call('POST', '/subscribe/payments/foreign', cardless), {
      status: 400,
      code: -1,
      message: '파라미터 누락: card_number',
    })
  })
})

describe('GET /tiers/{code}', () => {
  test('knows no tier', async () => {
    assertRefused(await merchant.call('GET', '/tiers/ABC'), {
      status: 404,
      code: -1,
      message: '존재하지 않는 하위상점(tier) 코드입니다.',
    })
  })

  test('is no business of strangers', async () => {
    const reply = await merchant.call('GET', '/tiers/ABC', undefined, { authorization: 'nobody' })
    assertRefused(reply, unauthorized)
  })
})
