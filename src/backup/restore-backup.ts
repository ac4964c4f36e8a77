// Restores a backup into an empty database, in one transaction: all of it, compared with what was written, or nothing.
// Every merchant in it is held (payments/hold.ts) until an operator has reconciled what happened since.

import { pipeline } from 'node:stream/promises'

import { type CopySession, withCopySession } from '../db/copy-session.ts'
import { adHocSql } from '../db/database.ts'
import {
  lockMigrations,
  type Migration,
  migrateWithin,
  migrationsDirectory,
  readMigrations,
} from '../db/migrate.ts'
import type { Clock } from '../primitives/clock.ts'
import type { Secret } from '../primitives/secret.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { holdMerchants } from '../reconciliation/restore-holds.store.ts'
import { MasterKeyUnknown } from '../vault/data-keys.ts'
import type { MasterKeys } from '../vault/master-key.ts'
import type { SealedColumn } from '../vault/sealed-columns.store.ts'
import type { BackupEnd, Manifest, TableEnd } from './backup-records.ts'
import { FileUnusable, damaged } from './file-unusable.ts'
import { openSamples } from './open-samples.ts'
import { openBackup, type OpenBackup } from './read-backup.ts'
import { createRowDigest } from './row-digest.ts'
import {
  advanceIdentity,
  copyInText,
  copyOutText,
  createIndex,
  dropIndexes,
  findAnyRelation,
  listPlainIndexes,
  listTables,
  type TableShape,
} from './table-shapes.ts'
import type { OnTable } from './write-backup.ts'

export interface RestoreDependencies {
  readonly databaseAddress: Secret
  readonly masterKeys: MasterKeys
  readonly clock: Clock
  /** Every sealed column that there is. */
  readonly sealedColumns: readonly SealedColumn[]
}

export interface RestoreProgress {
  readonly onTable: OnTable
  readonly onStep: (step: string) => void
}

export interface Restored {
  readonly backupId: string
  readonly snapshotAtMs: number
  readonly rows: number
  readonly digests: ReadonlyMap<string, string>
  /** The migration that the backup was at, and those that brought it up to date. */
  readonly schema: string
  readonly migrated: readonly string[]
  /** Sealed values that were opened. */
  readonly opened: number
  /** Merchants that are held. */
  readonly held: number
}

/** Throws `FileUnusable`, `MasterKeyUnknown`, `StartupError` `database_not_empty`: then nothing was changed. */
export async function restoreBackup(
  deps: RestoreDependencies,
  source: AsyncIterable<Buffer>,
  progress: RestoreProgress,
): Promise<Restored> {
  const backup = await openBackup(source, deps.masterKeys)
  try {
    const { manifest } = backup
    for (const id of manifest.masterKeyIds) {
      if (deps.masterKeys.find(id) === undefined) throw new MasterKeyUnknown(id, 'this backup')
    }
    const known = await readMigrations(migrationsDirectory)
    const { before, after } = splitMigrations(known, backup)
    return await withCopySession(deps.databaseAddress, { isReadOnly: false }, (session) =>
      fill(deps, session, { backup, before, after, progress }),
    )
  } finally {
    backup.close()
  }
}

interface Filling {
  readonly backup: OpenBackup
  /** The migrations that the backup's tables have, and those that came later. */
  readonly before: readonly Migration[]
  readonly after: readonly Migration[]
  readonly progress: RestoreProgress
}

function splitMigrations(
  known: readonly Migration[],
  { manifest, header }: OpenBackup,
): Pick<Filling, 'before' | 'after'> {
  for (const { number, name, checksum } of manifest.migrations) {
    const ours = known[number - 1]
    if (ours === undefined) {
      throw new FileUnusable(
        `it has migration ${name}, which this billkey does not know: use billkey ${header.version} or newer`,
      )
    }
    if (ours.name !== name || ours.checksum !== checksum) {
      throw new FileUnusable(`its migration ${name} is not the ${ours.name} of this billkey`)
    }
  }
  const applied = new Set(manifest.migrations.map(({ number }) => number))
  return {
    before: known.filter(({ number }) => applied.has(number)),
    after: known.filter(({ number }) => !applied.has(number)),
  }
}

async function fill(
  deps: RestoreDependencies,
  session: CopySession,
  { backup, before, after, progress }: Filling,
): Promise<Restored> {
  const { transaction } = session
  const { header, manifest } = backup
  await lockMigrations(transaction)
  await refuseUnlessEmpty(session)
  const appliedAt = new Map(manifest.migrations.map((one) => [one.number, one.appliedAtMs]))
  await migrateWithin(transaction, before, ({ number }) => appliedAt.get(number) as number)
  const tables = await listTables(transaction)
  const indexes = await listPlainIndexes(transaction)
  await dropIndexes(transaction, indexes)
  const loaded = await loadTables(session, tables, { backup, progress })
  progress.onStep('making indexes')
  for (const index of indexes) await createIndex(transaction, index)
  await advanceIdentities(session, tables, loaded.end)

  await compare(session, tables, { ends: loaded.ends, progress })
  const missing = indexes.length - (await listPlainIndexes(transaction)).length
  if (missing !== 0) throw new Error(`${missing} indexes are missing after the restore`)
  progress.onStep('bringing the tables up to date')
  await migrateWithin(transaction, after, () => deps.clock.now())
  const opened = await openSamples(transaction, deps.masterKeys, deps.sealedColumns)
  const snapshotAtMs = Date.parse(manifest.snapshotAt)
  const held = await holdMerchants(transaction, {
    backupId: header.fileId,
    snapshotAtMs,
    restoredAtMs: deps.clock.now(),
  })
  await transaction.query(adHocSql('analyze'))
  return {
    backupId: header.fileId,
    snapshotAtMs,
    rows: loaded.end.rows,
    digests: new Map([...loaded.ends].map(([table, { digest }]) => [table, digest])),
    schema: before.at(-1)?.name ?? 'none',
    migrated: after.map(({ name }) => name),
    opened,
    held,
  }
}

async function refuseUnlessEmpty({ transaction }: CopySession): Promise<void> {
  const found = await findAnyRelation(transaction)
  if (found === undefined) return
  throw new StartupError(
    'database_not_empty',
    `this database has data already (${found}): restore into a new, empty one; nothing is ever overwritten`,
  )
}

interface Loaded {
  readonly ends: ReadonlyMap<string, TableEnd>
  readonly end: BackupEnd
}

async function loadTables(
  session: CopySession,
  tables: readonly TableShape[],
  { backup, progress }: Pick<Filling, 'backup' | 'progress'>,
): Promise<Loaded> {
  checkTables(tables, backup.manifest)
  const ends = new Map<string, TableEnd>()
  for (const shape of tables) {
    const start = await backup.next()
    if (start.kind !== 'table' || start.body.table !== shape.table) throw damaged()
    if (start.body.columns.join() !== shape.columns.join()) throw notOurs(shape.table)
    ends.set(shape.table, await loadTable(session, shape, { backup, progress }))
  }
  const end = await backup.next()
  if (end.kind !== 'end') throw damaged()
  await backup.finish()
  return { ends, end: end.body }
}

function checkTables(tables: readonly TableShape[], manifest: Manifest): void {
  const ours = new Set(tables.map(({ table }) => table))
  const [odd] = ours.symmetricDifference(new Set(manifest.tables))
  if (odd !== undefined) throw notOurs(odd)
}

function notOurs(table: string): FileUnusable {
  return new FileUnusable(`its table ${table} is not as its migrations make it`)
}

async function loadTable(
  session: CopySession,
  shape: TableShape,
  { backup, progress }: Pick<Filling, 'backup' | 'progress'>,
): Promise<TableEnd> {
  const digest = createRowDigest()
  let end: TableEnd | undefined
  async function* rows(): AsyncGenerator<Buffer> {
    for (;;) {
      const record = await backup.next()
      if (record.kind === 'table_end') {
        end = record.body
        return
      }
      if (record.kind !== 'data') throw damaged()
      digest.update(record.body)
      progress.onTable(shape.table, digest.rows, false)
      yield record.body
    }
  }
  await pipeline(rows, session.copyIn(copyInText(shape)))
  if (end?.rows !== digest.rows || end.digest !== digest.hex()) throw damaged()
  progress.onTable(shape.table, digest.rows, true)
  return end
}

async function advanceIdentities(
  { transaction }: CopySession,
  tables: readonly TableShape[],
  { identities }: BackupEnd,
): Promise<void> {
  for (const { table, identities: columns } of tables) {
    for (const column of columns) {
      await advanceIdentity(transaction, { table, column }, identities[`${table}.${column}`] ?? 0)
    }
  }
}

/** Reads every row back as the database has it now. */
async function compare(
  session: CopySession,
  tables: readonly TableShape[],
  { ends, progress }: { readonly ends: Loaded['ends']; readonly progress: RestoreProgress },
): Promise<void> {
  for (const shape of tables) {
    progress.onStep(`comparing ${shape.table}`)
    const digest = createRowDigest()
    for await (const chunk of session.copyOut(copyOutText(shape))) digest.update(chunk as Buffer)
    const end = ends.get(shape.table)
    if (end?.rows === digest.rows && end.digest === digest.hex()) continue
    throw new StartupError(
      'restore_differs',
      `${shape.table} reads back otherwise than it was written (${digest.rows} rows of ${end?.rows}): nothing was kept`,
    )
  }
}
