// The old official client, npm `iamport`, unmodified: it knows no other host than https://api.iamport.kr, sends its
// token raw, and parses the token out of the first data event of the answer.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { after, before, describe, test } from 'node:test'

import { cardFields, cardThat, newMerchantUid, newOrder } from '../api/orders.ts'
import { newEntry } from '../api/reservations.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { CallCount } from './call-count.ts'
import {
  assertBillingKey,
  assertPayment,
  assertSchedule,
  inADay,
  invalidCardNumber,
  words,
} from './expectations.ts'
import { standInFor, type TlsFront } from './tls-front.ts'

type Fields = Readonly<Record<string, unknown>>
// oxlint-disable-next-line typescript/no-explicit-any -- the client has no types
type Method = (fields?: Fields) => Promise<any>

interface Iamport {
  readonly payment: Record<
    'getByImpUid' | 'getByMerchant' | 'getByStatus' | 'cancel' | 'prepare' | 'getPrepare',
    Method
  >
  readonly subscribe: Record<'onetime' | 'again' | 'schedule' | 'unschedule', Method>
  readonly subscribe_customer: Record<
    'get' | 'getCustomers' | 'create' | 'createCustomers' | 'delete' | 'deleteCustomers',
    Method
  >
  readonly certification: Record<'get' | 'delete', Method>
  readonly vbank: Record<'create', Method>
  /** The client's own cache. */
  token?: { access_token: string; expired_at: number }
}

const Iamport = createRequire(import.meta.url)('iamport') as {
  new (options: { readonly impKey: string; readonly impSecret: string }): Iamport
  /** Of clients made from then on. */
  DEFAULT_HOST: string
}

const calls = new CallCount('iamport 0.3.4')
let app: TestApp
let front: TlsFront
let client: Iamport
let payment: Iamport['payment']
let subscribe: Iamport['subscribe']
let customer: Iamport['subscribe_customer']

before(async () => {
  app = await startTestApp()
  front = await standInFor('api.iamport.kr', app.url)
  const { impKey, impSecret } = app.merchant
  client = new Iamport({ impKey, impSecret })
  payment = calls.watch('payment', client.payment)
  subscribe = calls.watch('subscribe', client.subscribe)
  customer = calls.watch('subscribe_customer', client.subscribe_customer)
  await customer.create({ customer_uid: 'kim', ...cardFields() })
})
after(async () => {
  await front.close()
  await app.close()
})

/** A refusal whose code the client puts behind IAMPORT_, with V1's words. */
function refusal(code: 1 | -1, message: string | RegExp) {
  return (error: Error & { code: string }) => {
    assert.equal(error.code, `IAMPORT_${code}`)
    if (typeof message === 'string') assert.equal(error.message, message)
    else assert.match(error.message, message)
    return true
  }
}

/** Of 400, 401 and 404 this client passes on nothing but the number. */
const status = (number: number) => ({ message: String(number), code: `HTTP_${number}` })

describe('its token', () => {
  test('is asked for at the host the client knows, once for many calls', async () => {
    await payment.getByStatus({ payment_status: 'all' })
    const { token } = client
    await payment.getByStatus({ payment_status: 'all' })
    assert.deepEqual([...front.asked], ['api.iamport.kr:443'])
    assert.ok(token)
    assert.equal(client.token, token)
  })

  test('is asked for again when it expired on the way, and the call repeated', async () => {
    client.token = { access_token: 'f'.repeat(40), expired_at: 9_999_999_999 }
    const list = await payment.getByStatus({ payment_status: 'all' })
    assert.ok(Array.isArray(list.list))
    assert.match(client.token.access_token, /^[0-9a-f]{40}$/)
    assert.notEqual(client.token.access_token, 'f'.repeat(40))
  })

  test('is refused to a wrong secret', async () => {
    const stranger = new Iamport({ impKey: app.merchant.impKey, impSecret: 'wrong' })
    await assert.rejects(stranger.payment.getByImpUid({ imp_uid: 'imps_1' }), status(401))
  })
})

describe('its payments', () => {
  test('by card are paid, and found by both ids and by status', async () => {
    const order = newOrder()
    const paid = await subscribe.onetime(order)
    const expected = { merchant_uid: order.merchant_uid, amount: 3000, status: 'paid' } as const
    assertPayment(paid, expected)
    assert.deepEqual(await payment.getByImpUid({ imp_uid: paid.imp_uid }), paid)
    assert.deepEqual(await payment.getByMerchant({ merchant_uid: order.merchant_uid }), paid)
    const { list } = await payment.getByStatus({ payment_status: 'paid', page: 1, limit: 1 })
    assert.deepEqual(list, [paid])
  })

  test('that are declined are answers, with the reason in them', async () => {
    const order = newOrder({ card_number: cardThat('over_limit') })
    const failed = await subscribe.onetime(order)
    assertPayment(failed, { merchant_uid: order.merchant_uid, amount: 3000, status: 'failed' })
    assert.match(failed.fail_reason, /^\[S202\]/)
    const again = await subscribe.again({
      customer_uid: 'kim',
      merchant_uid: order.merchant_uid,
      amount: 3000,
    })
    assert.equal(again.status, 'paid', 'a merchant_uid that only failed may be used again')
  })

  test('by an impossible card are errors, and stay on record as failed', async () => {
    const order = newOrder({ card_number: invalidCardNumber })
    await assert.rejects(subscribe.onetime(order), refusal(-1, words.invalidCard))
    const { status } = await payment.getByMerchant({ merchant_uid: order.merchant_uid })
    assert.equal(status, 'failed')
  })

  test('by billing key are paid once', async () => {
    const order = { customer_uid: 'kim', merchant_uid: newMerchantUid(), amount: 12_000 }
    const { merchant_uid, amount } = order
    assertPayment(await subscribe.again(order), { merchant_uid, amount, status: 'paid' })
    await assert.rejects(subscribe.again(order), refusal(-1, words.duplicateOrder))
    await assert.rejects(subscribe.onetime(newOrder(order)), refusal(-1, words.duplicateOrder))
  })

  test('by an unknown billing key are errors', async () => {
    const order = { customer_uid: 'nobody', merchant_uid: newMerchantUid(), amount: 100 }
    await assert.rejects(subscribe.again(order), refusal(1, words.unknownBuyer))
  })

  test('are cancelled in part, then the rest, and not again', async () => {
    const { imp_uid, merchant_uid } = await subscribe.onetime(newOrder())
    const expected = { merchant_uid, amount: 3000, status: 'cancelled' } as const
    const part = await payment.cancel({
      imp_uid,
      amount: 1000,
      checksum: 3000,
      reason: '부분 취소',
    })
    assertPayment(part, expected)
    assert.equal(part.cancel_amount, 1000)
    const rest = await payment.cancel({ merchant_uid, reason: '나머지' })
    assertPayment(rest, expected)
    assert.equal(rest.cancel_amount, 3000)
    assert.equal(rest.cancel_history.length, 2)
    await assert.rejects(payment.cancel({ imp_uid }), refusal(1, words.alreadyCancelled))
  })

  test('that do not exist cannot be cancelled or found', async () => {
    await assert.rejects(
      payment.cancel({ imp_uid: 'imps_000000000000' }),
      refusal(1, words.nothingToCancel),
    )
    await assert.rejects(payment.getByImpUid({ imp_uid: 'imps_000000000000' }), status(404))
    await assert.rejects(payment.getByMerchant({ merchant_uid: 'nothing' }), status(404))
    await assert.rejects(payment.getByStatus({ payment_status: 'broken' }), status(400))
  })

  test('are prepared once, and read back', async () => {
    const prepared = { merchant_uid: newMerchantUid(), amount: 5000 }
    const answer = await payment.prepare(prepared)
    assert.deepEqual({ ...answer, currency: undefined }, { ...prepared, currency: undefined })
    assert.deepEqual(await payment.getPrepare({ merchant_uid: prepared.merchant_uid }), answer)
    await assert.rejects(payment.prepare(prepared), refusal(1, words.alreadyPrepared))
    await assert.rejects(payment.getPrepare({ merchant_uid: 'nothing' }), status(404))
  })
})

describe('its billing keys', () => {
  test('are issued, read and deleted, under the names of today and of old', async () => {
    for (const [create, get, remove] of [
      [customer.create, customer.get, customer.delete],
      [customer.createCustomers, customer.getCustomers, customer.deleteCustomers],
    ] as const) {
      const issued = await create({ customer_uid: 'lee', ...cardFields() })
      assertBillingKey(issued, 'lee')
      assert.deepEqual(await get({ customer_uid: 'lee' }), issued)
      assertBillingKey(await remove({ customer_uid: 'lee' }), 'lee')
      const unknown = refusal(1, words.unknownCustomer('lee'))
      await assert.rejects(get({ customer_uid: 'lee' }), unknown)
      await assert.rejects(remove({ customer_uid: 'lee' }), unknown)
    }
  })

  test('are not issued for an impossible card', async () => {
    const fields = { customer_uid: 'park', ...cardFields(invalidCardNumber) }
    await assert.rejects(customer.create(fields), refusal(-1, words.keyNotIssued))
  })
})

describe('its schedules', () => {
  test('are reserved and revoked', async () => {
    const [first, second] = [newEntry(inADay()), newEntry(inADay() + 60)] as const
    const reserved = await subscribe.schedule({ customer_uid: 'kim', schedules: [first, second] })
    assert.equal(reserved.length, 2)
    assertSchedule(reserved[0], { ...first, schedule_status: 'scheduled' })
    const one = await subscribe.unschedule({
      customer_uid: 'kim',
      merchant_uid: [second.merchant_uid],
    })
    assertSchedule(one[0], { merchant_uid: second.merchant_uid, schedule_status: 'revoked' })
    const rest = await subscribe.unschedule({ customer_uid: 'kim' })
    assertSchedule(rest[0], { merchant_uid: first.merchant_uid, schedule_status: 'revoked' })
    await assert.rejects(
      subscribe.unschedule({ customer_uid: 'kim' }),
      refusal(1, words.nothingRevoked),
    )
  })

  test('of an unknown customer without a card are refused', async () => {
    const schedules = [newEntry(inADay())]
    await assert.rejects(
      subscribe.schedule({ customer_uid: 'nobody', schedules }),
      refusal(1, words.noBillingKey),
    )
  })
})

test('another host can be set for clients to come', async () => {
  const before = Iamport.DEFAULT_HOST
  Iamport.DEFAULT_HOST = app.url
  const { impKey, impSecret } = app.merchant
  const direct = new Iamport({ impKey, impSecret })
  Iamport.DEFAULT_HOST = before
  assertBillingKey(await direct.subscribe_customer.get({ customer_uid: 'kim' }), 'kim')
})

test('what is out of scope is a JSON 404, as for any unknown path', async () => {
  await assert.rejects(client.certification.get({ imp_uid: 'imps_1' }), status(404))
  await assert.rejects(client.vbank.create({ merchant_uid: 'v', amount: 1 }), Error)
})

test('every method in scope was called', (t) => calls.assertEveryMethodCalled(t))
