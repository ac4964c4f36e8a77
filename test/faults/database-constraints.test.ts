// The second net under the money rules: what the code must never write, the database refuses. Every CHECK of the
// tables that hold money has an attempt to break it here, and a new one without an attempt fails the test.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { violatedConstraint } from '../../src/db/pg-errors.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { newAttempt, onetime } from './ways-to-charge.ts'

const moneyTables = [
  'payments',
  'exchanges',
  'payment_evidence',
  'cancels',
  'cancel_evidence',
] as const

/** What an update sets, each by itself against the law that it is listed under. Each table has one lawful row. */
const attempts: Readonly<Record<string, readonly string[]>> = {
  payments_state: ["state = 'charged'"],
  payments_method: ["method = 'cash'"],
  payments_amount: ['amount = 0', 'amount = -1', 'amount = 10000000000'],
  payments_tax_free: ['tax_free = -1', 'tax_free = amount + 1'],
  payments_vat_amount: ['vat_amount = -1', 'vat_amount = amount + 1'],
  payments_card_quota: ['card_quota = -1', 'card_quota = 100'],
  payments_customer_uid_usage: ["customer_uid_usage = 'other'"],
  payments_give_back: [
    "give_back = 'loudly'",
    "give_back = 'told', state = 'unknown', paid_at = null",
  ],
  payments_purpose: ["purpose = 'gift'"],
  payments_failure: ["failure = 'unknown'"],
  payments_lease: [
    'lease_until = started_at',
    "state = 'sending', paid_at = null",
    "state = 'unknown', paid_at = null, lease_until = started_at",
  ],
  payments_paid: ['paid_at = null'],
  payments_failed: [
    "state = 'failed', paid_at = null",
    "state = 'failed', paid_at = null, failed_at = started_at",
    "state = 'failed', paid_at = null, failure = 'declined'",
    "failed_at = started_at, failure = 'declined'",
  ],
  payments_cancelled: ["state = 'cancelled'", 'cancelled_at = started_at'],
  payments_cancel_amount: [
    'cancel_amount = -1',
    "state = 'cancelled', cancelled_at = started_at, cancel_amount = amount + 1, cancel_reserved = -1",
  ],
  payments_cancel_state: ['cancel_amount = 1'],
  payments_cancel_reserved: ['cancel_reserved = -1', 'cancel_reserved = amount + 1'],
  payments_cancel_tax_free: ['cancel_tax_free = -1', 'cancel_tax_free = 1'],
  exchanges_purpose: ["purpose = 'refund'"],
  exchanges_amount: ['amount = -1', 'amount = 10000000000'],
  exchanges_outcome: ["outcome = 'maybe'"],
  payment_evidence_source: ["source = 'rumour'"],
  payment_evidence_verdict: ["verdict = 'perhaps'"],
  cancels_state: ["state = 'undone'"],
  cancels_amount: ['amount = 0', 'amount = 10000000000'],
  cancels_tax_free: ['tax_free = -1', 'tax_free = amount + 1'],
  cancels_failure: ["state = 'failed', failure = 'unknown'"],
  cancels_lease: ["state = 'sending'", 'lease_until = started_at'],
  cancels_done: ["state = 'done'", 'cancelled_at = started_at'],
  cancels_failed: ["state = 'failed'", "failure = 'declined'"],
  cancel_evidence_source: ["source = 'rumour'"],
  cancel_evidence_verdict: ["verdict = 'perhaps'"],
}

interface Law {
  readonly table: string
  readonly name: string
}

suite('the database refuses', () => {
  let app: TestApp
  let laws: readonly Law[]
  before(async () => {
    app = await startTestApp({ role: 'api' })
    const { body } = await onetime.charge(app.merchant, newAttempt())
    assert.equal(body.code, 0)
    await app.parts.db.query(insertLawfulRows)
    const { rows } = await app.parts.db.query<Law>(listLaws, [moneyTables])
    laws = rows
  })
  after(() => app.close())

  test('what every CHECK forbids, and there is none without an attempt', async () => {
    assert.deepEqual(laws.map(({ name }) => name).sort(), Object.keys(attempts).sort())
    for (const { table, name } of laws) {
      for (const assignment of attempts[name] ?? []) {
        const statement = adHocSql(`update ${table} set ${assignment}`)
        const violated = await app.parts.db
          .query(statement)
          .then(() => undefined, violatedConstraint)
        assert.equal(violated, name, `update ${table} set ${assignment}`)
      }
    }
  })

  test('a second living payment of one merchant_uid, and lets a failed one be', async () => {
    const copy = (state: string, more: string) =>
      app.parts.db.query(
        adHocSql(
          `insert into payments (merchant_id, imp_uid, merchant_uid, method, channel_key, pg_id, sandbox,
             amount, started_at, updated_at, state, paid_at, cancelled_at, lease_until, failed_at, failure)
           select merchant_id, 'imps_' || gen_random_uuid(), merchant_uid, method, channel_key, pg_id,
             sandbox, amount, started_at, updated_at, '${state}', ${more} from payments where state = 'paid'`,
        ),
      )
    const living = {
      sending: 'null, null, started_at, null, null',
      unknown: 'null, null, null, null, null',
      paid: 'started_at, null, null, null, null',
      cancelled: 'started_at, started_at, null, null, null',
    }
    for (const [state, more] of Object.entries(living)) {
      const violated = await copy(state, more).then(() => undefined, violatedConstraint)
      assert.equal(violated, 'payments_merchant_uid_taken', state)
    }
    await copy('failed', "null, null, null, started_at, 'declined'")
  })

  test('a second payment with the number of the first', async () => {
    const again = app.parts.db.query(
      adHocSql(`insert into payments select * from payments where state = 'paid'`),
    )
    // Either net may catch it first; both hold.
    const violated = await again.then(() => undefined, violatedConstraint)
    assert.match(violated ?? 'nothing', /^payments_(pkey|merchant_uid_taken)$/)
  })
})

const listLaws = adHocSql(
  `select conrelid::regclass::text as table, conname as name from pg_constraint
   where contype = 'c' and connamespace = 'public'::regnamespace
     and conrelid::regclass::text = any($1)`,
)

const insertLawfulRows = adHocSql(
  `insert into payment_evidence
     select merchant_id, imp_uid, gen_random_uuid(), 'operator', 'charged', null, 'test', 'test', started_at
     from payments;
   insert into cancels (merchant_id, cancel_id, imp_uid, state, amount, enable_webhook, started_at, updated_at)
     select merchant_id, gen_random_uuid(), imp_uid, 'unknown', 1, false, started_at, started_at
     from payments;
   insert into cancel_evidence (
       merchant_id, cancel_id, evidence_id, source, verdict, actor, reason, recorded_at)
     select merchant_id, cancel_id, gen_random_uuid(), 'operator', 'cancelled', 'test', 'test', started_at
     from cancels`,
)
