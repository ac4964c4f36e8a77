// Brings the schema up to date from migrations/NNNN-name.sql. Each file runs once, in a transaction of
// its own, under a lock that all starters share; what was applied may never change afterwards.

import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { systemClock, type Clock } from '../primitives/clock.ts'
import {
  adHocSql,
  instant,
  sql,
  type Database,
  type Queryable,
  type Transaction,
} from './database.ts'
import { DatabaseStartupError } from './startup-error.ts'
import { silentLog, type StorageLog } from './storage-log.ts'

export const migrationsDirectory = fileURLToPath(new URL('../../migrations/', import.meta.url))

/** The oldest server the statements are written for. */
const serverVersionMin = 150_000

// Any number, as long as nobody else in this database uses it: "billkey" in ASCII, cut to 31 bits.
const migrationLockKey = 0x62_69_6c_6c

// Waiting longer for a table would queue every payment behind the migration's lock request.
const tableLockTimeoutMs = 10_000

export interface Migration {
  readonly number: number
  /** The file's name without `.sql`. */
  readonly name: string
  readonly text: string
  /** SHA-256 of the text, line ends aside. */
  readonly checksum: string
  /** A binary that does not know this migration must not use the database once it is applied. */
  readonly isBreaking: boolean
}

export interface MigrateOptions {
  readonly directory?: string
  readonly clock?: Clock
  readonly log?: StorageLog
}

interface AppliedRow {
  readonly number: number
  readonly name: string
  readonly checksum: string
  readonly is_breaking: boolean
}

const createLedger = adHocSql(`
  create table if not exists schema_migrations (
    number integer not null,
    name text not null,
    checksum text not null,
    is_breaking boolean not null,
    applied_at timestamptz(3) not null,
    constraint schema_migrations_pkey primary key (number)
  )`)

const findLedger = sql(
  'find_migration_ledger',
  `select to_regclass('schema_migrations') is not null as is_present`,
)

const listApplied = sql(
  'list_applied_migrations',
  'select number, name, checksum, is_breaking from schema_migrations order by number',
)

const listLedgerStatement = sql(
  'list_migration_ledger',
  `select number, name, checksum, applied_at as "appliedAtMs" from schema_migrations order by number`,
)

export interface AppliedMigration {
  readonly number: number
  readonly name: string
  readonly checksum: string
  readonly appliedAtMs: number
}

/** As the database has them, in order, whatever this program knows. */
export async function listAppliedMigrations(db: Queryable): Promise<AppliedMigration[]> {
  return (await db.query<AppliedMigration>(listLedgerStatement)).rows
}

const insertApplied = sql(
  'insert_applied_migration',
  `insert into schema_migrations (number, name, checksum, is_breaking, applied_at)
   values ($1, $2, $3, $4, $5)`,
)

const describeServer = sql(
  'describe_server',
  `select current_setting('server_version_num')::integer as version,
          current_setting('server_encoding') as encoding`,
)

/**
 * Applies what is missing, in order, and answers with the names. Several starters may call it at once:
 * they wait for each other. Throws `DatabaseStartupError`: `database_newer`, `migration_changed`,
 * `migration_failed` (that one was rolled back, those before it are kept), `database_unsuitable`.
 */
export async function migrate(
  database: Database,
  options: MigrateOptions = {},
): Promise<{ readonly applied: string[] }> {
  const { clock = systemClock, log = silentLog } = options
  const migrations = await readMigrations(options.directory ?? migrationsDirectory)
  await checkServer(database)
  const applied: string[] = []
  for (;;) {
    const done = await applyNext(database, migrations, clock)
    if (done === null) return { applied }
    applied.push(done)
    log.info({ migration: done }, 'migration applied')
  }
}

/** Names that `migrate` would apply now. Changes nothing, and makes the same objections. */
export async function pendingMigrations(
  database: Queryable,
  options: Pick<MigrateOptions, 'directory'> = {},
): Promise<string[]> {
  const migrations = await readMigrations(options.directory ?? migrationsDirectory)
  await checkServer(database)
  const { rows } = await database.query<{ is_present: boolean }>(findLedger)
  const applied = rows[0]?.is_present === true ? await readApplied(database, migrations) : []
  return listMissing(migrations, applied).map(({ name }) => name)
}

/**
 * How the database's schema stands to what this binary came with. `fits` too where somebody newer added what breaks
 * nothing. Reads the ledger only.
 */
export async function examineSchema(
  database: Queryable,
  migrations: readonly Migration[],
): Promise<'fits' | 'behind' | 'newer' | 'changed'> {
  try {
    const applied = await readApplied(database, migrations)
    return listMissing(migrations, applied).length === 0 ? 'fits' : 'behind'
  } catch (error) {
    if (!(error instanceof DatabaseStartupError)) throw error
    return error.code === 'database_newer' ? 'newer' : 'changed'
  }
}

/** Reads and checks the files: numbered from 1 without gaps, each with its reason and its breaking line. */
export async function readMigrations(directory: string): Promise<Migration[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.sql'))
  const migrations = await Promise.all(files.map((file) => readMigration(directory, file)))
  migrations.sort((a, b) => a.number - b.number)
  migrations.forEach(({ number, name }, index) => {
    if (number !== index + 1) throw malformed(name, `number ${index + 1} is missing or doubled`)
  })
  return migrations
}

async function readMigration(directory: string, file: string): Promise<Migration> {
  const name = file.slice(0, -'.sql'.length)
  const number = Number(/^(\d{4})-[a-z0-9]+(?:-[a-z0-9]+)*$/.exec(name)?.[1] ?? Number.NaN)
  if (Number.isNaN(number)) throw malformed(file, 'its name is not NNNN-name.sql')
  // A checkout on Windows may have turned the line ends.
  const text = (await readFile(join(directory, file), 'utf8')).replaceAll('\r\n', '\n')
  const breaking = /^-- breaking: (yes|no)$/m.exec(text)?.[1]
  if (breaking === undefined) throw malformed(name, 'it lacks the line "-- breaking: yes|no"')
  if (!/^-- why: \S/m.test(text)) throw malformed(name, 'it lacks the line "-- why: …"')
  const checksum = createHash('sha256').update(text).digest('hex')
  return { number, name, text, checksum, isBreaking: breaking === 'yes' }
}

function malformed(name: string, fault: string): DatabaseStartupError {
  return new DatabaseStartupError(
    'migration_malformed',
    `migration ${name} cannot be used, since ${fault}: restore the file from the release`,
  )
}

async function checkServer(database: Queryable): Promise<void> {
  const { rows } = await database.query<{ version: number; encoding: string }>(describeServer)
  const { version = 0, encoding = '' } = rows[0] ?? {}
  if (version < serverVersionMin) {
    throw new DatabaseStartupError(
      'database_unsuitable',
      `the database server is PostgreSQL ${Math.floor(version / 10_000)}: upgrade it to 15 or later`,
    )
  }
  if (encoding !== 'UTF8') {
    throw new DatabaseStartupError(
      'database_unsuitable',
      `the database's encoding is ${encoding}: create it anew with encoding UTF8`,
    )
  }
}

// The next missing migration, in its own transaction; null when there is none. The lock is the
// transaction's, so a starter that dies lets go of it.
async function applyNext(
  database: Database,
  migrations: readonly Migration[],
  clock: Clock,
): Promise<string | null> {
  return database.transaction(
    async (transaction) => {
      await lockMigrations(transaction)
      await transaction.query(createLedger)
      const [next] = listMissing(migrations, await readApplied(transaction, migrations))
      if (next === undefined) return null
      await apply(transaction, next, clock.now())
      return next.name
    },
    { statementTimeoutMs: 0 },
  )
}

/** Until the transaction ends nobody else migrates. Another starter may be busy with a long migration: it is waited for. */
export async function lockMigrations(transaction: Transaction): Promise<void> {
  await transaction.query(adHocSql('set local lock_timeout = 0'))
  await transaction.query(adHocSql(`select pg_advisory_xact_lock(${migrationLockKey})`))
  await transaction.query(adHocSql(`set local lock_timeout = ${tableLockTimeoutMs}`))
}

/**
 * Applies these in a transaction that holds `lockMigrations`, for a restore: it fills the tables of one version and
 * brings them to another, or leaves nothing behind.
 */
export async function migrateWithin(
  transaction: Transaction,
  migrations: readonly Migration[],
  appliedAtMs: (migration: Migration) => number,
): Promise<void> {
  await checkServer(transaction)
  await transaction.query(createLedger)
  for (const migration of migrations) await apply(transaction, migration, appliedAtMs(migration))
}

async function apply(
  transaction: Transaction,
  migration: Migration,
  appliedAtMs: number,
): Promise<void> {
  const { number, name, checksum, isBreaking, text } = migration
  try {
    await transaction.query(adHocSql(text))
    const values = [number, name, checksum, isBreaking, instant(appliedAtMs)]
    await transaction.query(insertApplied, values)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new DatabaseStartupError(
      'migration_failed',
      `migration ${name} failed and was rolled back (${reason}): repair the cause and start again`,
      error,
    )
  }
}

async function readApplied(
  queryable: Queryable,
  migrations: readonly Migration[],
): Promise<AppliedRow[]> {
  // The whole ledger each time: it is short, and another starter may have added to it.
  const { rows } = await queryable.query<AppliedRow>(listApplied)
  const known = new Map(migrations.map((migration) => [migration.number, migration]))
  for (const row of rows) checkApplied(row, known.get(row.number))
  return rows
}

function checkApplied(row: AppliedRow, migration: Migration | undefined): void {
  if (migration === undefined) {
    // One that breaks nothing may run ahead of a binary, so that a release can be rolled back.
    if (!row.is_breaking) return
    throw new DatabaseStartupError(
      'database_newer',
      `the database has migration ${row.name}, which this billkey does not know: run the newer billkey`,
    )
  }
  if (migration.name === row.name && migration.checksum === row.checksum) return
  throw new DatabaseStartupError(
    'migration_changed',
    `migration ${migration.name} differs from the ${row.name} that was applied: restore the file, and make changes in a new migration`,
  )
}

function listMissing(
  migrations: readonly Migration[],
  applied: readonly AppliedRow[],
): readonly Migration[] {
  const numbers = new Set(applied.map(({ number }) => number))
  return migrations.filter(({ number }) => !numbers.has(number))
}
