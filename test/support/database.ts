// A database per test file, cloned from one that was migrated once: about 0.1 s, and no file sees
// another's rows. Dropping it checks that no connection was leaked.

import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

import { Client, escapeIdentifier } from 'pg'

import { openDatabase, type Database } from '../../src/db/database.ts'
import { migrate, migrationsDirectory, readMigrations } from '../../src/db/migrate.ts'
import { silentLog } from '../../src/db/storage-log.ts'
import { Secret } from '../../src/primitives/secret.ts'
import { testServer } from './database-server.ts'

export interface TestDatabase {
  /** For a process under test: `DATABASE_URL`. */
  readonly connectionString: string
  /** A pool on it; further ones are opened with `openDatabase`. */
  readonly database: Database
  /** Closes `database` and drops it. Fails when a connection to it is still open. */
  drop(): Promise<void>
}

export interface TestDatabaseOptions {
  /** `empty`: no migration was applied. */
  readonly schema?: 'migrated' | 'empty'
  readonly poolSize?: number
}

// Any number nobody else uses in the maintenance database.
const templateLockKey = 8_484_001

// How long a closed connection may take to go away on a busy machine.
const closingMaxMs = 2_000
const closingPollMs = 5

let templateName: Promise<string> | undefined

export async function createTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { schema = 'migrated', poolSize = 5 } = options
  const server = await testServer()
  const template =
    schema === 'empty' ? 'template0' : await (templateName ??= ensureTemplate(server))
  const name = `test_${process.pid}_${randomBytes(6).toString('hex')}`
  await administer(server, (client) => cloneDatabase(client, template, name))
  const connectionString = databaseOn(server, name)
  const database = open(connectionString, poolSize)
  return {
    connectionString,
    database,
    drop: async () => {
      await database.close()
      await administer(server, (client) => dropDatabase(client, name))
    },
  }
}

function open(connectionString: string, poolSize: number): Database {
  return openDatabase({
    connectionString: new Secret(connectionString),
    poolSize,
    applicationName: 'billkey-test',
    log: silentLog,
  })
}

function databaseOn(server: string, name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

async function administer<T>(server: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: server })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

async function cloneDatabase(client: Client, template: string, name: string): Promise<void> {
  await client.query(
    `create database ${escapeIdentifier(name)} template ${escapeIdentifier(template)}
       encoding 'UTF8' strategy file_copy`,
  )
}

async function dropDatabase(client: Client, name: string): Promise<void> {
  const leaked = await listConnections(client, name)
  await client.query(`drop database ${escapeIdentifier(name)} with (force)`)
  if (leaked.length > 0) {
    throw new Error(`connections to ${name} were leaked: ${JSON.stringify(leaked)}`)
  }
}

/** Those that are not just about to end: a closed connection is listed for a moment. */
async function listConnections(client: Client, name: string): Promise<object[]> {
  const text = 'select application_name, state, query from pg_stat_activity where datname = $1'
  for (let waitedMs = 0; ; waitedMs += closingPollMs) {
    const { rows } = await client.query<object>(text, [name])
    if (rows.length === 0 || waitedMs >= closingMaxMs) return rows
    await delay(closingPollMs)
  }
}

/** One template per state of the migrations folder, made by whoever comes first. */
async function ensureTemplate(server: string): Promise<string> {
  const migrations = await readMigrations(migrationsDirectory)
  const checksums = migrations.map(({ checksum }) => checksum).join()
  const key = createHash('sha256').update(checksums).digest('hex').slice(0, 12)
  const name = `billkey_template_${key}`
  await administer(server, async (client) => {
    if (await hasDatabase(client, name)) return
    await client.query('select pg_advisory_lock($1)', [templateLockKey])
    if (await hasDatabase(client, name)) return
    const unfinished = `${name}_new`
    await client.query(`drop database if exists ${unfinished} with (force)`)
    await client.query(`create database ${unfinished} template template0 encoding 'UTF8'`)
    const database = open(databaseOn(server, unfinished), 1)
    try {
      await migrate(database)
    } finally {
      await database.close()
    }
    // The name is what says that it is whole.
    await client.query(`alter database ${unfinished} rename to ${name}`)
  })
  return name
}

async function hasDatabase(client: Client, name: string): Promise<boolean> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
  return rowCount === 1
}
