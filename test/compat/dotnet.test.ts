// What the .NET client sends: its token as X-ImpTokenHeader, path parts escaped as in a query, bodies in chunks or
// after a 100 Continue. It takes 200, 201 and 204 for success, and 401 for a reason to log in again.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { TestClock } from '../../src/primitives/clock.ts'
import { cardFields, newMerchantUid, newOrder } from '../api/orders.ts'
import { newEntry, schedulesOf, uidsOf } from '../api/reservations.ts'
import {
  assertRefused,
  billingKeyOf,
  pageOf,
  paidOf,
  responseOf,
  unauthorized,
} from '../api/replies.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { inADay } from './expectations.ts'
import { openWire, type Wire } from './wire.ts'

const jsonType = 'Content-Type: application/json; charset=utf-8'
const clock = new TestClock(Date.now())
let app: TestApp
let wire: Wire
let agent: string[]

before(async () => {
  app = await startTestApp({ clock })
  wire = await openWire(app)
  agent = [`X-ImpTokenHeader: ${wire.token}`, 'Accept: application/json', 'Accept-Encoding: gzip']
  billingKeyOf(await post('/subscribe/customers/kim', cardFields()))
})
after(() => app.close())

const post = (path: string, fields: object, ...headers: string[]) =>
  wire.send({
    line: `POST ${path}`,
    headers: [...agent, jsonType, ...headers],
    body: JSON.stringify(fields),
  })
const get = (path: string) => wire.send({ line: `GET ${path}`, headers: agent })
const remove = (path: string) => wire.send({ line: `DELETE ${path}`, headers: agent })

test('the header of the .NET client is as good as Authorization, in any case', async () => {
  for (const name of ['X-ImpTokenHeader', 'x-imptokenheader', 'X-IMPTOKENHEADER']) {
    const headers = [`${name}: ${wire.token}`]
    const found = await wire.send({ line: 'GET /subscribe/customers/kim', headers })
    assert.equal(billingKeyOf(found).customer_uid, 'kim')
  }
  const wrong = [`X-ImpTokenHeader: ${'f'.repeat(40)}`]
  const refused = await wire.send({ line: 'GET /subscribe/customers/kim', headers: wrong })
  assertRefused(refused, unauthorized)
})

test('an answer to Accept-Encoding: gzip is readable as it is', async () => {
  const reply = await get('/payments/status/all?page=1')
  assert.equal(reply.headers.get('content-encoding'), null)
  pageOf(reply)
})

test('bodies of the .NET client arrive in chunks', async () => {
  const json = JSON.stringify(newOrder({ name: '월간 구독' }))
  const bytes = Buffer.from(json)
  const halves = [bytes.subarray(0, 30), bytes.subarray(30)]
  const chunked = Buffer.concat([
    ...halves.flatMap((half) => [
      Buffer.from(`${half.length.toString(16)}\r\n`),
      half,
      Buffer.from('\r\n'),
    ]),
    Buffer.from('0\r\n\r\n'),
  ])
  const headers = [...agent, jsonType, 'Transfer-Encoding: chunked']
  const line = 'POST /subscribe/payments/onetime'
  assert.equal(paidOf(await wire.send({ line, headers, body: chunked })).name, '월간 구독')
})

test('bodies of .NET Framework wait for 100 Continue, which they get', async () => {
  const reply = await post('/subscribe/payments/onetime', newOrder(), 'Expect: 100-continue')
  paidOf(reply)
})

test('path parts of the .NET client are escaped as in a query: a space is a plus sign', async () => {
  const uid = '주문 a/b+c'
  const escaped = encodeURIComponent(uid).replaceAll('%20', '+')
  const paid = paidOf(await post('/subscribe/payments/onetime', newOrder({ merchant_uid: uid })))
  assert.deepEqual(paidOf(await get(`/payments/find/${escaped}`)), paid)
  billingKeyOf(await post(`/subscribe/customers/${escaped}`, cardFields()))
  assert.equal(billingKeyOf(await get(`/subscribe/customers/${escaped}`)).customer_uid, uid)
  assert.equal(billingKeyOf(await remove(`/subscribe/customers/${escaped}`)).customer_uid, uid)
})

test('payments of the .NET client are charged, listed, cancelled and prepared with status 200', async () => {
  const paid = paidOf(await post('/subscribe/payments/onetime', newOrder({ vat: null })))
  const again = { customer_uid: 'kim', merchant_uid: newMerchantUid(), amount: 3000.0 }
  paidOf(await post('/subscribe/payments/again', again))
  assert.equal(pageOf(await get('/payments/status/paid?page=1')).list.length > 1, true)
  const cancel = { imp_uid: paid.imp_uid, merchant_uid: null, amount: null, reason: '변심' }
  responseOf(await post('/payments/cancel', cancel), 200)
  const prepared = { merchant_uid: newMerchantUid(), amount: 1000 }
  responseOf(await post('/payments/prepare', prepared), 200)
  responseOf(await get(`/payments/prepare/${prepared.merchant_uid}`), 200)
})

test('schedules of the .NET client are reserved with a card and revoked by list', async () => {
  const entry = newEntry(inADay(), { name: null, buyer_name: null })
  const wanted = { customer_uid: 'lee', schedules: [entry], checking_amount: null, ...cardFields() }
  schedulesOf(await post('/subscribe/payments/schedule', wanted))
  const named = { customer_uid: 'lee', merchant_uid: [entry.merchant_uid] }
  const revoked = schedulesOf(await post('/subscribe/payments/unschedule', named))
  assert.deepEqual(uidsOf(revoked), [entry.merchant_uid])
})

test('a token about to expire is given out again with five minutes more', async () => {
  const { impKey, impSecret } = app.merchant
  const login = { imp_key: impKey, imp_secret: impSecret }
  interface Token {
    readonly access_token: string
    readonly expired_at: number
    readonly now: number
  }
  const first = responseOf(await post('/users/getToken', login)) as Token
  clock.advance((first.expired_at - first.now - 30) * 1000)
  const second = responseOf(await post('/users/getToken', login)) as Token
  assert.equal(second.access_token, first.access_token)
  assert.equal(second.expired_at, first.expired_at + 300)
  pageOf(await get('/payments/status/all'))
})
