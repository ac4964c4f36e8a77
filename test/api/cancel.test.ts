// POST /payments/cancel as a merchant's program calls it.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import type { PaymentView } from '../../src/payments/payment-view.ts'
import { startTestApp, type TestApp, type TestMerchant, type V1Reply } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { assertBooksUntouched, ledgerOf } from './books.ts'
import { cardFields, cardThat, encodings, newMerchantUid, newOrder } from './orders.ts'
import { assertRefused, failedOf, paidOf, paymentOf, type Refusal } from './replies.ts'

const nothingToCancel: Refusal = {
  status: 200,
  code: 1,
  message: '취소할 결제건이 존재하지 않습니다.',
}
const fullyCancelled: Refusal = { status: 200, code: 1, message: '이미 전액취소된 주문입니다.' }
const malformed = (message: RegExp): Refusal => ({ status: 400, code: -1, message })
const stateRefusal = (message: RegExp): Refusal => ({ status: 200, code: 1, message })

let app: TestApp
let merchant: TestMerchant
before(async () => {
  app = await startTestApp()
  merchant = app.merchant
})
after(() => app.close())

async function pay(fields: Record<string, unknown> = {}): Promise<PaymentView> {
  const order = newOrder({ amount: 1000, ...fields })
  return paidOf(await merchant.call('POST', '/subscribe/payments/onetime', order))
}

function cancel(fields: Record<string, unknown>, by: TestMerchant = merchant): Promise<V1Reply> {
  return by.call('POST', '/payments/cancel', fields)
}

/** The refusal leaves no trace, here or at the gateway. */
async function assertCancelRefused(fields: Record<string, unknown>, refusal: Refusal) {
  assertRefused(await assertBooksUntouched(app, () => cancel(fields)), refusal)
}

function cancelsAtGateway({ imp_uid: impUid }: PaymentView) {
  return ledgerOf(app, impUid).filter(({ kind }) => kind === 'cancel')
}

describe('a full cancel', () => {
  test('gives everything back, keeps paid_at and shows itself in every field of a cancel', async () => {
    const paid = await pay()
    const shown = paymentOf(await cancel({ imp_uid: paid.imp_uid, reason: '고객 변심' }))
    assert.equal(shown.status, 'cancelled')
    assert.equal(shown.cancel_amount, 1000)
    assert.equal(shown.cancel_reason, '고객 변심')
    assert.equal(shown.paid_at, paid.paid_at)
    assert.ok(shown.cancelled_at >= paid.paid_at)
    const [entry] = shown.cancel_history
    assert.ok(entry !== undefined && shown.cancel_history.length === 1)
    const slip = `https://agenttest.kiwoompay.co.kr/common/PayInfoPrintDirectCard.jsp?DAOUTRX=${paid.pg_tid}&STATUS=12`
    assert.match(String(entry.cancellation_id), /^[0-9a-f-]{36}$/)
    assert.deepEqual(entry, {
      pg_tid: paid.pg_tid,
      amount: 1000,
      cancelled_at: shown.cancelled_at,
      reason: '고객 변심',
      receipt_url: slip,
      cancellation_id: entry.cancellation_id,
    })
    assert.deepEqual(shown.cancel_receipt_urls, [slip])
    assert.deepEqual(
      cancelsAtGateway(paid).map(({ amount, paymethod }) => ({ amount, paymethod })),
      [{ amount: 1000, paymethod: 'CARD' }],
    )
  })

  test('by merchant_uid, with a trailing slash, of a payment by billing key', async () => {
    const customer = `customer_${newMerchantUid()}`
    await merchant.call('POST', `/subscribe/customers/${customer}`, cardFields())
    const order = { merchant_uid: newMerchantUid(), amount: 5000, customer_uid: customer }
    const paid = paidOf(await merchant.call('POST', '/subscribe/payments/again', order))
    const reply = await merchant.call('POST', '/payments/cancel/', {
      merchant_uid: order.merchant_uid,
    })
    assert.equal(paymentOf(reply).cancel_amount, 5000)
    assert.equal(paymentOf(reply).cancel_reason, null)
    assert.equal(cancelsAtGateway(paid)[0]?.paymethod, 'CARD-BATCH')
  })

  test('an amount of 0, null or nothing means all that is left', async () => {
    for (const amount of [0, '0', null, undefined]) {
      const paid = await pay()
      const shown = paymentOf(await cancel({ imp_uid: paid.imp_uid, amount }))
      assert.equal(shown.cancel_amount, 1000)
    }
  })

  test('cannot be done twice', async () => {
    const paid = await pay()
    paymentOf(await cancel({ imp_uid: paid.imp_uid }))
    await assertCancelRefused({ imp_uid: paid.imp_uid }, fullyCancelled)
    await assertCancelRefused({ merchant_uid: paid.merchant_uid, amount: 1 }, fullyCancelled)
  })

  test('leaves the merchant_uid taken', async () => {
    const paid = await pay()
    paymentOf(await cancel({ imp_uid: paid.imp_uid }))
    const order = newOrder({ merchant_uid: paid.merchant_uid })
    assertRefused(await merchant.call('POST', '/subscribe/payments/onetime', order), {
      status: 200,
      code: -1,
      message: /^이미 주문이 이루어진 건입니다/,
    })
  })
})

describe('partial cancels', () => {
  test('add up until the amount is exhausted, each with its own entry', async () => {
    const paid = await pay()
    const steps = [
      { amount: 300, reason: '첫 번째' },
      { amount: 200, reason: '두 번째' },
      { amount: undefined, reason: '나머지' },
    ]
    let shown: PaymentView = paid
    for (const step of steps) shown = paymentOf(await cancel({ imp_uid: paid.imp_uid, ...step }))
    assert.equal(shown.status, 'cancelled')
    assert.equal(shown.cancel_amount, 1000)
    assert.equal(shown.cancel_reason, '나머지')
    const found = paymentOf(await merchant.call('GET', `/payments/${paid.imp_uid}`))
    assert.deepEqual(found, shown)
    assert.deepEqual(
      found.cancel_history.map(({ amount, reason }) => ({ amount, reason })),
      [
        { amount: 300, reason: '첫 번째' },
        { amount: 200, reason: '두 번째' },
        { amount: 500, reason: '나머지' },
      ],
    )
    assert.ok(found.cancel_receipt_urls.every((url) => url.endsWith('&STATUS=16')))
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  test('never ask for more than is left', async () => {
    const paid = await pay()
    await assertCancelRefused(
      { imp_uid: paid.imp_uid, amount: 1001 },
      stateRefusal(
        /^취소 요청 금액\(1001원\)이 취소 가능 금액을 초과합니다\. \(취소 가능 금액: 1000원\)$/,
      ),
    )
    paymentOf(await cancel({ imp_uid: paid.imp_uid, amount: 999 }))
    await assertCancelRefused(
      { imp_uid: paid.imp_uid, amount: 2 },
      stateRefusal(/취소 가능 금액: 1원/),
    )
    assert.equal(cancelsAtGateway(paid).length, 1)
  })

  test('go out only when the checksum is what may be cancelled', async () => {
    const paid = await pay()
    await assertCancelRefused(
      { imp_uid: paid.imp_uid, amount: 100, checksum: 999 },
      stateRefusal(/^취소 가능 금액이 checksum과 일치하지 않습니다\. \(취소 가능 금액: 1000원\)$/),
    )
    paymentOf(await cancel({ imp_uid: paid.imp_uid, amount: 100, checksum: 1000 }))
    await assertCancelRefused(
      { imp_uid: paid.imp_uid, amount: 100, checksum: '1000' },
      stateRefusal(/checksum/),
    )
    const shown = paymentOf(await cancel({ imp_uid: paid.imp_uid, checksum: 900, amount: 900 }))
    assert.equal(shown.cancel_amount, 1000)
  })
})

describe('which payment is meant', () => {
  test('imp_uid wins over merchant_uid even when it names nothing', async () => {
    const paid = await pay()
    const { merchant_uid } = paid
    await assertCancelRefused({ imp_uid: 'imps_000000000000', merchant_uid }, nothingToCancel)
    const other = await pay()
    const shown = paymentOf(await cancel({ imp_uid: other.imp_uid, merchant_uid }))
    assert.equal(shown.imp_uid, other.imp_uid)
  })

  test('of several attempts under one merchant_uid it is the paid one', async () => {
    const merchant_uid = newMerchantUid()
    const url = '/subscribe/payments/onetime'
    const failing = newOrder({ merchant_uid, ...cardFields(cardThat('declined')) })
    failedOf(await merchant.call('POST', url, failing))
    const paid = paidOf(await merchant.call('POST', url, newOrder({ merchant_uid })))
    const shown = paymentOf(await cancel({ merchant_uid }))
    assert.equal(shown.imp_uid, paid.imp_uid)
  })

  test('a failed, a ready and an unknown id are nothing to cancel', async () => {
    const url = '/subscribe/payments/onetime'
    const declined = newOrder(cardFields(cardThat('declined')))
    const failed = failedOf(await merchant.call('POST', url, declined))
    const lost = newOrder(cardFields(cardThat('answer_lost')))
    const ready = paymentOf(await merchant.call('POST', url, lost))
    assert.equal(ready.status, 'ready')
    for (const { imp_uid, merchant_uid } of [failed, ready]) {
      await assertCancelRefused({ imp_uid }, nothingToCancel)
      await assertCancelRefused({ merchant_uid }, nothingToCancel)
    }
    await assertCancelRefused({ merchant_uid: 'never ordered' }, nothingToCancel)
  })

  test("another merchant's payment looks absent", async () => {
    const paid = await pay()
    const stranger = await app.addMerchant()
    await stranger.call('GET', '/users/pg')
    for (const name of [{ imp_uid: paid.imp_uid }, { merchant_uid: paid.merchant_uid }]) {
      const reply = await assertBooksUntouched(app, () => cancel(name, stranger))
      assertRefused(reply, nothingToCancel)
    }
  })

  test('without any id it is a bad request', async () => {
    for (const fields of [{}, { amount: 100 }, { imp_uid: '', merchant_uid: null }]) {
      await assertCancelRefused(fields, malformed(/지정해주셔야합니다\.$/))
    }
  })
})

describe('the request', () => {
  for (const { name, encode } of encodings) {
    test(`is read from ${name}, legacy fields and unknown ones aside`, async () => {
      const paid = await pay()
      const { body, headers } = encode({
        imp_uid: paid.imp_uid,
        amount: '400',
        checksum: '1000',
        reason: 'changed mind',
        refund_holder: 'Hong',
        refund_bank: '88',
        refund_account: '110123456789',
        escrow_confirmed: false,
        retain_promotion: false,
        enable_webhook: 'false',
        whatever: '1',
      })
      const shown = paymentOf(await merchant.call('POST', '/payments/cancel', body, headers))
      assert.equal(shown.cancel_amount, 400)
      assert.equal(shown.cancel_reason, 'changed mind')
    })
  }

  test('with an amount that cannot be meant is refused', async () => {
    const { imp_uid } = await pay()
    for (const amount of [true, -1, 10.5, '1e3', 'NaN', 2 ** 53]) {
      await assertCancelRefused({ imp_uid, amount }, malformed(/amount/))
    }
    await assertCancelRefused({ imp_uid, amount: 100, tax_free: 101 }, malformed(/tax_free/))
    await assertCancelRefused({ imp_uid, amount: 100, checksum: -1 }, malformed(/checksum/))
  })

  test('a reason of any length and any script is kept whole and cut for the wire', async () => {
    const { imp_uid } = await pay()
    const reason = `[STOPREQ] 고객 요청 | 🎁 ${'가'.repeat(300)}`
    assert.equal(paymentOf(await cancel({ imp_uid, reason })).cancel_reason, reason)
  })
})

describe('the tax of a cancel', () => {
  const taxFreeSent = adHocSql(
    `select record->'execute'->'request'->>'TAXFREEAMT' as "won" from exchanges
     where imp_uid = $1 and purpose = 'cancel' order by started_at, exchange_id`,
  )

  async function sentFor(impUid: string): Promise<(string | null)[]> {
    const { rows } = await app.parts.db.query<{ won: string | null }>(taxFreeSent, [impUid])
    return rows.map(({ won }) => won)
  }

  async function payMixed(): Promise<PaymentView> {
    const customer_uid = `customer_${newMerchantUid()}`
    await merchant.call('POST', `/subscribe/customers/${customer_uid}`, cardFields())
    const order = { merchant_uid: newMerchantUid(), amount: 1000, tax_free: 400, customer_uid }
    return paidOf(await merchant.call('POST', '/subscribe/payments/again', order))
  }

  test('of a mixed payment names its part, and the last cancel the rest', async () => {
    const { imp_uid } = await payMixed()
    paymentOf(await cancel({ imp_uid, amount: 300, tax_free: 100 }))
    await assertCancelRefused(
      { imp_uid, amount: 400, tax_free: 301 },
      stateRefusal(/^면세 금액\(tax_free\)은 0원 이상 300원 이하/),
    )
    paymentOf(await cancel({ imp_uid }))
    assert.deepEqual(await sentFor(imp_uid), ['100', '300'])
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  test('of a taxable payment has no tax-free part', async () => {
    const { imp_uid } = await pay()
    await assertCancelRefused({ imp_uid, amount: 100, tax_free: 1 }, stateRefusal(/tax_free/))
    paymentOf(await cancel({ imp_uid, amount: 110, vat_amount: 10 }))
    assert.deepEqual(await sentFor(imp_uid), [null])
  })
})

describe('what lists show', () => {
  test('every look-up carries the same history', async () => {
    const paid = await Promise.all([pay(), pay(), pay()])
    for (const { imp_uid } of paid) paymentOf(await cancel({ imp_uid, amount: 100 }))
    const ids = paid.map(({ imp_uid }) => `imp_uid[]=${imp_uid}`).join('&')
    const many = await merchant.call('GET', `/payments?${ids}`)
    assert.equal(many.body.code, 0)
    for (const shown of many.body.response as PaymentView[]) {
      assert.equal(shown.cancel_history.length, 1)
      const alone = paymentOf(await merchant.call('GET', `/payments/${shown.imp_uid}`))
      assert.deepEqual(alone, shown)
      const found = await merchant.call('GET', `/payments/find/${shown.merchant_uid}/cancelled`)
      assert.deepEqual(paymentOf(found), shown)
    }
  })
})

describe('a channel that takes no more money', () => {
  test('still gives back what it took', async () => {
    const closing = await app.addMerchant()
    const order = newOrder()
    const paid = paidOf(await closing.call('POST', '/subscribe/payments/onetime', order))
    const disable = adHocSql(
      `update channels set disabled_at = created_at, is_default = false where merchant_id = $1`,
    )
    await app.parts.db.query(disable, [closing.merchantId])
    const shown = paymentOf(await cancel({ imp_uid: paid.imp_uid }, closing))
    assert.equal(shown.cancel_amount, 3000)
  })
})

describe('the webhook of a cancel', () => {
  const cancelEvents = adHocSql(
    `select status, cancellation_id as "cancellationId", url_override as "url", merchant_uid as "merchantUid"
     from webhooks where imp_uid = $1 and status = 'cancelled'`,
  )

  async function eventsOf(impUid: string) {
    return (await app.parts.db.query(cancelEvents, [impUid])).rows
  }

  test('is sent when the cancel asks for it and the payment has an address', async () => {
    const url = 'https://shop.example/hook'
    const paid = await pay({ notice_url: url })
    const { imp_uid, merchant_uid: merchantUid } = paid
    const shown = paymentOf(await cancel({ imp_uid, amount: 100, enable_webhook: true }))
    const cancellationId = shown.cancel_history[0]?.cancellation_id
    assert.deepEqual(await eventsOf(imp_uid), [
      { status: 'cancelled', cancellationId, url, merchantUid },
    ])
  })

  test('is not sent otherwise', async () => {
    const silent = await pay({ notice_url: 'https://shop.example/hook' })
    paymentOf(await cancel({ imp_uid: silent.imp_uid }))
    assert.deepEqual(await eventsOf(silent.imp_uid), [])
    const homeless = await pay()
    paymentOf(await cancel({ imp_uid: homeless.imp_uid, enable_webhook: true }))
    assert.deepEqual(await eventsOf(homeless.imp_uid), [])
  })
})
