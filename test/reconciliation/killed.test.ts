// kill -9 between what evidence commits and what it owes after: the acknowledgement of a notification, and the cancel
// that gives money back. Another process on the same database brings it to its end, once.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, suite, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { blockedBackends, withSaboteur } from '../faults/database-sabotage.ts'
import { eventually } from '../faults/eventually.ts'
import { createHeldWaits, type HeldWaits } from '../faults/held-waits.ts'
import { assertPaidOnce, orderFault, paymentOf } from '../faults/outcome-checks.ts'
import { startServeProcess } from '../faults/serve-process.ts'
import { amountWon, newAttempt, onetime } from '../faults/ways-to-charge.ts'
import { approvalOf, becomes, notifyByHand, setSimulator } from './told.ts'

const masterKey = randomBytes(32).toString('base64')

suite('a process that is killed', () => {
  let app: TestApp
  let waits: HeldWaits
  before(async () => {
    waits = createHeldWaits()
    app = await startTestApp({
      role: 'api',
      tells: true,
      channel: { report: null },
      simulator: { delay: waits.delay },
      environment: { BILLKEY_MASTER_KEY: masterKey },
    })
    await setSimulator(app, { notificationUrls: {} })
  })
  after(() => app.close())

  async function makeUnknown() {
    const attempt = newAttempt()
    await orderFault(app, { match: {}, fault: 'answer_lost' })
    await onetime.charge(app.merchant, attempt)
    const { impUid } = await becomes(app, attempt, 'unknown')
    return {
      attempt,
      impUid,
      fields: { ORDERNO: impUid, DAOUTRX: approvalOf(app, impUid).daoutrx },
    }
  }

  test('after the commit of a notification and before its acknowledgement is told again, without harm', async () => {
    const { attempt, impUid, fields } = await makeUnknown()
    const server = await startServeProcess(app, masterKey)
    try {
      await withSaboteur(app, async (saboteur) => {
        // The payment is settled by then; what is kept of the fact waits behind this lock.
        await saboteur.query('begin')
        await saboteur.query('lock table gateway_facts in share mode')
        const told = notifyByHand({ ...app, url: server.url }, fields).catch(() => undefined)
        await blockedBackends(saboteur, 1)
        await becomes(app, attempt, 'paid')
        await server.kill()
        assert.equal(await told, undefined, 'it was acknowledged')
        await saboteur.query('rollback')
      })
    } finally {
      await server.kill()
    }
    assert.equal((await notifyByHand(app, fields)).isTaken, true)
    await assertPaidOnce(app, attempt.merchantUid)
    const { rows } = await app.parts.db.query<{ evidence: number }>(
      adHocSql('select count(*) as evidence from payment_evidence where imp_uid = $1'),
      [impUid],
    )
    assert.equal(rows[0]?.evidence, 1)
  })

  test('while it gives late money back leaves a cancel that evidence ends; the money goes back once', async () => {
    await app.parts.db.query(adHocSql("update channels set late_approvals = 'cancel'"))
    const { attempt, impUid, fields } = await makeUnknown()
    assert.equal((await notifyByHand(app, fields)).isTaken, true)
    await orderFault(app, { match: { cancel: true }, fault: 'slow', delayMs: 60_000 })
    const server = await startServeProcess(app, masterKey)
    try {
      const held = await waits.next()
      await server.kill()
      held.release()
    } finally {
      await server.kill()
    }
    assert.equal(approvalOf(app, impUid).cancelledAmount, amountWon)
    // As time would have it: the lease of the sender lapses.
    await app.parts.db.query(
      adHocSql(
        "update cancels set lease_until = started_at where imp_uid = $1 and state = 'sending'",
      ),
      [impUid],
    )
    const next = await startServeProcess(app, masterKey)
    try {
      await eventually('an unknown cancel', async () => {
        const { rows } = await app.parts.db.query<{ state: string }>(
          adHocSql('select state from cancels where imp_uid = $1'),
          [impUid],
        )
        return rows.length === 1 && rows[0]?.state === 'unknown' ? true : undefined
      })
      const cancelled = { ...fields, PAYMETHOD: 'CARD_CANCEL' }
      assert.equal((await notifyByHand({ ...app, url: next.url }, cancelled)).isTaken, true)
    } finally {
      await next.stop()
    }
    assert.equal((await paymentOf(app, attempt.merchantUid)).state, 'cancelled')
    assert.equal(approvalOf(app, impUid).cancelledAmount, amountWon)
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })
})
