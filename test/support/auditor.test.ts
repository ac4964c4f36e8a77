// An auditor that finds nothing proves nothing: each kind of breach is made on purpose and must be found.

import assert from 'node:assert/strict'
import { after, afterEach, before, suite, test } from 'node:test'

import type { LedgerView } from '../../simulator/ledger.ts'
import { adHocSql } from '../../src/db/database.ts'
import { isUniqueViolation } from '../../src/db/pg-errors.ts'
import { approvalsOf, paymentOf } from '../faults/outcome-checks.ts'
import {
  again,
  type Attempt,
  newAttempt,
  onetime,
  onetimeWithKey,
} from '../faults/ways-to-charge.ts'
import { startTestApp, type TestApp } from './app.ts'
import { assertBooksAgree, auditBooks, type Breach } from './auditor.ts'

type Entry = LedgerView['entries'][number]

suite('the auditor', () => {
  let app: TestApp
  let keyIn: Attempt
  let withKey: Attempt
  let impUid: string
  before(async () => {
    app = await startTestApp({ role: 'api' })
    keyIn = newAttempt()
    withKey = newAttempt()
    await onetime.charge(app.merchant, keyIn)
    await onetimeWithKey.charge(app.merchant, withKey)
    await again.charge(app.merchant, { ...newAttempt(), customerUid: withKey.customerUid })
    impUid = (await paymentOf(app, keyIn.merchantUid)).impUid
    await app.parts.db.query(
      adHocSql(
        'create table kept as select * from payments; create table kept_keys as select * from billing_keys',
      ),
    )
  })
  after(() => app.close())
  afterEach(async () => {
    await app.parts.db.query(
      adHocSql(
        `delete from payments; insert into payments select * from kept; delete from pending_billing_keys;
         delete from billing_keys; insert into billing_keys select * from kept_keys;
         delete from exchanges where order_number = 'forged'`,
      ),
    )
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  async function found(ledger = app.simulator.ledger()): Promise<string[]> {
    const breaches: readonly Breach[] = await auditBooks(app.parts, ledger)
    return breaches.map(({ rule, subject }) => `${rule}: ${subject}`)
  }

  function ledgerWith(change: (entries: readonly Entry[]) => readonly Entry[]): LedgerView {
    const { entries, ...rest } = app.simulator.ledger()
    return { ...rest, entries: change(entries) }
  }

  const changed = (entry: Entry, change: Partial<Entry>) =>
    entry.orderno === impUid ? { ...entry, ...change } : entry

  const update = (assignment: string) =>
    app.parts.db.query(adHocSql(`update payments set ${assignment} where imp_uid = $1`), [impUid])

  test('finds nothing in books that agree', async () => {
    assert.equal(approvalsOf(app, impUid), 1)
    assert.deepEqual(await found(), [])
  })

  test('finds a payment that was approved twice', async () => {
    const ledger = ledgerWith((entries) => [
      ...entries,
      ...entries.filter(({ orderno }) => orderno === impUid),
    ])
    assert.deepEqual(await found(ledger), [`approved twice: ${impUid}`])
  })

  test('finds a paid payment that nobody approved', async () => {
    const ledger = ledgerWith((entries) => entries.filter(({ orderno }) => orderno !== impUid))
    assert.deepEqual(await found(ledger), [`paid without approval: ${impUid}`])
  })

  test('finds an approval of a payment we call failed, and lets an unknown one be', async () => {
    await update("state = 'failed', failure = 'unsent', failed_at = started_at, paid_at = null")
    assert.deepEqual(await found(), [`failed but approved: ${impUid}`])
    await update("state = 'unknown', failure = null, failed_at = null")
    assert.deepEqual(await found(), [])
  })

  test('finds amounts and transactions that differ', async () => {
    const dearer = ledgerWith((entries) => entries.map((entry) => changed(entry, { amount: 3001 })))
    assert.deepEqual(await found(dearer), [`amounts differ: ${impUid}`])
    const other = ledgerWith((entries) => entries.map((entry) => changed(entry, { daoutrx: 'X' })))
    assert.deepEqual(await found(other), [`other transaction: ${impUid}`])
  })

  test('finds an approval that belongs to no payment', async () => {
    await app.parts.db.query(adHocSql('delete from payments where imp_uid = $1'), [impUid])
    assert.deepEqual(await found(), [`approval of nobody: ${impUid}`])
  })

  test('finds a charge that was announced twice, should the database ever let it through', async () => {
    const announceAgain = () =>
      app.parts.db.query(
        adHocSql(
          `insert into exchanges (
             merchant_id, exchange_id, purpose, imp_uid, channel_key, order_number, amount, started_at)
           select merchant_id, gen_random_uuid(), 'charge', imp_uid, channel_key, 'forged', amount, started_at
           from payments where imp_uid = $1`,
        ),
        [impUid],
      )
    await assert.rejects(announceAgain, (error) => isUniqueViolation(error, 'exchanges_one_charge'))
    await app.parts.db.query(adHocSql('drop index exchanges_one_charge'))
    await announceAgain()
    assert.deepEqual(await found(), [`charge announced twice: ${impUid}`])
  })

  test('finds a refund on one side only', async () => {
    const given = ledgerWith((entries) =>
      entries.map((entry) => changed(entry, { cancelledAmount: 1000 })),
    )
    assert.deepEqual(await found(given), [`cancelled amounts differ: ${impUid}`])
    await update("state = 'cancelled', cancelled_at = started_at, cancel_amount = 1000")
    assert.deepEqual(await found(), [`cancelled amounts differ: ${impUid}`])
    assert.deepEqual(await found(given), [])
  })

  test('finds a key that was never issued', async () => {
    const ledger = ledgerWith((entries) => entries.filter(({ kind }) => kind !== 'key_issue'))
    assert.deepEqual(await found(ledger), [`key never issued: ${withKey.customerUid}`])
  })

  test('finds a key that is usable although the payment it came with is not paid', async () => {
    await app.parts.db.query(
      adHocSql(`update payments set state = 'unknown', paid_at = null where merchant_uid = $1`),
      [withKey.merchantUid],
    )
    assert.deepEqual(await found(), [`key kept without payment: ${withKey.customerUid}`])
  })

  test('finds a key that waits for a payment that has ended', async () => {
    await app.parts.db.query(
      adHocSql(
        `insert into pending_billing_keys (merchant_id, imp_uid, customer_uid, channel_key, pg_id, sandbox,
           gateway_key_sealed, card_number_masked, issued_at)
         select merchant_id, $1, customer_uid, channel_key, pg_id, sandbox, gateway_key_sealed,
           card_number_masked, inserted_at from billing_keys`,
      ),
      [impUid],
    )
    assert.deepEqual(await found(), [`key waits for nothing: ${withKey.customerUid}`])
  })
})
