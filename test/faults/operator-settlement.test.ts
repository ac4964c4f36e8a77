// An operator ends an unknown payment with what the PG's admin shows. The evidence is kept, the waiting billing key
// follows the verdict, "not charged" has to wait on a live channel, and the PG's own late word goes before it.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { expireLostSenders } from '../../src/payments/expire-lost-senders.ts'
import type { Payment } from '../../src/payments/payment.ts'
import { type Clock, systemClock, TestClock } from '../../src/primitives/clock.ts'
import { notificationWindowMs } from '../../src/reconciliation/evidence-rule.ts'
import {
  type OperatorSettlement,
  type OperatorVerdict,
  settleByOperator,
} from '../../src/reconciliation/settle-by-operator.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { assertBooksAgree, auditBooks } from '../support/auditor.ts'
import { blockedBackends, withSaboteur } from './database-sabotage.ts'
import { createHeldWaits, type HeldWait, type HeldWaits } from './held-waits.ts'
import {
  approvalsOf,
  assertNoKey,
  assertPaidOnce,
  assertRepeatIsRefused,
  orderFault,
  paymentOf,
  shownPayment,
} from './outcome-checks.ts'
import {
  again,
  type Attempt,
  newAttempt,
  onetime,
  onetimeWithKey,
  waysToCharge,
  type Way,
} from './ways-to-charge.ts'

const dayMs = 86_400_000

suite('an unknown payment and its operator', () => {
  let app: TestApp
  let waits: HeldWaits
  before(async () => {
    waits = createHeldWaits()
    app = await startTestApp({ role: 'api', simulator: { delay: waits.delay } })
  })
  after(() => app.close())

  async function makeUnknown(way: Way, fault: string): Promise<[Attempt, Payment]> {
    const attempt = newAttempt()
    await way.prepare(app.merchant, attempt)
    await orderFault(app, { match: { paymethod: way.payMethod }, fault })
    await way.charge(app.merchant, attempt)
    const payment = await paymentOf(app, attempt.merchantUid)
    assert.equal(payment.state, 'unknown')
    return [attempt, payment]
  }

  function rule(
    payment: Pick<Payment, 'merchantId' | 'impUid'>,
    verdict: OperatorVerdict['verdict'],
    clock: Clock = systemClock,
  ): Promise<OperatorSettlement> {
    const { merchantId, impUid } = payment
    const said = { actor: 'cli:test', reason: 'PG 관리자 화면에서 확인' }
    return settleByOperator({ ...app.parts, clock }, { merchantId, impUid, verdict, ...said })
  }

  /** "Charged", with the transaction id that the PG's books show. */
  function charged(impUid: string): OperatorVerdict['verdict'] {
    const { entries } = app.simulator.ledger()
    const approval = entries.find(({ kind, orderno }) => kind === 'approval' && orderno === impUid)
    assert.ok(approval !== undefined)
    return { kind: 'charged', transactionId: approval.daoutrx, approvalNumber: '12345678' }
  }

  async function evidenceOf(impUid: string) {
    const { rows } = await app.parts.db.query(
      adHocSql(
        `select source, verdict, transaction_id as "transactionId", actor, reason
         from payment_evidence where imp_uid = $1 order by recorded_at`,
      ),
      [impUid],
    )
    return rows
  }

  for (const way of waysToCharge) {
    test(`${way.name}: charged; it is paid, its evidence is kept and its key may be used`, async () => {
      const [attempt, payment] = await makeUnknown(way, 'answer_lost')
      const verdict = charged(payment.impUid)
      const settlement = await rule(payment, verdict)
      assert.equal(settlement.kind, 'settled')
      const shown = shownPayment(await app.merchant.call('GET', `/payments/${payment.impUid}`))
      assert.equal(shown.status, 'paid')
      await assertPaidOnce(app, attempt.merchantUid)
      await assertRepeatIsRefused(app, way, attempt)
      assert.deepEqual(await evidenceOf(payment.impUid), [
        {
          source: 'operator',
          verdict: 'charged',
          transactionId: verdict.kind === 'charged' ? verdict.transactionId : null,
          actor: 'cli:test',
          reason: 'PG 관리자 화면에서 확인',
        },
      ])
      if (way !== onetimeWithKey) return
      const next = { ...newAttempt(), customerUid: attempt.customerUid }
      assert.equal(shownPayment(await again.charge(app.merchant, next)).status, 'paid')
    })

    test(`${way.name}: not charged; it failed, its key is dropped and its merchant_uid is free`, async () => {
      const [attempt, payment] = await makeUnknown(way, 'reset_before_commit')
      const settlement = await rule(payment, { kind: 'not_charged' })
      assert.equal(settlement.kind, 'settled')
      const failed = await paymentOf(app, attempt.merchantUid)
      assert.equal(failed.state, 'failed')
      assert.equal(failed.failure, 'evidence')
      if (way === onetimeWithKey) await assertNoKey(app, attempt)
      assert.deepEqual(
        (await evidenceOf(payment.impUid)).map(({ verdict }) => verdict),
        ['not_charged'],
      )
      assert.equal(shownPayment(await way.charge(app.merchant, attempt)).status, 'paid')
      await assertPaidOnce(app, attempt.merchantUid)
    })
  }

  test('a second verdict changes nothing and leaves no evidence', async () => {
    const [, payment] = await makeUnknown(onetime, 'answer_lost')
    await rule(payment, charged(payment.impUid))
    const second = await rule(payment, { kind: 'not_charged' })
    assert.equal(second.kind, 'not_unknown')
    assert.equal((await evidenceOf(payment.impUid)).length, 1)
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  test("another merchant's payment is absent", async () => {
    const [, payment] = await makeUnknown(onetime, 'answer_lost')
    const { merchantId } = await app.addMerchant()
    const { impUid } = payment
    const settlement = await rule({ merchantId, impUid }, charged(impUid))
    assert.equal(settlement.kind, 'absent')
    assert.equal((await rule(payment, charged(impUid))).kind, 'settled')
  })

  test('on a live channel "not charged" waits until the PG has stopped repeating its notification', async () => {
    const merchant = await app.addMerchant({ sandbox: false })
    const attempt = newAttempt()
    await orderFault(app, { match: { paymethod: 'CARD-SUGI' }, fault: 'reset_before_commit' })
    const { imp_uid: impUid } = shownPayment(await onetime.charge(merchant, attempt))
    const payment = { merchantId: merchant.merchantId, impUid }
    const early = await rule(payment, { kind: 'not_charged' })
    assert.ok(early.kind === 'too_early')
    const { earliestMs } = early
    assert.ok(earliestMs > systemClock.now() + notificationWindowMs - 60_000)
    const justBefore = new TestClock(earliestMs - 1)
    assert.equal((await rule(payment, { kind: 'not_charged' }, justBefore)).kind, 'too_early')
    assert.deepEqual(await evidenceOf(impUid), [])
    const inTime = new TestClock(earliestMs)
    assert.equal((await rule(payment, { kind: 'not_charged' }, inTime)).kind, 'settled')
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  /** A sender so slow that its payment became unknown, and was called not charged, while it still waits. */
  async function makeLate(way: Way): Promise<{
    readonly attempt: Attempt
    readonly payment: Payment
    readonly charging: ReturnType<Way['charge']>
    readonly held: HeldWait
  }> {
    const attempt = newAttempt()
    await way.prepare(app.merchant, attempt)
    const slow = { fault: 'late_commit', delayMs: 60_000 }
    await orderFault(app, { match: { paymethod: way.payMethod }, ...slow })
    const charging = way.charge(app.merchant, attempt)
    const held = await waits.next()
    const tomorrow = new TestClock(systemClock.now() + dayMs)
    await expireLostSenders({ ...app.parts, clock: tomorrow })
    const payment = await paymentOf(app, attempt.merchantUid)
    assert.equal((await rule(payment, { kind: 'not_charged' }, tomorrow)).kind, 'settled')
    return { attempt, payment, charging, held }
  }

  for (const way of waysToCharge) {
    test(`${way.name}: an approval after "not charged" makes it paid, and the evidence stays`, async () => {
      const { attempt, payment, charging, held } = await makeLate(way)
      held.release()
      assert.equal(shownPayment(await charging).status, 'paid')
      await assertPaidOnce(app, attempt.merchantUid)
      assert.equal((await evidenceOf(payment.impUid)).length, 1)
    })
  }

  for (const first of ['verdict', 'answer'] as const) {
    test(`"not charged" and the approval meet at the row, ${first} first: it is paid`, async () => {
      const attempt = newAttempt()
      const slow = { fault: 'slow', delayMs: 60_000 }
      await orderFault(app, { match: { paymethod: 'CARD-SUGI' }, ...slow })
      const charging = onetime.charge(app.merchant, attempt)
      const held = await waits.next()
      const tomorrow = new TestClock(systemClock.now() + dayMs)
      await expireLostSenders({ ...app.parts, clock: tomorrow })
      const payment = await paymentOf(app, attempt.merchantUid)
      const verdict = await withSaboteur(app, async (saboteur) => {
        await saboteur.query('begin')
        await saboteur.query('select from payments where imp_uid = $1 for update', [payment.impUid])
        // Both have seen it unknown; the second decides again on what the first has made of it.
        let ruling: Promise<OperatorSettlement> | undefined
        if (first === 'verdict') ruling = rule(payment, { kind: 'not_charged' })
        else held.release()
        await blockedBackends(saboteur, 1)
        if (first === 'verdict') held.release()
        else ruling = rule(payment, { kind: 'not_charged' })
        await blockedBackends(saboteur, 2)
        await saboteur.query('rollback')
        return ruling
      })
      assert.equal(verdict?.kind, first === 'verdict' ? 'settled' : 'not_unknown')
      assert.equal(shownPayment(await charging).status, 'paid')
      await assertPaidOnce(app, attempt.merchantUid)
      assert.equal((await evidenceOf(payment.impUid)).length, first === 'verdict' ? 1 : 0)
    })
  }

  test('an approval after "not charged" whose merchant_uid was paid again is kept, and reported loudly', async () => {
    const { attempt, payment, charging, held } = await makeLate(onetime)
    const second = shownPayment(await onetime.charge(app.merchant, attempt))
    assert.equal(second.status, 'paid')
    held.release()
    await charging
    await assertTwiceTaken(payment)
  })

  test('so it is when the second payment commits at the same instant', async () => {
    const { payment, charging, held } = await makeLate(onetime)
    await withSaboteur(app, async (saboteur) => {
      await saboteur.query('begin')
      // As the second payment's intent does it, but not committed before the approval has come.
      await saboteur.query(
        `insert into payments (merchant_id, imp_uid, merchant_uid, state, method, channel_key, pg_id,
           sandbox, amount, started_at, lease_until, updated_at)
         select merchant_id, imp_uid || 'x', merchant_uid, 'sending', method, channel_key, pg_id,
           sandbox, amount, started_at, '2100-01-01Z', updated_at
         from payments where imp_uid = $1`,
        [payment.impUid],
      )
      held.release()
      await blockedBackends(saboteur, 1)
      await saboteur.query('commit')
    })
    await charging
    await assertTwiceTaken(payment)
  })

  // Two payments cannot share a merchant_uid, so the first stays failed; but the PG's word is kept for whoever has
  // to give the money back, and the audit finds exactly that.
  async function assertTwiceTaken({ impUid }: Payment): Promise<void> {
    assert.equal(approvalsOf(app, impUid), 1)
    const { rows } = await app.parts.db.query(
      adHocSql(
        `select outcome, transaction_id as "transactionId" from exchanges
         where imp_uid = $1 and purpose = 'charge'`,
      ),
      [impUid],
    )
    const { entries } = app.simulator.ledger()
    const { daoutrx } = entries.find(({ orderno }) => orderno === impUid) ?? {}
    assert.deepEqual(rows, [{ outcome: 'approved', transactionId: daoutrx }])
    const line = app
      .logged()
      .split('\n')
      .find((text) => text.includes(impUid) && text.includes('"level":"error"'))
    assert.match(line ?? '', /approved a payment that evidence failed/)
    const breaches = await auditBooks(app.parts, app.simulator.ledger())
    assert.ok(
      breaches.some(({ rule, subject }) => rule === 'failed but approved' && subject === impUid),
    )
    assert.ok(breaches.every(({ rule }) => rule === 'failed but approved'))
  }
})
