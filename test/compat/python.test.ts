// What the Python clients send: JSON with escaped Korean and the uid in path and body, an older header for the token,
// or forms for every POST. Anything but HTTP 200 is an error without a message to them.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { cardFields, newMerchantUid, newOrder } from '../api/orders.ts'
import { newEntry, scheduleOf, schedulesOf, schedulePageOf, uidsOf } from '../api/reservations.ts'
import {
  assertRefused,
  billingKeyOf,
  duplicateOrder,
  paidOf,
  responseOf,
  unknownBuyer,
  unknownCustomer,
} from '../api/replies.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { inADay, invalidCardNumber } from './expectations.ts'
import { formType, jsonType, openWire, type Wire } from './wire.ts'

let app: TestApp
let wire: Wire
let agent: string[]

before(async () => {
  app = await startTestApp()
  wire = await openWire(app)
  agent = [
    'User-Agent: python-requests/2.31.0',
    'Accept-Encoding: gzip, deflate',
    'Accept: */*',
    `Authorization: ${wire.token}`,
  ]
  billingKeyOf(await register('kim'))
})
after(() => app.close())

/** As json.dumps writes it: a space after each comma and colon, and nothing beyond ASCII. */
function pythonJson(fields: object): string {
  return JSON.stringify(fields)
    .replaceAll('":', '": ')
    .replaceAll(',"', ', "')
    .replaceAll(
      /[^\0-\x7f]/g,
      (unit) => String.raw`\u` + unit.charCodeAt(0).toString(16).padStart(4, '0'),
    )
}

const post = (path: string, fields: object, headers: readonly string[] = agent) =>
  wire.send({ line: `POST ${path}`, headers: [...headers, jsonType], body: pythonJson(fields) })
const get = (path: string, headers: readonly string[] = agent) =>
  wire.send({ line: `GET ${path}`, headers })
const remove = (path: string) =>
  wire.send({ line: `DELETE ${path}`, headers: [...agent, 'Content-Length: 0'] })

function register(customerUid: string, number?: string) {
  const fields = { customer_uid: customerUid, ...cardFields(number) }
  return post(`/subscribe/customers/${customerUid}`, fields)
}

describe('the official Python client', () => {
  test('asks for a token before each call, and each is the same', async () => {
    const { impKey, impSecret } = app.merchant
    const login = { imp_key: impKey, imp_secret: impSecret }
    for (let call = 0; call < 3; call += 1) {
      const { access_token } = responseOf(await post('/users/getToken', login, [])) as {
        access_token: string
      }
      assert.equal(access_token, wire.token)
      await get('/subscribe/customers/kim')
    }
  })

  test('of before 2021 sends its token as X-ImpTokenHeader', async () => {
    const old = ['User-Agent: python-requests/2.20.0', `X-ImpTokenHeader: ${wire.token}`]
    assert.equal(billingKeyOf(await get('/subscribe/customers/kim', old)).customer_uid, 'kim')
    paidOf(await post('/subscribe/payments/onetime', newOrder(), old))
  })

  test('pays by card, by a foreign card, and by key without a name', async () => {
    const order = newOrder({ name: '월간 구독', card_quota: 0, vat: null })
    assert.equal(paidOf(await post('/subscribe/payments/onetime', order)).name, '월간 구독')
    const { card_number, expiry } = order
    const foreign = { merchant_uid: newMerchantUid(), amount: 3000, card_number, expiry }
    paidOf(await post('/subscribe/payments/foreign', foreign))
    const again = { customer_uid: 'kim', merchant_uid: newMerchantUid(), amount: 3000 }
    paidOf(await post('/subscribe/payments/again', again))
  })

  test('gets a repeated order as code -1, before anybody looks at the customer', async () => {
    const order = { customer_uid: 'kim', merchant_uid: newMerchantUid(), amount: 3000 }
    paidOf(await post('/subscribe/payments/again', order))
    assertRefused(await post('/subscribe/payments/again', order), duplicateOrder)
    const nobody = { ...order, customer_uid: 'nobody' }
    assertRefused(await post('/subscribe/payments/again', nobody), duplicateOrder)
    const fresh = { ...nobody, merchant_uid: newMerchantUid() }
    assertRefused(await post('/subscribe/payments/again', fresh), unknownBuyer)
  })

  test('gets the reason of every refusal of a key with HTTP 200', async () => {
    assertRefused(await register('lee', invalidCardNumber), {
      status: 200,
      code: -1,
      message:
        /^카드정보 인증 및 빌키 발급에 실패하였습니다\. .*유효하지않은 카드번호를 입력하셨습니다\./,
    })
    assertRefused(await get('/subscribe/customers/lee'), unknownCustomer('lee'))
    assertRefused(await remove('/subscribe/customers/lee'), unknownCustomer('lee'))
  })

  test('deletes a key', async () => {
    billingKeyOf(await register('gone'))
    assert.equal(billingKeyOf(await remove('/subscribe/customers/gone')).customer_uid, 'gone')
  })

  test('finds by merchant_uid and status, and cancels by either id', async () => {
    const { imp_uid, merchant_uid } = paidOf(await post('/subscribe/payments/onetime', newOrder()))
    paidOf(await get(`/payments/find/${merchant_uid}`))
    paidOf(await get(`/payments/find/${merchant_uid}/paid`))
    assert.equal((await get(`/payments/find/${merchant_uid}/failed`)).statusText, 'Not Found')
    responseOf(await post('/payments/cancel', { imp_uid, reason: '테스트', amount: 1000 }))
    responseOf(await post('/payments/cancel', { merchant_uid, reason: '테스트' }))
    const twice = await post('/payments/cancel', { merchant_uid, reason: '테스트' })
    assertRefused(twice, { status: 200, code: 1, message: '이미 전액취소된 주문입니다.' })
    const none = await post('/payments/cancel', { imp_uid: 'nothing', reason: '테스트' })
    assertRefused(none, { status: 200, code: 1, message: '취소할 결제건이 존재하지 않습니다.' })
  })

  test('schedules with a card and extras, lists a range, and unschedules one by its name', async () => {
    const [first, second] = [newEntry(inADay()), newEntry(inADay() + 60)] as const
    const schedules = [first, { ...second, extra: { naverUseCfm: '20240101' } }]
    const wanted = { customer_uid: 'choi', schedules, checking_amount: 0, ...cardFields() }
    const reserved = schedulesOf(await post('/subscribe/payments/schedule', wanted))
    assert.deepEqual(uidsOf(reserved), [first.merchant_uid, second.merchant_uid])
    const path = `/subscribe/payments/schedule/${first.merchant_uid}`
    assert.deepEqual(scheduleOf(await get(path)), reserved[0])
    const range = `schedule_from=${inADay() - 30}&schedule_to=${inADay() + 30}&schedule_status=scheduled`
    const { list } = schedulePageOf(await get(`/subscribe/payments/schedule?${range}`))
    assert.deepEqual(uidsOf(list), [first.merchant_uid])
    const named = { customer_uid: 'choi', merchant_uid: second.merchant_uid }
    const revoked = schedulesOf(await post('/subscribe/payments/unschedule', named))
    assert.deepEqual(uidsOf(revoked), [second.merchant_uid])
    assert.equal((await get('/subscribe/payments/schedule/nothing')).status, 404)
  })

  test('prepares and reads back', async () => {
    const prepared = { merchant_uid: newMerchantUid(), amount: 1000 }
    responseOf(await post('/payments/prepare', prepared))
    const read = responseOf(await get(`/payments/prepare/${prepared.merchant_uid}`))
    assert.equal((read as { amount: number }).amount, 1000)
  })

  test('gets 200 with the envelope for every success of a POST, never 201', async () => {
    const uid = newMerchantUid()
    for (const [path, fields] of [
      ['/subscribe/customers/kim', { customer_uid: 'kim', ...cardFields() }],
      ['/subscribe/payments/onetime', newOrder()],
      ['/subscribe/payments/again', { customer_uid: 'kim', merchant_uid: uid, amount: 1 }],
      ['/payments/cancel', { merchant_uid: uid }],
    ] as const) {
      responseOf(await post(path, fields), 200)
    }
  })
})

describe('kde713’s Python client', () => {
  const postForm = (path: string, fields: Readonly<Record<string, unknown>>) => {
    // As requests encodes a dict: None is left out, spaces are plus signs.
    const pairs = Object.entries(fields)
      .filter(([, value]) => value !== null)
      .map(([name, value]): [string, string] => [name, String(value)])
    const body = new URLSearchParams(pairs).toString()
    return wire.send({ line: `POST ${path}`, headers: [...agent, formType], body })
  }

  test('sends a form with every POST', async () => {
    const { impKey, impSecret } = app.merchant
    responseOf(await postForm('/users/getToken', { imp_key: impKey, imp_secret: impSecret }))
    billingKeyOf(
      await postForm('/subscribe/customers/park', { ...cardFields(), customer_name: '박 영희' }),
    )
    const order = newOrder({ name: '월간 구독', buyer_name: null, tax_free: null })
    const paid = paidOf(await postForm('/subscribe/payments/onetime', order))
    assert.equal(paid.name, '월간 구독')
    const again = { customer_uid: 'park', merchant_uid: newMerchantUid(), amount: 3000 }
    assert.equal(paidOf(await postForm('/subscribe/payments/again', again)).buyer_name, '박 영희')
    const prepared = { merchant_uid: newMerchantUid(), amount: 1000 }
    responseOf(await postForm('/payments/prepare', prepared))
    const cancel = { imp_uid: paid.imp_uid, reason: '변심', checksum: 3000 }
    const cancelled = responseOf(await postForm('/payments/cancel', cancel))
    assert.equal((cancelled as { cancel_amount: number }).cancel_amount, 3000)
  })
})
