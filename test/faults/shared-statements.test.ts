// Payments that share a statement: what is wrong with one is its own caller's affair, and one name stands for one payment.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { isUniqueViolation } from '../../src/db/pg-errors.ts'
import { insertIntent, impUidTaken, merchantUidTaken } from '../../src/payments/intents.store.ts'
import type { Payment } from '../../src/payments/payment.ts'
import { settle } from '../../src/payments/payments.store.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { paymentOf } from './outcome-checks.ts'
import { newAttempt, onetime } from './ways-to-charge.ts'

suite('payments that share a statement', () => {
  let app: TestApp
  let template: Payment
  before(async () => {
    app = await startTestApp({ role: 'api' })
    const attempt = newAttempt()
    await onetime.charge(app.merchant, attempt)
    const paid = await paymentOf(app, attempt.merchantUid)
    template = { ...paid, state: 'sending', paidAtMs: null, pgTid: null, applyNum: null }
  })
  after(() => app.close())

  let serial = 0

  function newIntent(changed: Partial<Pick<Payment, 'impUid' | 'merchantUid'>> = {}) {
    const { ids, clock } = app.parts
    const names = { impUid: ids.impUid(), merchantUid: `shared-${(serial += 1)}` }
    const payment: Payment = { ...template, ...names, startedAtMs: clock.now(), ...changed }
    const exchange = {
      exchangeId: ids.uuid(),
      // Of a first exchange that charges nothing there may be several.
      purpose: 'issue' as const,
      orderNumber: payment.impUid,
      amountWon: payment.amountWon,
    }
    return { payment, exchange, leaseUntilMs: clock.now() + 60_000 }
  }

  async function countOf(table: 'payments' | 'exchanges', impUid: string): Promise<number> {
    const { rows } = await app.parts.db.query<{ count: number }>(
      adHocSql(`select count(*)::int as count from ${table} where imp_uid = '${impUid}'`),
    )
    return rows[0]?.count ?? 0
  }

  test('of two with one name one is committed; the others with them are', async () => {
    const first = newIntent()
    const { impUid } = first.payment
    const intents = [newIntent(), first, newIntent({ impUid }), newIntent()]
    const ends = await Promise.allSettled(intents.map((one) => insertIntent(app.parts.db, one)))
    const refused = ends.filter((end) => end.status === 'rejected')
    assert.equal(refused.length, 1)
    assert.ok(isUniqueViolation(refused[0]?.reason, impUidTaken))
    assert.equal(await countOf('payments', impUid), 1)
    assert.equal(await countOf('exchanges', impUid), 1)
    for (const { payment } of [intents[0], intents[3]].flatMap((one) => one ?? []))
      assert.equal(await countOf('payments', payment.impUid), 1)
  })

  test('of two with one merchant_uid one is committed', async () => {
    const first = newIntent()
    const { merchantUid } = first.payment
    const intents = [first, newIntent({ merchantUid }), newIntent()]
    const ends = await Promise.allSettled(intents.map((one) => insertIntent(app.parts.db, one)))
    const refused = ends.filter((end) => end.status === 'rejected')
    assert.equal(refused.length, 1)
    assert.ok(isUniqueViolation(refused[0]?.reason, merchantUidTaken))
  })

  test('two answers about one payment settle it once', async () => {
    const { db, clock, ids } = app.parts
    const { payment, ...intent } = newIntent()
    await insertIntent(db, { payment, ...intent })
    const answers = [1, 2].map(() =>
      settle(
        db,
        payment,
        {
          state: 'failed',
          failure: 'declined',
          failReason: null,
          pgTid: null,
          applyNum: null,
          atMs: clock.now(),
          cardCode: null,
          cardName: null,
          webhookId: ids.uuid(),
          tellsFailure: true,
          mayTryAgain: false,
        },
        {
          exchangeId: intent.exchange.exchangeId,
          outcome: 'declined',
          cause: null,
          resultCode: null,
          resultMessage: null,
          transactionId: null,
          record: { method: 'CARD-SUGI', ready: null, execute: null },
        },
      ),
    )
    const settled = (await Promise.all(answers)).filter((one) => one !== undefined)
    assert.deepEqual(
      settled.map(({ state }) => state),
      ['failed'],
    )
  })
})
