// Workers as processes of their own, several at once and killed in the middle: each schedule is charged once.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { expireLostSenders } from '../../src/payments/expire-lost-senders.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import { settleByOperator } from '../../src/reconciliation/settle-by-operator.ts'
import {
  newEntry,
  registerCard,
  reserve,
  reservePath,
  schedulePageOf,
  schedulesOf,
} from '../api/reservations.ts'
import { createHeldWaits, type HeldWait } from '../faults/held-waits.ts'
import { approvalsOf, orderFault } from '../faults/outcome-checks.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { openSchedules } from './scheduled-work.ts'
import { startWorker } from './worker-process.ts'

const hourMs = 3_600_000

async function reserveNow({ merchant }: TestApp, count: number): Promise<void> {
  await registerCard(merchant, 'subscriber')
  const at = Math.ceil(Date.now() / 1000)
  const entries = Array.from({ length: count }, () => newEntry(at))
  assert.equal(schedulesOf(await reserve(merchant, 'subscriber', entries)).length, count)
}

async function shownSchedules({ merchant }: TestApp) {
  return schedulePageOf(await merchant.call('GET', `${reservePath}?limit=1000`)).list
}

suite('two workers over one queue', () => {
  let app: TestApp
  before(async () => {
    const settings = { latencyMs: { p50: 5, p99: 40 } }
    app = await startTestApp({ role: 'api', simulator: { settings } })
  })
  after(() => app.close())

  test('charge each of 300 due schedules exactly once', async () => {
    await reserveNow(app, 300)
    const workers = await Promise.all([startWorker(app), startWorker(app)])
    await openSchedules(app)
    for (const code of await Promise.all(workers.map((worker) => worker.stop()))) {
      assert.equal(code, 0)
    }
    const schedules = await shownSchedules(app)
    assert.equal(schedules.length, 300)
    for (const { payment_status: status, imp_uid: impUid } of schedules) {
      assert.equal(status, 'paid')
      assert.equal(approvalsOf(app, String(impUid)), 1)
    }
    const { approvals, repeatedOrders } = app.simulator.ledger().totals
    assert.deepEqual({ approvals, repeatedOrders }, { approvals: 300, repeatedOrders: 0 })
    const attempts = adHocSql('select count(*) as n from payments')
    assert.equal((await app.parts.db.query<{ n: number }>(attempts)).rows[0]?.n, 300)
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })
})

suite('a worker that is killed with charges under way', () => {
  const waits = createHeldWaits()
  let app: TestApp
  before(async () => {
    app = await startTestApp({ role: 'api', simulator: { delay: waits.delay } })
  })
  after(() => app.close())

  test('leaves the rest to the next one, and what it began to evidence', async () => {
    await reserveNow(app, 20)
    // Four were charged before the wait, four are charged after it, when nobody listens any more.
    const begun = 8
    const wait = { delayMs: 60_000, times: begun / 2 }
    await orderFault(app, { fault: 'slow', ...wait })
    await orderFault(app, { fault: 'late_commit', ...wait })
    const killed = await startWorker(app, { BILLKEY_SCHEDULES_AT_ONCE: String(begun) })
    const held: HeldWait[] = []
    while (held.length < begun) held.push(await waits.next())
    await killed.kill()
    for (const wait of held) wait.release()

    const next = await startWorker(app)
    await openSchedules(app, begun)
    assert.equal(await next.stop(), 0)
    const statuses = Object.groupBy(await shownSchedules(app), (schedule) =>
      String(schedule.payment_status),
    )
    assert.equal(statuses['paid']?.length, 20 - begun)
    assert.equal(statuses['null']?.length, begun)
    assert.equal(app.simulator.ledger().totals.approvals, 20)
    assert.equal(app.simulator.ledger().totals.repeatedOrders, 0)
    await assertBooksAgree(app.parts, app.simulator.ledger())

    const { db, ids, clock } = app.parts
    const later = new TestClock(clock.now() + hourMs)
    assert.equal(await expireLostSenders({ db, ids, clock: later }), begun)
    for (const { imp_uid: impUid, schedule_status: status } of statuses['null'] ?? []) {
      assert.equal(status, 'executed')
      const approval = app.simulator.ledger().entries.find(({ orderno }) => orderno === impUid)
      const settled = await settleByOperator(app.parts, {
        merchantId: app.merchant.merchantId,
        impUid: String(impUid),
        verdict: {
          kind: 'charged',
          transactionId: String(approval?.daoutrx),
          approvalNumber: null,
        },
        actor: 'test',
        reason: '관리자 확인',
      })
      assert.equal(settled.kind, 'settled')
    }
    const ended = await shownSchedules(app)
    assert.ok(ended.every(({ payment_status: status }) => status === 'paid'))
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })
})
