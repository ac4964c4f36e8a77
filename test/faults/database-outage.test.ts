// The database goes away at the worst moments of a charge. What the PG has answered is not lost, and nothing is
// charged that was not recorded beforehand.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { startTestApp, type TestApp } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { expireLostSenders } from '../../src/payments/expire-lost-senders.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import {
  blockedBackends,
  createDatabaseCable,
  type DatabaseCable,
  endSessions,
  makeReadOnly,
  shutDatabase,
  withSaboteur,
} from './database-sabotage.ts'
import { eventually } from './eventually.ts'
import { createHeldWaits, type HeldWaits } from './held-waits.ts'
import {
  assertMayRetry,
  assertPaidOnce,
  approvalsOf,
  orderFault,
  paymentOf,
  shownPayment,
} from './outcome-checks.ts'
import { again, newAttempt, onetime, onetimeWithKey, waysToCharge } from './ways-to-charge.ts'

const slow = { fault: 'slow', delayMs: 60_000 }

suite('the database goes away while the PG answers', () => {
  let app: TestApp
  let waits: HeldWaits
  before(async () => {
    waits = createHeldWaits()
    app = await startTestApp({ simulator: { delay: waits.delay } })
  })
  after(() => app.close())

  for (const way of waysToCharge) {
    test(`${way.name}: its sessions are ended, and the outcome is settled on a new one`, async () => {
      const attempt = newAttempt()
      await way.prepare(app.merchant, attempt)
      await orderFault(app, { match: { paymethod: way.payMethod }, ...slow })
      const charging = way.charge(app.merchant, attempt)
      const held = await waits.next()
      await endSessions(app)
      held.release()
      assert.equal(shownPayment(await charging).status, 'paid')
      await assertPaidOnce(app, attempt.merchantUid)
    })

    for (const [what, breakIt] of [
      ['accepts nobody', shutDatabase],
      ['can only be read', makeReadOnly],
    ] as const) {
      test(`${way.name}: it ${what} for a while, and the outcome waits for it`, async () => {
        const attempt = newAttempt()
        await way.prepare(app.merchant, attempt)
        await orderFault(app, { match: { paymethod: way.payMethod }, ...slow })
        const charging = way.charge(app.merchant, attempt)
        const held = await waits.next()
        const mendIt = await breakIt(app)
        const loggedBefore = app.logged().length
        held.release()
        await eventually('a settlement that waits', async () =>
          app.logged().slice(loggedBefore).includes('settling waits for the database')
            ? true
            : undefined,
        )
        await mendIt()
        assert.equal(shownPayment(await charging).status, 'paid')
        await assertPaidOnce(app, attempt.merchantUid)
        assert.match(await app.parts.metrics.render(), /^billkey_settlement_waits_total [1-9]/m)
      })
    }
  }

  for (const [reason, stop] of [
    ['is cancelled by the server', 'pg_cancel_backend'],
    ['loses its session', 'pg_terminate_backend'],
  ] as const) {
    test(`a settlement that ${reason} while it waits for a lock is tried again`, async () => {
      const attempt = newAttempt()
      await orderFault(app, { match: { paymethod: 'CARD-SUGI' }, ...slow })
      const charging = onetime.charge(app.merchant, attempt)
      const held = await waits.next()
      await withSaboteur(app, async (saboteur) => {
        await saboteur.query('begin')
        await saboteur.query('select from payments where merchant_uid = $1 for update', [
          attempt.merchantUid,
        ])
        held.release()
        const [settling] = await blockedBackends(saboteur, 1)
        await saboteur.query(`select ${stop}($1)`, [settling])
        await saboteur.query('rollback')
      })
      assert.equal(shownPayment(await charging).status, 'paid')
      await assertPaidOnce(app, attempt.merchantUid)
    })
  }
})

suite('the news of a commit is lost', () => {
  let app: TestApp
  let cable: DatabaseCable
  before(async () => {
    cable = createDatabaseCable()
    app = await startTestApp({ databaseVia: cable.via })
  })
  after(async () => {
    await app.close()
    await cable.close()
  })

  for (const way of waysToCharge) {
    test(`${way.name}: of a settlement; it is paid, and settled once`, async () => {
      const attempt = newAttempt()
      await way.prepare(app.merchant, attempt)
      // With a key that waits for its payment, the settlement is a statement of its own.
      const settles = way === onetimeWithKey ? 'settle_payment_alone' : 'settle_payment'
      const lost = cable.loseAcknowledgementOf(settles)
      const charging = way.charge(app.merchant, attempt)
      await lost
      assert.equal(shownPayment(await charging).status, 'paid')
      await assertPaidOnce(app, attempt.merchantUid)
    })
  }

  for (const way of [onetime, again]) {
    test(`${way.name}: of an intent; nothing is sent, and the merchant may try again`, async () => {
      const attempt = newAttempt()
      await way.prepare(app.merchant, attempt)
      const lost = cable.loseAcknowledgementOf('insert_intent')
      const charging = way.charge(app.merchant, attempt)
      await lost
      const { status, body } = await charging
      assert.equal(status, 500)
      assert.equal(body.code, -1)
      await eventually('the end of an intent nobody sent', async () => {
        const { state } = await paymentOf(app, attempt.merchantUid)
        return state === 'failed' ? state : undefined
      })
      await assertMayRetry(app, way, { attempt, failure: 'unsent' })
    })
  }

  test('of an announced charge, after its key was issued; it is never sent', async () => {
    const attempt = newAttempt()
    const lost = cable.loseAcknowledgementOf('record_key_issued_for_payment')
    const charging = onetimeWithKey.charge(app.merchant, attempt)
    await lost
    assert.equal((await charging).body.code, -1)
    // All sessions were cut, and the pool may hand one out before it has heard of that.
    const { impUid, startedAtMs } = await eventually('a session that was not cut', () =>
      paymentOf(app, attempt.merchantUid).catch(() => undefined),
    )
    const clock = new TestClock(startedAtMs + 86_400_000)
    await expireLostSenders({ ...app.parts, clock })
    // An announced charge may have left, for all a sweeper can know.
    assert.equal((await paymentOf(app, attempt.merchantUid)).state, 'unknown')
    assert.equal(approvalsOf(app, impUid), 0)
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })
})
