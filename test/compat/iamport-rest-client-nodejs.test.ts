// The official TypeScript client, npm `iamport-rest-client-nodejs`, unmodified: Bearer, lists as `imp_uid[]=`, empty
// path segments, 207 as a success, and times made into dates.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { Enum, Iamport, Request } from 'iamport-rest-client-nodejs'

import { cardFields, cardThat, newMerchantUid, newOrder } from '../api/orders.ts'
import { newEntry } from '../api/reservations.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { CallCount } from './call-count.ts'
import { inADay, invalidCardNumber, words } from './expectations.ts'

const calls = new CallCount('iamport-rest-client-nodejs 0.9.12')
const Authenticate = calls.watch('Authenticate', Request.Authenticate)
const Payments = calls.watch('Payments', Request.Payments)
const Subscribe = calls.watch('Subscribe', Request.Subscribe)
const Customers = calls.watch('Customers', Request.Customers)
const Prepare = calls.watch('Prepare', Request.Prepare)
const Cards = calls.watch('Cards', Request.Cards)
const Banks = calls.watch('Banks', Request.Banks)

const all = Enum.StatusEnum.ALL
const newest = Enum.SortingEnum.STARTED_DESC
const pending = Enum.ScheduledStatusEnum.SCHEDULED
const name = '월간 구독'

let app: TestApp
let iamport: Iamport

before(async () => {
  app = await startTestApp()
  const { impKey, impSecret } = app.merchant
  iamport = new Iamport({ apiKey: impKey, apiSecret: impSecret, baseUrl: app.url })
  await register('kim')
})
after(() => app.close())

interface Sendable {
  request(client: Iamport): Promise<unknown>
}

interface Data {
  readonly code: number
  readonly message: string | null
  // oxlint-disable-next-line typescript/no-explicit-any -- the client's types say as much
  readonly response: any
  readonly failed?: unknown
}

async function send(request: Sendable): Promise<Data> {
  const { data } = (await request.request(iamport)) as { data: Data }
  // Without the client's classes, of which lists and single answers have different ones.
  return structuredClone(data)
}

/** The response of a success, as the client gives it. */
async function responseTo(request: Sendable) {
  const { code, message, response } = await send(request)
  assert.deepEqual({ code, message }, { code: 0, message: null })
  return response
}

/** A refusal with HTTP 200 reaches the caller as `{ response: { data } }`, any other status with its number. */
async function assertRefused(request: Sendable, message: string | RegExp, status?: number) {
  await assert.rejects(request.request(iamport), (error) => {
    const { response } = error as { response: { status?: number; data: Data } }
    assert.equal(response.status, status)
    assert.ok(response.data.code === 1 || response.data.code === -1)
    assert.equal(response.data.response, null)
    if (typeof message === 'string') assert.equal(response.data.message, message)
    else assert.match(String(response.data.message), message)
    return true
  })
}

function register(customerUid: string, number?: string) {
  const buyer = {
    customer_name: '김철수',
    customer_tel: '010-0000-0000',
    customer_email: 'kim@example.com',
    customer_addr: '서울 종로구',
    customer_postcode: '03000',
  }
  const card = { ...cardFields(number), customer_uid: customerUid }
  return responseTo(Customers.postBillingKey({ ...card, ...buyer }))
}

const onetime = (fields: Readonly<Record<string, unknown>> = {}) =>
  Subscribe.onetime({ ...newOrder(fields), name })

// Without these this client's type for a cancel would not compile.
const nothingMore = {
  tax_free: 0,
  reason: '변심',
  refund_holder: '',
  refund_bank: '',
  refund_account: '',
}

describe('its token', () => {
  test('is asked for once for many calls, since it lives for more than half a minute', async () => {
    const headers = await iamport.getHeaders()
    await responseTo(Cards.getCards())
    assert.deepEqual(await iamport.getHeaders(), headers)
    assert.match(String(headers['Authorization']), /^Bearer [0-9a-f]{40}$/)
  })

  test('is answered by a request of its own too', async () => {
    const { impKey, impSecret } = app.merchant
    const wanted = { imp_key: impKey, imp_secret: impSecret }
    const token = await responseTo(Authenticate.getToken(wanted))
    const { Authorization } = await iamport.getHeaders()
    assert.equal(`Bearer ${token.access_token}`, Authorization)
    assert.ok(token.expired_at > token.now)
    const wrong = { ...wanted, imp_secret: 'wrong' }
    await assertRefused(Authenticate.getToken(wrong), words.wrongKey, 401)
  })
})

describe('its payments', () => {
  test('by card are paid, and found in every way there is', async () => {
    const paid = await responseTo(onetime())
    const { imp_uid, merchant_uid } = paid
    assert.equal(paid.status, 'paid')
    assert.ok(paid.paid_at instanceof Date)
    assert.equal(paid.failed_at, 0)
    // The client makes an undefined field of every key that is absent.
    const absent = Object.keys(paid).filter((key) => paid[key] === undefined)
    assert.deepEqual(absent, [])
    assert.deepEqual(await responseTo(Payments.getByImpUid({ imp_uid }, { Tier: '001' })), paid)
    const named = { merchant_uid, status: all, sorting: newest }
    assert.deepEqual(await responseTo(Payments.getByMerchantUid(named)), paid)
    const page = { total: 1, previous: 0, next: 0, list: [paid] }
    assert.deepEqual(await responseTo(Payments.getByMerchantUids({ ...named, page: 1 })), page)
    // With an empty status the path ends in a slash.
    const unnamed = { ...named, status: '' as typeof all }
    assert.deepEqual(await responseTo(Payments.getByMerchantUid(unnamed)), paid)
    const to = inADay()
    const window = { from: to - 2 * 86_400, to, page: 1, limit: 20, sorting: newest }
    const status = Enum.StatusEnum.PAID
    const { list } = await responseTo(Payments.getByStatus({ status, ...window }))
    assert.deepEqual(list[0], paid)
  })

  test('asked for by many ids are a success when only some are there, and say which', async () => {
    const { imp_uid: first } = await responseTo(onetime())
    const { imp_uid: second } = await responseTo(onetime())
    const both = await responseTo(Payments.getByImpUids({ imp_uid: [first, second] }))
    assert.equal(both.length, 2)
    const some = await send(Payments.getByImpUids({ imp_uid: [first, 'imps_000000000000'] }))
    assert.equal(some.code, 0)
    assert.equal(some.response.length, 1)
    assert.deepEqual(some.failed, ['imps_000000000000'])
    const none = Payments.getByImpUids({ imp_uid: ['imps_000000000000'] })
    await assertRefused(none, words.noPayment, 404)
  })

  test('that are declined are answers, with the reason in them', async () => {
    const failed = await responseTo(onetime(cardFields(cardThat('over_limit'))))
    assert.equal(failed.status, 'failed')
    assert.match(failed.fail_reason, /^\[S202\]/)
    assert.ok(failed.failed_at instanceof Date)
    assert.equal(failed.paid_at, 0)
  })

  test('by an impossible card are refused', () =>
    assertRefused(onetime(cardFields(invalidCardNumber)), words.invalidCard))

  test('by billing key are paid once', async () => {
    const order = { customer_uid: 'kim', merchant_uid: newMerchantUid(), amount: 12_000, name }
    const paid = await responseTo(Subscribe.again(order))
    assert.equal(paid.status, 'paid')
    await assertRefused(Subscribe.again(order), words.duplicateOrder)
    const { list } = await responseTo(Customers.getPayments({ customer_uid: 'kim', page: 1 }))
    assert.deepEqual(list, [paid])
    const nobody = { ...order, customer_uid: 'nobody', merchant_uid: newMerchantUid() }
    await assertRefused(Subscribe.again(nobody), words.unknownBuyer)
  })

  test('are cancelled with a checksum, in part and in whole, and not twice', async () => {
    const { imp_uid, merchant_uid } = await responseTo(onetime())
    const order = { imp_uid, merchant_uid, ...nothingMore }
    const part = await responseTo(Payments.cancel({ ...order, amount: 1000, checksum: 3000 }))
    assert.equal(part.status, 'cancelled')
    assert.equal(part.cancel_amount, 1000)
    assert.ok(part.paid_at instanceof Date && part.cancelled_at instanceof Date)
    const rest = await responseTo(Payments.cancel({ ...order, amount: 2000, checksum: 2000 }))
    assert.equal(rest.cancel_amount, 3000)
    const again = { ...order, amount: 1, checksum: 0 }
    await assertRefused(Payments.cancel(again), words.alreadyCancelled)
    const unknown = { ...again, imp_uid: 'imps_000000000000' }
    await assertRefused(Payments.cancel(unknown), words.nothingToCancel)
  })

  test('that do not exist are refused as 404', async () => {
    const imp_uid = 'imps_000000000000'
    await assertRefused(Payments.getByImpUid({ imp_uid }), words.noPayment, 404)
    const named = { merchant_uid: 'nothing', status: all, sorting: newest }
    await assertRefused(Payments.getByMerchantUid(named), words.noPayment, 404)
    await assertRefused(Payments.getByMerchantUids({ ...named, page: 1 }), words.noPayment, 404)
  })

  test('have no balance, since this PG has no wallet', async () => {
    const { imp_uid } = await responseTo(onetime())
    await assertRefused(Payments.getAmountByImpUid({ imp_uid }), /PAYCO, KCP만 지원/, 404)
  })

  test('are prepared once, and read back', async () => {
    const prepared = { merchant_uid: newMerchantUid(), amount: 5000 }
    const { merchant_uid } = prepared
    assert.equal((await responseTo(Prepare.postAmount(prepared))).amount, 5000)
    assert.equal((await responseTo(Prepare.getAmount({ merchant_uid }))).amount, 5000)
    await assertRefused(Prepare.postAmount(prepared), words.alreadyPrepared)
    await assertRefused(Prepare.getAmount({ merchant_uid: 'nothing' }), words.noPrepared, 404)
  })
})

describe('its billing keys', () => {
  test('are issued, read one by one or many at once, and deleted', async () => {
    const issued = await register('lee')
    assert.equal(issued.customer_uid, 'lee')
    assert.ok(issued.inserted instanceof Date)
    const customer_uid = 'lee'
    assert.deepEqual(await responseTo(Customers.getBillingKey({ customer_uid })), issued)
    const many = await responseTo(Customers.getBillingKeys({ customer_uid: ['lee', 'kim'] }))
    assert.deepEqual(uidsOf(many), ['lee', 'kim'])
    const some = await responseTo(Customers.getBillingKeys({ customer_uid: ['nobody', 'kim'] }))
    assert.deepEqual(uidsOf(some), ['kim'])
    assert.deepEqual(await responseTo(Customers.deleteBillingKey({ customer_uid })), issued)
    const unknown = words.unknownCustomer('lee')
    await assertRefused(Customers.getBillingKey({ customer_uid }), unknown)
    await assertRefused(Customers.deleteBillingKey({ customer_uid }), unknown)
  })

  test('are not issued for an impossible card', async () => {
    const card = { ...cardFields(invalidCardNumber), customer_uid: 'park' }
    const buyer = { customer_name: '', customer_tel: '', customer_email: '' }
    const nowhere = { customer_addr: '', customer_postcode: '' }
    const request = Customers.postBillingKey({ ...card, ...buyer, ...nowhere })
    await assertRefused(request, words.keyNotIssued)
  })
})

function uidsOf(customers: readonly { readonly customer_uid: string }[]): string[] {
  return customers.map(({ customer_uid }) => customer_uid)
}

describe('its schedules', () => {
  test('are reserved, found, listed and revoked', async () => {
    const customer_uid = 'kim'
    const [first, second] = [newEntry(inADay()), newEntry(inADay() + 60)] as const
    const schedules = [first, second]
    const reserved = await responseTo(Subscribe.schedule({ customer_uid, schedules }))
    assert.equal(reserved.length, 2)
    const { merchant_uid } = first
    const found = await responseTo(Subscribe.getScheduled({ merchant_uid }))
    assert.deepEqual(found, reserved[0])
    assert.ok(found.schedule_at instanceof Date)
    assert.deepEqual([found.executed_at, found.revoked_at], [0, 0])
    const window = { customer_uid, page: 1, from: inADay() - 60, to: inADay() + 120 }
    const wanted = { ...window, 'schedule-status': pending }
    const page = { total: 2, previous: 0, next: 0, list: reserved.toReversed() }
    assert.deepEqual(await responseTo(Subscribe.getScheduleds(wanted)), page)
    assert.deepEqual(await responseTo(Customers.getScheduleds(wanted)), page)
    const one = await responseTo(Subscribe.unschedule({ customer_uid, merchant_uid }))
    assert.deepEqual(one[0].schedule_status, 'revoked')
    const rest = await responseTo(Subscribe.unschedule({ customer_uid }))
    assert.equal(rest[0].merchant_uid, second.merchant_uid)
    await assertRefused(Subscribe.unschedule({ customer_uid }), words.nothingRevoked)
  })

  test('of nobody are an empty page, an unknown one is 404, and none is made without a key', async () => {
    const customer_uid = 'nobody'
    const window = { customer_uid, from: inADay(), to: inADay() + 1, 'schedule-status': pending }
    const empty = { total: 0, previous: 0, next: 0, list: [] }
    assert.deepEqual(await responseTo(Subscribe.getScheduleds(window)), empty)
    assert.deepEqual(await responseTo(Customers.getPayments({ customer_uid })), empty)
    const unknown = Subscribe.getScheduled({ merchant_uid: 'nothing' })
    await assertRefused(unknown, '예약결제 정보가 존재하지 않습니다.', 404)
    const schedules = [newEntry(inADay())]
    await assertRefused(Subscribe.schedule({ customer_uid, schedules }), words.noBillingKey)
  })
})

test('its tables of codes are there, whole and one by one', async () => {
  const cards = await responseTo(Cards.getCards())
  const card = { code: '366', name: '신한카드' }
  assert.ok(cards.some((one: object) => JSON.stringify(one) === JSON.stringify(card)))
  assert.deepEqual(await responseTo(Cards.getCard({ code: card.code as Enum.CardCodeEnum })), card)
  await assertRefused(Cards.getCard({ code: '000' as Enum.CardCodeEnum }), /./, 404)
  const banks = await responseTo(Banks.getBanks())
  assert.ok(banks.length > 50)
  assert.equal(
    (await responseTo(Banks.getBank({ code: '088' as Enum.BankCodeEnum }))).name,
    '신한은행',
  )
  await assertRefused(Banks.getBank({ code: 'x' as Enum.BankCodeEnum }), /./, 404)
})

test('what is out of scope is a JSON 404, as for any unknown path', async () => {
  const { Receipts, Certifications } = Request
  await assertRefused(Receipts.getReceipt({ imp_uid: 'imps_1' }), words.noApi, 404)
  await assertRefused(Certifications.getCertification({ imp_uid: 'imps_1' }), words.noApi, 404)
})

test('every method in scope was called', (t) => calls.assertEveryMethodCalled(t))
