// What the Ruby client sends: forms from old versions and for every token, a form type and an empty body on look-ups,
// `from` and `to` where the document says schedule_from and schedule_to, and path parts escaped as if in a query.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { cardFields, newMerchantUid, newOrder } from '../api/orders.ts'
import { newEntry, schedulesOf, schedulePageOf, uidsOf } from '../api/reservations.ts'
import { assertRefused, billingKeyOf, pageOf, paidOf, responseOf } from '../api/replies.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { inADay, words } from './expectations.ts'
import { formType, jsonType, openWire, type Wire } from './wire.ts'

let app: TestApp
let wire: Wire
let agent: string[]

before(async () => {
  app = await startTestApp()
  wire = await openWire(app)
  agent = [
    'Accept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3',
    'Accept: */*',
    'User-Agent: Ruby',
    `Authorization: ${wire.token}`,
  ]
  billingKeyOf(await postForm('/subscribe/customers/kim', cardFields()))
})
after(() => app.close())

/** HTTParty gives look-ups a body, which is empty, and says what it is. */
const get = (path: string) =>
  wire.send({ line: `GET ${path}`, headers: [...agent, formType, 'Content-Length: 0'] })

function postForm(path: string, fields: Readonly<Record<string, string | number>>) {
  const pairs = Object.entries(fields).map(([name, value]): [string, string] => [
    name,
    String(value),
  ])
  const body = new URLSearchParams(pairs).toString()
  return wire.send({ line: `POST ${path}`, headers: [...agent, formType], body })
}

const postJson = (path: string, fields: object) =>
  wire.send({ line: `POST ${path}`, headers: [...agent, jsonType], body: JSON.stringify(fields) })

test('forms of the Ruby client get a token, the same for every call', async () => {
  const { impKey, impSecret } = app.merchant
  const login = { imp_key: impKey, imp_secret: impSecret }
  for (let call = 0; call < 3; call += 1) {
    const { access_token } = responseOf(await postForm('/users/getToken', login)) as {
      access_token: string
    }
    assert.equal(access_token, wire.token)
    assert.equal(billingKeyOf(await get('/subscribe/customers/kim')).customer_uid, 'kim')
  }
})

test('forms of the old Ruby client charge, register and cancel', async () => {
  const order = newOrder({ name: '월간 구독 & 1+1' })
  const paid = paidOf(await postForm('/subscribe/payments/onetime', order))
  assert.equal(paid.name, '월간 구독 & 1+1')
  const again = { customer_uid: 'kim', merchant_uid: newMerchantUid(), amount: 100, name: '구독' }
  paidOf(await postForm('/subscribe/payments/again', again))
  const cancelled = responseOf(await postForm('/payments/cancel', { imp_uid: paid.imp_uid }))
  assert.equal((cancelled as { status: string }).status, 'cancelled')
})

test('JSON of the new Ruby client charges and cancels', async () => {
  const order = { customer_uid: 'kim', merchant_uid: newMerchantUid(), amount: 100, name: '구독' }
  const { merchant_uid } = paidOf(await postJson('/subscribe/payments/again', order))
  responseOf(await postJson('/payments/cancel', { merchant_uid, reason: '변심' }))
})

test('look-ups of the Ruby client carry a form type and an empty body', async () => {
  const { imp_uid, merchant_uid } = paidOf(
    await postForm('/subscribe/payments/onetime', newOrder()),
  )
  assert.equal(paidOf(await get(`/payments/${imp_uid}`)).imp_uid, imp_uid)
  assert.equal(paidOf(await get(`/payments/find/${merchant_uid}`)).imp_uid, imp_uid)
  assert.ok(pageOf(await get('/payments/status/all?page=1')).total > 0)
  const many = await get(`/payments?imp_uid[]=${imp_uid}&imp_uid[]=${imp_uid}`)
  assert.equal((responseOf(many) as unknown[]).length, 1)
})

test('deletions of the Ruby client carry a form type and an empty body', async () => {
  billingKeyOf(await postForm('/subscribe/customers/gone', cardFields()))
  const line = 'DELETE /subscribe/customers/gone'
  const headers = [...agent, formType, 'Content-Length: 0']
  assert.equal(billingKeyOf(await wire.send({ line, headers })).customer_uid, 'gone')
  const unknown = { status: 200, code: 1, message: words.unknownCustomer('gone') } as const
  assertRefused(await wire.send({ line, headers }), unknown)
})

test('merchant_uid is escaped by the Ruby client as in a query: a space is a plus sign', async () => {
  const uid = '주문 1/2+3%'
  const escaped = encodeURIComponent(uid).replaceAll('%20', '+')
  assert.ok(escaped.includes('+'))
  const paid = paidOf(
    await postForm('/subscribe/payments/onetime', newOrder({ merchant_uid: uid })),
  )
  assert.equal(paid.merchant_uid, uid)
  assert.deepEqual(paidOf(await get(`/payments/find/${escaped}`)), paid)
  assert.deepEqual(pageOf(await get(`/payments/findAll/${escaped}/paid`)).list, [paid])
  assertRefused(await get(`/payments/prepare/${escaped}`), {
    status: 404,
    code: -1,
    message: words.noPrepared,
  })
})

test('schedule lists of the Ruby client are asked for with from and to, or without', async () => {
  const entries = [newEntry(inADay()), newEntry(inADay() + 60)]
  const [first] = entries
  const reserved = { customer_uid: 'kim', schedules: entries }
  schedulesOf(await postJson('/subscribe/payments/schedule', reserved))
  const window = `from=${inADay() - 30}&to=${inADay() + 30}`
  for (const query of [window, `${window}&schedule_status=scheduled&page=1`]) {
    const { list } = schedulePageOf(await get(`/subscribe/payments/schedule?${query}`))
    assert.deepEqual(uidsOf(list), [first?.merchant_uid], query)
  }
  const all = schedulePageOf(await get('/subscribe/customers/kim/schedules'))
  assert.equal(all.total, 2)
})
