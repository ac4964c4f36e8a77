// A subscription business has all that a day brings due at one instant. Each look for the next few reads those few, not
// all that is due.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { adHocSql, type Database } from '../../src/db/database.ts'
import { findDueOfEach, findDueSchedules } from '../../src/schedules/schedule-queries.store.ts'
import { explain } from '../support/explain.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const dueMs = Date.UTC(2026, 10, 28)

suite('five thousand schedules due at one instant', () => {
  let tested: TestDatabase
  before(async () => {
    tested = await createTestDatabase()
    const { database } = tested
    await database.query(adHocSql("insert into merchants (name, created_at) values ('one', now())"))
    await database.query(
      adHocSql(
        `insert into schedules (merchant_id, schedule_id, merchant_uid, customer_uid, state, schedule_at, due_at, amount,
           name, buyer_ip, created_at, updated_at)
         select m.merchant_id, gen_random_uuid(), 's' || n, 'c', 'scheduled', t, t, 1000, 'n', '127.0.0.1', t, t
         from merchants m, generate_series(1, 5000) n, (select timestamptz '2026-11-28 00:00Z' as t) at`,
      ),
    )
    await database.query(adHocSql('analyze schedules'))
  })
  after(() => tested?.drop())

  for (const [name, find] of [
    ['of all merchants', findDueSchedules],
    ['of each merchant', findDueOfEach],
  ] as const) {
    test(`the next eight ${name} are read by index, and no more`, async () => {
      const look = async (db: Database) => assert.equal((await find(db, dueMs, 8)).length, 8)
      const [plan] = await explain(tested.database, look)
      const scan = plan?.nodes.find(({ index }) => index?.startsWith('schedules_due') === true)
      assert.equal(scan?.rows, 8, JSON.stringify(plan?.nodes))
    })
  }
})
