// What the Java clients send: two look-up spellings of their own, a Tier header, nulls left out by Gson, and DELETE
// with a query that may be empty. They read 200 only, and take whole numbers for every time.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { cardFields, newMerchantUid, newOrder } from '../api/orders.ts'
import { newEntry, scheduleOf, schedulesOf, schedulePageOf, uidsOf } from '../api/reservations.ts'
import { assertRefused, billingKeyOf, pageOf, paidOf, responseOf } from '../api/replies.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { inADay } from './expectations.ts'
import { openWire, type Wire } from './wire.ts'

const jsonType = 'Content-Type: application/json; charset=UTF-8'
let app: TestApp
let wire: Wire
let agent: string[]

before(async () => {
  app = await startTestApp()
  wire = await openWire(app)
  agent = [`Authorization: ${wire.token}`, 'Accept-Encoding: gzip', 'User-Agent: okhttp/3.14.9']
  billingKeyOf(await send('POST', '/subscribe/customers/kim', cardFields()))
})
after(() => app.close())

function send(method: string, path: string, fields?: object, ...headers: string[]) {
  const line = `${method} ${path}`
  if (fields === undefined) return wire.send({ line, headers: [...agent, ...headers] })
  const body = JSON.stringify(fields)
  return wire.send({ line, headers: [...agent, ...headers, jsonType], body })
}

const pay = async (fields: object = {}) =>
  paidOf(await send('POST', '/subscribe/payments/onetime', newOrder({ ...fields })))

describe('payments of the Java client', () => {
  test('are charged with card_quota 0, an expiry in digits only and unknown fields', async () => {
    const paid = await pay({ card_quota: 0, expiry: '203112', unheard_of: { of: [1] }, cvc: '123' })
    assert.equal(paid.card_quota, 0)
  })

  test('are looked up with include_sandbox=false, and sandbox payments are shown all the same', async () => {
    const paid = await pay()
    const found = paidOf(await send('GET', `/payments/${paid.imp_uid}?include_sandbox=false`))
    assert.equal(found.sandbox, true)
    assert.deepEqual(found, paid)
  })

  test('are looked up under the status all', async () => {
    const paid = await pay()
    const { merchant_uid } = paid
    assert.deepEqual(paidOf(await send('GET', `/payments/find/${merchant_uid}/all`)), paid)
    const all = await send('GET', `/payments/findAll/${merchant_uid}/all?sorting=-started&page=1`)
    assert.deepEqual(pageOf(all).list, [paid])
  })

  test('are listed by ids in percent-encoded brackets', async () => {
    const [first, second] = [await pay(), await pay()]
    const query = `imp_uid%5B%5D=${first.imp_uid}&imp_uid%5B%5D=${second.imp_uid}`
    const found = responseOf(await send('GET', `/payments?${query}`)) as unknown[]
    assert.equal(found.length, 2)
  })

  test('are asked for with a Tier header, which chooses nothing here', async () => {
    const paid = await pay()
    const found = await send('GET', `/payments/${paid.imp_uid}`, undefined, 'Tier: 001')
    assert.deepEqual(paidOf(found), paid)
    const order = newOrder()
    paidOf(await send('POST', '/subscribe/payments/onetime', order, 'Tier: ABC'))
  })

  test('are cancelled with escrow_confirmed, numbers with a zero fraction, and an extra', async () => {
    const { imp_uid } = await pay()
    const cancel = `{"imp_uid":"${imp_uid}","amount":1000.0,"tax_free":0.0,"checksum":3000.0,"escrow_confirmed":false,"extra":{"requester":"customer"}}`
    const reply = await wire.send({
      line: 'POST /payments/cancel',
      headers: [...agent, jsonType],
      body: cancel,
    })
    assert.equal((responseOf(reply) as { cancel_amount: number }).cancel_amount, 1000)
  })

  test('are prepared, changed and read back', async () => {
    const merchant_uid = newMerchantUid()
    // Java's BigDecimal may carry a fraction; half a won cannot be meant.
    const half = await send('POST', '/payments/prepare', { merchant_uid, amount: 1000.5 })
    assertRefused(half, { status: 400, code: -1, message: /amount/ })
    responseOf(await send('POST', '/payments/prepare', { merchant_uid, amount: 1000 }))
    responseOf(await send('PUT', '/payments/prepare', { merchant_uid, amount: 2000 }))
    const read = await send('GET', `/payments/prepare/${merchant_uid}`)
    assert.equal((responseOf(read) as { amount: number }).amount, 2000)
  })
})

describe('billing keys of the Java client', () => {
  test('are deleted with an empty query, a reason, or an extra in brackets', async () => {
    for (const query of ['?', '?reason=%EB%B3%80%EC%8B%AC', '?extra%5Brequester%5D=admin', '?&']) {
      billingKeyOf(await send('POST', '/subscribe/customers/gone', cardFields()))
      const deleted = await send('DELETE', `/subscribe/customers/gone${query}`)
      assert.equal(billingKeyOf(deleted).customer_uid, 'gone', query)
    }
  })

  test('are listed by uids in percent-encoded brackets', async () => {
    const keys = responseOf(await send('GET', '/subscribe/customers?customer_uid%5B%5D=kim'))
    assert.equal((keys as unknown[]).length, 1)
  })
})

describe('schedules of the Java client', () => {
  const customer = { customer_uid: 'kim' }

  test('are answered in the order they were sent, and unscheduled in the order they were named', async () => {
    const later = newEntry(inADay() + 60, { tax_free: 0.0, buyer_name: '김철수' })
    const sooner = newEntry(inADay())
    const schedules = [later, sooner]
    const uids = schedules.map((entry) => entry.merchant_uid)
    const reserved = await send('POST', '/subscribe/payments/schedule', { ...customer, schedules })
    assert.deepEqual(uidsOf(schedulesOf(reserved)), uids)
    const named = { ...customer, merchant_uid: uids }
    const revoked = await send('POST', '/subscribe/payments/unschedule', named)
    assert.deepEqual(uidsOf(schedulesOf(revoked)), uids)
    const nothing = { ...customer, merchant_uid: [] }
    const message = '취소할 예약결제 기록이 존재하지 않습니다.'
    const refused = await send('POST', '/subscribe/payments/unschedule', nothing)
    assertRefused(refused, { status: 200, code: 1, message })
  })

  test('are listed with schedule_from and schedule_to everywhere, over years', async () => {
    const entry = newEntry(inADay())
    const schedules = [entry]
    schedulesOf(await send('POST', '/subscribe/payments/schedule', { ...customer, schedules }))
    const years = 'schedule_from=1643497892&schedule_to=1948595492'
    for (const path of [
      `/subscribe/payments/schedule?${years}&schedule_status=scheduled&page=1&limit=8`,
      `/subscribe/customers/kim/schedules?${years}&schedule_status=scheduled&page=1`,
      `/subscribe/payments/schedule/customers/kim?${years}&schedule_status=scheduled&page=1`,
    ]) {
      const { list } = schedulePageOf(await send('GET', path))
      assert.deepEqual(uidsOf(list), [entry.merchant_uid], path)
    }
  })

  test('are moved, reserved again after a revocation, and tried at once', async () => {
    const entry = newEntry(inADay())
    const path = `/subscribe/payments/schedule/${entry.merchant_uid}`
    const schedules = [entry]
    schedulesOf(await send('POST', '/subscribe/payments/schedule', { ...customer, schedules }))
    const moved = scheduleOf(await send('PUT', path, { schedule_at: entry.schedule_at + 60 }))
    assert.equal(moved.schedule_at, entry.schedule_at + 60)
    await send('POST', '/subscribe/payments/unschedule', { merchant_uid: entry.merchant_uid })
    const anew = { schedule_at: entry.schedule_at + 120 }
    const reserved = scheduleOf(await send('POST', `${path}/reschedule`, anew))
    assert.equal(reserved.schedule_status, 'scheduled')
    await send('POST', '/subscribe/payments/unschedule', { merchant_uid: entry.merchant_uid })
    const paid = paidOf(await send('POST', `${path}/retry`, {}))
    assert.equal(paid.customer_uid_usage, 'payment.scheduled')
    assert.equal(scheduleOf(await send('GET', path)).payment_status, 'paid')
  })
})

test('code tables, tiers and PG settings of the Java client', async () => {
  const cards = responseOf(await send('GET', '/cards')) as { code: string }[]
  assert.ok(cards.some(({ code }) => code === '366'))
  assert.equal((responseOf(await send('GET', '/banks/088')) as { code: string }).code, '088')
  const channels = responseOf(await send('GET', '/users/pg')) as { pg_provider: string }[]
  assert.deepEqual(
    channels.map((channel) => channel.pg_provider),
    ['daou'],
  )
  assert.equal((await send('GET', '/tiers/001')).status, 404)
})
