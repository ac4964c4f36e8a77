// POST /subscribe/payments/onetime with customer_uid, the guide's §4: a key is issued and charged at once, and
// is kept only if the charge is approved.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { assertFields, billingKeyFields, paymentFields } from './annotations.ts'
import { assertBooksUntouched, ledgerDuring } from './books.ts'
import {
  cardFields,
  cardOf,
  cardRefusedAs,
  cardThat,
  encodings,
  newMerchantUid,
  newOrder,
} from './orders.ts'
import {
  assertRefused,
  billingKeyOf,
  duplicateOrder,
  failedOf,
  paidOf,
  paymentOf,
  unknownCustomer,
} from './replies.ts'

const clock = new TestClock(Date.UTC(2026, 0, 15))
let app: TestApp

before(async () => {
  app = await startTestApp({ clock })
})
after(() => app.close())

const pay = (body: unknown) => app.merchant.call('POST', '/subscribe/payments/onetime', body)
const again = (uid: string) =>
  app.merchant.call('POST', '/subscribe/payments/again', {
    customer_uid: uid,
    merchant_uid: newMerchantUid(),
    amount: 500,
  })
const read = (uid: string) => app.merchant.call('GET', `/subscribe/customers/${uid}`)

async function pendingKeyCount(): Promise<number> {
  const count = adHocSql('select count(*) as "count" from pending_billing_keys')
  const { rows } = await app.parts.db.query<{ count: number }>(count, [])
  return Number(rows[0]?.count)
}

describe('a first payment that is approved', () => {
  test('by the guide’s request issues one key, charges it once and keeps it', async () => {
    const { result: reply, entries } = await ledgerDuring(app, () =>
      pay({
        customer_uid: 'your-customer-unique-id',
        merchant_uid: 'order_id_8237352',
        card_number: '1234-1234-1234-1234',
        expiry: '2019-01',
        birth: '123456',
        amount: 3000,
        pwd_2digit: '00',
      }),
    )
    const payment = paidOf(reply)
    assertFields(payment, paymentFields)
    assert.equal(payment.customer_uid, 'your-customer-unique-id')
    assert.equal(payment.customer_uid_usage, 'issue')
    const [issue, approval] = entries
    assert.equal(entries.length, 2)
    assert.deepEqual([issue?.kind, approval?.kind], ['key_issue', 'approval'])
    assert.deepEqual([approval?.orderno, approval?.amount], [payment.imp_uid, 3000])
    assert.notEqual(approval?.autokeySha256, null)
    assert.equal(approval?.autokeySha256, issue?.autokeySha256)

    const key = billingKeyOf(await read('your-customer-unique-id'))
    assertFields(key, billingKeyFields)
    assert.equal(key.inserted, key.updated)
    assert.equal(key.card_number, payment.card_number)
    assert.equal(await pendingKeyCount(), 0)
  })

  for (const { name, encode } of encodings) {
    test(`as ${name} makes what is said of the buyer the customer’s`, async () => {
      const buyer = {
        buyer_name: '홍길동',
        buyer_tel: '010-0000-0000',
        buyer_email: 'buyer@example.com',
        buyer_addr: '서울특별시 어딘가 1길 2',
        buyer_postcode: '04524',
      }
      const uid = `said as ${name}`
      const { body, headers } = encode(newOrder({ ...buyer, customer_uid: uid }))
      paidOf(await app.merchant.call('POST', '/subscribe/payments/onetime', body, headers))
      const key = billingKeyOf(await read(encodeURIComponent(uid)))
      assert.deepEqual(
        [key.customer_name, key.customer_tel, key.customer_email],
        [buyer.buyer_name, buyer.buyer_tel, buyer.buyer_email],
      )
      assert.deepEqual(
        [key.customer_addr, key.customer_postcode, key.customer_id],
        [buyer.buyer_addr, buyer.buyer_postcode, null],
      )
    })
  }

  test('the kept key is charged by again', async () => {
    paidOf(await pay(newOrder({ customer_uid: 'goes on' })))
    const payment = paidOf(await again('goes on'))
    assert.equal(payment.customer_uid_usage, 'payment')
  })

  test('replaces the card that customer_uid had; inserted stays, updated moves', async () => {
    const order = newOrder({ ...cardFields(cardOf('신한카드')), customer_uid: 'moved' })
    paidOf(await pay(order))
    const first = billingKeyOf(await read('moved'))
    clock.advance(30_000)
    const moved = newOrder({ ...cardFields(cardOf('삼성카드')), customer_uid: 'moved' })
    assert.equal(paidOf(await pay(moved)).card_name, '삼성카드')
    const second = billingKeyOf(await read('moved'))
    assert.deepEqual(
      [second.card_name, second.inserted, second.updated],
      ['삼성카드', first.inserted, first.updated + 30],
    )
  })
})

describe('a first payment that is not approved', () => {
  test('leaves no key behind, and the same order may be tried again', async () => {
    const order = newOrder({
      ...cardFields(cardThat('insufficient_balance')),
      customer_uid: 'poor',
    })
    const { result: reply, entries } = await ledgerDuring(app, () => pay(order))
    const payment = failedOf(reply)
    assert.equal(payment.fail_reason, '[S203]잔액이 부족합니다.')
    assert.equal(payment.customer_uid_usage, 'issue')
    assert.equal(payment.card_name, '신한카드', 'whose card was refused is known from its key')
    assert.deepEqual(
      entries.map((entry) => entry.kind),
      ['key_issue', 'decline'],
    )
    assertRefused(await read('poor'), unknownCustomer('poor'))
    assert.equal(await pendingKeyCount(), 0)

    const second = paidOf(await pay({ ...order, ...cardFields() }))
    assert.notEqual(second.imp_uid, payment.imp_uid)
    assert.equal(billingKeyOf(await read('poor')).card_name, '신한카드')
  })

  test('keeps the card that customer_uid had, and again charges that one', async () => {
    const older = newOrder({ ...cardFields(cardOf('KB국민카드')), customer_uid: 'loyal' })
    paidOf(await pay(older))
    const before = billingKeyOf(await read('loyal'))
    clock.advance(10_000)
    for (const number of [cardThat('over_limit'), cardRefusedAs('stolen'), '1111111111111112']) {
      const reply = await pay(newOrder({ ...cardFields(number), customer_uid: 'loyal' }))
      assert.ok(reply.body.code === -1 || failedOf(reply))
      assert.deepEqual(billingKeyOf(await read('loyal')), before)
    }
    const { result: reply, entries } = await ledgerDuring(app, () => again('loyal'))
    assert.equal(paidOf(reply).card_name, 'KB국민카드')
    assert.equal(entries[0]?.cardcode, 'CCKM')
  })

  test('a card refused before there is a key is code -1; nothing is charged, the attempt is on record', async () => {
    const order = newOrder({ ...cardFields(cardRefusedAs('wrong_birth')), customer_uid: 'no key' })
    const { result: reply, entries } = await ledgerDuring(app, () => pay(order))
    assertRefused(reply, {
      status: 200,
      code: -1,
      message: '카드정보 인증에 실패하였습니다. [S102]생년월일(사업자번호)이 일치하지 않습니다.',
    })
    assert.deepEqual(
      entries.map((entry) => entry.kind),
      ['decline'],
    )
    assertRefused(await read('no key'), unknownCustomer('no key'))
    const found = await app.merchant.call('GET', `/payments/find/${order.merchant_uid}`)
    assert.equal(failedOf(found).customer_uid, 'no key')
    paidOf(await pay({ ...order, ...cardFields() }))
  })

  test('while nobody knows whether it was charged, the key is neither usable nor lost', async () => {
    const order = newOrder({
      ...cardFields(cardThat('uncertain_after_commit')),
      customer_uid: 'maybe',
    })
    const reply = await pay(order)
    assert.equal(paymentOf(reply).status, 'ready')
    assert.equal(reply.headers.get('billkey-outcome'), 'unknown')
    assertRefused(await read('maybe'), unknownCustomer('maybe'))
    assert.equal(await pendingKeyCount(), 1)
  })

  test('a used merchant_uid is refused before a key is asked for', async () => {
    const order = newOrder()
    paidOf(await pay(order))
    const reply = await assertBooksUntouched(app, () => pay({ ...order, customer_uid: 'too late' }))
    assertRefused(reply, duplicateOrder)
  })
})
