// The daily file over real HTTP: it ends what is unknown both ways, finds what others did in our name, and its silence
// counts only where it has shown that it speaks.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { koreanDay } from '../../src/primitives/korean-day.ts'
import { collectEvidence } from '../../src/reconciliation/collect-evidence.ts'
import { findUnknowns } from '../../src/reconciliation/unknowns.store.ts'
import { listReports } from '../../src/reconciliation/reports.store.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { assertMayRetry, assertPaidOnce, orderFault, paymentOf } from '../faults/outcome-checks.ts'
import { again, newAttempt, onetime, waysToCharge } from '../faults/ways-to-charge.ts'
import { cancelInAdmin, chargeInAdmin, discrepanciesOf, setSimulator } from './told.ts'

const windowMs = 60_000

suite('the daily file', () => {
  let app: TestApp
  // Ours and the gateway's: only the time between two rounds is made up.
  let skewMs = 0
  const clock = { now: () => Date.now() + skewMs }
  before(async () => {
    app = await startTestApp({
      role: 'api',
      tells: true,
      clock,
      simulator: { now: clock.now },
      environment: { BILLKEY_SANDBOX_EVIDENCE_MS: String(windowMs) },
    })
    await setSimulator(app, { notificationUrls: {} })
  })
  after(() => app.close())

  /** A round of the worker, so much later that every file is wanted anew. */
  async function collect(): Promise<number> {
    skewMs += 2 * windowMs
    return collectEvidence({ ...app.parts, reportEveryMs: 20 })
  }

  test('that cannot be had, or is broken off, proves nothing', async () => {
    const attempt = newAttempt()
    await orderFault(app, { match: {}, fault: 'reset_before_commit' })
    await onetime.charge(app.merchant, attempt)
    for (const settings of [{ reportStatus: 503 }, { reportIsWhole: false }]) {
      await setSimulator(app, settings)
      assert.equal(await collect(), 0)
      await setSimulator(app, { reportStatus: 200, reportIsWhole: true })
    }
    const { merchantId, channel } = app.merchant
    const [report] = await listReports(app.parts.db, merchantId, channel.channelKey)
    assert.equal(report?.failure, 'the file breaks off before </DATA>')
    assert.equal((await paymentOf(app, attempt.merchantUid)).state, 'unknown')
  })

  test('that was never seen to list a method says nothing by its silence', async () => {
    assert.equal(await collect(), 0)
    const good = newAttempt()
    await onetime.charge(app.merchant, good)
    await setSimulator(app, { reportMethods: ['BATCH'] })
    assert.equal(await collect(), 0)
    await setSimulator(app, { reportMethods: ['SUGI', 'KEYGEN', 'BATCH'] })
    // The older it is, the more rarely it is looked for.
    skewMs += 2 * windowMs
    assert.equal(await collect(), 1)
    const [last] = await unknownStates()
    assert.equal(last, undefined)
  })

  for (const way of waysToCharge) {
    test(`ends ${way.name} with a lost answer as paid, and one that never came as failed`, async () => {
      const control = newAttempt()
      await way.prepare(app.merchant, control)
      await way.charge(app.merchant, control)
      const [lost, never] = [newAttempt(), newAttempt()]
      for (const [attempt, fault] of [
        [lost, 'answer_lost'],
        [never, 'reset_before_commit'],
      ] as const) {
        await way.prepare(app.merchant, attempt)
        await orderFault(app, { match: { paymethod: way.payMethod }, fault })
        await way.charge(app.merchant, attempt)
      }
      assert.equal(await collect(), 2)
      await assertPaidOnce(app, lost.merchantUid)
      await assertMayRetry(app, way, { attempt: never, failure: 'evidence' })
    })
  }

  test('ends an unknown cancel, whether it happened or not', async () => {
    const attempt = newAttempt()
    await onetime.charge(app.merchant, attempt)
    const { impUid } = await paymentOf(app, attempt.merchantUid)
    const cancel = (amount: number, fault: string | null, checksum: number) =>
      orderFault(app, {
        match: { cancel: true },
        fault: fault ?? 'slow',
        ...(fault === null && { delayMs: 0 }),
      }).then(() =>
        app.merchant.call('POST', '/payments/cancel', { imp_uid: impUid, amount, checksum }),
      )
    await cancel(100, null, 3_000)
    await cancel(200, 'answer_lost', 2_900)
    await cancel(300, 'reset_before_commit', 2_700)
    assert.equal(await collect(), 2)
    const payment = await paymentOf(app, attempt.merchantUid)
    assert.equal(payment.cancelAmountWon, 300)
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  for (const [name, settings] of Object.entries({
    'with times of day and more columns': { reportTimeFormat: 'time', reportExtraColumns: true },
    'with CR LF and written times': { reportLineEnding: 'crlf', reportTimeFormat: 'separated' },
    'with what cancels take away': { reportCancelAmount: 'negative', cancelId: 'own' },
  })) {
    test(`is read ${name}`, async () => {
      await setSimulator(app, settings)
      try {
        const attempt = newAttempt()
        await again.prepare(app.merchant, attempt)
        await orderFault(app, { match: { paymethod: 'CARD-BATCH' }, fault: 'answer_lost' })
        await again.charge(app.merchant, attempt)
        assert.equal(await collect(), 1)
        await assertPaidOnce(app, attempt.merchantUid)
      } finally {
        await setSimulator(app, {
          reportTimeFormat: 'stamp',
          reportExtraColumns: false,
          reportLineEnding: 'lf',
          reportCancelAmount: 'positive',
          cancelId: 'approval',
        })
      }
    })
  }

  test('is fetched by one of two workers', async () => {
    const attempt = newAttempt()
    await orderFault(app, { match: {}, fault: 'answer_lost' })
    await onetime.charge(app.merchant, attempt)
    skewMs += 2 * windowMs
    const deps = { ...app.parts, reportEveryMs: 60_000 }
    const ended = await Promise.all([
      collectEvidence(deps),
      collectEvidence(deps),
      collectEvidence(deps),
    ])
    assert.equal(
      ended.reduce((sum, count) => sum + count, 0),
      1,
    )
  })

  test('finds charges and cancels that were made in the gateway’s own admin, once each', async () => {
    const attempt = newAttempt()
    await onetime.charge(app.merchant, attempt)
    const { impUid, pgTid } = await paymentOf(app, attempt.merchantUid)
    await chargeInAdmin(app, 'phone-order-7', 9_000)
    await cancelInAdmin(app, pgTid ?? '', 500)
    const unknown = newAttempt()
    await orderFault(app, { match: {}, fault: 'answer_lost' })
    await onetime.charge(app.merchant, unknown)
    await collect()
    await collect()
    const raised = await discrepanciesOf(app)
    const about = (order: string) => raised.filter(({ orderNumber }) => orderNumber === order)
    assert.deepEqual(about('phone-order-7'), [
      { kind: 'foreign_charge', orderNumber: 'phone-order-7' },
    ])
    assert.deepEqual(about(impUid), [{ kind: 'foreign_cancel', orderNumber: impUid }])
  })

  test('is known by its day in Korea, and shows what it was found to hold', async () => {
    const { merchantId, channel } = app.merchant
    const reports = await listReports(app.parts.db, merchantId, channel.channelKey)
    const today = reports.find(({ day }) => day === koreanDay(clock.now()))
    assert.ok(today !== undefined)
    assert.deepEqual(today.lists, { key_in: true, billing_key: true, cancel: true })
  })

  async function unknownStates(): Promise<unknown[]> {
    return findUnknowns(app.parts.db, { sinceMs: 0, limit: 10 })
  }
})
