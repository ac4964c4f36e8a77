// POST /subscribe/payments/again, the guide's §5: a stored billing key is charged.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { startTestApp, type TestApp, type V1Reply } from '../support/app.ts'
import { assertFields, paymentFields } from './annotations.ts'
import { assertBooksUntouched, ledgerDuring } from './books.ts'
import { cardFields, cardOf, cardThat, encodings, newMerchantUid } from './orders.ts'
import {
  assertRefused,
  billingKeyOf,
  duplicateOrder,
  failedOf,
  paidOf,
  paymentOf,
  unknownBuyer,
} from './replies.ts'

let app: TestApp

before(async () => {
  app = await startTestApp()
  const stored = [
    ['your-customer-unique-id', '1234-1234-1234-1234'],
    ['shinhan', cardOf('신한카드')],
    ['declined', cardThat('declined')],
    ['uncertain', cardThat('uncertain_after_commit')],
  ] as const
  for (const [uid, number] of stored) billingKeyOf(await register(uid, cardFields(number)))
})
after(() => app.close())

const path = '/subscribe/payments/again'
const charge = (body: unknown): Promise<V1Reply> => app.merchant.call('POST', path, body)
const register = (uid: string, body: unknown) =>
  app.merchant.call('POST', `/subscribe/customers/${uid}`, body)

function newCharge(fields: Readonly<Record<string, unknown>> = {}) {
  return { customer_uid: 'shinhan', merchant_uid: newMerchantUid(), amount: 4900, ...fields }
}

describe('charging a billing key', () => {
  test('by the guide’s request, without a name, is paid with one approval by that key', async () => {
    const { result: reply, entries } = await ledgerDuring(app, () =>
      charge({
        customer_uid: 'your-customer-unique-id',
        merchant_uid: 'order_id_8237352',
        amount: 3000,
      }),
    )
    const payment = paidOf(reply)
    assertFields(payment, paymentFields)
    assert.equal(payment.name, null)
    assert.equal(payment.customer_uid, 'your-customer-unique-id')
    assert.equal(payment.customer_uid_usage, 'payment')
    assert.equal(payment.channel, 'api')
    const issued = app.simulator.ledger().entries.find((entry) => entry.kind === 'key_issue')
    assert.deepEqual(
      entries.map(({ kind, orderno, amount, autokeySha256 }) => [
        kind,
        orderno,
        amount,
        autokeySha256,
      ]),
      [['approval', payment.imp_uid, 3000, issued?.autokeySha256]],
    )
  })

  for (const { name, encode } of encodings) {
    test(`is understood as ${name}, on a path with a trailing slash too`, async () => {
      for (const url of [path, `${path}/`]) {
        const { body, headers } = encode(newCharge({ name: '월간 구독' }))
        const payment = paidOf(await app.merchant.call('POST', url, body, headers))
        assert.deepEqual([payment.amount, payment.name], [4900, '월간 구독'])
      }
    })
  }

  test('shows the card of the key', async () => {
    const payment = paidOf(await charge(newCharge()))
    assert.deepEqual(
      [payment.card_number, payment.card_code, payment.card_name],
      ['936600******0000', '366', '신한카드'],
    )
  })

  test('several times with new merchant_uids is several payments', async () => {
    const { result: replies, entries } = await ledgerDuring(app, async () => [
      await charge(newCharge()),
      await charge(newCharge()),
      await charge(newCharge()),
    ])
    assert.deepEqual(
      entries.map((entry) => entry.orderno),
      replies.map((reply) => paidOf(reply).imp_uid),
    )
  })

  test('splits the tax of a mixed order as the wire wants it', async () => {
    const payment = paidOf(await charge(newCharge({ amount: 11_000, tax_free: 4000 })))
    const { rows } = await app.parts.db.query<{ code: string }>(
      adHocSql(
        `select record->'execute'->'request'->>'TAXFREECD' as "code" from exchanges where imp_uid = $1`,
      ),
      [payment.imp_uid],
    )
    assert.deepEqual(rows, [{ code: '02' }])
  })
})

describe('the buyer of a charge', () => {
  const customer = {
    customer_name: '홍길동',
    customer_tel: '010-1111-1111',
    customer_email: 'stored@example.com',
    customer_addr: '서울특별시 어딘가 1길 2',
    customer_postcode: '04524',
  }
  const ofCustomer = {
    buyer_name: customer.customer_name,
    buyer_tel: customer.customer_tel,
    buyer_email: customer.customer_email,
    buyer_addr: customer.customer_addr,
    buyer_postcode: customer.customer_postcode,
  }
  const buyerOf = (reply: V1Reply) => {
    const payment = paidOf(reply)
    return Object.fromEntries(
      Object.keys(ofCustomer).map((field) => [field, payment[field as keyof typeof ofCustomer]]),
    )
  }

  test('is the customer where the charge says nothing, null or an empty text', async () => {
    billingKeyOf(await register('known', { ...cardFields(), ...customer }))
    const silences = [
      {},
      { buyer_name: null, buyer_tel: null, buyer_email: null, buyer_addr: null },
      { buyer_name: '', buyer_postcode: '' },
    ]
    for (const silence of silences) {
      const reply = await charge(newCharge({ customer_uid: 'known', ...silence }))
      assert.deepEqual(buyerOf(reply), ofCustomer)
    }
  })

  test('is what the charge says, field by field', async () => {
    billingKeyOf(await register('renamed', { ...cardFields(), ...customer }))
    const said = { buyer_name: '김철수', buyer_email: 'other@example.com' }
    const reply = await charge(newCharge({ customer_uid: 'renamed', ...said }))
    assert.deepEqual(buyerOf(reply), { ...ofCustomer, ...said })
  })

  test('is nobody where neither says anything', async () => {
    const nobody = Object.fromEntries(Object.keys(ofCustomer).map((field) => [field, null]))
    assert.deepEqual(buyerOf(await charge(newCharge())), nobody)
  })
})

describe('a charge that is not approved', () => {
  test('a decline is code 0 with a failed payment and the gateway’s reason', async () => {
    const { result: reply, entries } = await ledgerDuring(app, () =>
      charge(newCharge({ customer_uid: 'declined' })),
    )
    const payment = failedOf(reply)
    assertFields(payment, paymentFields)
    assert.equal(payment.fail_reason, '[S201]승인이 거절되었습니다. 카드사에 문의하시기 바랍니다.')
    assert.equal(payment.customer_uid_usage, 'payment')
    assert.deepEqual(
      entries.map((entry) => entry.kind),
      ['decline'],
    )
    billingKeyOf(await app.merchant.call('GET', '/subscribe/customers/declined'))
  })

  test('when nobody knows, it is ready and its merchant_uid is taken', async () => {
    const order = newCharge({ customer_uid: 'uncertain' })
    const reply = await charge(order)
    assert.equal(paymentOf(reply).status, 'ready')
    assert.equal(reply.headers.get('billkey-outcome'), 'unknown')
    const refused = await assertBooksUntouched(app, () => charge(order))
    assertRefused(refused, duplicateOrder)
  })

  test('an unknown customer_uid is code 1 in V1’s words', async () => {
    const order = newCharge({ customer_uid: 'nobody' })
    assertRefused(await assertBooksUntouched(app, () => charge(order)), unknownBuyer)
  })

  test('a used merchant_uid is said before an unknown customer_uid', async () => {
    const order = newCharge()
    paidOf(await charge(order))
    const reply = await assertBooksUntouched(app, () =>
      charge({ ...order, customer_uid: 'nobody' }),
    )
    assertRefused(reply, duplicateOrder)
  })

  test('missing parameters are named, all of them, in V1’s words', async () => {
    const cases = [
      [{}, '파라미터 누락: merchant_uid, amount, customer_uid'],
      [{ customer_uid: 'shinhan' }, '파라미터 누락: merchant_uid, amount'],
      [{ customer_uid: 'shinhan', merchant_uid: '', amount: 100 }, '파라미터 누락: merchant_uid'],
      [
        { customer_uid: null, merchant_uid: 'm', amount: null },
        '파라미터 누락: amount, customer_uid',
      ],
    ] as const
    for (const [body, message] of cases) {
      const reply = await assertBooksUntouched(app, () => charge(body))
      assertRefused(reply, { status: 400, code: -1, message })
    }
  })
})
