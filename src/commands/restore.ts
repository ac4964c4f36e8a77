// `billkey restore`: a backup into an empty database, and the release of what it holds after.

import { userInfo } from 'node:os'
import { parseArgs } from 'node:util'

import { listMerchants } from '../accounts/accounts.store.ts'
import { openBackupFile } from '../backup/backup-file.ts'
import { restoreBackup } from '../backup/restore-backup.ts'
import { openEverything, type Parts } from '../compose/parts.ts'
import type { Config } from '../config.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { examineHold, type HoldState } from '../reconciliation/examine-hold.ts'
import type { LackingReport, RestoreHold } from '../reconciliation/restore-hold.ts'
import { listHolds, releaseHold } from '../reconciliation/restore-holds.store.ts'
import { type Command, isSandboxDirectory, pickMerchant, withParts } from './command.ts'
import { sealedColumns } from './keys.ts'
import { countOf, inKorea, print, printError, tableProgress } from './terminal.ts'

export const restoreCommand: Command = {
  name: 'restore',
  summary: 'Restore a backup, and release what it holds',
  help: `Usage: billkey restore <file>
       billkey restore status
       billkey restore release --reason <text> [--merchant <number or name>]
       billkey restore release --without-files --overdue revoke|charge --reason <text> [--merchant …]

Restores a backup into an empty database (DATABASE_URL, or an embedded one in a new BILLKEY_DATA_DIR): all of it,
compared row by row with what was backed up, or nothing. A backup of an older version is brought up to date, one of a
newer version is refused. '-' reads standard input. Nothing is ever overwritten.

Every merchant is held after it: schedules wait, charges and cancels are refused, because what was charged between
backup and restore would be charged again. Start 'billkey serve': its workers read PAYJOA's daily files of all days
since the backup, and book again the schedules that were charged. 'status' says what is still missing.

  release                  lets money move again. Refused until all files have been read and every discrepancy is
                           resolved
  --without-files          release although files are missing: you have compared PAYJOA's admin by hand
  --overdue revoke|charge  what becomes of schedules that were due at the restore. revoke: none is charged, the
                           merchant reserves anew what was not. charge: all are charged; only when you know that
                           none was before

Examples:
  DATABASE_URL=postgres://…/new BILLKEY_MASTER_KEY_FILE=/run/secrets/master billkey restore billkey-2026-12-01.backup
  billkey restore status
  billkey restore release --reason 'files read, 3 discrepancies settled with the merchant'`,
  async run(args, config) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        reason: { type: 'string' },
        merchant: { type: 'string' },
        overdue: { type: 'string' },
        'without-files': { type: 'boolean', default: false },
      },
    })
    const [what] = positionals
    if (what === undefined || positionals.length > 1) {
      throw new StartupError(
        'no_file',
        "name one file, 'status' or 'release': see 'billkey restore --help'",
      )
    }
    if (what === 'status') return withParts(config, showHolds)
    if (what !== 'release') return restore(config, what)
    const wish = readWish(values)
    await withParts(config, (parts) => release(parts, values.merchant, wish))
  },
}

async function restore(config: Config, path: string): Promise<void> {
  const source =
    path === '-' ? (process.stdin as AsyncIterable<Buffer>) : await openBackupFile(path)
  const isSandbox = await isSandboxDirectory(config)
  const parts = await openEverything(config, { isSandbox, migrates: false })
  try {
    const restored = await restoreBackup({ ...parts, sealedColumns }, source, {
      onTable: tableProgress(''),
      onStep: (step) => printError(`  ${step}`),
    })
    const { snapshotAtMs, rows, schema, migrated, opened, held } = restored
    print(
      `restored ${countOf(rows, 'row')} of ${inKorea(snapshotAtMs)} (KST), each compared; ${opened} sealed values opened`,
    )
    if (migrated.length > 0) print(`brought from ${schema} to ${migrated.at(-1)}`)
    if (held > 0)
      print(
        `${countOf(held, 'merchant')} held: start 'billkey serve', then see 'billkey restore status'`,
      )
  } finally {
    await parts.close()
  }
}

async function showHolds(parts: Parts): Promise<void> {
  const holds = await listHolds(parts.db)
  if (holds.length === 0) print('nothing is held')
  for (const hold of holds) {
    const state = await examineHold(parts, hold, parts.clock.now())
    print(
      `${await nameOf(parts, hold)}: held since ${inKorea(hold.restoredAtMs)} (KST), restored as of ${inKorea(hold.snapshotAtMs)}`,
    )
    for (const line of linesOf(state)) print(`  ${line}`)
    if (isReconciled(state)) print('  may be released: billkey restore release')
  }
}

async function nameOf({ db }: Parts, { merchantId }: RestoreHold): Promise<string> {
  const merchant = (await listMerchants(db)).find((one) => one.merchantId === merchantId)
  return `${merchantId} ${merchant?.name ?? ''}`.trim()
}

function linesOf({ lacking, discrepancies, overdue }: HoldState): string[] {
  return [
    ...lacking.map(describeLacking),
    ...(discrepancies === 0
      ? []
      : [
          `${countOf(discrepancies, 'open discrepancy', 'open discrepancies')}: billkey discrepancy list`,
        ]),
    ...(overdue === 0
      ? []
      : [`${countOf(overdue, 'schedule')} due at the restore wait to be charged`]),
  ]
}

function describeLacking({ pgId, day, reason }: LackingReport): string {
  switch (reason) {
    case 'no_report_password':
      return `${pgId} has no report password: billkey channel set, or compare by hand`
    case 'not_read_yet':
      return `${pgId} ${day}: not read yet, or too soon after the restore`
    case 'unreadable_lines':
      return `${pgId} ${day}: has unreadable lines`
    case 'not_trusted':
      return `${pgId} ${day}: is not known to list charges by key, or lacks some of ours, so its silence proves nothing`
  }
}

function isReconciled({ lacking, discrepancies }: HoldState): boolean {
  return lacking.length === 0 && discrepancies === 0
}

interface Wish {
  readonly reason: string
  /** Null: only what the files have told of. */
  readonly overdue: 'revoke' | 'charge' | null
}

function readWish(values: {
  readonly reason?: string | undefined
  readonly overdue?: string | undefined
  readonly 'without-files': boolean
}): Wish {
  const reason = values.reason?.trim() ?? ''
  if (reason === '')
    throw new StartupError('reason_missing', 'say why it may be released with --reason')
  const { overdue } = values
  if (!values['without-files']) {
    if (overdue === undefined) return { reason, overdue: null }
    throw new StartupError(
      'bad_option',
      '--overdue goes with --without-files: otherwise the files decide',
    )
  }
  if (overdue === 'revoke' || overdue === 'charge') return { reason, overdue }
  throw new StartupError('bad_option', '--without-files needs --overdue revoke or --overdue charge')
}

async function release(parts: Parts, wanted: string | undefined, wish: Wish): Promise<void> {
  const { merchantId, name } = await pickMerchant(parts, wanted)
  const hold = (await listHolds(parts.db)).find((one) => one.merchantId === merchantId)
  if (hold === undefined) throw new StartupError('not_held', `${name} is not held`)
  const state = await examineHold(parts, hold, parts.clock.now())
  if (wish.overdue === null && !isReconciled(state)) {
    throw new StartupError(
      'not_reconciled',
      `${name} is not reconciled yet: ${linesOf(state).join('; ')}: see 'billkey restore --help'`,
    )
  }
  const revoked = await releaseHold(
    parts.db,
    {
      merchantId,
      actor: `cli:${userInfo().username}`,
      reason: wish.reason,
      isReconciled: isReconciled(state),
      revokesOverdue: wish.overdue === 'revoke',
    },
    { atMs: parts.clock.now(), eventId: parts.ids.uuid() },
  )
  if (revoked === undefined) throw new StartupError('not_held', `${name} is not held`)
  print(
    `${name} is released${revoked === 0 ? '' : `; ${countOf(revoked, 'overdue schedule')} revoked`}`,
  )
}
