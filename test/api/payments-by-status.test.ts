// GET /payments/status/{status}: a window of at most 90 days over the time that belongs to the status.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import type { PaymentView } from '../../src/payments/payment-view.ts'
import { type Clock, TestClock } from '../../src/primitives/clock.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { assertFields, paymentFields } from './annotations.ts'
import { markCancelled } from './books.ts'
import { cardFields, cardThat, newOrder } from './orders.ts'
import { assertRefused, pageOf, paymentOf } from './replies.ts'

// Far enough apart to be told apart, near enough for one token.
const stepMs = 120_000
const clock = new TestClock(Date.UTC(2026, 0, 15))
// Each reading takes a second, so that a payment's start and end are told apart.
const tickingClock: Clock = {
  now() {
    clock.advance(1000)
    return clock.now()
  },
}
const nowSeconds = () => Math.floor(clock.now() / 1000)
let app: TestApp
// Made one after another, in this order; the last one is cancelled a step after it was paid.
let paid: PaymentView
let failed: PaymentView
let ready: PaymentView
let cancelled: PaymentView
let cancelledAt: number

before(async () => {
  app = await startTestApp({ clock: tickingClock })
  paid = await pay(cardFields())
  failed = await pay(cardFields(cardThat('declined')))
  ready = await pay(cardFields(cardThat('uncertain_before_commit')))
  cancelled = await pay(cardFields())
  await markCancelled(app, cancelled.imp_uid)
  const found = await app.merchant.call('GET', `/payments/${cancelled.imp_uid}`)
  cancelledAt = paymentOf(found).cancelled_at
})
after(() => app.close())

async function pay(card: object): Promise<PaymentView> {
  const order = newOrder({ ...card })
  const payment = paymentOf(await app.merchant.call('POST', '/subscribe/payments/onetime', order))
  clock.advance(stepMs)
  return payment
}

const get = (path: string) => app.merchant.call('GET', `/payments/status/${path}`)

async function uidsIn(path: string): Promise<string[]> {
  const page = pageOf(await get(path))
  for (const payment of page.list) assertFields(payment, paymentFields)
  return page.list.map((payment) => payment.imp_uid)
}

test('each status lists its own payments, all lists every one', async () => {
  assert.deepEqual(await uidsIn('paid'), [paid.imp_uid])
  assert.deepEqual(await uidsIn('failed'), [failed.imp_uid])
  assert.deepEqual(await uidsIn('ready'), [ready.imp_uid])
  assert.deepEqual(await uidsIn('cancelled'), [cancelled.imp_uid])
  assert.deepEqual(await uidsIn('canceled'), [cancelled.imp_uid])
  const newestFirst = [cancelled, ready, failed, paid].map((payment) => payment.imp_uid)
  assert.deepEqual(await uidsIn('all'), newestFirst)
  assert.deepEqual(await uidsIn('all/'), newestFirst)
})

test('an unknown status is 400 in V1’s words', async () => {
  for (const status of ['123', 'PAID', 'pending', '%20']) {
    assertRefused(await get(status), {
      status: 400,
      code: -1,
      message: '지원되지 않는 상태값입니다.',
    })
  }
})

test('the window is over the time of the status, and both its seconds count', async () => {
  const times = [
    ['paid', paid.paid_at, paid],
    ['failed', failed.failed_at, failed],
    ['ready', ready.started_at, ready],
    ['cancelled', cancelledAt, cancelled],
    ['all', cancelled.started_at, cancelled],
  ] as const
  for (const [status, at, payment] of times) {
    assert.deepEqual(await uidsIn(`${status}?from=${at}&to=${at}`), [payment.imp_uid], status)
    assert.deepEqual(await uidsIn(`${status}?from=${at + 1}&to=${at + 10}`), [], status)
    assert.deepEqual(await uidsIn(`${status}?from=${at - 10}&to=${at - 1}`), [], status)
  }
})

test('without a window it is the last 90 days, and each end alone reaches to the other', async () => {
  const at = paid.paid_at
  assert.deepEqual(await uidsIn(`paid?from=${at}`), [paid.imp_uid])
  assert.deepEqual(await uidsIn(`paid?from=${at + 1}`), [])
  assert.deepEqual(await uidsIn(`paid?to=${at}`), [paid.imp_uid])
  assert.deepEqual(await uidsIn(`paid?to=${at - 1}`), [])
  const seventy = 70 * 86_400
  assert.deepEqual(await uidsIn(`paid?to=${at + seventy}`), [paid.imp_uid])
  assert.deepEqual(await uidsIn(`paid?to=${at + 91 * 86_400}`), [])
})

test('a window of more than 90 days, or one that ends before it begins, is 400', async () => {
  const to = nowSeconds()
  const ninety = to - 90 * 86_400
  assert.equal((await get(`all?from=${ninety}&to=${to}`)).status, 200)
  assertRefused(await get(`all?from=${ninety - 1}&to=${to}`), {
    status: 400,
    code: -1,
    message: /90일/,
  })
  assertRefused(await get(`all?from=${to}&to=${to - 1}`), {
    status: 400,
    code: -1,
    message: /from/,
  })
  for (const bad of ['from=-1', 'to=x', 'from=1.5', 'to=1e9', 'from=2026-01-01']) {
    assertRefused(await get(`all?${bad}`), { status: 400, code: -1, message: /^파라미터 오류: / })
  }
})

test('pages have neighbours as numbers; beyond the last page is 400', async () => {
  const newest = [cancelled, ready, failed, paid].map((payment) => payment.imp_uid)
  const first = pageOf(await get('all?limit=3'))
  assert.deepEqual([first.total, first.previous, first.next, first.list.length], [4, 0, 2, 3])
  const second = pageOf(await get('all?limit=3&page=2'))
  assert.deepEqual([second.total, second.previous, second.next], [4, 1, 0])
  assert.deepEqual(
    [...first.list, ...second.list].map((payment) => payment.imp_uid),
    newest,
  )
  assertRefused(await get('all?limit=3&page=3'), { status: 400, code: -1, message: /page/ })
  assertRefused(await get('failed?page=2'), { status: 400, code: -1, message: /page/ })
})

test('nothing found is an empty page and no failure', async () => {
  const stranger = await app.addMerchant()
  for (const status of ['all', 'ready', 'paid', 'cancelled', 'failed']) {
    const page = pageOf(await stranger.call('GET', `/payments/status/${status}`))
    assert.deepEqual(page, { total: 0, previous: 0, next: 0, list: [] })
  }
})

test('the order is by start, payment or last change, either way', async () => {
  const byStart = [paid, failed, ready, cancelled].map((payment) => payment.imp_uid)
  assert.deepEqual(await uidsIn('all?sorting=started'), byStart)
  assert.deepEqual(await uidsIn('all?sorting=-started'), byStart.toReversed())
  assert.deepEqual(await uidsIn('all?sorting=updated'), byStart)
  assert.deepEqual(await uidsIn('all?sorting=-updated'), byStart.toReversed())
  // What was never paid comes after what was, either way.
  const paidFirst = [paid.imp_uid, cancelled.imp_uid]
  assert.deepEqual((await uidsIn('all?sorting=paid')).slice(0, 2), paidFirst)
  assert.deepEqual((await uidsIn('all?sorting=-paid')).slice(0, 2), paidFirst.toReversed())
  assertRefused(await get('all?sorting=name'), { status: 400, code: -1, message: /sorting/ })
})
