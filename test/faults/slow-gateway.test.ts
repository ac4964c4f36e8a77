// The PG takes longer than a caller waits. The answer leaves in time and says "not known yet"; the charge goes on by
// itself and is settled when the PG's answer comes, without a second one.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { startTestApp, type TestApp } from '../support/app.ts'
import { eventually } from './eventually.ts'
import { createHeldWaits, type HeldWaits } from './held-waits.ts'
import {
  assertAnswersUnknown,
  assertNoKey,
  assertPaidOnce,
  assertRepeatIsRefused,
  orderFault,
  paymentOf,
  shownPayment,
} from './outcome-checks.ts'
import {
  type Attempt,
  newAttempt,
  onetime,
  onetimeWithKey,
  waysToCharge,
  type Way,
} from './ways-to-charge.ts'

const slow = { fault: 'slow', delayMs: 60_000 }

// Only charges are answered early; a registration waits for its key however long it takes.
function startImpatientApp(waits: HeldWaits): Promise<TestApp> {
  return startTestApp({
    environment: { BILLKEY_ANSWER_WITHIN_MS: '100' },
    simulator: { delay: waits.delay },
  })
}

async function untilSettled(app: TestApp, { merchantUid }: Attempt, state: string): Promise<void> {
  await eventually(`payment ${merchantUid} to be ${state}`, async () =>
    (await paymentOf(app, merchantUid)).state === state ? true : undefined,
  )
}

async function chargeSlowly(app: TestApp, way: Way, attempt: Attempt): Promise<void> {
  await way.prepare(app.merchant, attempt)
  await orderFault(app, { match: { paymethod: way.payMethod }, ...slow })
  assertAnswersUnknown(await way.charge(app.merchant, attempt))
  assert.equal((await paymentOf(app, attempt.merchantUid)).state, 'sending')
  await assertRepeatIsRefused(app, way, attempt)
}

suite('a PG slower than its caller', () => {
  let app: TestApp
  let waits: HeldWaits
  before(async () => {
    waits = createHeldWaits()
    app = await startImpatientApp(waits)
  })
  after(() => app.close())

  for (const way of waysToCharge) {
    test(`${way.name}: is answered ready in time and paid when its answer comes`, async () => {
      const attempt = newAttempt()
      await chargeSlowly(app, way, attempt)
      if (way === onetimeWithKey) await assertNoKey(app, attempt)
      const held = await waits.next()
      held.release()
      await untilSettled(app, attempt, 'paid')
      await assertPaidOnce(app, attempt.merchantUid)
      await assertRepeatIsRefused(app, way, attempt)
      const path = `/payments/find/${attempt.merchantUid}/paid`
      assert.equal(shownPayment(await app.merchant.call('GET', path)).status, 'paid')
    })
  }

  test('a late decline ends it as failed, and its merchant_uid is free again', async () => {
    const attempt = newAttempt()
    await orderFault(app, { ...slow, match: { step: 'ready' } })
    await orderFault(app, { fault: 'over_limit' })
    assertAnswersUnknown(await onetime.charge(app.merchant, attempt))
    const held = await waits.next()
    held.release()
    await untilSettled(app, attempt, 'failed')
    await onetime.charge(app.merchant, attempt)
    await untilSettled(app, attempt, 'paid')
    await assertPaidOnce(app, attempt.merchantUid)
  })

  test('a server that stops waits for the answer and settles it', async () => {
    const ownWaits = createHeldWaits()
    const stopped = await startImpatientApp(ownWaits)
    try {
      const attempt = newAttempt()
      await chargeSlowly(stopped, onetime, attempt)
      const held = await ownWaits.next()
      let isStopped = false
      const stopping = stopped.server.stop().then(() => (isStopped = true))
      // It stops listening a moment after it was told to.
      await eventually('a server that listens no more', () =>
        fetch(`${stopped.url}/healthz`).then(
          () => undefined,
          () => true,
        ),
      )
      assert.equal(isStopped, false)
      held.release()
      await stopping
      await assertPaidOnce(stopped, attempt.merchantUid)
    } finally {
      await stopped.close()
    }
  })
})
