// Nodes whose machines' clocks are wrong. They go by the database's; and where one does not, for whatever reason, a
// sender that is taken for dead too early is settled late, charged once, and never shown as failed when it was charged.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, before, suite, test } from 'node:test'

import { createTokenGiver } from '../../src/accounts/give-access-token.ts'
import { startServer } from '../../src/compose/server.ts'
import { adHocSql } from '../../src/db/database.ts'
import { expireLostCancels } from '../../src/payments/expire-lost-cancels.ts'
import { expireLostSenders } from '../../src/payments/expire-lost-senders.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import { newEntry, registerCard, reserve, schedulesOf } from '../api/reservations.ts'
import { eventually } from '../faults/eventually.ts'
import { createHeldWaits } from '../faults/held-waits.ts'
import { approvalsOf, orderFault, paymentOf, shownPayment } from '../faults/outcome-checks.ts'
import { newAttempt, onetime, onetimeWithKey } from '../faults/ways-to-charge.ts'
import { fileOf } from '../support/child-program.ts'
import { scrape } from '../monitoring/scrape.ts'
import { callV1, startTestApp, type TestApp } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { executed } from '../workers/scheduled-work.ts'
import { createBalancedClient } from './balanced-client.ts'
import { startNode, stopNode } from './node-process.ts'

/** More than any lease lasts. */
const skewMs = 10 * 60_000

suite('an API node whose clock is behind and a worker whose clock is ahead', () => {
  const waits = createHeldWaits()
  let app: TestApp
  before(async () => {
    app = await startTestApp({ role: 'api', simulator: { delay: waits.delay } })
    await registerCard(app.merchant, 'subscriber')
  })
  after(() => app.close())

  test('agree on leases and on what is due', async () => {
    const token = 'metrics-token-of-a-test'
    const environment = { BILLKEY_METRICS_TOKEN: token }
    const api = await startNode(app, { role: 'api', clockAheadMs: -skewMs, environment })
    const worker = await startNode(app, { role: 'worker', clockAheadMs: skewMs, environment })
    for (const [node, aheadMs] of [
      [api, -skewMs],
      [worker, skewMs],
    ] as const) {
      assert.match(node.logged(), /this machine's clock differs from the database's/)
      const { value } = await scrape(node.url, { authorization: `Bearer ${token}` })
      assert.equal(Math.round((value('billkey_clock_ahead_seconds') ?? 0) / 60), aheadMs / 60_000)
    }
    // By its own clock the API node writes a lease that has lapsed before it begins.
    const client = createBalancedClient(app, [api.url])
    await eventually('ready', async () => (client.isReady(api.url) ? true : undefined))
    await orderFault(app, { fault: 'slow', delayMs: 60_000 })
    const order = { customer_uid: 'subscriber', merchant_uid: 'held', amount: 1_000, name: '구독' }
    const charging = client.call('POST', '/subscribe/payments/again', order, 'held')
    const held = await waits.next()
    await sweepOf(app)
    assert.equal((await paymentOf(app, 'held')).state, 'sending')
    const { startedAtMs } = await paymentOf(app, 'held')
    assert.ok(Math.abs(startedAtMs - Date.now()) < skewMs / 2)
    held.release()
    assert.equal(shownPayment(await charging).status, 'paid')
    await client.close()

    // By its own clock the worker is late for both.
    const soon = newEntry(Math.ceil(Date.now() / 1000) + 2)
    const later = newEntry(Math.ceil(Date.now() / 1000) + skewMs / 2_000)
    assert.equal(schedulesOf(await reserve(app.merchant, 'subscriber', [soon, later])).length, 2)
    const made = await executed(app.merchant, soon.merchant_uid)
    assert.ok(Date.now() >= soon.schedule_at * 1000)
    assert.ok(made.executed_at >= soon.schedule_at)
    await assert.rejects(paymentOf(app, later.merchant_uid), /no payment/)
    for (const node of [api, worker]) assert.equal(await stopNode(node), 0)
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  /** Waits until a worker has swept: it has ended a payment that is truly lost. */
  async function sweepOf({ merchant, parts }: TestApp): Promise<void> {
    const attempt = newAttempt()
    assert.equal((await onetime.charge(merchant, attempt)).body.code, 0)
    await parts.db.query(
      adHocSql(
        `update payments set state = 'sending', paid_at = null, lease_until = started_at
         where merchant_uid = '${attempt.merchantUid}'`,
      ),
    )
    await eventually('a sweep', async () => {
      const { state } = await paymentOf(app, attempt.merchantUid)
      return state === 'unknown' ? true : undefined
    })
    await parts.db.query(
      adHocSql(
        `update payments set state = 'paid', paid_at = started_at
         where merchant_uid = '${attempt.merchantUid}'`,
      ),
    )
  }

  test('are named by doctor, as something to mend', () => {
    const { databaseUrl, masterKey } = app.parts.config
    const { status, stdout } = spawnSync(
      process.execPath,
      ['--import', fileOf('test/nodes/shifted-clock.ts'), fileOf('bin/billkey.js'), 'doctor'],
      {
        encoding: 'utf8',
        env: {
          PATH: process.env['PATH'],
          DATABASE_URL: databaseUrl?.reveal() ?? '',
          BILLKEY_MASTER_KEY: masterKey.key?.reveal() ?? '',
          CLOCK_AHEAD_MS: String(skewMs),
        },
      },
    )
    assert.equal(status, 1)
    assert.match(stdout, /MEND {2}this machine's clock is \d{6} ms ahead of the database's/)
  })
})

suite('a node that goes by a clock a day ahead', () => {
  const waits = createHeldWaits()
  let app: TestApp
  let fast: TestClock
  before(async () => {
    app = await startTestApp({ role: 'api', simulator: { delay: waits.delay } })
    fast = new TestClock(Date.now() + 86_400_000)
  })
  after(() => app.close())

  test('takes live senders for dead; their charges are paid, once', async () => {
    const attempt = newAttempt()
    await orderFault(app, { match: { paymethod: 'CARD-SUGI' }, fault: 'slow', delayMs: 60_000 })
    const charging = onetime.charge(app.merchant, attempt)
    const held = await waits.next()
    assert.equal(await expireLostSenders({ ...app.parts, clock: fast }), 1)
    assert.equal((await paymentOf(app, attempt.merchantUid)).state, 'unknown')
    held.release()
    assert.equal(shownPayment(await charging).status, 'paid')
    const { impUid, state } = await paymentOf(app, attempt.merchantUid)
    assert.deepEqual([state, approvalsOf(app, impUid)], ['paid', 1])
  })

  test('fails a payment whose key is being issued; its sender then charges nothing', async () => {
    const attempt = newAttempt()
    await orderFault(app, { match: { paymethod: 'CARD-KEYGEN' }, fault: 'slow', delayMs: 60_000 })
    const charging = onetimeWithKey.charge(app.merchant, attempt)
    const held = await waits.next()
    assert.equal(await expireLostSenders({ ...app.parts, clock: fast }), 1)
    held.release()
    assert.equal((await charging).body.code, -1)
    const { impUid, state } = await paymentOf(app, attempt.merchantUid)
    assert.deepEqual([state, approvalsOf(app, impUid)], ['failed', 0])
  })

  test('takes a live cancel for lost; it is booked once all the same', async () => {
    const attempt = newAttempt()
    const { imp_uid: impUid } = shownPayment(await onetime.charge(app.merchant, attempt))
    await orderFault(app, { match: { cancel: true }, fault: 'slow', delayMs: 60_000 })
    const cancelling = app.merchant.call('POST', '/payments/cancel', { imp_uid: impUid })
    const held = await waits.next()
    assert.equal(await expireLostCancels({ ...app.parts, clock: fast }), 1)
    held.release()
    assert.equal(shownPayment(await cancelling).status, 'cancelled')
    assert.equal(app.simulator.ledger().totals.cancels, 1)
  })

  test('takes over a key whose call is under way, and begins nothing anew', async () => {
    const tokenKey = app.parts.masterKeys.deriveKey('access token')
    const tokens = createTokenGiver({ ...app.parts, clock: fast, tokenKey })
    const server = await startServer({ ...app.parts, clock: withoutStops(fast), tokens }, 'api')
    const attempt = newAttempt()
    await orderFault(app, { match: { paymethod: 'CARD-SUGI' }, fault: 'slow', delayMs: 60_000 })
    const body = {
      merchant_uid: attempt.merchantUid,
      amount: 3_000,
      name: '구독',
      card_number: attempt.cardNumber,
      expiry: '2039-12',
      birth: '880101',
      pwd_2digit: '12',
    }
    const key = { 'idempotency-key': 'once' }
    const path = '/subscribe/payments/onetime'
    const first = app.merchant.call('POST', path, body, key)
    const held = await waits.next()
    const asked = { imp_key: app.merchant.impKey, imp_secret: app.merchant.impSecret }
    const granted = await callV1(server.url, 'POST', '/users/getToken', { body: asked })
    const authorization = (granted.body.response as { access_token: string }).access_token
    const second = await callV1(server.url, 'POST', path, {
      body,
      headers: { authorization, ...key },
    })
    assert.equal(shownPayment(second).status, 'ready')
    held.release()
    // Its answer may be either by now; the money was taken once.
    await first
    await server.stop()
    const { impUid, state } = await paymentOf(app, attempt.merchantUid)
    assert.deepEqual([state, approvalsOf(app, impUid)], ['paid', 1])
    assert.equal(app.simulator.ledger().totals.repeatedOrders, 0)
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  function withoutStops(clock: TestClock) {
    return { ...app.parts.clock, now: () => clock.now(), refresh: async () => undefined }
  }
})
