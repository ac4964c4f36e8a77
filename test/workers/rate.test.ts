// The rate of a contract is of all processes together: whoever sends, the gateway never sees more in a second than its
// cap; callers who wait go before schedules; and what holds up one merchant does not hold up another.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import fc from 'fast-check'

import { adHocSql } from '../../src/db/database.ts'
import { createRateGates } from '../../src/rate/rate-gates.ts'
import { createRateLane, intervalOf } from '../../src/rate/rate-lane.ts'
import { type LaneName, openLane, takeTurns } from '../../src/rate/rate-lanes.store.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { eventually } from '../faults/eventually.ts'
import { orderFault } from '../faults/outcome-checks.ts'
import { again, newAttempt, onetime } from '../faults/ways-to-charge.ts'

const silent = { warn: () => undefined }

/**
 * Over any stretch of time no more than the cap. A turn is used when it comes; a machine that is busy notes it down, or
 * takes the call up, a little later than the next.
 */
function assertKeepsCap(timesMs: readonly number[], capPerSecond: number): void {
  const notedLateMs = 150
  const sorted = [...timesMs].sort((a, b) => a - b)
  for (const [from, firstMs] of sorted.entries()) {
    for (const [more, lastMs] of sorted.slice(from + 1).entries()) {
      const leastMs = ((more + 1) * 1_000) / capPerSecond - notedLateMs
      assert.ok(lastMs - firstMs >= leastMs, sorted.join(' '))
    }
  }
}

suite('turns of a contract', () => {
  let app: TestApp
  before(async () => {
    app = await startTestApp({ role: 'api' })
  })
  after(() => app.close())

  const capped = (pgId: string, cap: number | null, total: number | null = null) => ({
    merchantId: app.merchant.merchantId,
    pgId,
    rateCapPerSecond: cap,
    totalRateCapPerSecond: total,
  })

  test('are not taken where there is no cap', () => {
    assert.equal(
      createRateGates({ db: app.parts.db, log: silent }).gateFor(capped('A', null), 'interactive'),
      null,
    )
  })

  test('are shared by three processes, which together never exceed the cap', async () => {
    const passed: number[] = []
    const gates = [1, 2, 3].map(() =>
      createRateGates({ db: app.parts.db, log: silent }).gateFor(capped('B', 20), 'interactive'),
    )
    const beganMs = performance.now()
    const calls = gates.flatMap((gate) =>
      Array.from({ length: 14 }, async () => {
        const passes = await gate?.('CARD-BATCH')
        if (passes === true) passed.push(performance.now())
        return passes
      }),
    )
    assert.ok((await Promise.all(calls)).every((passes) => passes === true))
    assertKeepsCap(passed, 20)
    // 42 calls at 20/s need two seconds; no bound on how much longer a busy machine takes.
    assert.ok(Math.max(...passed) - beganMs >= 2_000)
  })

  test('of the whole contract are shared by its methods', async () => {
    const gate = createRateGates({ db: app.parts.db, log: silent }).gateFor(
      capped('C', null, 10),
      'interactive',
    )
    const passed: number[] = []
    const methods = ['CARD-SUGI', 'CARD-BATCH', 'cancel CARD', 'CARD-KEYGEN']
    await Promise.all(
      Array.from({ length: 16 }, async (_, at) => {
        if ((await gate?.(methods[at % 4] ?? '')) === true) passed.push(performance.now())
      }),
    )
    assert.equal(passed.length, 16)
    assertKeepsCap(passed, 10)
  })

  test('go to callers who wait before schedules, however many of these there are', async () => {
    const gates = createRateGates({ db: app.parts.db, log: silent })
    const order: string[] = []
    const scheduled = gates.gateFor(capped('D', 10), 'scheduled')
    const interactive = gates.gateFor(capped('D', 10), 'interactive')
    const pass = async (gate: typeof scheduled, name: string) => {
      if ((await gate?.('CARD-BATCH')) === true) order.push(name)
    }
    const schedules = Array.from({ length: 20 }, () => pass(scheduled, 'schedule'))
    await eventually('the first schedule passing', async () =>
      order.length > 0 ? true : undefined,
    )
    await pass(interactive, 'caller')
    // Only those that had taken their turn already go before it.
    assert.ok(order.indexOf('caller') <= 8, order.join(' '))
    await Promise.all(schedules)
    assert.equal(order.length, 21)
  })

  test('are refused to a caller who would wait too long, who may try again later', async () => {
    const name: LaneName = { merchantId: app.merchant.merchantId, pgId: 'E', lane: 'CARD-BATCH' }
    await openLane(app.parts.db, name)
    await app.parts.db.query(
      adHocSql(
        "update rate_lanes set next_at = clock_timestamp() + interval '11 seconds' where pg_id = 'E'",
      ),
    )
    const gate = createRateGates({ db: app.parts.db, log: silent }).gateFor(
      capped('E', 3),
      'interactive',
    )
    assert.equal(await gate?.('CARD-BATCH'), false)
  })

  test('are as many as the horizon has room for, and abut', async () => {
    const name: LaneName = { merchantId: app.merchant.merchantId, pgId: 'F', lane: 'CARD-BATCH' }
    await openLane(app.parts.db, name)
    const asked = { laneIntervalMs: 100, totalIntervalMs: 0, count: 50, horizonMs: 1_000 }
    const first = await takeTurns(app.parts.db, name, asked)
    assert.equal(first.turns, 11)
    assert.ok(first.waitMs <= 0.001, String(first.waitMs))
    const second = await takeTurns(app.parts.db, name, { ...asked, horizonMs: 0 })
    assert.equal(second.turns, 0)
    assert.ok(second.waitMs > 0 && second.waitMs <= 1_100)
  })

  test('never come so close that one more than the cap fits into a second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), (cap) => {
        assert.ok(intervalOf(cap) * cap >= 1_000 + 12, `${cap}`)
        assert.ok(1_000 / intervalOf(cap) >= 0.97 * cap)
      }),
    )
  })

  test('that were missed are not used late', async () => {
    let nowMs = 0
    const given = [0, 5_000]
    const lane = createRateLane({
      laneIntervalMs: 100,
      totalIntervalMs: 0,
      // The first answer took so long that its turn is over when it comes.
      take: async () => {
        const turn = { turns: 1, waitMs: given.length === 2 ? -50 : 0 }
        nowMs = given.shift() ?? 0
        return turn
      },
      now: () => nowMs,
      onFailure: (error) => assert.fail(error as Error),
    })
    assert.equal(await lane.pass('interactive'), true)
    assert.equal(given.length, 0)
  })
})

suite('a capped channel', () => {
  test('keeps its rate on the gateway’s own clock, and holds up no other merchant', async () => {
    const app = await startTestApp({
      channel: { rateCapPerSecond: 4, totalRateCapPerSecond: null },
      simulator: { settings: { readyLatencyMs: { p50: 20, p99: 120 } } },
    })
    try {
      const free = await app.addMerchant({ rateCapPerSecond: null })
      const scheduleAt = Math.floor(Date.now() / 1_000) + 2
      const reserve = async (merchant: typeof free, customer: string, count: number) => {
        await again.prepare(merchant, { ...newAttempt(), customerUid: customer })
        const schedules = Array.from({ length: count }, (_, at) => ({
          merchant_uid: `${customer}-${at}`,
          schedule_at: scheduleAt,
          amount: 1_000,
          name: '정기구독',
        }))
        const body = { customer_uid: customer, schedules }
        const reply = await merchant.call('POST', '/subscribe/payments/schedule', body)
        assert.equal(reply.body.code, 0, reply.body.message ?? '')
      }
      await reserve(app.merchant, 'capped', 60)
      await reserve(free, 'free', 5)
      const approvals = () =>
        app.simulator
          .ledger()
          .entries.filter(
            ({ kind, paymethod }) => kind === 'approval' && paymethod === 'CARD-BATCH',
          )
      const paidOf = async (merchant: typeof free) => {
        const { rows } = await app.parts.db.query<{ count: number }>(
          adHocSql(
            "select count(*) as count from payments where merchant_id = $1 and state = 'paid'",
          ),
          [merchant.merchantId],
        )
        return rows[0]?.count ?? 0
      }
      await eventually('all of the free merchant', async () =>
        (await paidOf(free)) === 5 ? true : undefined,
      )
      assert.ok((await paidOf(app.merchant)) < 60, 'the capped merchant is not through before')
      await eventually('twenty of the capped one', async () =>
        (await paidOf(app.merchant)) >= 20 ? true : undefined,
      )
      const own = approvals().filter(({ orderno }) => orderno.startsWith('imps_'))
      const { rows } = await app.parts.db.query<{ impUid: string }>(
        adHocSql('select imp_uid as "impUid" from payments where merchant_id = $1'),
        [app.merchant.merchantId],
      )
      const capped = new Set(rows.map(({ impUid }) => impUid))
      const times = own.filter(({ orderno }) => capped.has(orderno)).map(({ at }) => Date.parse(at))
      assertKeepsCap(times, 4)
    } finally {
      await app.close()
    }
  })
})

suite('a gateway that does not answer', () => {
  test('is left alone after a few calls, and used again when it answers a probe', async () => {
    const app = await startTestApp({ environment: { BILLKEY_BREAKER_AFTER: '3' } })
    try {
      await orderFault(app, { match: { step: 'ready' }, fault: 'http_500', times: 1_000 })
      const replies = []
      for (let call = 0; call < 5; call += 1)
        replies.push(await onetime.charge(app.merchant, newAttempt()))
      assert.deepEqual(
        replies.map(({ body }) => /응답하지 않아/.test(body.message ?? '')),
        [false, false, false, true, true],
      )
      assert.ok(replies.every(({ body }) => body.code === -1))
      await fetch(`${app.simulator.url}/_faults`, { method: 'DELETE' })
      await eventually('a charge going through again', async () => {
        const { body } = await onetime.charge(app.merchant, newAttempt())
        return body.code === 0 ? true : undefined
      })
      assert.equal(app.simulator.ledger().totals.repeatedOrders, 0)
    } finally {
      await app.close()
    }
  })
})
