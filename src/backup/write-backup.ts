// Writes a backup while everything runs: one snapshot, every table streamed out, packed, sealed, and passed on. What is
// held in memory does not grow with the data.

import type { Writable } from 'node:stream'

import { type CopySession, withCopySession } from '../db/copy-session.ts'
import type { Database } from '../db/database.ts'
import { listAppliedMigrations } from '../db/migrate.ts'
import type { Clock } from '../primitives/clock.ts'
import type { IdSource } from '../primitives/ids.ts'
import type { Secret } from '../primitives/secret.ts'
import { StartupError } from '../primitives/startup-error.ts'
import type { MasterKeys } from '../vault/master-key.ts'
import { countDataKeysByMasterKey } from '../vault/vault.store.ts'
import { type BackupRecord, writeRecord } from './backup-records.ts'
import { createRowDigest } from './row-digest.ts'
import { writeSealedFile } from './sealed-file.ts'
import {
  copyOutText,
  identityReached,
  listTables,
  lockAgainstMigrations,
  type TableShape,
} from './table-shapes.ts'

export interface BackupDependencies {
  readonly db: Database
  readonly databaseAddress: Secret
  readonly masterKeys: Pick<MasterKeys, 'current'>
  readonly clock: Clock
  readonly ids: Pick<IdSource, 'uuid'>
  /** Of this program. */
  readonly version: string
}

/** How far a table is. */
export type OnTable = (table: string, rows: number, isDone: boolean) => void

export interface BackupOptions {
  readonly isEncrypted: boolean
  readonly signal: AbortSignal
  readonly onTable: OnTable
}

export interface BackupSummary {
  readonly backupId: string
  readonly snapshotAtMs: number
  readonly rows: number
  readonly bytes: number
  /** By table. */
  readonly digests: ReadonlyMap<string, string>
}

/** `sink` is ended when everything is in it. Throws the signal's reason when it is told to stop. */
export async function writeBackup(
  deps: BackupDependencies,
  sink: Writable,
  options: BackupOptions,
): Promise<BackupSummary> {
  // Listed before the snapshot, so that they can be locked before it: a table that a migration rewrites after the
  // snapshot would look empty in it.
  const tables = await listTables(deps.db)
  return withCopySession(deps.databaseAddress, { isReadOnly: true }, async (session) => {
    await lockAgainstMigrations(session.transaction, tables)
    const backupId = deps.ids.uuid()
    const snapshotAtMs = deps.clock.now()
    const snapshotAt = new Date(snapshotAtMs).toISOString()
    const tally: Tally = { rows: 0, digests: new Map() }
    const recorded = { snapshotAt, tables, tally, onTable: options.onTable }
    const { bytes } = await writeSealedFile(sink, recordBytes(session, recorded), {
      about: { kind: 'backup', fileId: backupId, createdAt: snapshotAt, version: deps.version },
      masterKeys: deps.masterKeys,
      isEncrypted: options.isEncrypted,
      signal: options.signal,
    })
    return { backupId, snapshotAtMs, bytes, ...tally }
  })
}

interface Tally {
  rows: number
  readonly digests: Map<string, string>
}

interface Recorded {
  readonly snapshotAt: string
  readonly tables: readonly TableShape[]
  readonly tally: Tally
  readonly onTable: OnTable
}

async function* recordBytes(session: CopySession, recorded: Recorded): AsyncGenerator<Buffer> {
  for await (const record of records(session, recorded)) yield writeRecord(record)
}

async function* records(
  session: CopySession,
  { snapshotAt, tables, tally, onTable }: Recorded,
): AsyncGenerator<BackupRecord> {
  const { transaction } = session
  const found = await listTables(transaction)
  if (JSON.stringify(found) !== JSON.stringify(tables)) {
    throw new StartupError('schema_changing', 'a migration ran at this very moment: try again')
  }
  const keys = await countDataKeysByMasterKey(transaction)
  yield {
    kind: 'manifest',
    body: {
      snapshotAt,
      migrations: await listAppliedMigrations(transaction),
      masterKeyIds: keys.map(({ masterKeyId }) => masterKeyId),
      tables: tables.map(({ table }) => table),
    },
  }
  for (const { table, columns } of tables) {
    const digest = createRowDigest()
    yield { kind: 'table', body: { table, columns } }
    for await (const chunk of session.copyOut(copyOutText({ table, columns }))) {
      digest.update(chunk as Buffer)
      onTable(table, digest.rows, false)
      yield { kind: 'data', body: chunk as Buffer }
    }
    yield { kind: 'table_end', body: { table, rows: digest.rows, digest: digest.hex() } }
    onTable(table, digest.rows, true)
    tally.rows += digest.rows
    tally.digests.set(table, digest.hex())
  }
  yield {
    kind: 'end',
    body: { rows: tally.rows, identities: await identitiesOf(session, tables) },
  }
}

async function identitiesOf(
  { transaction }: CopySession,
  tables: readonly TableShape[],
): Promise<Record<string, number>> {
  const reached: Record<string, number> = {}
  for (const { table, identities } of tables) {
    for (const column of identities) {
      reached[`${table}.${column}`] = await identityReached(transaction, table, column)
    }
  }
  return reached
}
