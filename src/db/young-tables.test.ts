import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { adHocSql } from './database.ts'
import { analyseYoungTables } from './young-tables.ts'

let testDatabase: TestDatabase

before(async () => {
  testDatabase = await createTestDatabase({ schema: 'empty' })
  const { database } = testDatabase
  await database.query(adHocSql('create table coins (coin int primary key)'))
  // Only what this test says shall analyse it.
  await database.query(adHocSql('alter table coins set (autovacuum_enabled = false)'))
})

after(() => testDatabase.drop())

/** The server's counts are written when a session has nothing else to do; asked for here, they are written at once. */
async function addCoins(from: number, to: number): Promise<void> {
  await testDatabase.database.transaction(async (tx) => {
    await tx.query(adHocSql(`insert into coins select generate_series(${from}, ${to})`))
    await tx.query(adHocSql('select pg_stat_force_next_flush()'))
  })
}

test('a table is analysed when it has grown tenfold, and not before', async () => {
  const { database } = testDatabase
  assert.deepEqual(await analyseYoungTables(database), [])
  await addCoins(1, 49)
  assert.deepEqual(await analyseYoungTables(database), [])
  await addCoins(50, 100)
  assert.deepEqual(await analyseYoungTables(database), ['coins'])
  assert.deepEqual(await analyseYoungTables(database), [])
  await addCoins(101, 900)
  assert.deepEqual(await analyseYoungTables(database), [])
  await addCoins(901, 1_000)
  assert.deepEqual(await analyseYoungTables(database), ['coins'])
  const { rows } = await database.query<{ rows: number }>(
    adHocSql(`select reltuples::int as rows from pg_class where relname = 'coins'`),
  )
  assert.deepEqual(rows, [{ rows: 1_000 }])
})
