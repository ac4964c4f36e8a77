// POST /subscribe/payments/onetime, the guide's §2: a card is charged and nothing of it is kept.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { startTestApp, type TestApp, type V1Reply } from '../support/app.ts'
import { assertFields, paymentFields } from './annotations.ts'
import { assertBooksUntouched, ledgerDuring, ledgerOf } from './books.ts'
import {
  cardFields,
  cardOf,
  cardRefusedAs,
  cardThat,
  encodings,
  newMerchantUid,
  newOrder,
} from './orders.ts'
import { assertRefused, duplicateOrder, failedOf, paidOf, paymentOf } from './replies.ts'

let app: TestApp

before(async () => {
  app = await startTestApp()
})
after(() => app.close())

const path = '/subscribe/payments/onetime'
const pay = (body: unknown): Promise<V1Reply> => app.merchant.call('POST', path, body)

async function billingKeyCount(): Promise<number> {
  const count = adHocSql(
    `select (select count(*) from billing_keys) + (select count(*) from pending_billing_keys) as "count"`,
  )
  const { rows } = await app.parts.db.query<{ count: number }>(count, [])
  return Number(rows[0]?.count)
}

describe('a one-time payment', () => {
  test('the guide’s request is paid: one approval of that amount, and no key is issued', async () => {
    const { result: reply, entries } = await ledgerDuring(app, () =>
      pay({
        merchant_uid: 'order_id_8237352',
        card_number: '1234-1234-1234-1234',
        expiry: '2019-01',
        birth: '123456',
        amount: 3000,
      }),
    )
    const payment = paidOf(reply)
    assert.deepEqual(
      entries.map(({ kind, orderno, amount }) => ({ kind, orderno, amount })),
      [{ kind: 'approval', orderno: payment.imp_uid, amount: 3000 }],
    )
    assert.match(payment.imp_uid, /^imps_\d{12}$/)
    assert.equal(payment.merchant_uid, 'order_id_8237352')
    assert.equal(payment.pg_tid, entries[0]?.daoutrx)
    assert.equal(await billingKeyCount(), 0)
  })

  for (const { name, encode } of encodings) {
    test(`${name} is understood, and the same payment is found afterwards`, async () => {
      const order = newOrder({ name: '프리미엄 구독', buyer_name: '홍길동' })
      const { body, headers } = encode(order)
      const payment = paidOf(await app.merchant.call('POST', path, body, headers))
      assert.equal(payment.amount, 3000)
      assert.equal(payment.name, '프리미엄 구독')
      assert.equal(payment.buyer_name, '홍길동')
      const found = await app.merchant.call('GET', `/payments/${payment.imp_uid}`)
      assert.deepEqual(paymentOf(found), payment)
    })
  }

  test('a trailing slash, unknown fields and null for every absent one change nothing', async () => {
    const nothing = Object.fromEntries(
      [
        'name',
        'buyer_name',
        'buyer_email',
        'buyer_tel',
        'buyer_addr',
        'buyer_postcode',
        'card_quota',
        'custom_data',
        'notice_url',
        'customer_uid',
        'tax_free',
        'vat_amount',
        'currency',
        'pg',
        'browser_ip',
        'product_type',
        'promotion_id',
        'bypass',
      ].map((field) => [field, null]),
    )
    const order = newOrder({ ...nothing, unheard_of: { a: [1] }, use_card_point: false })
    const payment = paidOf(await app.merchant.call('POST', `${path}/`, order))
    assert.equal(payment.customer_uid, null)
    assert.equal(payment.buyer_name, null)
  })

  test('an amount is a number or a numeric string, with or without a zero fraction', async () => {
    for (const amount of [1000, '1000', ' 1000 ', '1000.00', 1000.0]) {
      const payment = paidOf(await pay(newOrder({ amount })))
      assert.equal(payment.amount, 1000)
      assert.equal(ledgerOf(app, payment.imp_uid)[0]?.amount, 1000)
    }
  })

  test('a card number may be punctuated in any way, and an expiry written in any usual one', async () => {
    const number = cardOf('신한카드')
    const numbers = [
      number,
      `${number.slice(0, 8)}.${number.slice(8, 12)}.${number.slice(12)}`,
      number.replaceAll(/(\d{4})/g, '$1 '),
    ]
    for (const written of numbers) {
      const payment = paidOf(await pay(newOrder({ card_number: written })))
      assert.equal(payment.card_number, `${number.slice(0, 6)}******${number.slice(-4)}`)
    }
    // The guide's number is small enough to be sent as one.
    const asNumber = paidOf(await pay(newOrder({ card_number: 1234123412341234 })))
    assert.equal(asNumber.card_number, '123412******1234')
    for (const expiry of ['2031-12', '203112', '31-12', '12/31', 203112]) {
      paidOf(await pay(newOrder({ expiry })))
    }
  })
})

describe('the payment that is answered', () => {
  test('has every field of V1, and the right emptiness in those that were not sent', async () => {
    const { birth: _, pwd_2digit: __, ...bareCard } = cardFields(cardOf('KB국민카드'))
    const order = { merchant_uid: newMerchantUid(), amount: 500, ...bareCard }
    const before = Math.floor(Date.now() / 1000)
    const payment = paidOf(
      await app.merchant.call('POST', path, order, { 'user-agent': 'merchant/1.0' }),
    )
    const after = Math.floor(Date.now() / 1000)
    assertFields(payment, paymentFields)

    const [approval] = ledgerOf(app, payment.imp_uid)
    const { imp_uid: impUid, started_at: startedAt, paid_at: paidAt, ...rest } = payment
    assert.match(impUid, /^imps_\d{12}$/)
    assert.ok(before <= startedAt && startedAt <= paidAt && paidAt <= after)
    assert.match(String(rest.apply_num), /^\d+$/)
    assert.match(String(rest.receipt_url), new RegExp(`^https://.*DAOUTRX=${approval?.daoutrx}`))
    assert.deepEqual(
      { ...rest, apply_num: null, receipt_url: null },
      {
        merchant_uid: order.merchant_uid,
        pay_method: 'card',
        channel: 'api',
        pg_provider: 'daou',
        emb_pg_provider: null,
        pg_tid: approval?.daoutrx,
        pg_id: app.merchant.channel.pgId,
        sandbox: true,
        escrow: false,
        apply_num: null,
        bank_code: null,
        bank_name: null,
        card_code: '381',
        card_name: 'KB국민카드',
        card_issuer_code: '381',
        card_issuer_name: 'KB국민카드',
        card_publisher_code: null,
        card_publisher_name: null,
        card_quota: 0,
        card_number: '938100******0000',
        card_type: null,
        vbank_code: null,
        vbank_name: null,
        vbank_num: null,
        vbank_holder: null,
        vbank_date: 0,
        vbank_issued_at: 0,
        name: null,
        amount: 500,
        cancel_amount: 0,
        currency: 'KRW',
        buyer_name: null,
        buyer_email: null,
        buyer_tel: null,
        buyer_addr: null,
        buyer_postcode: null,
        custom_data: null,
        user_agent: 'merchant/1.0',
        status: 'paid',
        failed_at: 0,
        cancelled_at: 0,
        fail_reason: null,
        cancel_reason: null,
        receipt_url: null,
        cancel_history: [],
        deposit_history: [],
        cancel_receipt_urls: [],
        cash_receipt_issued: false,
        customer_uid: null,
        customer_uid_usage: null,
        promotion: null,
      },
    )
  })

  test('repeats what the order said, whole, also where the wire has less room', async () => {
    const said = {
      name: '아주 긴 상품명이라도 그대로 돌려주어야 하는 정기구독 상품 (연간, 가족 요금제 포함)',
      buyer_name: '홍길동',
      buyer_email: 'buyer@example.com',
      buyer_tel: '010-0000-0000',
      buyer_addr: '서울특별시 어딘가 1길 2, 😀',
      buyer_postcode: '04524',
      custom_data: '{"plan":"가족","seats":4}',
      card_quota: 3,
    }
    const payment = paidOf(await pay(newOrder({ ...said, amount: 60_000, currency: 'KRW' })))
    assertFields(payment, paymentFields)
    for (const [field, sent] of Object.entries(said)) {
      assert.equal(payment[field as keyof typeof said], sent, field)
    }
  })

  test('custom_data sent as an object comes back as its JSON text', async () => {
    const payment = paidOf(await pay(newOrder({ custom_data: { plan: '가족', seats: [1, 2] } })))
    assert.equal(payment.custom_data, '{"plan":"가족","seats":[1,2]}')
  })

  test('names the issuer of the card by V1’s code and name', async () => {
    const issuers = [
      ['신한카드', '366', '신한카드'],
      ['삼성카드', '365', '삼성카드'],
      ['우리카드', '041', '우리카드'],
    ]
    for (const [issuer = '', code, name] of issuers) {
      const payment = paidOf(await pay(newOrder(cardFields(cardOf(issuer)))))
      assert.deepEqual([payment.card_code, payment.card_name], [code, name])
    }
  })
})

describe('a payment that is not approved', () => {
  test('a decline is code 0 with a failed payment, which stays on record', async () => {
    const declines = [
      ['declined', '[S201]승인이 거절되었습니다. 카드사에 문의하시기 바랍니다.'],
      ['over_limit', '[S202]이용한도를 초과하였습니다.'],
      ['insufficient_balance', '[S203]잔액이 부족합니다.'],
    ] as const
    for (const [behaviour, reason] of declines) {
      const order = newOrder(cardFields(cardThat(behaviour)))
      const { result: reply, entries } = await ledgerDuring(app, () => pay(order))
      const payment = failedOf(reply)
      assertFields(payment, paymentFields)
      assert.equal(payment.fail_reason, reason)
      assert.ok(payment.failed_at >= payment.started_at)
      assert.deepEqual([payment.paid_at, payment.receipt_url, payment.apply_num], [0, null, null])
      assert.deepEqual(
        entries.map((entry) => entry.kind),
        ['decline'],
      )
      const found = await app.merchant.call('GET', `/payments/find/${order.merchant_uid}`)
      assert.deepEqual(paymentOf(found), payment)
    }
  })

  test('an invalid card number is code -1 without a payment', async () => {
    const { result: reply, entries } = await ledgerDuring(app, () =>
      pay(newOrder({ card_number: '1111-1111-1111-1112' })),
    )
    assertRefused(reply, {
      status: 200,
      code: -1,
      message: '카드정보 인증에 실패하였습니다. [S101]유효하지않은 카드번호를 입력하셨습니다.',
    })
    assert.deepEqual(
      entries.map((entry) => entry.kind),
      ['decline'],
    )
  })

  test('wrong card details that are no wrong number are a decline with the issuer’s words', async () => {
    const number = cardRefusedAs('wrong_birth')
    const payment = failedOf(await pay(newOrder(cardFields(number))))
    assert.equal(payment.fail_reason, '[S102]생년월일(사업자번호)이 일치하지 않습니다.')
  })

  test('when nobody knows, it is ready, says so in a header, and keeps its merchant_uid', async () => {
    for (const behaviour of ['uncertain_after_commit', 'uncertain_before_commit'] as const) {
      const order = newOrder(cardFields(cardThat(behaviour)))
      const reply = await pay(order)
      const payment = paymentOf(reply)
      assertFields(payment, paymentFields)
      assert.equal(payment.status, 'ready')
      assert.equal(reply.headers.get('billkey-outcome'), 'unknown')
      assert.deepEqual([payment.paid_at, payment.failed_at, payment.fail_reason], [0, 0, null])

      const again = newOrder({ merchant_uid: order.merchant_uid })
      const refused = await assertBooksUntouched(app, () => pay(again))
      assertRefused(refused, duplicateOrder)
    }
  })

  test('a known outcome carries no such header', async () => {
    const paid = await pay(newOrder())
    const failed = await pay(newOrder(cardFields(cardThat('declined'))))
    for (const reply of [paid, failed]) assert.equal(reply.headers.get('billkey-outcome'), null)
  })

  test('without a channel for key-in payments it is refused and nothing is recorded', async () => {
    const billingOnly = await app.addMerchant({
      allowsKeyInPlain: false,
      allowsKeyInVerified: false,
    })
    const order = newOrder()
    await billingOnly.call('GET', '/users/pg')
    const reply = await assertBooksUntouched(app, () => billingOnly.call('POST', path, order))
    assertRefused(reply, {
      status: 200,
      code: -1,
      message: /키인결제.*채널이 설정되어 있지 않습니다/,
    })
  })
})

describe('the order as the gateway gets it', () => {
  async function sentFields(fields: Readonly<Record<string, unknown>>) {
    // The record hides whatever equals the password, so it must not equal a tax code.
    const payment = paidOf(await pay(newOrder({ pwd_2digit: '97', ...fields })))
    const { rows } = await app.parts.db.query<{ request: Record<string, string> }>(
      adHocSql(
        `select record->'execute'->'request' as "request" from exchanges where imp_uid = $1`,
      ),
      [payment.imp_uid],
    )
    assert.equal(rows.length, 1)
    return { payment, request: rows[0]?.request ?? {} }
  }

  test('carries the tax as the order splits it', async () => {
    const splits = [
      [{ amount: 11_000 }, '00'],
      [{ amount: 11_000, tax_free: 11_000 }, '01'],
      [{ amount: 11_000, vat_amount: 0 }, '01'],
    ] as const
    for (const [fields, code] of splits) {
      const { request } = await sentFields(fields)
      assert.equal(request['TAXFREECD'], code, JSON.stringify(fields))
      assert.equal(request['AMOUNT'], '11000')
    }
    // The wire of a key-in payment has no room for a split of both.
    const mixed = newOrder({ amount: 11_000, tax_free: 4000 })
    const reply = await assertBooksUntouched(app, () => pay(mixed))
    assertRefused(reply, { status: 400, code: -1, message: /복합과세/ })
  })

  test('names the goods by name, else by merchant_uid, and the buyer by browser_ip', async () => {
    const named = await sentFields({ name: '월간 구독', browser_ip: '203.0.113.9' })
    assert.equal(named.request['PRODUCTNAME'], '월간 구독')
    assert.equal(named.request['IPADDRESS'], '203.0.113.9')
    const unnamed = await sentFields({})
    assert.equal(unnamed.request['PRODUCTNAME'], unnamed.payment.merchant_uid)
    assert.equal(unnamed.request['IPADDRESS'], '127.0.0.1')
  })

  test('asks for months only from 50,000 won on', async () => {
    const { request, payment } = await sentFields({ amount: 50_000, card_quota: 12 })
    assert.equal(request['QUOTA'], '12')
    assert.equal(payment.card_quota, 12)
    for (const fields of [
      { amount: 49_999, card_quota: 2 },
      { amount: 50_000, card_quota: 13 },
    ]) {
      const reply = await assertBooksUntouched(app, () => pay(newOrder(fields)))
      assertRefused(reply, { status: 400, code: -1, message: /할부/ })
    }
  })
})
