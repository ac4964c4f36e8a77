// The client `iamport-server-api`, unmodified: typed by the published document, and strict about what it gets.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { functional, type HttpError, type IConnection, IamportConnector } from 'iamport-server-api'

import { cardFields, cardThat, newMerchantUid, newOrder } from '../api/orders.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { CallCount } from './call-count.ts'
import { assertBillingKey, assertPayment, invalidCardNumber, words } from './expectations.ts'

const calls = new CallCount('iamport-server-api 10.0.0')
const users = calls.watch('users', functional.users)
const payments = calls.watch('payments', functional.payments)
const subscribe = calls.watch('subscribe.payments', functional.subscribe.payments)
const customers = calls.watch('subscribe.customers', functional.subscribe.customers)

let app: TestApp
let connector: IamportConnector
let connection: IConnection

before(async () => {
  app = await startTestApp()
  const { impKey, impSecret } = app.merchant
  const accessor = { imp_key: impKey, imp_secret: impSecret }
  connector = calls.watch('connector', new IamportConnector(app.url, accessor), [
    // Private in its types; `get` calls it.
    'getToken',
  ])
  connection = await connector.get()
  await customers.create(connection, 'kim', card('kim'))
})
after(() => app.close())

const name = '월간 구독'

function card(customerUid: string, number?: string) {
  return { customer_uid: customerUid, ...cardFields(number) }
}

interface Refusal {
  readonly code: number
  readonly message: string
  readonly response: unknown
}

function assertRefused(answer: object, code: 1 | -1, message: string | RegExp): void {
  const refusal = answer as Refusal
  assert.equal(refusal.code, code)
  assert.equal(refusal.response, null)
  if (typeof message === 'string') assert.equal(refusal.message, message)
  else assert.match(refusal.message, message)
}

/** Any other status than 200 and 201 is thrown, with the envelope as text. */
function thrown(status: number, message: string) {
  return (error: HttpError) => {
    assert.equal(error.status, status)
    assert.equal((JSON.parse(error.message) as Refusal).message, message)
    return true
  }
}

describe('its token', () => {
  test('is shared by calls at once, and the same when asked for again', async () => {
    const tokens = await Promise.all([1, 2, 3].map(() => connector.get()))
    const [first] = tokens
    for (const other of tokens) assert.deepEqual(other, first)
    const { impKey, impSecret } = app.merchant
    const accessor = { imp_key: impKey, imp_secret: impSecret }
    const { code, response } = await users.getToken({ host: app.url }, accessor)
    assert.equal(code, 0)
    assert.equal(response.access_token, first?.headers?.['Authorization'])
  })

  test('is refused to a wrong secret', async () => {
    const wrong = { imp_key: app.merchant.impKey, imp_secret: 'wrong' }
    await assert.rejects(users.getToken({ host: app.url }, wrong), thrown(401, words.wrongKey))
    const strangers = { host: app.url, headers: { Authorization: 'f'.repeat(40) } }
    await assert.rejects(customers.at(strangers, 'kim'), thrown(401, words.unauthorized))
  })
})

describe('its payments', () => {
  test('by card are paid and found', async () => {
    const { merchant_uid, ...order } = newOrder({ name })
    const { code, response } = await subscribe.onetime(connection, { ...order, merchant_uid, name })
    assert.equal(code, 0)
    assertPayment(response, { merchant_uid, amount: 3000, status: 'paid' })
    const found = await payments.at(connection, response.imp_uid, {})
    assert.deepEqual(found.response, response)
    const extended = await payments.at(connection, response.imp_uid, { extension: true })
    assert.deepEqual(extended.response, response)
  })

  test('that are declined are answers of status failed', async () => {
    const order = { ...newOrder(cardFields(cardThat('declined'))), name }
    const { code, response } = await subscribe.onetime(connection, order)
    assert.equal(code, 0)
    assertPayment(response, { merchant_uid: order.merchant_uid, amount: 3000, status: 'failed' })
    assert.match(String(response.fail_reason), /^\[S201\]/)
  })

  test('by an impossible card are refused', async () => {
    const order = { ...newOrder(cardFields(invalidCardNumber)), name }
    assertRefused(await subscribe.onetime(connection, order), -1, words.invalidCard)
  })

  test('by billing key are paid once', async () => {
    const merchant_uid = newMerchantUid()
    const order = { customer_uid: 'kim', merchant_uid, amount: 12_000, name }
    const { response } = await subscribe.again(connection, order)
    assertPayment(response, { merchant_uid, amount: 12_000, status: 'paid' })
    assertRefused(await subscribe.again(connection, order), -1, words.duplicateOrder)
    const nobody = { ...order, customer_uid: 'nobody', merchant_uid: newMerchantUid() }
    assertRefused(await subscribe.again(connection, nobody), 1, words.unknownBuyer)
  })

  test('are cancelled with both ids and a null checksum, and not twice', async () => {
    const order = { ...newOrder(), name }
    const { merchant_uid } = order
    const { response: paid } = await subscribe.onetime(connection, order)
    const whole = { imp_uid: paid.imp_uid, merchant_uid, checksum: null, reason: '변심' }
    const { response } = await payments.cancel(connection, whole)
    assertPayment(response, { merchant_uid, amount: 3000, status: 'cancelled' })
    assert.equal(response.cancel_history[0]?.reason, '변심')
    assertRefused(await payments.cancel(connection, whole), 1, words.alreadyCancelled)
    const unknown = { ...whole, imp_uid: 'imps_000000000000' }
    assertRefused(await payments.cancel(connection, unknown), 1, words.nothingToCancel)
  })

  test('that do not exist are thrown as 404', async () => {
    const found = payments.at(connection, 'imps_000000000000', {})
    await assert.rejects(found, thrown(404, words.noPayment))
  })
})

describe('its billing keys', () => {
  test('are issued, read and deleted', async () => {
    const uid = '이 / 이+a%b'
    const issued = await customers.create(connection, uid, card(uid))
    assert.equal(issued.code, 0)
    assertBillingKey(issued.response, uid)
    assert.deepEqual((await customers.at(connection, uid)).response, issued.response)
    assertBillingKey((await customers.erase(connection, uid)).response, uid)
    assertRefused(await customers.at(connection, uid), 1, words.unknownCustomer(uid))
    assertRefused(await customers.erase(connection, uid), 1, words.unknownCustomer(uid))
  })

  test('are not issued for an impossible card', async () => {
    const refused = await customers.create(connection, 'park', card('park', invalidCardNumber))
    assertRefused(refused, -1, words.keyNotIssued)
  })
})

test('what is out of scope is a JSON 404, as for any unknown path', async () => {
  const { certifications, receipts } = functional
  await assert.rejects(certifications.at(connection, 'imps_1'), thrown(404, words.noApi))
  await assert.rejects(receipts.at(connection, 'imps_1'), thrown(404, words.noApi))
})

test('every method in scope was called', (t) => calls.assertEveryMethodCalled(t))
