// Money that turns out to have been taken when its payment had ended otherwise, or when nobody waits for it any more:
// kept or given back as the channel says, whole, once, and never in silence.

import assert from 'node:assert/strict'
import { after, before, beforeEach, suite, test } from 'node:test'

import { chargeDependencies } from '../../src/compose/dependencies.ts'
import { adHocSql } from '../../src/db/database.ts'
import { giveBackKept } from '../../src/payments/give-back.ts'
import { collectEvidence } from '../../src/reconciliation/collect-evidence.ts'
import { settleByOperator } from '../../src/reconciliation/settle-by-operator.ts'
import { setEndpoint } from '../../src/webhooks/set-endpoint.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { createHeldWaits, type HeldWaits } from '../faults/held-waits.ts'
import { assertNoKey, orderFault, paymentOf, shownPayment } from '../faults/outcome-checks.ts'
import { amountWon, newAttempt, onetime, onetimeWithKey } from '../faults/ways-to-charge.ts'
import {
  approvalOf,
  becomes,
  discrepanciesOf,
  notifyByHand,
  orderNotification,
  setSimulator,
} from './told.ts'

/** The gateway takes the money and answers that it did not. */
const takesAndDeclines = { match: {}, fault: 'result', resultCode: '8037', commit: true }

interface ToldEvent {
  readonly status: string
  readonly impUid: string
}

async function eventsOf(app: TestApp, impUid: string): Promise<string[]> {
  const { rows } = await app.parts.db.query<ToldEvent>(
    adHocSql(
      'select status, imp_uid as "impUid" from webhooks where imp_uid = $1 order by created_at',
    ),
    [impUid],
  )
  return rows.map(({ status }) => status)
}

async function raisedOf(app: TestApp, impUid: string): Promise<string[]> {
  const raised = await discrepanciesOf(app)
  return raised.filter(({ orderNumber }) => orderNumber === impUid).map(({ kind }) => kind)
}

/** A merchant who is told of everything that concerns him. */
async function listen(app: TestApp): Promise<void> {
  const name = { merchantId: app.merchant.merchantId, sandbox: true }
  const url = 'http://127.0.0.1:9/nobody-listens'
  assert.equal((await setEndpoint(app.parts, name, { url, actor: 'test' })).kind, 'set')
}

suite('an approval that is found late, on a channel that gives such money back', () => {
  let app: TestApp
  let skewMs = 0
  const clock = { now: () => Date.now() + skewMs }
  before(async () => {
    app = await startTestApp({
      role: 'api',
      tells: true,
      clock,
      channel: { lateApprovals: 'cancel', report: null },
    })
    await listen(app)
  })
  after(() => app.close())
  beforeEach(() => setSimulator(app, { notificationTiming: 'after' }))

  const giveBack = () => giveBackKept(chargeDependencies(app.parts))

  test('shows as ready until it has gone back, and as cancelled then; its order is free meanwhile', async () => {
    const attempt = newAttempt()
    await orderNotification(app, 'dropped')
    await orderFault(app, { match: {}, fault: 'answer_lost' })
    await onetime.charge(app.merchant, attempt)
    const { impUid } = await becomes(app, attempt, 'unknown')
    const { daoutrx: DAOUTRX } = approvalOf(app, impUid)
    assert.equal((await notifyByHand(app, { ORDERNO: impUid, DAOUTRX })).isTaken, true)

    const seen = await app.merchant.call('GET', `/payments/${impUid}`)
    assert.equal(shownPayment(seen).status, 'ready')
    const paid = await app.merchant.call('GET', `/payments/find/${attempt.merchantUid}/paid`)
    assert.equal(paid.status, 404)
    assert.deepEqual(await eventsOf(app, impUid), [])
    assert.equal(shownPayment(await onetime.charge(app.merchant, attempt)).status, 'paid')

    assert.equal(await giveBack(), 1)
    const gone = await app.merchant.call('GET', `/payments/${impUid}`)
    assert.equal(shownPayment(gone).status, 'cancelled')
    assert.deepEqual(await eventsOf(app, impUid), ['cancelled'])
    assert.equal(approvalOf(app, impUid).cancelledAmount, amountWon)
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  test('goes back in silence when the merchant had been told of a failure, and is raised', async () => {
    const attempt = newAttempt()
    await orderNotification(app, 'dropped')
    await orderFault(app, takesAndDeclines)
    assert.equal(shownPayment(await onetime.charge(app.merchant, attempt)).status, 'failed')
    const { impUid } = await paymentOf(app, attempt.merchantUid)
    // The shop's customer took another card in between.
    await onetime.charge(app.merchant, attempt)
    await notifyByHand(app, { ORDERNO: impUid, DAOUTRX: approvalOf(app, impUid).daoutrx })
    const seen = await app.merchant.call('GET', `/payments/${impUid}`)
    assert.equal(shownPayment(seen).status, 'failed')
    assert.deepEqual(await raisedOf(app, impUid), ['late_approval'])

    const counts = await Promise.all([giveBack(), giveBack(), giveBack()])
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      1,
    )
    assert.deepEqual(await eventsOf(app, impUid), [])
    assert.equal(shownPayment(await onetimeAgain(attempt.merchantUid)).status, 'paid')
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  test('goes back when its notification came before an answer that denies it', async () => {
    await setSimulator(app, { notificationTiming: 'before' })
    const attempt = newAttempt()
    await orderFault(app, takesAndDeclines)
    await onetime.charge(app.merchant, attempt)
    const { impUid, state } = await paymentOf(app, attempt.merchantUid)
    assert.equal(state, 'failed')
    await collectEvidence({ ...app.parts, reportEveryMs: 1_000 })
    assert.deepEqual(await raisedOf(app, impUid), ['late_approval'])
    assert.equal(await giveBack(), 1)
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  test('goes back whole, also when the merchant cancels a part of it meanwhile', async () => {
    const { impUid } = await findLate()
    const part = await app.merchant.call('POST', '/payments/cancel', {
      imp_uid: impUid,
      amount: 1_000,
    })
    assert.equal(part.body.code, 0, part.body.message ?? '')
    skewMs += 3 * 60_000
    assert.equal(await giveBack(), 1)
    assert.equal(approvalOf(app, impUid).cancelledAmount, amountWon)
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  test('is tried again, ever more rarely, while the gateway refuses', async () => {
    const { impUid } = await findLate()
    await orderFault(app, { match: { cancel: true }, fault: 'declined' })
    assert.equal(await giveBack(), 0)
    assert.equal(await giveBack(), 0)
    assert.equal(approvalOf(app, impUid).cancelledAmount, 0)
    skewMs += 3 * 60_000
    assert.equal(await giveBack(), 1)
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  test('leaves no billing key behind that came with it', async () => {
    const attempt = newAttempt()
    await orderNotification(app, 'dropped')
    await orderFault(app, { match: { paymethod: 'CARD-BATCH' }, fault: 'answer_lost' })
    await onetimeWithKey.charge(app.merchant, attempt)
    const { impUid } = await becomes(app, attempt, 'unknown')
    await notifyByHand(app, { ORDERNO: impUid, DAOUTRX: approvalOf(app, impUid).daoutrx })
    await assertNoKey(app, attempt)
    assert.equal(await giveBack(), 1)
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  test('goes back whoever found it, an operator too', async () => {
    const attempt = newAttempt()
    await orderNotification(app, 'dropped')
    await orderFault(app, { match: {}, fault: 'answer_lost' })
    await onetime.charge(app.merchant, attempt)
    const { impUid, merchantId } = await becomes(app, attempt, 'unknown')
    const transactionId = approvalOf(app, impUid).daoutrx
    const settled = await settleByOperator(app.parts, {
      merchantId,
      impUid,
      verdict: { kind: 'charged', transactionId, approvalNumber: null },
      actor: 'test',
      reason: 'seen in the admin',
    })
    assert.equal(settled.kind, 'settled')
    assert.equal(await giveBack(), 1)
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  async function findLate(): Promise<{ readonly impUid: string }> {
    const attempt = newAttempt()
    await orderNotification(app, 'dropped')
    await orderFault(app, { match: {}, fault: 'answer_lost' })
    await onetime.charge(app.merchant, attempt)
    const { impUid } = await becomes(app, attempt, 'unknown')
    await notifyByHand(app, { ORDERNO: impUid, DAOUTRX: approvalOf(app, impUid).daoutrx })
    return { impUid }
  }

  async function onetimeAgain(merchantUid: string) {
    return app.merchant.call('GET', `/payments/find/${merchantUid}/paid`)
  }
})

suite('an approval that is told of before its answer', () => {
  let app: TestApp
  let waits: HeldWaits
  before(async () => {
    waits = createHeldWaits()
    app = await startTestApp({
      role: 'api',
      tells: true,
      channel: { report: null },
      simulator: { delay: waits.delay },
    })
    await listen(app)
  })
  after(() => app.close())

  test('is answered as paid, whatever the answer says', async () => {
    await setSimulator(app, { notificationTiming: 'before' })
    const attempt = newAttempt()
    // Without the money such an answer would be a refusal of the call, with code -1.
    await orderFault(app, { ...takesAndDeclines, errorMessage: '카드번호 오류' })
    assert.equal(shownPayment(await onetime.charge(app.merchant, attempt)).status, 'paid')
    const { impUid } = await paymentOf(app, attempt.merchantUid)
    assert.deepEqual(await eventsOf(app, impUid), ['paid'])
    assert.match(app.logged(), /refused a payment that evidence says it took/)
    await setSimulator(app, { notificationTiming: 'after' })
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  test('and is another one than the answer’s is raised as charged twice', async () => {
    const attempt = newAttempt()
    // Its own notification would wait for its repetition, and be taken for the answer that waits.
    await setSimulator(app, { notificationUrls: {} })
    await orderFault(app, { match: {}, fault: 'slow', delayMs: 60_000 })
    const charging = onetime.charge(app.merchant, attempt)
    const held = await waits.next()
    const { impUid } = await paymentOf(app, attempt.merchantUid)
    await notifyByHand(app, { ORDERNO: impUid, DAOUTRX: 'CTS-OTHER' })
    held.release()
    assert.equal(shownPayment(await charging).status, 'paid')
    assert.deepEqual(await raisedOf(app, impUid), ['charged_twice'])
    const { rows } = await app.parts.db.query<{ tid: string }>(
      adHocSql('select transaction_id as tid from discrepancies where imp_uid = $1'),
      [impUid],
    )
    assert.equal(rows[0]?.tid, approvalOf(app, impUid).daoutrx)
    assert.deepEqual(await eventsOf(app, impUid), ['paid'])
  })
})
