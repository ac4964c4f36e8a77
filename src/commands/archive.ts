// `billkey archive`: the wire records and webhook attempts of old payments, out of the tables and into a file.

import { basename } from 'node:path'
import { Writable } from 'node:stream'
import { parseArgs } from 'node:util'

import packageJson from '../../package.json' with { type: 'json' }
import { refuseYoung } from '../archive/archive-age.ts'
import { listArchives, pageOfMerchants } from '../archive/archives.store.ts'
import { openArchive, type ProvedArchive, proveArchive } from '../archive/read-archive.ts'
import { recordArchive, thinPayments } from '../archive/thin-payments.ts'
import { writeArchive, type WrittenArchive } from '../archive/write-archive.ts'
import { createBackupFile, fileExists, openBackupFile } from '../backup/backup-file.ts'
import type { Parts } from '../compose/parts.ts'
import { type MerchantId, merchantId } from '../primitives/ids.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { compareWithTables, showPayment } from './archive-contents.ts'
import { cliAct, type Command, pickMerchant, withParts } from './command.ts'
import { readInstant } from './instant.ts'
import { onStopSignal } from './stop-signal.ts'
import { countOf, inKorea, print, printError, printTable, showProgress } from './terminal.ts'

export const archiveCommand: Command = {
  name: 'archive',
  summary:
    'Move what old payments said on the wire out of the database, into a file that proves it',
  help: `Usage: billkey archive <file> --before <date or instant> [--merchant <number or name>] [--keep] [--plain]
       billkey archive estimate --before <date or instant> [--merchant <number or name>]
       billkey archive thin <file>
       billkey archive verify <file>
       billkey archive show <file> --payment <imp_uid>
       billkey archive list [--merchant <number or name>]

Payments stay in the database for ever. Most of their bytes are what was said to PAYJOA and to webhooks, which is not
looked at after some months. This writes it into an encrypted file, reads the file back and compares it, puts it on
record and into the audit trail, and only then takes it out of the tables, a hundred payments at a time, while everything
runs. The digest of each record stays in its row, so 'billkey audit verify' finds as much as before. Only payments that
have ended, with nothing open about them, and older than 180 days (docs/operate/archive.md).

Keep the files for as long as you keep books: nothing else holds what is in them. If the command is stopped or killed,
run it again with the same file: it goes on where it was.

estimate  says what would be taken, and how large the file would be; changes nothing
thin      takes out of the tables what the file holds: after --keep, after a kill, after the restore of an older backup
verify    reads all of the file, and holds it against the digests in the database
show      prints what the file holds of one payment as JSON, masked as it was stored
list      archives on record, and whether all of them was taken out of the tables

Options:
  --before    payments begun, and changed last, before it; a date begins at midnight in Korea
  --merchant  of this merchant only; all of them unless it is named
  --keep      write and prove the file, and leave the tables as they are: copy it elsewhere first, then 'thin'
  --plain     not encrypted, for files that must outlive the master key

Examples:
  billkey archive estimate --before 2026-01-01
  billkey archive /var/archives/billkey-2025.archive --before 2026-01-01
  billkey archive show /var/archives/billkey-2025.archive --payment imps_123456789012`,
  async run(args, config) {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options })
    const [first, second, ...more] = positionals
    if (first === undefined || more.length > 0) throw noFile()
    await withParts(config, async (parts) => {
      if (isOneOf(withFile, first)) {
        if (second === undefined) throw noFile()
        return withFile[first](parts, second, values)
      }
      if (second !== undefined) throw noFile()
      if (first === 'list') return list(parts, values)
      if (first === 'estimate') return estimate(parts, values)
      return archive(parts, first, values)
    })
  },
}

const options = {
  before: { type: 'string' },
  merchant: { type: 'string' },
  keep: { type: 'boolean', default: false },
  plain: { type: 'boolean', default: false },
  payment: { type: 'string' },
} as const

type Values = ReturnType<typeof parseArgs<{ options: typeof options }>>['values']

const withFile = { thin, verify, show }

function isOneOf<Names extends object>(names: Names, name: string): name is keyof Names & string {
  return Object.hasOwn(names, name)
}

function noFile(): StartupError {
  return new StartupError('no_file', "name one file: see 'billkey archive --help'")
}

async function archive(parts: Parts, path: string, values: Values): Promise<void> {
  if (await fileExists(path)) return goOn(parts, path, values)
  const signal = stopSignal('nothing was kept')
  const file = await createBackupFile(path, { replaces: false })
  let made: WrittenArchive
  let proved: ProvedArchive
  try {
    made = await write(parts, file.sink, { ...(await wanted(parts, values)), signal })
    await file.flushed()
    if (made.tallies.length === 0) {
      await file.abandon()
      return printError('there is nothing to archive: no file was written')
    }
    proved = await proveSame(parts, file.path, made)
    await file.finish()
  } catch (error) {
    await file.abandon()
    throw error
  }
  printError(`archive ${made.archiveId} is written to ${path} and was read back: ${sizeOf(made)}`)
  await finish(parts, path, proved, values)
}

async function finish(
  parts: Parts,
  path: string,
  proved: ProvedArchive,
  { keep }: Pick<Values, 'keep'>,
): Promise<void> {
  await recordArchive(parts.db, proved, basename(path), () => cliAct(parts))
  if (!keep) return thinFrom(parts, path)
  printError("the tables are as they were: copy the file, then 'billkey archive thin'")
}

// Written before, whole, since it has its name; what was stopped or killed is what came after.
async function goOn(parts: Parts, path: string, values: Values): Promise<void> {
  const proved = await prove(parts, path)
  const { archiveId, beforeMs, tallies } = proved
  if (values.before !== undefined && readBefore(values.before) !== beforeMs) {
    throw new StartupError(
      'file_exists',
      `${path} is an archive of payments before ${new Date(beforeMs).toISOString()}: choose another name`,
    )
  }
  const kept = await Promise.all(
    tallies.map(async (tally) =>
      (await listArchives(parts.db, tally.merchantId)).find((one) => one.archiveId === archiveId),
    ),
  )
  if (kept.every((one) => one !== undefined && one.thinnedAtMs !== null)) {
    throw new StartupError('file_exists', `${path} is a finished archive: choose another name`)
  }
  printError(`${path} is there already: going on with archive ${archiveId}`)
  await finish(parts, path, proved, values)
}

interface Wanted {
  readonly owners: readonly MerchantId[]
  readonly beforeMs: number
  readonly isEncrypted: boolean
}

async function wanted(parts: Parts, values: Values): Promise<Wanted> {
  if (values.before === undefined) {
    throw new StartupError('no_before', 'say with --before how old payments have to be')
  }
  const beforeMs = readBefore(values.before)
  refuseYoung(beforeMs, parts.clock.now())
  return {
    beforeMs,
    isEncrypted: !values.plain,
    owners: await wantedMerchants(parts, values.merchant),
  }
}

function readBefore(text: string): number {
  return readInstant(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00+09:00` : text)
}

const merchantsPerPage = 500

async function wantedMerchants(parts: Parts, name: string | undefined): Promise<MerchantId[]> {
  if (name !== undefined) return [(await pickMerchant(parts, name)).merchantId]
  const all: MerchantId[] = []
  for (;;) {
    const page = await pageOfMerchants(parts.db, all.at(-1) ?? merchantId(0), merchantsPerPage)
    if (page.length === 0) return all
    all.push(...page.map((one) => one.merchantId))
  }
}

async function write(
  parts: Parts,
  sink: Writable,
  writing: Wanted & { readonly signal: AbortSignal },
): Promise<WrittenArchive> {
  const { signal } = writing
  const version = packageJson.version
  const onProgress = progress('read')
  try {
    return await writeArchive(parts, sink, { ...writing, version, onProgress })
  } catch (error) {
    // A pipeline hides the reason it was given behind an AbortError.
    throw signal.aborted ? signal.reason : error
  }
}

async function proveSame(parts: Parts, path: string, made: WrittenArchive): Promise<ProvedArchive> {
  const proved = await prove(parts, path)
  const isSame =
    proved.fileDigest.equals(made.digest) &&
    JSON.stringify(proved.tallies) === JSON.stringify(made.tallies)
  if (isSame) return proved
  throw new StartupError('archive_differs', 'the file does not read back as it was written')
}

async function prove(parts: Parts, path: string): Promise<ProvedArchive> {
  return proveArchive(await openBackupFile(path), parts.masterKeys)
}

async function thin(parts: Parts, path: string): Promise<void> {
  await finish(parts, path, await prove(parts, path), { keep: false })
}

async function thinFrom(parts: Parts, path: string): Promise<void> {
  const signal = stopSignal(`'billkey archive thin ${path}' goes on from here`)
  const opened = await openArchive(await openBackupFile(path), parts.masterKeys)
  try {
    const onProgress = progress('thinned')
    const { payments, exchanges, attempts, left } = await thinPayments(parts, opened, {
      signal,
      onProgress,
    })
    printError(
      `archive ${opened.archiveId}: ${countOf(exchanges, 'record')} and ${countOf(attempts, 'webhook attempt')} ` +
        `were taken out of the tables; ${countOf(payments, 'payment')} of it gone through` +
        (left === 0 ? '' : `; ${left} left as they are, since they have changed or are held`),
    )
  } finally {
    opened.close()
  }
}

async function estimate(parts: Parts, values: Values): Promise<void> {
  const nowhere = new Writable({ write: (_, __, done) => done() })
  const signal = stopSignal('nothing was changed')
  const made = await write(parts, nowhere, { ...(await wanted(parts, values)), signal })
  print(`would be archived: ${sizeOf(made)}`)
}

function sizeOf({ tallies, textBytes, bytes }: WrittenArchive): string {
  const sum = (name: 'payments' | 'exchanges' | 'attempts') =>
    tallies.reduce((total, tally) => total + tally[name], 0)
  return (
    `${countOf(sum('payments'), 'payment')} of ${countOf(tallies.length, 'merchant')}, ` +
    `${countOf(sum('exchanges'), 'record')} and ${countOf(sum('attempts'), 'webhook attempt')}; ` +
    `${textBytes} bytes of text, ${bytes} bytes of file`
  )
}

async function verify(parts: Parts, path: string): Promise<void> {
  // To its end before anything is believed.
  const { archiveId, tallies } = await prove(parts, path)
  const opened = await openArchive(await openBackupFile(path), parts.masterKeys)
  try {
    const { same, other, elsewhere, missing } = await compareWithTables(parts.db, opened)
    print(
      `archive ${archiveId} is whole: ${countOf(tallies.length, 'merchant')}; ` +
        `${countOf(same, 'record')} with the digest that the tables kept, ${elsewhere} not taken out of the tables by it`,
    )
    if (other + missing === 0) return
    throw new StartupError(
      'archive_differs',
      `${other} records differ from the digests that the tables kept, and ${missing} that should be in the file are not`,
    )
  } finally {
    opened.close()
  }
}

async function show(parts: Parts, path: string, values: Values): Promise<void> {
  if (values.payment === undefined) {
    throw new StartupError('imp_uid_missing', 'name the payment with --payment <imp_uid>')
  }
  const opened = await openArchive(await openBackupFile(path), parts.masterKeys)
  try {
    const shown = await showPayment(parts.db, opened, values.payment)
    if (shown.length === 0) {
      throw new StartupError('no_such_payment', `${path} holds nothing of ${values.payment}`)
    }
    for (const one of shown) print(JSON.stringify(one, null, 2))
  } finally {
    opened.close()
  }
}

async function list(parts: Parts, values: Values): Promise<void> {
  const owners = await wantedMerchants(parts, values.merchant)
  const kept = (await Promise.all(owners.map((owner) => listArchives(parts.db, owner)))).flat()
  printTable(
    [
      'archive',
      'merchant',
      'before (KST)',
      'file',
      'payments',
      'records',
      'attempts',
      'thinned (KST)',
    ],
    kept.map((one) => [
      one.archiveId,
      String(one.merchantId),
      inKorea(one.beforeMs),
      one.fileName,
      String(one.payments),
      String(one.exchanges),
      String(one.attempts),
      one.thinnedAtMs === null ? 'not yet' : inKorea(one.thinnedAtMs),
    ]),
  )
}

function stopSignal(consequence: string): AbortSignal {
  const stop = new AbortController()
  void onStopSignal().then((signal) =>
    stop.abort(new StartupError('stopped', `stopped by ${signal}: ${consequence}`)),
  )
  return stop.signal
}

// On a terminal the line is written over; a log gets one in twenty thousand payments.
function progress(verb: string): (payments: number) => void {
  let shown = 0
  return (payments) => {
    const step = process.stderr.isTTY ? 1_000 : 20_000
    if (payments - shown < step) return
    shown = payments
    showProgress(`  ${verb}: ${countOf(payments, 'payment')}`, process.stderr)
    if (process.stderr.isTTY) process.stderr.write('\n')
  }
}
