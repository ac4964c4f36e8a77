import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, beforeEach, test } from 'node:test'

import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { TestClock } from '../primitives/clock.ts'
import { Secret } from '../primitives/secret.ts'
import { adHocSql, openDatabase, type Database } from './database.ts'
import { migrate, pendingMigrations } from './migrate.ts'
import { until } from './owner-process.ts'
import { silentLog } from './storage-log.ts'

let testDatabase: TestDatabase
let database: Database
let directory: string
const directories: string[] = []

beforeEach(async () => {
  testDatabase = await createTestDatabase({ schema: 'empty' })
  database = testDatabase.database
  directory = await mkdtemp(join(tmpdir(), 'billkey-migrations-'))
  directories.push(directory)
})

afterEach(() => testDatabase.drop())

after(async () => {
  for (const path of directories) await rm(path, { recursive: true })
})

async function writeMigration(name: string, body: string, breaking = 'no'): Promise<void> {
  const text = `-- why: a test\n-- breaking: ${breaking}\n\n${body}\n`
  await writeFile(join(directory, `${name}.sql`), text)
}

async function tableNames(): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>(
    adHocSql(`select table_name as name from information_schema.tables
              where table_schema = 'public' and table_name <> 'schema_migrations' order by 1`),
  )
  return rows.map(({ name }) => name)
}

async function ledger(): Promise<object[]> {
  const columns = 'number, name, is_breaking, applied_at'
  const text = `select ${columns} from schema_migrations order by number`
  return (await database.query(adHocSql(text))).rows
}

test('migrations are applied in order, once, and remembered with the clock’s time', async () => {
  await writeMigration('0001-coins', 'create table coins (coin_id bigint);', 'yes')
  await writeMigration('0002-purses', 'create table purses (purse_id bigint); drop table coins;')
  assert.deepEqual(await pendingMigrations(database, { directory }), ['0001-coins', '0002-purses'])
  assert.deepEqual(await tableNames(), [], 'asking what is pending changes nothing')
  const clock = new TestClock(Date.UTC(2026, 10, 22))
  const { applied } = await migrate(database, { directory, clock })
  assert.deepEqual(applied, ['0001-coins', '0002-purses'])
  assert.deepEqual(await tableNames(), ['purses'])
  assert.deepEqual(await ledger(), [
    { number: 1, name: '0001-coins', is_breaking: true, applied_at: clock.now() },
    { number: 2, name: '0002-purses', is_breaking: false, applied_at: clock.now() },
  ])
  assert.deepEqual(await migrate(database, { directory }), { applied: [] })
  assert.deepEqual(await pendingMigrations(database, { directory }), [])
})

test('starters that migrate at the same time share the work', async () => {
  await writeMigration('0001-slow', 'create table slow (id bigint); select pg_sleep(0.1);')
  await writeMigration('0002-next', 'create table next (id bigint);')
  const pools = [1, 2, 3].map(() =>
    openDatabase({
      connectionString: new Secret(testDatabase.connectionString),
      poolSize: 1,
      applicationName: 'starter',
      log: silentLog,
      // Shorter than the wait for the lock, which must not be bounded by it.
      lockTimeoutMs: 10,
    }),
  )
  const results = await Promise.all(pools.map((pool) => migrate(pool, { directory })))
  const applied = results.flatMap((result) => result.applied).sort((a, b) => (a < b ? -1 : 1))
  assert.deepEqual(applied, ['0001-slow', '0002-next'])
  for (const pool of pools) await pool.close()
})

test('a migration that fails leaves nothing of itself and keeps those before it', async () => {
  await writeMigration('0001-coins', 'create table coins (coin_id bigint);')
  await writeMigration('0002-broken', 'create table half (id bigint); select 1 / 0;')
  await assert.rejects(migrate(database, { directory }), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'migration_failed')
    assert.match(error.message, /^migration 0002-broken .*division by zero/)
    return true
  })
  assert.deepEqual(await tableNames(), ['coins'])
  assert.deepEqual(await pendingMigrations(database, { directory }), ['0002-broken'])
  await writeMigration('0002-broken', 'create table whole (id bigint);')
  assert.deepEqual(await migrate(database, { directory }), { applied: ['0002-broken'] })
})

test('a migration whose session is killed in the middle leaves nothing, and the next start makes it', async () => {
  await writeMigration('0001-coins', 'create table coins (coin_id bigint); select pg_sleep(30);')
  const killed = assert.rejects(migrate(database, { directory }))
  const saboteur = openDatabase({
    connectionString: new Secret(testDatabase.connectionString),
    poolSize: 1,
    applicationName: 'saboteur',
    log: silentLog,
  })
  const kill = adHocSql(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and query like '%pg_sleep(30)%'`,
  )
  await until('it sleeps', async () => (await saboteur.query(kill)).rowCount > 0)
  await killed
  await saboteur.close()
  assert.deepEqual(await tableNames(), [])
  await writeMigration('0001-coins', 'create table coins (coin_id bigint);')
  assert.deepEqual(await migrate(database, { directory }), { applied: ['0001-coins'] })
})

test('an applied migration may not change, except in its line ends', async () => {
  await writeMigration('0001-coins', 'create table coins (coin_id bigint);')
  await migrate(database, { directory })
  const text = '-- why: a test\r\n-- breaking: no\r\n\r\ncreate table coins (coin_id bigint);\r\n'
  await writeFile(join(directory, '0001-coins.sql'), text)
  assert.deepEqual(await migrate(database, { directory }), { applied: [] })
  await writeMigration('0001-coins', 'create table coins (coin_id bigint, amount bigint);')
  for (const attempt of [migrate, pendingMigrations]) {
    await assert.rejects(attempt(database, { directory }), { code: 'migration_changed' })
  }
})

test('a database that a newer release has changed incompatibly is refused', async () => {
  await writeMigration('0001-coins', 'create table coins (coin_id bigint);')
  await writeMigration('0002-newer', 'drop table coins;', 'yes')
  await migrate(database, { directory })
  await rm(join(directory, '0002-newer.sql'))
  for (const attempt of [migrate, pendingMigrations]) {
    await assert.rejects(attempt(database, { directory }), {
      code: 'database_newer',
      message: /has migration 0002-newer, which this billkey does not know: run the newer billkey/,
    })
  }
})

test('a newer migration that breaks nothing lets an older release run', async () => {
  await writeMigration('0001-coins', 'create table coins (coin_id bigint);')
  await writeMigration('0002-newer', 'create index coins_by_id on coins (coin_id);', 'no')
  await migrate(database, { directory })
  await rm(join(directory, '0002-newer.sql'))
  assert.deepEqual(await migrate(database, { directory }), { applied: [] })
})

test('a migration without number, reason or breaking line is refused before anything runs', async () => {
  const header = '-- why: a test\n-- breaking: no\n'
  const cases = [
    ['first.sql', header, /its name is not NNNN-name.sql/],
    ['0002-Upper.sql', header, /its name is not NNNN-name.sql/],
    ['0003-gap.sql', header, /number 2 is missing or doubled/],
    ['0001-twin.sql', header, /number 2 is missing or doubled/],
    ['0002-silent.sql', '-- breaking: no\n', /lacks the line "-- why/],
    ['0002-vague.sql', '-- why: a test\n-- breaking: maybe\n', /lacks the line "-- breaking/],
  ] as const
  await writeMigration('0001-coins', 'create table coins (coin_id bigint);')
  for (const [file, text, message] of cases) {
    await writeFile(join(directory, file), text)
    await assert.rejects(migrate(database, { directory }), { code: 'migration_malformed', message })
    await rm(join(directory, file))
  }
  assert.deepEqual(await tableNames(), [])
})

test('a database in another encoding is refused', async () => {
  const name = `test_latin_${process.pid}`
  await database.query(
    adHocSql(`create database ${name} template template0 encoding 'LATIN1' locale 'C'`),
  )
  const url = new URL(testDatabase.connectionString)
  url.pathname = `/${name}`
  const latin = openDatabase({
    connectionString: new Secret(url.href),
    poolSize: 1,
    applicationName: 'latin',
    log: silentLog,
  })
  await assert.rejects(migrate(latin, { directory }), {
    code: 'database_unsuitable',
    message: /encoding is LATIN1/,
  })
  await latin.close()
  await database.query(adHocSql(`drop database ${name}`))
})

test('the release’s own migrations apply to an empty database', async () => {
  const { applied } = await migrate(database)
  assert.ok(applied.length > 0)
  assert.deepEqual(await pendingMigrations(database), [])
})
