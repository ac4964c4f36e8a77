// `billkey backup`: everything, while it runs, into one file that was restored once before it gets its name.

import { basename } from 'node:path'
import type { Writable } from 'node:stream'
import { parseArgs } from 'node:util'

import packageJson from '../../package.json' with { type: 'json' }
import { openEverything, type Parts } from '../compose/parts.ts'
import { type UnfinishedFile, createBackupFile, openBackupFile } from '../backup/backup-file.ts'
import { insertBackup, markVerified } from '../backup/backups.store.ts'
import type { Restored } from '../backup/restore-backup.ts'
import { verifyBackup } from '../backup/verify-backup.ts'
import { type BackupSummary, writeBackup } from '../backup/write-backup.ts'
import type { Config } from '../config.ts'
import { pendingMigrations } from '../db/migrate.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { type Command, isSandboxDirectory } from './command.ts'
import { sealedColumns } from './keys.ts'
import { onStopSignal } from './stop-signal.ts'
import { countOf, printError, tableProgress } from './terminal.ts'

export const backupCommand: Command = {
  name: 'backup',
  summary: 'Back everything up while it runs, proved by restoring it',
  help: `Usage: billkey backup <file> [--replace] [--no-verify] [--plain]
       billkey backup - [--plain]
       billkey backup verify <file>

Writes one consistent snapshot of the whole database, packed and encrypted, while everything runs. The file is then
restored into a PostgreSQL of its own in the temporary directory and compared row by row; only then does it get its
name. '-' writes to standard output, to be piped to storage elsewhere; prove that one later with 'backup verify'.

The file is encrypted under the master key. Without the master key, or BILLKEY_MASTER_KEY_PREVIOUS, neither the file
nor the billing keys in it open: keep it where the backups are not. Says on standard error what it does.

Options:
  --replace     the file may be there already; it is replaced once the new one is proved
  --no-verify   do not restore it: quicker, and proves nothing
  --plain       not encrypted: names, telephone numbers and e-mail addresses are readable by whoever has the file.
                Billing keys and link keys stay sealed all the same. For books that must outlive the master key

Examples:
  billkey backup /var/backups/billkey-$(date +%F).backup
  billkey backup - | aws s3 cp - s3://backups/billkey-$(date +%F).backup
  billkey backup verify /var/backups/billkey-2026-12-01.backup`,
  async run(args, config) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        replace: { type: 'boolean', default: false },
        'no-verify': { type: 'boolean', default: false },
        plain: { type: 'boolean', default: false },
      },
    })
    const [first, second] = positionals
    if (first === undefined || positionals.length > (first === 'verify' ? 2 : 1)) {
      throw new StartupError('no_file', "name one file, or '-': see 'billkey backup --help'")
    }
    if (first === 'verify' && second === undefined) {
      throw new StartupError('no_file', "name the file to verify: see 'billkey backup --help'")
    }
    const parts = await openParts(config)
    try {
      if (first === 'verify') return await verifyOnly(parts, second as string)
      const isRecorded = await isUpToDate(parts)
      const isEncrypted = !values.plain
      if (first === '-') return await toStandardOutput(parts, { isEncrypted, isRecorded })
      await toFile(parts, first, {
        isEncrypted,
        isRecorded,
        replaces: values.replace,
        verifies: !values['no-verify'],
      })
    } finally {
      await parts.close()
    }
  },
}

// A backup before an upgrade must not upgrade.
async function openParts(config: Config): Promise<Parts> {
  return openEverything(config, { isSandbox: await isSandboxDirectory(config), migrates: false })
}

/** Whether it can be put on record: a schema of an earlier version has no table for it. */
async function isUpToDate({ db }: Parts): Promise<boolean> {
  return (await pendingMigrations(db)).length === 0
}

interface HowToWrite {
  readonly isEncrypted: boolean
  readonly isRecorded: boolean
}

async function write(
  parts: Parts,
  sink: Writable,
  { isEncrypted }: HowToWrite,
): Promise<BackupSummary> {
  const stop = new AbortController()
  void onStopSignal().then((signal) =>
    stop.abort(new StartupError('stopped', `stopped by ${signal}: nothing was kept`)),
  )
  const onTable = tableProgress('')
  try {
    return await writeBackup({ ...parts, version: packageJson.version }, sink, {
      isEncrypted,
      signal: stop.signal,
      onTable,
    })
  } catch (error) {
    // A pipeline hides the reason it was given behind an AbortError.
    throw stop.signal.aborted ? stop.signal.reason : error
  }
}

async function toStandardOutput(parts: Parts, how: HowToWrite): Promise<void> {
  if (process.stdout.isTTY) {
    throw new StartupError(
      'no_file',
      "'-' writes to standard output, which is a terminal here: pipe it",
    )
  }
  const made = await write(parts, process.stdout, how)
  await record(parts, made, { ...how, fileName: null, verifiedAtMs: null })
  report(made, "not verified: see 'billkey backup verify'")
}

async function toFile(
  parts: Parts,
  path: string,
  how: HowToWrite & { readonly replaces: boolean; readonly verifies: boolean },
): Promise<void> {
  const file = await createBackupFile(path, how)
  let made: BackupSummary
  let verifiedAtMs: number | null = null
  try {
    made = await write(parts, file.sink, how)
    await file.flushed()
    if (how.verifies) {
      await proveSame(parts, file, made)
      verifiedAtMs = parts.clock.now()
    }
    await file.finish()
  } catch (error) {
    await file.abandon()
    throw error
  }
  await record(parts, made, { ...how, fileName: basename(path), verifiedAtMs })
  report(made, how.verifies ? 'verified by restoring it' : 'not verified')
}

async function proveSame(parts: Parts, file: UnfinishedFile, made: BackupSummary): Promise<void> {
  const restored = await verify(parts, file.path)
  // Read back from the file and from the restored rows, these must be what was read from the database.
  for (const [table, digest] of made.digests) {
    if (restored.digests.get(table) !== digest) {
      throw new StartupError('backup_differs', `${table} does not come back as it was read`)
    }
  }
}

async function verify(parts: Parts, path: string): Promise<Restored> {
  const progress = {
    onTable: tableProgress('restoring '),
    onStep: (step: string) => printError(`  ${step}`),
  }
  return verifyBackup({ ...parts, sealedColumns }, await openBackupFile(path), progress)
}

async function verifyOnly(parts: Parts, path: string): Promise<void> {
  const restored = await verify(parts, path)
  const isKnown =
    (await isUpToDate(parts)) &&
    (await markVerified(parts.db, restored.backupId, parts.clock.now()))
  const migrated = restored.migrated.length
  printError(
    `${path} is whole: ${countOf(restored.rows, 'row')} of ${new Date(restored.snapshotAtMs).toISOString()}, schema ${restored.schema}` +
      `${migrated === 0 ? '' : ` and ${migrated} migrations since`}; ${restored.opened} sealed values opened` +
      (isKnown ? '' : '. This database does not know of it'),
  )
}

async function record(
  { db, clock }: Parts,
  { backupId, snapshotAtMs, rows, bytes }: BackupSummary,
  how: Pick<HowToWrite, 'isRecorded'> & {
    readonly fileName: string | null
    readonly verifiedAtMs: number | null
  },
): Promise<void> {
  if (!how.isRecorded) return
  const { fileName, verifiedAtMs } = how
  const finishedAtMs = clock.now()
  await insertBackup(db, {
    backupId,
    snapshotAtMs,
    finishedAtMs,
    fileName,
    bytes,
    rows,
    verifiedAtMs,
  })
}

function report({ backupId, rows, bytes, snapshotAtMs }: BackupSummary, how: string): void {
  printError(
    `backup ${backupId} of ${new Date(snapshotAtMs).toISOString()}: ${countOf(rows, 'row')}, ${bytes} bytes, ${how}`,
  )
}
