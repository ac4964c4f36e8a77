// Payments by imp_uid, by merchant_uid, several at once, and by customer.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import type { PaymentView } from '../../src/payments/payment-view.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import { startTestApp, type TestApp, type V1Reply } from '../support/app.ts'
import { assertFields, paymentFields } from './annotations.ts'
import { markCancelled } from './books.ts'
import { cardFields, cardThat, newMerchantUid, newOrder } from './orders.ts'
import {
  assertRefused,
  billingKeyOf,
  failedOf,
  pageOf,
  paidOf,
  paymentNotFound,
  paymentOf,
  responseOf,
} from './replies.ts'

const clock = new TestClock(Date.UTC(2026, 0, 15))
let app: TestApp

before(async () => {
  app = await startTestApp({ clock })
})
after(() => app.close())

const get = (path: string): Promise<V1Reply> => app.merchant.call('GET', path)

/** Tries one order with each card in turn, a second apart; the failures must come first. */
async function pay(merchantUid: string, ...cards: readonly string[]): Promise<PaymentView[]> {
  const payments: PaymentView[] = []
  for (const card of cards) {
    clock.advance(1000)
    const order = newOrder({ ...cardFields(card), merchant_uid: merchantUid })
    payments.push(paymentOf(await app.merchant.call('POST', '/subscribe/payments/onetime', order)))
  }
  return payments
}

const good = cardFields().card_number
const bad = cardThat('declined')
const uncertain = cardThat('uncertain_after_commit')
const uidsOf = (payments: readonly PaymentView[]) => payments.map((payment) => payment.imp_uid)

describe('GET /payments/{imp_uid}', () => {
  test('gives the payment, whatever was said of sandbox payments or extensions', async () => {
    const [payment] = await pay(newMerchantUid(), good)
    for (const query of [
      '',
      '/',
      '?include_sandbox=false',
      '?include_sandbox=true&extension=true',
    ]) {
      const found = paymentOf(await get(`/payments/${payment?.imp_uid}${query}`))
      assert.deepEqual(found, payment)
      assertFields(found, paymentFields)
    }
  })

  test('shows what changed since: a cancelled payment keeps its paid_at', async () => {
    const [payment] = (await pay(newMerchantUid(), good)) as [PaymentView]
    clock.advance(60_000)
    await markCancelled(app, payment.imp_uid)
    const found = paymentOf(await get(`/payments/${payment.imp_uid}`))
    assertFields(found, paymentFields)
    assert.deepEqual(
      [found.status, found.paid_at, found.cancelled_at, found.cancel_amount],
      ['cancelled', payment.paid_at, payment.paid_at + 60, payment.amount],
    )
  })

  test('is 404 with V1’s words for an unknown one, and for what is no imp_uid at all', async () => {
    for (const uid of ['imps_000000000000', 'imp_000000000000', 'x', 'null', '한글']) {
      assertRefused(await get(`/payments/${encodeURIComponent(uid)}`), paymentNotFound)
    }
  })
})

describe('GET /payments/find/{merchant_uid}', () => {
  test('gives the newest attempt first, and any other order that is asked for', async () => {
    const uid = newMerchantUid()
    const [first, second, paid] = uidsOf(await pay(uid, bad, bad, good))
    const expected = [
      ['', paid],
      ['?sorting=-started', paid],
      ['?sorting=started', first],
      ['?sorting=-paid', paid],
      ['?sorting=paid', paid],
      ['?sorting=-updated', paid],
      ['?sorting=updated', first],
      ['/failed', second],
      ['/failed?sorting=started', first],
      ['/paid', paid],
      ['/all', paid],
      ['/', paid],
    ]
    for (const [suffix = '', impUid] of expected) {
      assert.equal(paymentOf(await get(`/payments/find/${uid}${suffix}`)).imp_uid, impUid, suffix)
    }
  })

  test('finds by each status V1 knows, in both spellings of cancelled', async () => {
    const uids = { paid: newMerchantUid(), ready: newMerchantUid(), cancelled: newMerchantUid() }
    await pay(uids.paid, good)
    await pay(uids.ready, uncertain)
    const [cancelled] = (await pay(uids.cancelled, good)) as [PaymentView]
    await markCancelled(app, cancelled.imp_uid)
    for (const [uid, wanted, status] of [
      [uids.paid, 'paid', 'paid'],
      [uids.ready, 'ready', 'ready'],
      [uids.cancelled, 'cancelled', 'cancelled'],
      [uids.cancelled, 'canceled', 'cancelled'],
    ] as const) {
      assert.equal(paymentOf(await get(`/payments/find/${uid}/${wanted}`)).status, status)
    }
    assertRefused(await get(`/payments/find/${uids.paid}/failed`), paymentNotFound)
    assertRefused(await get(`/payments/find/${uids.cancelled}/paid`), paymentNotFound)
  })

  test('reads a merchant_uid that had to be escaped, in either way of escaping', async () => {
    for (const uid of ['주문 1/2', 'a+b c', '50%', 'a?b#c', 'all', 'a[0].b']) {
      const [payment] = await pay(uid, good)
      const path = `/payments/find/${encodeURIComponent(uid)}`
      assert.deepEqual(paymentOf(await get(path)), payment, uid)
      // Ruby and .NET write a space in a path as a plus sign.
      const plus = path.replaceAll('%20', '+')
      assert.deepEqual(paymentOf(await get(plus)), payment, uid)
    }
  })

  test('is 404 for an unknown one and 400 for a status or an order V1 does not know', async () => {
    assertRefused(await get('/payments/find/unheard-of'), paymentNotFound)
    assertRefused(await get('/payments/find/unheard-of/'), paymentNotFound)
    const uid = newMerchantUid()
    await pay(uid, good)
    assertRefused(await get(`/payments/find/${uid}/123`), {
      status: 400,
      code: -1,
      message: '지원되지 않는 상태값입니다.',
    })
    assertRefused(await get(`/payments/find/${uid}?sorting=amount`), {
      status: 400,
      code: -1,
      message: /^파라미터 오류: sorting/,
    })
  })
})

describe('GET /payments/findAll/{merchant_uid}', () => {
  test('pages through every attempt, newest first, with neighbours as numbers', async () => {
    const uid = newMerchantUid()
    const newest = uidsOf(await pay(uid, bad, bad, bad, bad, good)).toReversed()
    const pages = [
      ['', { total: 5, previous: 0, next: 0, list: newest }],
      ['?limit=2', { total: 5, previous: 0, next: 2, list: newest.slice(0, 2) }],
      ['?limit=2&page=2', { total: 5, previous: 1, next: 3, list: newest.slice(2, 4) }],
      ['?limit=2&page=3', { total: 5, previous: 2, next: 0, list: newest.slice(4) }],
      ['?page=1&limit=1000', { total: 5, previous: 0, next: 0, list: newest }],
      ['?sorting=started', { total: 5, previous: 0, next: 0, list: newest.toReversed() }],
      ['/failed?limit=3', { total: 4, previous: 0, next: 2, list: newest.slice(1, 4) }],
      ['/paid/', { total: 1, previous: 0, next: 0, list: newest.slice(0, 1) }],
    ] as const
    for (const [suffix, expected] of pages) {
      const page = pageOf(await get(`/payments/findAll/${uid}${suffix}`))
      assert.deepEqual({ ...page, list: uidsOf(page.list) }, expected, suffix)
      for (const payment of page.list) assertFields(payment, paymentFields)
    }
  })

  test('is 404 when nothing is found, also beyond the last page', async () => {
    const uid = newMerchantUid()
    await pay(uid, good)
    for (const path of ['unheard-of', 'unheard-of/', `${uid}/failed`, `${uid}?page=2`]) {
      assertRefused(await get(`/payments/findAll/${path}`), paymentNotFound)
    }
  })

  test('is 400 for a page, limit or status that cannot be', async () => {
    const uid = newMerchantUid()
    await pay(uid, good)
    for (const query of ['page=0', 'page=-1', 'page=x', 'limit=0', 'limit=1001', 'limit=1.5']) {
      const field = query.slice(0, query.indexOf('='))
      assertRefused(await get(`/payments/findAll/${uid}?${query}`), {
        status: 400,
        code: -1,
        message: new RegExp(`^파라미터 오류: ${field} `),
      })
    }
    assertRefused(await get(`/payments/findAll/${uid}/123`), {
      status: 400,
      code: -1,
      message: '지원되지 않는 상태값입니다.',
    })
  })
})

describe('GET /payments', () => {
  const many = (reply: V1Reply, status = 200) =>
    uidsOf(responseOf(reply, status) as PaymentView[]).sort()

  test('takes imp_uid and merchant_uid in every spelling of a list', async () => {
    const orders = [newMerchantUid(), newMerchantUid()]
    const [a, b] = [await pay(orders[0] ?? '', good), await pay(orders[1] ?? '', good)].map(
      ([payment]) => payment?.imp_uid,
    )
    const both = [a, b].toSorted((x = '', y = '') => x.localeCompare(y))
    const spellings = [
      `imp_uid[]=${a}&imp_uid[]=${b}`,
      `imp_uid%5B%5D=${a}&imp_uid%5B%5D=${b}`,
      `imp_uid[0]=${a}&imp_uid[1]=${b}`,
      `imp_uid=${a}&imp_uid=${b}`,
      `merchant_uid[]=${orders[0]}&merchant_uid[]=${orders[1]}`,
      `imp_uid[]=${a}&merchant_uid[]=${orders[1]}`,
      `imp_uid[]=${a}&imp_uid[]=${b}&merchant_uid=${orders[0]}`,
    ]
    for (const query of spellings)
      assert.deepEqual(many(await get(`/payments?${query}`)), both, query)
    assert.deepEqual(many(await get(`/payments/?imp_uid=${a}`)), [a])
  })

  test('gives every attempt of a merchant_uid', async () => {
    const uid = newMerchantUid()
    const attempts = uidsOf(await pay(uid, bad, good))
    assert.deepEqual(many(await get(`/payments?merchant_uid[]=${uid}`)), attempts.sort())
  })

  test('is 207 with those found when some are missing, 404 when all are, 400 for none', async () => {
    const uid = newMerchantUid()
    const [payment] = await pay(uid, good)
    const partly = [
      `imp_uid[]=${payment?.imp_uid}&imp_uid[]=imps_000000000000`,
      `merchant_uid[]=unheard-of&merchant_uid[]=${uid}`,
      `imp_uid[]=imps_000000000000&merchant_uid[]=${uid}`,
    ]
    for (const query of partly) {
      assert.deepEqual(many(await get(`/payments?${query}`), 207), [payment?.imp_uid], query)
    }
    assertRefused(await get('/payments?imp_uid[]=imps_000000000000'), paymentNotFound)
    for (const query of ['', '?', '?imp_uid[]=', '?merchant_uid=']) {
      assertRefused(await get(`/payments${query}`), { status: 400, code: -1, message: /imp_uid/ })
    }
    const tooMany = Array.from({ length: 101 }, (_, at) => `imp_uid[]=i${at}`).join('&')
    assertRefused(await get(`/payments?${tooMany}`), {
      status: 400,
      code: -1,
      message: /^파라미터 오류: imp_uid .*100/,
    })
  })
})

describe('GET /subscribe/customers/{customer_uid}/payments', () => {
  test('pages through what was charged to the customer, twenty at a time, newest first', async () => {
    billingKeyOf(await app.merchant.call('POST', '/subscribe/customers/payer', cardFields()))
    const newest: string[] = []
    for (let count = 0; count < 21; count += 1) {
      clock.advance(1000)
      const order = { customer_uid: 'payer', merchant_uid: newMerchantUid(), amount: 100 }
      newest.unshift(
        paidOf(await app.merchant.call('POST', '/subscribe/payments/again', order)).imp_uid,
      )
    }
    const first = pageOf(await get('/subscribe/customers/payer/payments'))
    assert.deepEqual(
      { ...first, list: uidsOf(first.list) },
      {
        total: 21,
        previous: 0,
        next: 2,
        list: newest.slice(0, 20),
      },
    )
    const second = pageOf(await get('/subscribe/customers/payer/payments/?page=2'))
    assert.deepEqual(
      { ...second, list: uidsOf(second.list) },
      {
        total: 21,
        previous: 1,
        next: 0,
        list: newest.slice(20),
      },
    )
  })

  test('holds failed ones and those of a deleted key, and is empty for an unknown customer', async () => {
    const order = newOrder({ ...cardFields(bad), customer_uid: 'left' })
    const failed = failedOf(await app.merchant.call('POST', '/subscribe/payments/onetime', order))
    const page = pageOf(await get('/subscribe/customers/left/payments'))
    assert.deepEqual(page, { total: 1, previous: 0, next: 0, list: [failed] })
    const nobody = pageOf(await get('/subscribe/customers/nobody/payments'))
    assert.deepEqual(nobody, { total: 0, previous: 0, next: 0, list: [] })
  })
})
