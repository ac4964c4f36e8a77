// A schedule that comes due while its merchant changes its mind: one of the two wins, and both sides know which.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import type { EntryView } from '../../simulator/ledger-entry.ts'
import { startServer } from '../../src/compose/server.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import {
  type Entry,
  lookUp,
  newEntry,
  registerCard,
  reserve,
  reservePath,
  schedulesOf,
  unschedulePath,
} from '../api/reservations.ts'
import { paidOf } from '../api/replies.ts'
import { endSessions, shutDatabase } from '../faults/database-sabotage.ts'
import { eventually } from '../faults/eventually.ts'
import { createHeldWaits } from '../faults/held-waits.ts'
import { orderFault } from '../faults/outcome-checks.ts'
import { startTestApp, type TestApp, type V1Reply } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { openSchedules, paymentBy } from './scheduled-work.ts'

const start = Date.UTC(2026, 2, 1)

function approvals(app: TestApp): EntryView[] {
  return app.simulator.ledger().entries.filter(({ kind }) => kind === 'approval')
}

suite('a schedule that is being executed', () => {
  const clock = new TestClock(start)
  let app: TestApp
  before(async () => {
    // Few at once, so that the merchant's calls find some executed, some under way and some waiting.
    const settings = { latencyMs: { p50: 4, p99: 20 } }
    const environment = { BILLKEY_SCHEDULES_AT_ONCE: '3' }
    app = await startTestApp({ clock, environment, simulator: { settings } })
    await registerCard(app.merchant, 'subscriber')
  })
  after(async () => {
    await assertBooksAgree(app.parts, app.simulator.ledger())
    await app.close()
  })

  /** Makes 60 due, and gives them once the worker has begun. */
  async function comingDue(): Promise<readonly Entry[]> {
    const at = clock.now() / 1000 + 10
    const entries = Array.from({ length: 60 }, () => newEntry(at))
    schedulesOf(await reserve(app.merchant, 'subscriber', entries))
    const before = approvals(app).length
    clock.advance(10_000)
    await eventually('the first charge', async () =>
      approvals(app).length > before + 5 ? true : undefined,
    )
    return entries
  }

  const latestFirst = (entries: readonly Entry[]) => entries.toReversed()

  test('is revoked or charged, never both', async () => {
    const entries = await comingDue()
    const before = approvals(app).length
    const replies = await Promise.all(
      latestFirst(entries).map((entry) =>
        app.merchant.call('POST', unschedulePath, { merchant_uid: entry.merchant_uid }),
      ),
    )
    await openSchedules(app)
    const revoked = new Set(
      replies.filter(isDone).map((reply) => schedulesOf(reply)[0]?.merchant_uid),
    )
    assert.ok(revoked.size > 0 && revoked.size < entries.length, `${revoked.size} were revoked`)
    for (const entry of entries) {
      const schedule = await lookUp(app.merchant, entry.merchant_uid)
      const isRevoked = revoked.has(entry.merchant_uid)
      assert.equal(schedule.schedule_status, isRevoked ? 'revoked' : 'executed')
      assert.equal(schedule.payment_status, isRevoked ? null : 'paid')
    }
    assert.ok(approvals(app).length - before <= entries.length - revoked.size)
  })

  test('is moved or charged, never both', async () => {
    const entries = await comingDue()
    const later = clock.now() / 1000 + 30
    const replies = await Promise.all(
      latestFirst(entries).map((entry) =>
        app.merchant.call('PUT', `${reservePath}/${entry.merchant_uid}`, { schedule_at: later }),
      ),
    )
    const moved = replies.filter(isDone).length
    assert.ok(moved > 0 && moved < entries.length, `${moved} were moved`)
    await openSchedules(app, moved)
    const before = approvals(app).length
    clock.advance(30_000)
    await openSchedules(app)
    assert.equal(approvals(app).length - before, moved)
    for (const entry of entries) {
      assert.equal((await lookUp(app.merchant, entry.merchant_uid)).payment_status, 'paid')
    }
  })

  test('is charged or its order is paid by hand, never both', async () => {
    const at = clock.now() / 1000 + 10
    const entries = Array.from({ length: 30 }, () => newEntry(at, { amount: 1100 }))
    schedulesOf(await reserve(app.merchant, 'subscriber', entries))
    const before = approvals(app).length
    clock.advance(10_000)
    const replies = await Promise.all(
      latestFirst(entries).map((entry) =>
        app.merchant.call('POST', '/subscribe/payments/again', {
          customer_uid: 'subscriber',
          merchant_uid: entry.merchant_uid,
          amount: 1100,
        }),
      ),
    )
    await openSchedules(app)
    const byHand = new Map(
      replies.filter(isDone).map((reply) => [paidOf(reply).merchant_uid, reply]),
    )
    for (const entry of entries) {
      const schedule = await lookUp(app.merchant, entry.merchant_uid)
      const status = byHand.has(entry.merchant_uid) ? 'failed' : 'paid'
      assert.equal(schedule.payment_status, status)
      assert.equal((await paymentBy(app.merchant, schedule)).status, status)
    }
    assert.equal(approvals(app).length - before, entries.length)
  })
})

function isDone({ body }: V1Reply): boolean {
  return body.code === 0
}

suite('a worker', () => {
  test('after hours of downtime charges the oldest first', async () => {
    const clock = new TestClock(start)
    const environment = { BILLKEY_SCHEDULES_AT_ONCE: '1' }
    const app = await startTestApp({ clock, environment, role: 'api' })
    await registerCard(app.merchant, 'subscriber')
    const minutes = [7, 2, 9, 1, 8, 3, 10, 5, 4, 6]
    const entries = minutes.map((minute) =>
      newEntry(start / 1000 + minute * 60, { amount: minute * 100 }),
    )
    schedulesOf(await reserve(app.merchant, 'subscriber', entries))
    clock.advance(5 * 3_600_000)
    const worker = await startServer(app.parts, 'worker')
    await openSchedules(app)
    assert.deepEqual(
      approvals(app).map(({ amount }) => amount / 100),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    )
    await worker.stop()
    await app.close()
  })

  test('that is told to stop finishes what it has begun, and begins no more', async () => {
    const clock = new TestClock(start)
    const waits = createHeldWaits()
    const environment = { BILLKEY_SCHEDULES_AT_ONCE: '1' }
    const simulator = { delay: waits.delay }
    const app = await startTestApp({ clock, environment, simulator, role: 'api' })
    await registerCard(app.merchant, 'subscriber')
    const [first, second] = [newEntry(start / 1000 + 1), newEntry(start / 1000 + 2)]
    schedulesOf(await reserve(app.merchant, 'subscriber', [first, second]))
    await orderFault(app, { fault: 'late_commit', delayMs: 60_000 })
    clock.advance(5000)
    const worker = await startServer(app.parts, 'worker')
    const held = await waits.next()
    const stopped = worker.stop()
    held.release()
    await stopped
    assert.equal((await lookUp(app.merchant, first.merchant_uid)).payment_status, 'paid')
    assert.equal((await lookUp(app.merchant, second.merchant_uid)).schedule_status, 'scheduled')
    assert.equal(approvals(app).length, 1)
    await app.close()
  })

  test('outlives its database: what came due meanwhile is charged once', async () => {
    const clock = new TestClock(start)
    const app = await startTestApp({ clock })
    await registerCard(app.merchant, 'subscriber')
    const entries = Array.from({ length: 20 }, () => newEntry(start / 1000 + 10))
    schedulesOf(await reserve(app.merchant, 'subscriber', entries))
    const open = await shutDatabase(app)
    clock.advance(10_000)
    await eventually('the worker noticing', async () =>
      app.logged().includes('due schedules could not be looked for') ? true : undefined,
    )
    assert.equal(approvals(app).length, 0)
    await open()
    await openSchedules(app)
    assert.equal(approvals(app).length, 20)
    await assertBooksAgree(app.parts, app.simulator.ledger())
    await app.close()
  })

  test('whose database sessions end again and again charges nothing twice and forgets nothing', async () => {
    const clock = new TestClock(start)
    const app = await startTestApp({ clock, environment: { BILLKEY_SCHEDULES_AT_ONCE: '4' } })
    await registerCard(app.merchant, 'subscriber')
    const entries = Array.from({ length: 60 }, () => newEntry(start / 1000 + 10))
    schedulesOf(await reserve(app.merchant, 'subscriber', entries))
    clock.advance(10_000)
    for (let seen = 5; seen <= 30; seen += 5) {
      await eventually('some charges', async () =>
        approvals(app).length >= seen ? true : undefined,
      )
      await endSessions(app)
    }
    // An attempt that broke waits a little by the clock before it is made again.
    await eventually('the end of all', async () => {
      clock.advance(1000)
      const rows = await Promise.all(
        entries.map((entry) => lookUp(app.merchant, entry.merchant_uid)),
      )
      return rows.every(({ payment_status: status }) => status !== null) ? true : undefined
    })
    assert.equal(app.simulator.ledger().totals.repeatedOrders, 0)
    for (const entry of entries) {
      assert.equal((await lookUp(app.merchant, entry.merchant_uid)).payment_status, 'paid')
    }
    await assertBooksAgree(app.parts, app.simulator.ledger())
    await app.close()
  })
})
