// Several hands on one payment at once: callers with the same merchant_uid, two operators, an operator and the PG's
// own answer. One of them decides, once, and an approval by the PG is never overruled.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import fc from 'fast-check'

import { adHocSql } from '../../src/db/database.ts'
import type { ChargeOutcome } from '../../src/gateways/gateway.ts'
import { expireLostSenders } from '../../src/payments/expire-lost-senders.ts'
import { settlementOf } from '../../src/payments/payment.ts'
import { insertIntent, settle, settleByEvidence } from '../../src/payments/payments.store.ts'
import { systemClock, TestClock } from '../../src/primitives/clock.ts'
import { settleByOperator } from '../../src/reconciliation/settle-by-operator.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { createHeldWaits, type HeldWaits } from './held-waits.ts'
import { approvalsOf, assertPaidOnce, orderFault, paymentOf } from './outcome-checks.ts'
import { newAttempt, onetime, waysToCharge } from './ways-to-charge.ts'

const callers = 12

suite('several hands on one payment', () => {
  let app: TestApp
  let waits: HeldWaits
  before(async () => {
    waits = createHeldWaits()
    app = await startTestApp({ role: 'api', simulator: { delay: waits.delay } })
  })
  after(() => app.close())

  for (const way of waysToCharge) {
    test(`${way.name}: of ${callers} callers with one merchant_uid one is charged`, async () => {
      const attempt = newAttempt()
      await way.prepare(app.merchant, attempt)
      const replies = await Promise.all(
        Array.from({ length: callers }, () => way.charge(app.merchant, attempt)),
      )
      const codes = replies.map(({ body }) => body.code).sort((a, b) => a - b)
      assert.deepEqual(codes, [...Array.from({ length: callers - 1 }, () => -1), 0])
      await assertPaidOnce(app, attempt.merchantUid)
    })
  }

  test('of two operators at once one is heard, and one piece of evidence is kept', async () => {
    for (let round = 0; round < 5; round += 1) {
      const attempt = newAttempt()
      await orderFault(app, { fault: 'reset_before_commit' })
      await onetime.charge(app.merchant, attempt)
      const { merchantId, impUid } = await paymentOf(app, attempt.merchantUid)
      const said = { merchantId, impUid, actor: 'test', reason: '확인' }
      const verdicts = await Promise.all([
        settleByOperator(app.parts, { ...said, verdict: { kind: 'not_charged' } }),
        settleByOperator(app.parts, { ...said, verdict: { kind: 'not_charged' } }),
      ])
      assert.deepEqual(verdicts.map(({ kind }) => kind).sort(), ['not_unknown', 'settled'])
      assert.equal(await evidenceCount(impUid), 1)
    }
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  test("an operator's verdict and the PG's answer at the same time end in paid, once", async () => {
    for (const kind of ['charged', 'not_charged', 'charged', 'not_charged'] as const) {
      const attempt = newAttempt()
      const slow = { fault: 'slow', delayMs: 60_000 }
      await orderFault(app, { match: { paymethod: 'CARD-SUGI' }, ...slow })
      const charging = onetime.charge(app.merchant, attempt)
      const held = await waits.next()
      const clock = new TestClock(systemClock.now() + 86_400_000)
      await expireLostSenders({ ...app.parts, clock })
      const { merchantId, impUid } = await paymentOf(app, attempt.merchantUid)
      const { entries } = app.simulator.ledger()
      const transactionId = entries.find(({ orderno }) => orderno === impUid)?.daoutrx ?? ''
      const verdict =
        kind === 'charged' ? { kind, transactionId, approvalNumber: null } : ({ kind } as const)
      held.release()
      await Promise.all([
        charging,
        settleByOperator(app.parts, { merchantId, impUid, verdict, actor: 'test', reason: '확인' }),
      ])
      assert.equal(approvalsOf(app, impUid), 1)
      await assertPaidOnce(app, attempt.merchantUid)
    }
  })

  async function evidenceCount(impUid: string): Promise<number> {
    const text = 'select from payment_evidence where imp_uid = $1'
    return (await app.parts.db.query(adHocSql(text), [impUid])).rowCount
  }

  const outcomes = {
    approved: {
      kind: 'approved',
      transactionId: 'CTS1',
      approvalNumber: '1',
      approvedAtMs: null,
      issuer: null,
    },
    declined: {
      kind: 'declined',
      code: 'S201',
      message: '거절',
      reason: 'declined',
      transactionId: null,
    },
    unknown: {
      kind: 'unknown',
      cause: 'timeout',
      code: null,
      message: '확인 불가',
      transactionId: null,
    },
  } as const satisfies Record<string, ChargeOutcome>

  /** What can be said of a payment, by whom. The PG's answer comes at most once; the others may repeat. */
  const saying = fc.constantFrom('expire', 'evidence charged', 'evidence not charged')
  const course = fc.record({
    answer: fc.constantFrom(...(Object.keys(outcomes) as (keyof typeof outcomes)[])),
    before: fc.array(saying, { maxLength: 3 }),
    after: fc.array(saying, { maxLength: 3 }),
    atOnce: fc.boolean(),
  })

  test('whatever is said in whatever order, an approval ends in paid and paid stays paid', async () => {
    await fc.assert(
      fc.asyncProperty(course, async ({ answer, before, after, atOnce }) => {
        const { payment, say, giveAnswer, state } = await newPaymentOnItsWay()
        const stages = [...before.map((word) => () => say(word)), () => giveAnswer(answer)]
        const later = after.map((word) => () => say(word))
        const all = [...stages, ...later]
        const seen: string[] = []
        if (atOnce) {
          await Promise.all(all.map((stage) => stage()))
          seen.push(await state())
        } else {
          for (const stage of all) {
            await stage()
            seen.push(await state())
          }
        }
        const firstPaid = seen.indexOf('paid')
        if (firstPaid >= 0) assert.deepEqual(new Set(seen.slice(firstPaid)), new Set(['paid']))
        if (answer === 'approved') assert.equal(seen.at(-1), 'paid')
        assert.ok((await evidenceCount(payment.impUid)) <= 1)
      }),
      { numRuns: 40 },
    )
  })

  let serial = 0

  // Below HTTP, on the real statements: no simulator stands behind these payments, so they are not audited.
  async function newPaymentOnItsWay() {
    const { db, ids, clock } = app.parts
    const template = await templatePayment()
    serial += 1
    const payment = {
      ...template,
      impUid: ids.impUid(),
      merchantUid: `said-${serial}`,
      state: 'sending' as const,
      startedAtMs: clock.now(),
    }
    const exchange = {
      exchangeId: ids.uuid(),
      purpose: 'charge' as const,
      orderNumber: payment.impUid,
      amountWon: payment.amountWon,
    }
    await insertIntent(db, payment, clock.now() + 60_000, exchange)
    const telling = { webhookId: ids.uuid(), tellsFailure: false, mayTryAgain: false }
    const evidence = (verdict: 'charged' | 'not_charged') => ({
      evidenceId: ids.uuid(),
      source: 'operator' as const,
      verdict,
      actor: 'test',
      reason: '확인',
    })
    return {
      payment,
      state: async () => (await paymentOf(app, payment.merchantUid)).state,
      giveAnswer: async (answer: keyof typeof outcomes) => {
        const settlement = {
          ...settlementOf(outcomes[answer], clock.now()),
          ...telling,
          cardCode: null,
          cardName: null,
        }
        await settle(db, payment, settlement, {
          exchangeId: exchange.exchangeId,
          outcome: outcomes[answer].kind,
          cause: null,
          resultCode: null,
          resultMessage: null,
          transactionId: null,
          record: { method: 'CARD-SUGI', ready: null, execute: null },
        })
      },
      say: async (word: string) => {
        if (word === 'expire') {
          const tomorrow = new TestClock(clock.now() + 86_400_000)
          await expireLostSenders({ ...app.parts, clock: tomorrow })
          return
        }
        const verdict = word === 'evidence charged' ? 'charged' : 'not_charged'
        const settlement = {
          ...telling,
          state: verdict === 'charged' ? ('paid' as const) : ('failed' as const),
          atMs: clock.now(),
          pgTid: verdict === 'charged' ? 'CTS1' : null,
          applyNum: null,
          failure: verdict === 'charged' ? null : ('evidence' as const),
          failReason: null,
        }
        await settleByEvidence(db, payment, settlement, evidence(verdict))
      },
    }
  }

  async function templatePayment() {
    const attempt = newAttempt()
    await onetime.charge(app.merchant, attempt)
    const paid = await paymentOf(app, attempt.merchantUid)
    return { ...paid, paidAtMs: null, pgTid: null, applyNum: null }
  }
})
