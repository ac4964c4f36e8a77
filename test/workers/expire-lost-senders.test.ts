// Payments whose sender is gone: left alone while the lease holds, unknown after it where a charge may have left,
// failed where only a key issue had been announced. A sender that was only slow must do no harm when it wakes up.

import assert from 'node:assert/strict'
import { after, before, beforeEach, suite, test } from 'node:test'

import { sql } from '../../src/db/database.ts'
import { expireLostSenders } from '../../src/payments/expire-lost-senders.ts'
import { type Clock, systemClock, TestClock } from '../../src/primitives/clock.ts'
import {
  approvalsOf,
  assertAnswersUnknown,
  assertMayRetry,
  assertNoKey,
  assertPaidOnce,
  assertStaysUnknown,
  orderFault,
  paymentOf,
  shownPayment,
} from '../faults/outcome-checks.ts'
import { blockedBackends, withSaboteur } from '../faults/database-sabotage.ts'
import { eventually } from '../faults/eventually.ts'
import { createHeldWaits, type HeldWaits } from '../faults/held-waits.ts'
import { newAttempt, onetime, onetimeWithKey, waysToCharge } from '../faults/ways-to-charge.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'

const slow = { fault: 'slow', delayMs: 60_000 }

suite('payments of lost senders', () => {
  let app: TestApp
  let waits: HeldWaits
  let tomorrow: Clock
  before(async () => {
    waits = createHeldWaits()
    // No worker of its own: these tests are the worker.
    app = await startTestApp({ role: 'api', simulator: { delay: waits.delay } })
  })
  beforeEach(() => {
    tomorrow = new TestClock(systemClock.now() + 86_400_000)
  })
  after(() => app.close())

  const expire = (clock: Clock) => expireLostSenders({ ...app.parts, clock })

  for (const way of waysToCharge) {
    test(`${way.name}: a sender within its lease is left alone`, async () => {
      const attempt = newAttempt()
      await way.prepare(app.merchant, attempt)
      await orderFault(app, { match: { paymethod: way.payMethod }, ...slow })
      const charging = way.charge(app.merchant, attempt)
      const held = await waits.next()
      assert.equal(await expire(systemClock), 0)
      assert.equal((await paymentOf(app, attempt.merchantUid)).state, 'sending')
      held.release()
      assert.equal(shownPayment(await charging).status, 'paid')
      await assertPaidOnce(app, attempt.merchantUid)
    })

    test(`${way.name}: past its lease an announced charge is unknown, and paid when the answer comes`, async () => {
      const attempt = newAttempt()
      await way.prepare(app.merchant, attempt)
      await orderFault(app, { match: { paymethod: way.payMethod }, ...slow })
      const charging = way.charge(app.merchant, attempt)
      const held = await waits.next()
      assert.equal(await expire(tomorrow), 1)
      await assertStaysUnknown(app, way, attempt)
      held.release()
      assert.equal(shownPayment(await charging).status, 'paid')
      await assertPaidOnce(app, attempt.merchantUid)
    })
  }

  test('onetime with customer_uid: past its lease a key issue ends unsent, and no charge follows it', async () => {
    const attempt = newAttempt()
    await orderFault(app, { match: { paymethod: 'CARD-KEYGEN' }, ...slow })
    const charging = onetimeWithKey.charge(app.merchant, attempt)
    const held = await waits.next()
    assert.equal(await expire(tomorrow), 1)
    const { impUid } = await paymentOf(app, attempt.merchantUid)
    held.release()
    assert.equal((await charging).body.code, -1)
    assert.equal(approvalsOf(app, impUid), 0)
    await assertMayRetry(app, onetimeWithKey, { attempt, failure: 'unsent' })
  })

  // The sender announces its charge while a sweeper decides that it is dead. Whoever commits first must be seen by
  // the other: a charge may not leave under a payment that has just been called failed.
  for (const first of ['sender', 'sweeper'] as const) {
    test(`onetime with customer_uid: a sender that wakes up during the sweep, ${first} first`, async () => {
      const attempt = newAttempt()
      await orderFault(app, { match: { paymethod: 'CARD-KEYGEN' }, ...slow })
      const charging = onetimeWithKey.charge(app.merchant, attempt)
      const held = await waits.next()
      const sweeping = await withSaboteur(app, async (saboteur) => {
        await saboteur.query('begin')
        // The first to come waits for a row that both need; the second waits behind it.
        const { impUid } = await paymentOf(app, attempt.merchantUid)
        await saboteur.query('select from exchanges where imp_uid = $1 for update', [impUid])
        await saboteur.query('select from payments where imp_uid = $1 for update', [impUid])
        const wake = () => held.release()
        const sweep = () => expire(tomorrow)
        let swept: Promise<number> | undefined
        if (first === 'sender') wake()
        else swept = sweep()
        await blockedBackends(saboteur, 1)
        if (first === 'sender') swept = sweep()
        else wake()
        await blockedBackends(saboteur, 2)
        await saboteur.query('rollback')
        return swept
      })
      const reply = await charging
      const { state, impUid } = await paymentOf(app, attempt.merchantUid)
      if (first === 'sender') {
        assert.equal(sweeping, 0)
        assert.equal(shownPayment(reply).status, 'paid')
        await assertPaidOnce(app, attempt.merchantUid)
      } else {
        assert.equal(sweeping, 1)
        assert.equal(state, 'failed')
        assert.equal(approvalsOf(app, impUid), 0)
        await assertNoKey(app, attempt)
      }
      await assertBooksAgree(app.parts, app.simulator.ledger())
    })
  }

  test('two sweepers end each payment once', async () => {
    const attempts = [newAttempt(), newAttempt(), newAttempt()]
    await orderFault(app, { match: { paymethod: 'CARD-SUGI' }, ...slow, times: attempts.length })
    const charging = attempts.map((attempt) => onetime.charge(app.merchant, attempt))
    const held = await Promise.all(attempts.map(() => waits.next()))
    const ended = await Promise.all([expire(tomorrow), expire(tomorrow), expire(tomorrow)])
    assert.equal(
      ended.reduce((sum, count) => sum + count),
      attempts.length,
    )
    for (const wait of held) wait.release()
    await Promise.all(charging)
    for (const { merchantUid } of attempts) await assertPaidOnce(app, merchantUid)
  })

  test('more lost senders than one sweep takes are ended by the next ones', async () => {
    await app.parts.db.query(insertLostSenders, [app.merchant.merchantId])
    const counts: number[] = []
    for (;;) {
      const ended = await expire(systemClock)
      if (ended === 0) break
      counts.push(ended)
    }
    assert.deepEqual(counts, [100, 100, 50])
  })
})

suite('a charge that outlives the patience of its caller', () => {
  test('is answered as unknown, and stays so for every caller until its answer comes', async () => {
    const waits = createHeldWaits()
    const app = await startTestApp({
      role: 'api',
      environment: { BILLKEY_ANSWER_WITHIN_MS: '50' },
      simulator: { delay: waits.delay },
    })
    const attempt = newAttempt()
    await orderFault(app, { match: { paymethod: 'CARD-SUGI' }, ...slow })
    assertAnswersUnknown(await onetime.charge(app.merchant, attempt))
    const held = await waits.next()
    const clock = new TestClock(systemClock.now() + 86_400_000)
    assert.equal(await expireLostSenders({ ...app.parts, clock }), 1)
    await assertStaysUnknown(app, onetime, attempt)
    held.release()
    await eventually('the late answer', async () => {
      const { state } = await paymentOf(app, attempt.merchantUid)
      return state === 'paid' ? state : undefined
    })
    await assertPaidOnce(app, attempt.merchantUid)
    await app.close()
  })
})

const insertLostSenders = sql(
  'test_insert_lost_senders',
  `insert into payments (
     merchant_id, imp_uid, merchant_uid, state, method, channel_key, pg_id, sandbox, amount, started_at,
     lease_until, updated_at)
   select $1, 'imps_lost_' || n, 'lost-' || n, 'sending', 'key_in', 'none', 'none', true, 1,
     '2020-01-01Z', '2020-01-01Z', '2020-01-01Z'
   from generate_series(1, 250) n`,
)
