// The database goes away at the worst moments of a cancel. What the gateway gave back is booked, once, and nothing
// is sent whose reservation is not known to be committed.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import type { PaymentView } from '../../src/payments/payment-view.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { assertMayCancel, cancel, cancelsOf, givenBack, pay } from './cancel-checks.ts'
import {
  createDatabaseCable,
  type DatabaseCable,
  endSessions,
  shutDatabase,
} from './database-sabotage.ts'
import { eventually } from './eventually.ts'
import { createHeldWaits } from './held-waits.ts'
import { orderFault } from './outcome-checks.ts'

async function assertBookedOnce(app: TestApp, impUid: string, shown: PaymentView): Promise<void> {
  assert.equal(shown.cancel_amount, 300)
  assert.equal(shown.cancel_history.length, 1)
  assert.deepEqual(givenBack(app, impUid), { won: 300, times: 1 })
  await assertBooksAgree(app.parts, app.simulator.ledger())
}

suite('the database goes away while the gateway gives back', () => {
  const waits = createHeldWaits()
  let app: TestApp
  before(async () => {
    app = await startTestApp({ simulator: { delay: waits.delay } })
  })
  after(() => app.close())

  for (const what of ['ends its sessions', 'accepts nobody for a while'] as const) {
    test(`it ${what}, and the cancel is booked when it is back`, async () => {
      const { imp_uid } = await pay(app.merchant)
      const slow = { fault: 'slow', delayMs: 60_000 }
      await orderFault(app, { match: { cancel: true }, ...slow })
      const cancelling = cancel(app.merchant, { imp_uid, amount: 300 })
      const held = await waits.next()
      const loggedBefore = app.logged().length
      const mendIt =
        what === 'ends its sessions'
          ? await endSessions(app).then(() => undefined)
          : await shutDatabase(app)
      held.release()
      if (mendIt !== undefined) {
        await eventually('a settlement that waits', async () =>
          app.logged().slice(loggedBefore).includes('settling waits for the database')
            ? true
            : undefined,
        )
        await mendIt()
      }
      const { body, headers } = await cancelling
      assert.equal(body.code, 0, body.message ?? '')
      assert.equal(headers.get('billkey-outcome'), null)
      await assertBookedOnce(app, imp_uid, body.response as PaymentView)
    })
  }
})

suite('the news of a commit of a cancel is lost', () => {
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

  test('of its settlement: it is booked once', async () => {
    const { imp_uid } = await pay(app.merchant)
    const lost = cable.loseAcknowledgementOf('settle_cancel')
    const cancelling = cancel(app.merchant, { imp_uid, amount: 300 })
    await lost
    const { body } = await cancelling
    assert.equal(body.code, 0, body.message ?? '')
    await assertBookedOnce(app, imp_uid, body.response as PaymentView)
  })

  test('of its reservation: nothing is sent, and it is released', async () => {
    const { imp_uid } = await pay(app.merchant)
    const lost = cable.loseAcknowledgementOf('reserve_cancel')
    const cancelling = cancel(app.merchant, { imp_uid, amount: 300 })
    await lost
    const { status, body } = await cancelling
    assert.equal(status, 500)
    assert.equal(body.code, -1)
    await eventually('the release of what nobody sent', async () => {
      const [abandoned] = await cancelsOf(app, imp_uid)
      return abandoned?.state === 'failed' ? abandoned : undefined
    })
    await assertMayCancel(app, imp_uid, 300)
  })
})
