// `billkey discrepancy` and `billkey reconcile` as an operator types them.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { type CommandRunner, startCommandRunner } from '../support/command-runner.ts'
import { assertPaidOnce, orderFault } from '../faults/outcome-checks.ts'
import { newAttempt, onetime } from '../faults/ways-to-charge.ts'
import { becomes, chargeInAdmin, setSimulator } from './told.ts'

suite('an operator', () => {
  let app: TestApp
  let commands: CommandRunner
  before(async () => {
    app = await startTestApp({ role: 'api', tells: true })
    await setSimulator(app, { notificationUrls: {} })
    const { databaseUrl, masterKey } = app.parts.config
    commands = startCommandRunner({
      DATABASE_URL: databaseUrl?.reveal() ?? '',
      BILLKEY_MASTER_KEY: masterKey.key?.reveal() ?? '',
      BILLKEY_LOG_LEVEL: 'fatal',
    })
  })
  after(async () => {
    await commands.close()
    await app.close()
  })

  async function said(...args: readonly string[]): Promise<string> {
    const ran = await commands.run(...args)
    assert.equal(ran.code, 0, ran.stderr)
    return ran.stdout
  }

  async function refusal(...args: readonly string[]): Promise<string> {
    const ran = await commands.run(...args)
    assert.equal(ran.code, 1, ran.stdout)
    assert.equal(ran.stderr.trim().split('\n').length, 1, ran.stderr)
    return ran.stderr
  }

  test('reconciles a day by hand, twice without harm', async () => {
    assert.equal(await said('discrepancy', 'list'), 'no open discrepancy\n')
    const attempt = newAttempt()
    await orderFault(app, { match: {}, fault: 'answer_lost' })
    await onetime.charge(app.merchant, attempt)
    await becomes(app, attempt, 'unknown')
    await chargeInAdmin(app, 'phone-order-8', 12_000)
    const first = await said('reconcile')
    assert.match(first, /^CTS00001 \d{8}: 2 approvals, 0 cancels\n/)
    assert.match(first, /settled 1 that were unknown/)
    assert.match(first, /raised 1: billkey discrepancy list/)
    await assertPaidOnceBut(attempt.merchantUid)
    const second = await said('reconcile', '--channel', 'CTS00001')
    assert.match(second, /settled 0 that were unknown/)
    assert.doesNotMatch(second, /raised/)
  })

  test('is told why a file cannot be had', async () => {
    await setSimulator(app, { reportStatus: 503 })
    const ran = await commands.run('reconcile')
    await setSimulator(app, { reportStatus: 200 })
    assert.equal(ran.code, 1)
    assert.match(ran.stdout, /CTS00001 \d{8}: HTTP status 503/)
    assert.match(await refusal('reconcile', '--day', '20261301'), /--day is a day of the past/)
    assert.match(await refusal('reconcile', '--day', '29991231'), /--day is a day of the past/)
    assert.match(await refusal('reconcile', '--channel', 'CTS00002'), /report password/)
  })

  test('lists, reads and resolves a discrepancy, once, and that is audited', async () => {
    const listed = await said('discrepancy', 'list')
    const [, row = ''] = listed.trim().split('\n')
    const [id = '', kind, order, won] = row.split(/\s+/)
    assert.deepEqual([kind, order, won], ['foreign_charge', 'phone-order-8', '12000'])
    const shown = await said('discrepancy', 'show', id)
    assert.match(shown, /order number {4}phone-order-8/)
    assert.match(shown, /imp_uid {9}none of ours/)
    assert.match(shown, /Find out who made it/)
    assert.match(await refusal('discrepancy', 'resolve', id), /--reason/)
    await said('discrepancy', 'resolve', id, '--reason', 'an order by telephone')
    assert.match(await refusal('discrepancy', 'resolve', id, '--reason', 'x'), /resolved before/)
    assert.match(await refusal('discrepancy', 'show', 'nonsense'), /by its id/)
    assert.equal(await said('discrepancy', 'list'), 'no open discrepancy\n')
    assert.match(await said('discrepancy', 'list', '--all'), /phone-order-8/)
    assert.match(await said('discrepancy', 'show', id), /cli:\w+: an order by telephone/)
    const { rows } = await app.parts.db.query(
      adHocSql("select from audit_events where action = 'discrepancy.resolve' and subject = $1"),
      [id],
    )
    assert.equal(rows.length, 1)
  })

  // The ledger holds an approval of nobody by then, which is this file’s doing.
  async function assertPaidOnceBut(merchantUid: string): Promise<void> {
    await assert.rejects(assertPaidOnce(app, merchantUid), /approval of nobody/)
  }
})
