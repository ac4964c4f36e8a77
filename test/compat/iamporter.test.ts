// The client `iamporter`, unmodified: a 404 is an answer without data to it, and a charge that is not paid in the
// very amount is an error with V1's fail_reason.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'

import { cardFields, cardThat, newMerchantUid, newOrder } from '../api/orders.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { CallCount } from './call-count.ts'
import { assertBillingKey, assertPayment, invalidCardNumber, words } from './expectations.ts'

type Fields = Readonly<Record<string, unknown>>

interface Output {
  readonly status: number
  readonly message: string | null
  // oxlint-disable-next-line typescript/no-explicit-any -- the client has no types
  readonly data: any
  readonly raw: unknown
}

interface Iamporter {
  getToken(apiKey?: string, secret?: string): Promise<Output>
  findByImpUid(impUid: string): Promise<Output>
  findByMerchantUid(merchantUid: string): Promise<Output>
  findAllByMerchantUid(merchantUid: string, extra?: { status: string }): Promise<Output>
  findAllByStatus(status?: string, extra?: Fields): Promise<Output>
  cancel(data: Fields): Promise<Output>
  cancelByImpUid(impUid: string, extra?: Fields): Promise<Output>
  cancelByMerchantUid(merchantUid: string, extra?: Fields): Promise<Output>
  createPreparedPayment(data: Fields): Promise<Output>
  getPreparedPayment(merchantUid: string): Promise<Output>
  payOnetime(data: Fields): Promise<Output>
  paySubscription(data: Fields): Promise<Output>
  payForeign(data: Fields): Promise<Output>
  createSubscription(data: Fields): Promise<Output>
  getSubscription(customerUid: string): Promise<Output>
  deleteSubscription(customerUid: string): Promise<Output>
  getCertification(impUid: string): Promise<Output>
  deleteCertification(impUid: string): Promise<Output>
  createVbank(data: Fields): Promise<Output>
  token?: string
}

const { Iamporter } = createRequire(import.meta.url)('iamporter') as {
  Iamporter: new (options: { apiKey: string; secret: string; host: string }) => Iamporter
}

const calls = new CallCount('iamporter 1.4.2')
let app: TestApp
let client: Iamporter

function newClient(secret: string): Iamporter {
  return new Iamporter({ apiKey: app.merchant.impKey, secret, host: app.url })
}

before(async () => {
  app = await startTestApp()
  client = calls.watch('', newClient(app.merchant.impSecret), ['isExpiredToken'])
  await client.createSubscription({ customer_uid: 'kim', ...cardFields() })
})
after(() => app.close())

/** What this client throws: V1's message, and the answer beside it. */
function refusal(status: number, message: string | RegExp, code: 1 | -1 = -1) {
  return (error: Error & { status: number; raw: { code: number; response: unknown } }) => {
    if (typeof message === 'string') assert.equal(error.message, message)
    else assert.match(error.message, message)
    assert.deepEqual(
      { name: error.name, status: error.status, code: error.raw.code, data: error.raw.response },
      { name: 'IamporterError', status, code, data: null },
    )
    return true
  }
}

function assertNothing(output: Output, message: string): void {
  const { status, message: said, data } = output
  assert.deepEqual({ status, message: said, data }, { status: 404, message, data: null })
}

describe('its token', () => {
  test('comes with the two times the client counts by, and is given out again', async () => {
    const { status, data } = await client.getToken()
    assert.equal(status, 200)
    assert.deepEqual(Object.keys(data).sort(), ['access_token', 'expired_at', 'now'])
    assert.ok(data.expired_at > data.now + 60)
    assert.equal((await client.getToken()).data.access_token, data.access_token)
    await client.findAllByStatus()
  })

  test('is refused to a wrong secret and to none', async () => {
    // For every 401 it has words of its own.
    const refused = refusal(401, '아임포트 API 인증에 실패하였습니다.')
    await assert.rejects(client.getToken(app.merchant.impKey, 'wrong'), refused)
    await assert.rejects(newClient('wrong').findByImpUid('imps_1'), refused)
    const missing = refusal(400, 'imp_key, imp_secret 파라메터가 누락되었습니다.')
    await assert.rejects(client.getToken('', ''), missing)
  })
})

describe('its payments', () => {
  test('by card are paid, and found by both ids and by status', async () => {
    const order = newOrder()
    const { data: paid, status } = await client.payOnetime(order)
    const { merchant_uid } = order
    assert.equal(status, 200)
    assertPayment(paid, { merchant_uid, amount: 3000, status: 'paid' })
    assert.deepEqual((await client.findByImpUid(paid.imp_uid)).data, paid)
    assert.deepEqual((await client.findByMerchantUid(merchant_uid)).data, paid)
    const whole = { total: 1, previous: 0, next: 0, list: [paid] }
    assert.deepEqual((await client.findAllByMerchantUid(merchant_uid)).data, whole)
    const cancelled = await client.findAllByMerchantUid(merchant_uid, { status: 'cancelled' })
    assertNothing(cancelled, words.noPayment)
    const { data: page } = await client.findAllByStatus('paid', { page: 1, limit: 1 })
    assert.deepEqual(page.list, [paid])
  })

  test('that are declined throw their fail_reason', async () => {
    const order = newOrder({ card_number: cardThat('insufficient_balance') })
    await assert.rejects(client.payOnetime(order), /^IamporterError: \[S203\]/)
    const { data } = await client.findByMerchantUid(order.merchant_uid)
    assertPayment(data, { merchant_uid: order.merchant_uid, amount: 3000, status: 'failed' })
  })

  test('by an impossible card, or with nothing in it, are errors', async () => {
    const order = newOrder({ card_number: invalidCardNumber })
    await assert.rejects(client.payOnetime(order), refusal(200, words.invalidCard))
    const nothing = { ...newOrder(), card_number: null }
    await assert.rejects(client.payOnetime(nothing), refusal(400, '파라미터 누락: card_number'))
  })

  test('of a foreign card need no birth and no password', async () => {
    const { merchant_uid, amount, card_number, expiry } = newOrder()
    const { data } = await client.payForeign({ merchant_uid, amount, card_number, expiry })
    assertPayment(data, { merchant_uid, amount, status: 'paid' })
  })

  test('by billing key are paid once', async () => {
    const order = { customer_uid: 'kim', merchant_uid: newMerchantUid(), amount: 12_000 }
    const { merchant_uid, amount } = order
    const { data } = await client.paySubscription(order)
    assertPayment(data, { merchant_uid, amount, status: 'paid' })
    await assert.rejects(client.paySubscription(order), refusal(200, words.duplicateOrder))
  })

  test('by an unknown billing key are errors', async () => {
    const order = { customer_uid: 'nobody', merchant_uid: newMerchantUid(), amount: 100 }
    await assert.rejects(client.paySubscription(order), refusal(200, words.unknownBuyer, 1))
  })

  test('are cancelled by either id, in whole or in part, and not twice', async () => {
    const first = newOrder()
    const { data: paid } = await client.payOnetime(first)
    const { data: part } = await client.cancelByImpUid(paid.imp_uid, {
      amount: 500,
      reason: '변심',
    })
    assert.equal(part.cancel_amount, 500)
    const { data: rest } = await client.cancelByMerchantUid(first.merchant_uid)
    assert.equal(rest.cancel_amount, 3000)
    assertPayment(rest, { merchant_uid: first.merchant_uid, amount: 3000, status: 'cancelled' })
    const { imp_uid } = paid
    await assert.rejects(client.cancel({ imp_uid }), refusal(200, words.alreadyCancelled, 1))
    const unknown = client.cancelByImpUid('imps_000000000000')
    await assert.rejects(unknown, refusal(200, words.nothingToCancel, 1))
    await assert.rejects(client.cancel({}), refusal(400, /지정해주셔야합니다\.$/))
  })

  test('that do not exist are answers without data', async () => {
    assertNothing(await client.findByImpUid('imps_000000000000'), words.noPayment)
    assertNothing(await client.findByMerchantUid('nothing'), words.noPayment)
    assertNothing(await client.findAllByMerchantUid('nothing'), words.noPayment)
    await assert.rejects(client.findAllByStatus('broken'), refusal(400, words.badStatus))
  })

  test('are prepared once, and read back', async () => {
    const prepared = { merchant_uid: newMerchantUid(), amount: 5000 }
    const { data } = await client.createPreparedPayment(prepared)
    assert.deepEqual({ merchant_uid: data.merchant_uid, amount: data.amount }, prepared)
    assert.deepEqual((await client.getPreparedPayment(prepared.merchant_uid)).data, data)
    const twice = client.createPreparedPayment(prepared)
    await assert.rejects(twice, refusal(200, words.alreadyPrepared, 1))
    assertNothing(await client.getPreparedPayment('nothing'), words.noPrepared)
  })
})

describe('its billing keys', () => {
  test('are issued, read and deleted', async () => {
    const { data: issued } = await client.createSubscription({
      customer_uid: 'lee',
      ...cardFields(),
    })
    assertBillingKey(issued, 'lee')
    assert.deepEqual((await client.getSubscription('lee')).data, issued)
    assertBillingKey((await client.deleteSubscription('lee')).data, 'lee')
    const unknown = refusal(200, words.unknownCustomer('lee'), 1)
    await assert.rejects(client.getSubscription('lee'), unknown)
    await assert.rejects(client.deleteSubscription('lee'), unknown)
  })

  test('are not issued for an impossible card', async () => {
    const fields = { customer_uid: 'park', ...cardFields(invalidCardNumber) }
    await assert.rejects(client.createSubscription(fields), refusal(200, words.keyNotIssued))
  })
})

test('what is out of scope is an answer without data', async () => {
  assertNothing(await client.getCertification('imps_1'), words.noApi)
  assertNothing(await client.deleteCertification('imps_1'), words.noApi)
  const vbank = { merchant_uid: 'v', amount: 1, vbank_code: '04', vbank_due: 1, vbank_holder: 'a' }
  assertNothing(await client.createVbank(vbank), words.noApi)
})

test('every method was called', (t) => calls.assertEveryMethodCalled(t))
