// Several hands on one payment at once: callers with the same merchant_uid, two operators, an operator and the PG's
// own answer. One of them decides, once, and an approval by the PG is never overruled.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import type { ChargeOutcome } from '../../src/gateways/gateway.ts'
import { expireLostSenders } from '../../src/payments/expire-lost-senders.ts'
import { expireSending } from '../../src/payments/lost-senders.store.ts'
import { settlementOf } from '../../src/payments/payment.ts'
import { insertIntent } from '../../src/payments/intents.store.ts'
import { settle, settleByEvidence } from '../../src/payments/payments.store.ts'
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

  type Answer = keyof typeof outcomes
  type Stage = (said: Awaited<ReturnType<typeof newPaymentOnItsWay>>) => Promise<void>
  const answers = Object.keys(outcomes) as Answer[]
  const words = ['expire', 'evidence charged', 'evidence not charged'] as const

  /** The PG answers once; the others may speak before and after it, and more than once. */
  function* everyCourse(): Generator<{ readonly answer: Answer; readonly stages: Stage[] }> {
    const befores = [[], ...words.map((one) => [one])]
    for (const one of words) for (const two of words) befores.push([one, two])
    for (const before of befores) {
      for (const answer of answers) {
        for (const after of [[], ...words.map((one) => [one])]) {
          const say =
            (word: (typeof words)[number]): Stage =>
            (said) =>
              said.say(word)
          const give: Stage = (said) => said.giveAnswer(answer)
          yield { answer, stages: [...before.map(say), give, ...after.map(say)] }
        }
      }
    }
  }

  test('whatever is said in whatever order, an approval ends in paid and paid stays paid', async () => {
    const walk = async ({ answer, stages }: { answer: Answer; stages: Stage[] }) => {
      const said = await newPaymentOnItsWay()
      const seen: string[] = []
      for (const stage of stages) {
        await stage(said)
        seen.push(await said.state())
      }
      const firstPaid = seen.indexOf('paid')
      if (firstPaid >= 0) assert.deepEqual(new Set(seen.slice(firstPaid)), new Set(['paid']))
      if (answer === 'approved') assert.equal(seen.at(-1), 'paid')
      assert.ok((await evidenceCount(said.payment.impUid)) <= 1)
    }
    const courses = [...everyCourse()]
    assert.equal(courses.length, 156)
    // A few at once, each on a payment of its own.
    const hands = [0, 1, 2, 3].map(async (hand) => {
      for (const course of courses.filter((_, at) => at % 4 === hand)) await walk(course)
    })
    await Promise.all(hands)
  })

  test('whatever is said at once, an approval ends in paid', async () => {
    for (const { answer, stages } of everyCourse()) {
      if (stages.length !== 4) continue
      const said = await newPaymentOnItsWay()
      await Promise.all(stages.map((stage) => stage(said)))
      if (answer === 'approved') assert.equal(await said.state(), 'paid')
      assert.ok((await evidenceCount(said.payment.impUid)) <= 1)
    }
  })

  let serial = 0
  let template: ReturnType<typeof templatePayment> | undefined

  // Below HTTP, on the real statements: no simulator stands behind these payments, so they are not audited.
  async function newPaymentOnItsWay() {
    const { db, ids, clock } = app.parts
    const merchantUid = `said-${(serial += 1)}`
    template ??= templatePayment()
    const payment = {
      ...(await template),
      impUid: ids.impUid(),
      merchantUid,
      state: 'sending' as const,
      startedAtMs: clock.now(),
    }
    const exchange = {
      exchangeId: ids.uuid(),
      purpose: 'charge' as const,
      orderNumber: payment.impUid,
      amountWon: payment.amountWon,
    }
    const leaseUntilMs = clock.now() + 60_000
    await insertIntent(db, { payment, exchange, leaseUntilMs })
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
      giveAnswer: async (answer: Answer) => {
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
      say: async (word: (typeof words)[number]) => {
        if (word === 'expire') {
          const lapsed = { ...payment, leaseUntilMs, mayBeCharged: true }
          await expireSending(db, lapsed, leaseUntilMs + 1, ids.uuid())
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
          cardCode: null,
          cardName: null,
          from: ['unknown' as const],
          giveBack: null,
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
