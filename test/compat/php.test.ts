// What the PHP client sends: JSON with every unset property as null, slashes at the end of paths, content types
// without a body. It compares `code` with ===, reads every key of a payment, and takes no other type for a time.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { assertFields, billingKeyFields, paymentFields } from '../api/annotations.ts'
import { cardFields, cardThat, newMerchantUid } from '../api/orders.ts'
import { newEntry, schedulesOf, schedulePageOf, uidsOf } from '../api/reservations.ts'
import {
  assertRefused,
  billingKeyOf,
  failedOf,
  pageOf,
  paidOf,
  responseOf,
} from '../api/replies.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { inADay } from './expectations.ts'
import { formType, openWire, type Wire } from './wire.ts'

const jsonWithCharset = 'Content-Type: application/json; charset=utf-8'
let app: TestApp
let wire: Wire
let agent: string[]

before(async () => {
  app = await startTestApp()
  wire = await openWire(app)
  agent = ['User-Agent: GuzzleHttp/7', `Authorization: Bearer ${wire.token}`]
  billingKeyOf(await post('/subscribe/customers/kim', { ...cardFields(), customer_name: null }))
})
after(() => app.close())

/** As json_encode writes it: everything beyond ASCII and each slash escaped. */
function phpJson(fields: object): string {
  return JSON.stringify(fields)
    .replaceAll('/', String.raw`\/`)
    .replaceAll(
      /[^\0-\x7f]/g,
      (unit) => String.raw`\u` + unit.charCodeAt(0).toString(16).padStart(4, '0'),
    )
}

const post = (path: string, fields: object) =>
  wire.send({ line: `POST ${path}`, headers: [...agent, jsonWithCharset], body: phpJson(fields) })
const get = (path: string, ...headers: string[]) =>
  wire.send({ line: `GET ${path}`, headers: [...agent, ...headers] })

const nothing = {
  tax_free: null,
  vat_amount: null,
  currency: null,
  pg: null,
  name: null,
  buyer_name: null,
  buyer_email: null,
  buyer_tel: null,
  buyer_addr: null,
  buyer_postcode: null,
  card_quota: null,
  interest_free_by_merchant: null,
  use_card_point: null,
  custom_data: null,
  notice_url: null,
  browser_ip: null,
  cvc: null,
  customer_uid: null,
  extra: null,
}

function newPhpOrder(fields: object = {}) {
  return { merchant_uid: newMerchantUid(), amount: 3000, ...cardFields(), ...nothing, ...fields }
}

describe('trailing slashes of the PHP client', () => {
  test('are no redirects: a POST stays a POST', async () => {
    const paid = paidOf(await post('/subscribe/payments/onetime/', newPhpOrder()))
    const again = { ...nothing, customer_uid: 'kim', merchant_uid: newMerchantUid(), amount: 100 }
    paidOf(await post('/subscribe/payments/again/', again))
    const schedules = [newEntry(inADay(), nothing)]
    schedulesOf(await post('/subscribe/payments/schedule/', { customer_uid: 'kim', schedules }))
    schedulesOf(
      await post('/subscribe/payments/unschedule/', { customer_uid: 'kim', merchant_uid: [] }),
    )
    const cancel = { imp_uid: paid.imp_uid, merchant_uid: null, amount: null, checksum: null }
    const cancelled = responseOf(await post('/payments/cancel/', cancel))
    assert.equal((cancelled as { cancel_amount: number }).cancel_amount, 3000)
    const found = await get(`/payments/?imp_uid%5B0%5D=${paid.imp_uid}`)
    assert.deepEqual(responseOf(found), [cancelled])
  })
})

describe('nulls of the PHP client', () => {
  test('mean absent, and what is absent comes back as null or 0 in every key', async () => {
    const payment = paidOf(await post('/subscribe/payments/onetime', newPhpOrder()))
    assertFields(payment, paymentFields)
    assert.deepEqual(
      [payment.buyer_name, payment.customer_uid, payment.card_quota, payment.cancelled_at],
      [null, null, 0, 0],
    )
    const failed = newPhpOrder(cardFields(cardThat('declined')))
    assertFields(failedOf(await post('/subscribe/payments/onetime', failed)), paymentFields)
    assertFields(billingKeyOf(await get('/subscribe/customers/kim')), billingKeyFields)
  })

  test('for imp_key and imp_secret are missing parameters', async () => {
    const reply = await post('/users/getToken', { imp_key: null, imp_secret: null })
    const message = 'imp_key, imp_secret 파라메터가 누락되었습니다.'
    assertRefused(reply, { status: 400, code: -1, message })
  })

  test('for both ids of a cancel name none', async () => {
    const reply = await post('/payments/cancel', { imp_uid: null, merchant_uid: null })
    assertRefused(reply, { status: 400, code: -1, message: /지정해주셔야합니다\.$/ })
  })

  test('beside a merchant_uid list that is empty unschedule all of a customer', async () => {
    const entries = [newEntry(inADay(), nothing), newEntry(inADay() + 60, nothing)]
    const customer = { customer_uid: 'kim' }
    schedulesOf(await post('/subscribe/payments/schedule', { ...customer, schedules: entries }))
    const revoked = await post('/subscribe/payments/unschedule', { ...customer, merchant_uid: [] })
    assert.deepEqual(
      uidsOf(schedulesOf(revoked)),
      entries.map((entry) => entry.merchant_uid),
    )
  })
})

describe('JSON of the PHP client', () => {
  test('escapes Korean and slashes, which arrive as they were meant', async () => {
    const order = newPhpOrder({ name: '월간/구독 😀', buyer_addr: '서울 종로구 1/2' })
    const payment = paidOf(await post('/subscribe/payments/onetime', order))
    assert.deepEqual([payment.name, payment.buyer_addr], ['월간/구독 😀', '서울 종로구 1/2'])
  })

  test('is announced without being there: a retry has a JSON type and Content-Length: 0', async () => {
    const entry = newEntry(inADay(), nothing)
    const customer = { customer_uid: 'kim' }
    schedulesOf(await post('/subscribe/payments/schedule', { ...customer, schedules: [entry] }))
    schedulesOf(await post('/subscribe/payments/unschedule', { ...customer, merchant_uid: null }))
    const reply = await wire.send({
      line: `POST /subscribe/payments/schedule/${entry.merchant_uid}/retry`,
      headers: [...agent, 'Content-Type: application/json', 'Content-Length: 0'],
    })
    assert.equal(paidOf(reply).merchant_uid, entry.merchant_uid)
  })

  test('is announced without being there: a deletion has a JSON type and no body', async () => {
    billingKeyOf(await post('/subscribe/customers/gone', { ...cardFields() }))
    const line = 'DELETE /subscribe/customers/gone?extra%5Brequester%5D=admin'
    const reply = await wire.send({ line, headers: [...agent, 'Content-Type: application/json'] })
    assert.equal(billingKeyOf(reply).customer_uid, 'gone')
  })
})

describe('look-ups of the PHP client', () => {
  test('number their lists, percent-encoded or not', async () => {
    const [first, second] = await Promise.all(
      [1, 2].map(async () => paidOf(await post('/subscribe/payments/onetime', newPhpOrder()))),
    )
    for (const [open, close] of [
      ['[', ']'],
      ['%5B', '%5D'],
    ]) {
      const query = [first, second]
        .map((payment, index) => `imp_uid${open}${index}${close}=${payment?.imp_uid}`)
        .join('&')
      assert.equal((responseOf(await get(`/payments?${query}`)) as unknown[]).length, 2)
      const keys = `/subscribe/customers?customer_uid${open}0${close}=kim`
      assert.equal((responseOf(await get(keys)) as unknown[]).length, 1)
    }
  })

  test('of which only some are found are a success with status 207 and code 0', async () => {
    const reply = await get('/subscribe/customers?customer_uid%5B0%5D=kim&customer_uid%5B1%5D=x')
    const keys = responseOf(reply, 207) as { customer_uid: string }[]
    assert.deepEqual(
      keys.map((key) => key.customer_uid),
      ['kim'],
    )
  })

  test('carry a form type and Content-Length: 0, which change nothing', async () => {
    const reply = await get('/subscribe/customers/kim', formType, 'Content-Length: 0')
    assert.equal(billingKeyOf(reply).customer_uid, 'kim')
  })

  test('of schedules give their times as whole numbers, 0 where there is none', async () => {
    const entry = newEntry(inADay(), nothing)
    schedulesOf(
      await post('/subscribe/payments/schedule', { customer_uid: 'kim', schedules: [entry] }),
    )
    const query = `from=${inADay() - 60}&to=${inADay() + 60}&page=1&schedule-status=scheduled`
    const { list } = schedulePageOf(
      await get(`/subscribe/payments/schedule/customers/kim?${query}`),
    )
    const [first] = list
    assert.deepEqual(
      [first?.schedule_at, first?.executed_at, first?.revoked_at],
      [entry.schedule_at, 0, 0],
    )
    await post('/subscribe/payments/unschedule', { customer_uid: 'kim', merchant_uid: null })
  })

  test('of a customer without payments are an empty page', async () => {
    const page = pageOf(await get('/subscribe/customers/nobody/payments?page=1'))
    assert.deepEqual(page, { total: 0, previous: 0, next: 0, list: [] })
  })
})

test('the token of the PHP client lives for more than its margin of half a minute', async () => {
  const { impKey, impSecret } = app.merchant
  const reply = await post('/users/getToken', { imp_key: impKey, imp_secret: impSecret })
  const token = responseOf(reply) as { access_token: string; now: number; expired_at: number }
  assert.equal(token.access_token, wire.token)
  assert.ok(token.expired_at > token.now + 30)
})
