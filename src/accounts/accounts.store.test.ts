import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { adHocSql } from '../db/database.ts'
import { listMerchants } from './accounts.store.ts'

let testDatabase: TestDatabase

before(async () => {
  testDatabase = await createTestDatabase()
})

after(() => testDatabase.drop())

test('every merchant is listed, however many there are', async () => {
  const { database } = testDatabase
  const count = 1_500
  await database.query(
    adHocSql(`insert into merchants (name, created_at)
              select 'shop ' || n, now() from generate_series(1, ${count}) n`),
  )
  const merchants = await listMerchants(database)
  assert.equal(merchants.length, count)
  assert.equal(merchants.at(-1)?.name, `shop ${count}`)
})
