// A notification is acknowledged when what it says stands in the database, and not before: the gateway repeats it.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { endSessions, makeReadOnly, shutDatabase } from '../faults/database-sabotage.ts'
import { assertPaidOnce, orderFault } from '../faults/outcome-checks.ts'
import { newAttempt, onetime } from '../faults/ways-to-charge.ts'
import {
  approvalOf,
  becomes,
  notifyByHand,
  orderNotification,
  sendWaiting,
  setSimulator,
} from './told.ts'

suite('a notification that comes while the database is away', () => {
  let app: TestApp
  before(async () => {
    app = await startTestApp({ role: 'api', tells: true, channel: { report: null } })
    await setSimulator(app, { notificationEveryMs: 3_600_000 })
  })
  after(() => app.close())

  for (const [what, breakIt] of [
    ['accepts nobody', shutDatabase],
    ['can only be read', makeReadOnly],
  ] as const) {
    test(`is refused while it ${what}, and settles when it is repeated`, async () => {
      const attempt = newAttempt()
      await orderNotification(app, 'dropped')
      await orderFault(app, { match: {}, fault: 'answer_lost' })
      await onetime.charge(app.merchant, attempt)
      const { impUid } = await becomes(app, attempt, 'unknown')
      const mendIt = await breakIt(app)
      try {
        const { daoutrx: DAOUTRX } = approvalOf(app, impUid)
        const refused = await notifyByHand(app, { ORDERNO: impUid, DAOUTRX })
        assert.equal(refused.isTaken, false)
        assert.ok(refused.status >= 500, String(refused.status))
        assert.ok((await sendWaiting(app)) >= 1)
      } finally {
        await mendIt()
      }
      assert.equal(await sendWaiting(app), 0)
      await assertPaidOnce(app, attempt.merchantUid)
    })
  }

  test('is harmless to repeat when its commit was not acknowledged', async () => {
    const attempt = newAttempt()
    await orderNotification(app, 'dropped')
    await orderFault(app, { match: {}, fault: 'answer_lost' })
    await onetime.charge(app.merchant, attempt)
    const { impUid } = await becomes(app, attempt, 'unknown')
    const { daoutrx: DAOUTRX } = approvalOf(app, impUid)
    // Sessions end under the notifications of a crowd: some commit without their sender hearing of it.
    const crowd = Array.from({ length: 10 }, () =>
      notifyByHand(app, { ORDERNO: impUid, DAOUTRX }).catch(() => undefined),
    )
    await endSessions(app)
    await Promise.all(crowd)
    assert.equal(await sendWaiting(app), 0)
    await assertPaidOnce(app, attempt.merchantUid)
    const { rows } = await app.parts.db.query<{ evidence: number }>(
      adHocSql('select count(*) as evidence from payment_evidence where imp_uid = $1'),
      [impUid],
    )
    assert.equal(rows[0]?.evidence, 1)
  })
})
