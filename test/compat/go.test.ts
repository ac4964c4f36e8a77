// What the Go client sends. It makes forms out of JSON by replacing characters: names after a space, nothing
// escaped. Anything but HTTP 200 is an error to it.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { cardFields, cardOf, newMerchantUid } from '../api/orders.ts'
import { lookUp, newEntry, schedulesOf } from '../api/reservations.ts'
import { assertRefused, billingKeyOf, pageOf, paidOf, responseOf } from '../api/replies.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { inADay } from './expectations.ts'
import { formType, jsonType, openWire, type Wire } from './wire.ts'

let app: TestApp
let wire: Wire
let agent: string[]

before(async () => {
  app = await startTestApp()
  wire = await openWire(app)
  agent = [
    'User-Agent: Go-http-client/1.1',
    `Authorization: ${wire.token}`,
    'Accept-Encoding: gzip',
  ]
  await registered('kim')
})
after(() => app.close())

/** The client's own way from JSON to a form: braces and quotes go, colons and commas become `=` and `&`. */
function goForm(fields: Readonly<Record<string, string | number>>): string {
  const json = JSON.stringify(fields).replaceAll(',"', ', "')
  return json.replaceAll(/[{}"]/g, '').replaceAll(':', '=').replaceAll(',', '&')
}

const get = (path: string) => wire.send({ line: `GET ${path}`, headers: agent })
const remove = (path: string) => wire.send({ line: `DELETE ${path}`, headers: agent })
const postForm = (path: string, fields: Readonly<Record<string, string | number>>) =>
  wire.send({ line: `POST ${path}`, headers: [...agent, formType], body: goForm(fields) })
const postJson = (path: string, fields: object) =>
  wire.send({ line: `POST ${path}`, headers: [...agent, jsonType], body: JSON.stringify(fields) })

function registered(customerUid: string) {
  const fields = { customer_uid: customerUid, ...cardFields() }
  return postJson(`/subscribe/customers/${customerUid}`, fields)
}

function newGoOrder(fields: Readonly<Record<string, string | number>> = {}) {
  return { merchant_uid: newMerchantUid(), amount: 3000, ...cardFields(), ...fields }
}

describe('forms of the Go client', () => {
  test('have a space before each name but the first', () => {
    assert.equal(goForm({ imp_key: 'k', imp_secret: 's' }), 'imp_key=k& imp_secret=s')
  })

  test('get a token', async () => {
    const { impKey, impSecret } = app.merchant
    const reply = await postForm('/users/getToken', { imp_key: impKey, imp_secret: impSecret })
    const { access_token } = responseOf(reply) as { access_token: string }
    assert.equal(access_token, wire.token)
  })

  test('carry raw Korean, spaces and plus signs, as PHP would read them', async () => {
    const order = newGoOrder({ name: '월간 구독 1+1', buyer_name: '김 철수' })
    const payment = paidOf(await postForm('/subscribe/payments/onetime', order))
    assert.equal(payment.merchant_uid, order.merchant_uid)
    assert.equal(payment.amount, 3000)
    // Nothing was escaped, so a plus sign is a space.
    assert.equal(payment.name, '월간 구독 1 1')
    assert.equal(payment.buyer_name, '김 철수')
    assert.equal(payment.user_agent, 'Go-http-client/1.1')
  })

  test('charge a billing key, prepare and cancel', async () => {
    const order = {
      customer_uid: 'kim',
      merchant_uid: newMerchantUid(),
      amount: 1200,
      name: '구독',
    }
    const { imp_uid, merchant_uid } = paidOf(await postForm('/subscribe/payments/again', order))
    const cancel = { imp_uid, merchant_uid, amount: 200, checksum: 1200, reason: '고객 변심' }
    const cancelled = responseOf(await postForm('/payments/cancel', cancel))
    assert.deepEqual(pick(cancelled, ['status', 'cancel_amount', 'cancel_reason']), [
      'cancelled',
      200,
      '고객 변심',
    ])
    const prepared = { merchant_uid: newMerchantUid(), amount: 5000 }
    assert.deepEqual(
      pick(responseOf(await postForm('/payments/prepare', prepared)), ['amount']),
      [5000],
    )
  })
})

function pick(shown: unknown, names: readonly string[]): unknown[] {
  return names.map((name) => (shown as Record<string, unknown>)[name])
}

describe('paths of the Go client', () => {
  test('end in a slash where there is no status', async () => {
    const { merchant_uid, ...paid } = paidOf(
      await postForm('/subscribe/payments/onetime', newGoOrder()),
    )
    for (const query of ['', '?sorting=-started']) {
      const found = paidOf(await get(`/payments/find/${merchant_uid}/${query}`))
      assert.deepEqual(found, { ...paid, merchant_uid })
      const all = pageOf(await get(`/payments/findAll/${merchant_uid}/${query}`))
      assert.deepEqual(all.list, [found])
    }
    const page = pageOf(await get(`/payments/findAll/${merchant_uid}/paid?sorting=started&page=1`))
    assert.equal(page.total, 1)
  })

  test('spell cancelled with one l', async () => {
    const order = newGoOrder()
    const { imp_uid, merchant_uid } = paidOf(await postForm('/subscribe/payments/onetime', order))
    await postForm('/payments/cancel', { imp_uid, reason: 'test' })
    for (const path of [
      `/payments/find/${merchant_uid}/canceled`,
      `/payments/findAll/${merchant_uid}/canceled`,
      '/payments/status/canceled?page=1&limit=1',
    ]) {
      assert.equal((await get(path)).body.code, 0, path)
    }
  })

  test('list ids in raw brackets; a partial answer is the one status besides 200', async () => {
    const first = paidOf(await postForm('/subscribe/payments/onetime', newGoOrder()))
    const second = paidOf(await postForm('/subscribe/payments/onetime', newGoOrder()))
    const both = await get(`/payments?imp_uid[]=${first.imp_uid}&imp_uid[]=${second.imp_uid}`)
    assert.equal((responseOf(both) as unknown[]).length, 2)
    const some = await get(`/payments?imp_uid[]=${first.imp_uid}&imp_uid[]=imps_000000000000`)
    assert.equal((responseOf(some, 207) as unknown[]).length, 1)
    const keys = await get('/subscribe/customers?customer_uid[]=kim')
    assert.equal((responseOf(keys) as unknown[]).length, 1)
  })

  test('of a deletion carry reason and requester, empty or not', async () => {
    for (const query of ['?reason=&requester=', '?reason=%EB%B3%80%EC%8B%AC&requester=admin']) {
      await registered('gone')
      assert.equal(
        billingKeyOf(await remove(`/subscribe/customers/gone${query}`)).customer_uid,
        'gone',
      )
    }
    const unknown = await remove('/subscribe/customers/gone?reason=&requester=')
    assertRefused(unknown, { status: 200, code: 1, message: /customer_uid\(gone\)/ })
  })

  test('of one key’s lists carry every parameter, zero and empty ones too', async () => {
    const { list } = pageOf(await get('/subscribe/customers/kim/payments?page=1'))
    assert.ok(list.length > 0)
    const query = `page=1&from=${inADay()}&to=${inADay() + 60}&schedule-status=`
    assert.deepEqual(responseOf(await get(`/subscribe/customers/kim/schedules?${query}`)), {
      total: 0,
      previous: 0,
      next: 0,
      list: [],
    })
  })
})

describe('JSON of the Go client', () => {
  test('issues a key of a card, with the uid in path and body', async () => {
    const key = billingKeyOf(await registered('lee'))
    assert.equal(key.customer_uid, 'lee')
    const { card_number } = cardFields(cardOf('신한카드'))
    assert.equal(key.card_number?.slice(0, 6), card_number.slice(0, 6))
  })

  test('schedules and unschedules, with 64-bit numbers as text', async () => {
    const entry = newEntry(inADay())
    const schedules = [{ ...entry, schedule_at: String(entry.schedule_at) }]
    const reply = await postJson('/subscribe/payments/schedule', { customer_uid: 'kim', schedules })
    const [reserved] = schedulesOf(reply)
    assert.equal(reserved?.schedule_at, entry.schedule_at)
    const named = { customer_uid: 'kim', merchant_uid: [entry.merchant_uid] }
    const [revoked] = schedulesOf(await postJson('/subscribe/payments/unschedule', named))
    assert.equal(revoked?.schedule_status, 'revoked')
    const shown = await lookUp(app.merchant, entry.merchant_uid)
    assert.equal(shown.schedule_status, 'revoked')
  })
})

test('success of the Go client is 200, never 201', async () => {
  const replies = [
    await registered('park'),
    await postForm('/subscribe/payments/onetime', newGoOrder()),
    await postForm('/payments/prepare', { merchant_uid: newMerchantUid(), amount: 1 }),
  ]
  for (const reply of replies) responseOf(reply, 200)
})
