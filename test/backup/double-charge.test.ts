// The trap of every restore: what was charged after the backup is due again. Here the database is lost after a schedule
// was charged, an order paid and one cancelled, and restored as it was before.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { registerCard, reserve, newEntry } from '../api/reservations.ts'
import { ledgerOf } from '../api/books.ts'
import { eventually } from '../faults/eventually.ts'
import { again, newAttempt } from '../faults/ways-to-charge.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { auditBooks } from '../support/auditor.ts'
import { type CommandRunner, startCommandRunner } from '../support/command-runner.ts'
import { adHocSql } from '../../src/db/database.ts'
import { executed } from '../workers/scheduled-work.ts'
import { setSimulator } from '../reconciliation/told.ts'
import { backUp, type RestoredApp, startRestored } from './restored.ts'

suite('a database that was restored as it was before some charges', () => {
  let app: TestApp
  let restored: RestoredApp
  let commands: CommandRunner
  const charged = newEntry(0, { merchant_uid: 'charged-after-backup' })
  const declined = newEntry(0, { merchant_uid: 'due-during-outage' })
  const attempt = newAttempt()
  let impUid: string

  before(async () => {
    app = await startTestApp({ tells: true, environment: { BILLKEY_SANDBOX_EVIDENCE_MS: '2000' } })
    await setSimulator(app, { notificationUrls: {} })
    await again.prepare(app.merchant, attempt)
    // Charged and known before the backup, so that the files are known to list charges by key.
    await again.charge(app.merchant, { ...attempt, merchantUid: 'paid-before-backup' })
    await registerCard(app.merchant, 'subscriber')
    const soon = Math.floor(Date.now() / 1000) + 4
    const later = soon + 8
    const entries = [
      { ...charged, schedule_at: soon },
      { ...declined, schedule_at: later },
    ]
    await reserve(app.merchant, 'subscriber', entries)
    const backup = await backUp(app.parts)
    const done = await executed(app.merchant, 'charged-after-backup')
    impUid = done.imp_uid as string
    assert.equal(done.payment_status, 'paid')
    await again.charge(app.merchant, { ...attempt, merchantUid: 'paid-after-backup' })
    await app.server.stop()
    restored = await startRestored(app, backup.bytesOfFile, 'all')
    const { masterKey } = app.parts.config
    commands = startCommandRunner({
      DATABASE_URL: restored.parts.config.databaseUrl?.reveal() ?? '',
      BILLKEY_MASTER_KEY: masterKey.key?.reveal() ?? '',
      BILLKEY_SANDBOX_EVIDENCE_MS: '2000',
      BILLKEY_LOG_LEVEL: 'fatal',
    })
  })
  after(async () => {
    await commands.close()
    await restored.close()
    await app.close()
  })

  test('neither charges nor cancels before it is released', async () => {
    const order = { ...attempt, merchantUid: 'asked-while-held' }
    const key = { 'idempotency-key': 'held-once' }
    const reply = await restored.merchant.call(
      'POST',
      '/subscribe/payments/again',
      {
        merchant_uid: order.merchantUid,
        amount: 1_000,
        name: 'x',
        customer_uid: order.customerUid,
      },
      key,
    )
    assert.deepEqual([reply.status, reply.body.code], [423, -1])
    assert.equal(reply.headers.get('retry-after'), '600')
    const cancel = { merchant_uid: 'paid-before-backup' }
    const refused = await restored.merchant.call('POST', '/payments/cancel', cancel)
    assert.equal(refused.status, 423)
    const { rows } = await restored.parts.db.query(
      adHocSql(`select from payments where merchant_uid = 'asked-while-held'`),
    )
    assert.equal(rows.length, 0)
  })

  test('books a schedule again that the gateway’s file tells of, instead of charging it twice', async () => {
    await eventually('the charge of the schedule is found', async () => {
      const { rows } = await restored.parts.db.query<{ state: string; imp_uid: string }>(
        adHocSql(`select state, imp_uid from payments where merchant_uid = 'charged-after-backup'`),
      )
      return rows[0]?.state === 'paid' && rows[0].imp_uid === impUid ? true : undefined
    })
    const { rows } = await restored.parts.db.query<{ status: string }>(
      adHocSql(
        `select payment_status as status from schedules where merchant_uid = 'charged-after-backup'`,
      ),
    )
    assert.equal(rows[0]?.status, 'paid')
    assert.equal(ledgerOf(app, impUid).length, 1)
  })

  test('raises what a merchant charged itself, and is not released before that is explained', async () => {
    const early = await commands.run('restore', 'release', '--reason', 'x')
    assert.equal(early.code, 1)
    assert.match(early.stderr, /is not reconciled yet: /)
    const status = await eventually('the files are read', async () => {
      const ran = await commands.run('restore', 'status')
      return ran.stdout.includes('not read yet') ? undefined : ran.stdout
    })
    assert.match(status, /1 open discrepancy: billkey discrepancy list/)
    const listed = await commands.run('discrepancy', 'list')
    const id = /^(\S+) +foreign_charge/m.exec(listed.stdout)?.[1] ?? ''
    const said = ['--reason', 'paid-after-backup: the shop has it']
    assert.equal((await commands.run('discrepancy', 'resolve', id, ...said)).code, 0)
    assert.match((await commands.run('restore', 'status')).stdout, /may be released/)
    assert.equal((await commands.run('doctor')).stdout.includes('held since a restore'), true)
    const released = await commands.run('restore', 'release', '--reason', 'reconciled')
    assert.deepEqual([released.code, released.stderr], [0, ''])
    const { rows } = await restored.parts.db.query<{ detail: object }>(
      adHocSql(`select detail from audit_events where action = 'restore.release'`),
    )
    assert.deepEqual(rows, [{ detail: { reason: 'reconciled', revoked: 0, reconciled: true } }])
    assert.match((await commands.run('restore', 'release', '--reason', 'x')).stderr, /is not held/)
  })

  test('charges after the release what had not been charged, once', async () => {
    const done = await eventually('the end of the other schedule', async () => {
      const { rows } = await restored.parts.db.query<{ imp_uid: string; status: string }>(
        adHocSql(
          `select imp_uid, payment_status as status from schedules where merchant_uid = 'due-during-outage'`,
        ),
      )
      return rows[0]?.status === 'paid' ? rows[0] : undefined
    })
    assert.equal(ledgerOf(app, done.imp_uid).length, 1)
    assert.equal(ledgerOf(app, impUid).length, 1)
    const breaches = await auditBooks(restored.parts, app.simulator.ledger())
    // The one that only the merchant knows of.
    assert.deepEqual(
      breaches.map(({ rule }) => rule),
      ['approval of nobody'],
    )
  })

  test('lets an Idempotency-Key that was refused be used for the same call', async () => {
    const body = {
      merchant_uid: 'asked-while-held',
      amount: 1_000,
      name: 'x',
      customer_uid: attempt.customerUid,
    }
    const reply = await restored.merchant.call('POST', '/subscribe/payments/again', body, {
      'idempotency-key': 'held-once',
    })
    assert.equal(reply.body.response.status, 'paid')
  })
})
