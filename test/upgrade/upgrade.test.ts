// What an earlier version left behind (make-data.ts) goes on under this one: nothing of it is lost or said otherwise.

import assert from 'node:assert/strict'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { startSimulator, type Simulator } from '../../simulator/simulator.ts'
import { openEverything, type Parts } from '../../src/compose/parts.ts'
import { startServer, type Server } from '../../src/compose/server.ts'
import { readConfig } from '../../src/config.ts'
import { adHocSql, json } from '../../src/db/database.ts'
import { migrate, migrationsDirectory, pendingMigrations } from '../../src/db/migrate.ts'
import { Secret } from '../../src/primitives/secret.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { eventually } from '../faults/eventually.ts'
import { auditBooks } from '../support/auditor.ts'
import { callV1, type V1Reply } from '../support/app.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { backUp, restoreInto } from '../backup/restored.ts'
import type { PreviousData } from './previous-data.ts'

const previousSchema = 9

suite('data of migration 0009', () => {
  let directory: string
  let database: TestDatabase
  let simulator: Simulator
  let parts: Parts
  let server: Server
  let data: PreviousData
  let token: string

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'billkey-upgrade-'))
    data = JSON.parse(await readBeside('schema-0009.json')) as PreviousData
    const ledgerFile = join(directory, 'ledger.ndjson')
    await cp(beside('schema-0009.ledger.ndjson'), ledgerFile)
    simulator = await startSimulator({ port: 0, ledgerFile })
    database = await createTestDatabase({ schema: 'empty' })
    await loadPrevious(database, data, directory)
    const config = readConfig({
      DATABASE_URL: database.connectionString,
      BILLKEY_PORT: '0',
      BILLKEY_DATA_DIR: directory,
      BILLKEY_MASTER_KEY: data.masterKey,
    })
    await database.database.query(
      adHocSql(
        `update channels set base_url = '${simulator.url}';
         update payments set lease_until = '2026-01-01' where state = 'sending'`,
      ),
    )
    parts = await openEverything(config, {
      isSandbox: true,
      log: createLogger({ level: 'silent' }),
    })
    server = await startServer(parts, 'all')
    const body = { imp_key: data.impKey, imp_secret: data.impSecret }
    const reply = await callV1(server.url, 'POST', '/users/getToken', { body })
    token = (reply.body.response as { access_token: string }).access_token
  })
  after(async () => {
    await server.stop()
    await parts.close()
    await simulator.close()
    await database.drop()
    await rm(directory, { recursive: true, force: true })
  })

  const call = (method: string, path: string, body?: unknown): Promise<V1Reply> =>
    callV1(server.url, method, path, { body, headers: { authorization: token } })

  async function stateOf(merchantUid: string): Promise<string | undefined> {
    const { rows } = await parts.db.query<{ state: string }>(
      adHocSql('select state from payments where merchant_uid = $1'),
      [merchantUid],
    )
    return rows[0]?.state
  }

  test('is brought up to this version when the server starts', async () => {
    assert.deepEqual(await pendingMigrations(parts.db), [])
  })

  test('is answered as before', async () => {
    for (const { path, response } of data.answers) {
      const reply = await call('GET', path)
      assert.deepEqual(reply.body.response, response, path)
    }
  })

  test('has keys that open: a customer is charged, and a payment given back', async () => {
    const order = { merchant_uid: 'after-upgrade', amount: 4_000, name: '2회' }
    const paid = await call('POST', '/subscribe/payments/again', { ...order, customer_uid: 'kept' })
    assert.equal(paid.body.response.status, 'paid')
    const cancelled = await call('POST', '/payments/cancel', { merchant_uid: 'paid' })
    assert.equal(cancelled.body.response.status, 'cancelled')
  })

  test('has schedules that are charged when they are due', async () => {
    await parts.db.query(
      adHocSql(`update schedules set due_at = '2026-01-01' where merchant_uid = 'scheduled'`),
    )
    await eventually('the charge of the schedule', async () =>
      (await stateOf('scheduled')) === 'paid' ? true : undefined,
    )
  })

  test('has unknown payments that evidence ends, and a lost sender that is found', async () => {
    await eventually('the end of the lost sender’s lease', async () =>
      (await stateOf('sending')) === 'unknown' ? true : undefined,
    )
    const impUid = data.answers.find(({ path }) => path.endsWith('/unknown-charged'))?.response as {
      imp_uid: string
    }
    const approval = simulator.ledger().entries.find(({ orderno }) => orderno === impUid.imp_uid)
    assert.ok(approval !== undefined)
    const told = new URLSearchParams({
      PAYMETHOD: 'CARD',
      CPID: approval.cpid,
      DAOUTRX: approval.daoutrx ?? '',
      ORDERNO: approval.orderno,
      AMOUNT: '3000',
      SETTDATE: '20261128230000',
      AUTHNO: '12345678',
    })
    const reply = await fetch(
      `${server.url}/notifications/daou/${data.channelKey}?${told.toString()}`,
    )
    assert.match(await reply.text(), /SUCCESS/)
    assert.equal(await stateOf('unknown-charged'), 'paid')
  })

  test('agrees with what the gateway did, before and since', async () => {
    assert.deepEqual(await auditBooks(parts, simulator.ledger()), [])
  })

  test('can be restored from a backup that was made before the upgrade', async () => {
    const old = await createTestDatabase({ schema: 'empty' })
    const target = await createTestDatabase({ schema: 'empty' })
    await loadPrevious(old, data, directory)
    const { masterKeys, clock, ids } = parts
    const databaseAddress = new Secret(old.connectionString)
    const made = await backUp({ db: old.database, databaseAddress, masterKeys, clock, ids })
    const restored = await restoreInto(target, parts, made.bytesOfFile)
    assert.equal(restored.schema, '0009-channel-rules')
    assert.ok(restored.migrated.length >= 3)
    assert.deepEqual(await pendingMigrations(target.database), [])
    assert.deepEqual([restored.held, restored.opened > 0], [1, true])
    await old.drop()
    await target.drop()
  })

  test('is left by a server that runs when a newer version breaks its tables', async () => {
    await parts.db.query(
      adHocSql(
        `insert into schema_migrations values (9000, '9000-of-the-future', 'x', true, '2030-01-01')`,
      ),
    )
    assert.equal(await server.outdated, 'a newer schema')
    await assert.rejects(migrate(parts.db), { code: 'database_newer' })
  })
})

function beside(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}

function readBeside(name: string): Promise<string> {
  return readFile(beside(name), 'utf8')
}

/** The tables as the earlier version made them, with its rows. */
async function loadPrevious(
  { database }: TestDatabase,
  { tables }: PreviousData,
  directory: string,
): Promise<void> {
  const old = join(directory, 'migrations')
  for (const file of await readdir(migrationsDirectory)) {
    if (Number(file.slice(0, 4)) <= previousSchema) {
      await cp(join(migrationsDirectory, file), join(old, file))
    }
  }
  await migrate(database, { directory: old })
  for (const { table, columns, rows } of tables) {
    const list = columns.join(', ')
    const insert = adHocSql(
      `insert into ${table} (${list}) select ${list} from jsonb_populate_recordset(null::${table}, $1::jsonb)`,
    )
    await database.query(insert, [json(rows)])
  }
}
