// Writes an archive: the records and attempts of all payments that may be archived, merchant by merchant, oldest first.
// Nothing in the database changes.

import type { Writable } from 'node:stream'

import { writeSealedFile, type WrittenFile } from '../backup/sealed-file.ts'
import { type Database, instant } from '../db/database.ts'
import type { Clock } from '../primitives/clock.ts'
import type { IdSource, MerchantId } from '../primitives/ids.ts'
import type { MasterKeys } from '../vault/master-key.ts'
import { archivableBefore } from './archive-age.ts'
import {
  type ArchivedPayment,
  bodyOf,
  type MerchantTally,
  tallyOf,
  writeArchiveRecord,
} from './archive-records.ts'
import {
  type ListedPayment,
  pageOfPayments,
  type PaymentPlace,
  readAttempts,
  readExchanges,
} from './archived-payments.store.ts'

export interface ArchiveDependencies {
  readonly db: Database
  readonly masterKeys: MasterKeys
  readonly clock: Clock
  readonly ids: IdSource
}

export interface ArchiveWriting {
  /** Whose payments. */
  readonly owners: readonly MerchantId[]
  readonly beforeMs: number
  readonly isEncrypted: boolean
  /** Of this program. */
  readonly version: string
  readonly signal: AbortSignal
  readonly onProgress: (payments: number) => void
}

export interface WrittenArchive extends WrittenFile {
  readonly archiveId: string
  /** Merchants that have something in it. */
  readonly tallies: readonly MerchantTally[]
  /** Of all records and attempts, before they were packed. */
  readonly textBytes: number
}

/** `sink` is ended when everything is in it. */
export async function writeArchive(
  deps: ArchiveDependencies,
  sink: Writable,
  writing: ArchiveWriting,
): Promise<WrittenArchive> {
  const archiveId = deps.ids.uuid()
  const made: Made = { tallies: [], textBytes: 0 }
  const written = await writeSealedFile(sink, recordBytes(deps, writing, made), {
    about: {
      kind: 'archive',
      fileId: archiveId,
      createdAt: instant(deps.clock.now()),
      version: writing.version,
    },
    masterKeys: deps.masterKeys,
    isEncrypted: writing.isEncrypted,
    signal: writing.signal,
  })
  return { archiveId, ...made, ...written }
}

interface Made {
  readonly tallies: MerchantTally[]
  textBytes: number
}

async function* recordBytes(
  deps: ArchiveDependencies,
  { owners, beforeMs, onProgress }: ArchiveWriting,
  made: Made,
): AsyncGenerator<Buffer> {
  yield writeArchiveRecord('manifest', bodyOf({ before: instant(beforeMs) }))
  let payments = 0
  for (const owner of owners) {
    const tallying = tallyOf(owner)
    for await (const page of pagesOf(deps, owner, beforeMs)) {
      for (const payment of page) {
        const body = bodyOf(payment)
        tallying.add(payment, body)
        made.textBytes += textBytesOf(payment)
        payments += 1
        yield writeArchiveRecord('payment', body)
      }
      onProgress(payments)
    }
    const tally = tallying.end()
    if (tally.payments === 0) continue
    made.tallies.push(tally)
    yield writeArchiveRecord('merchant_end', bodyOf(tally))
  }
  yield writeArchiveRecord('end', bodyOf({ payments }))
}

async function* pagesOf(
  { db, clock }: ArchiveDependencies,
  owner: MerchantId,
  wantedMs: number,
): AsyncGenerator<ArchivedPayment[]> {
  const beforeMs = archivableBefore(wantedMs, clock, owner)
  let after: PaymentPlace = { startedAtMs: 0, impUid: '' }
  for (;;) {
    const page = await pageOfPayments(db, owner, { beforeMs, after })
    const taken = page.filter(({ isArchivable }) => isArchivable)
    if (taken.length > 0) yield await withBulk(db, owner, taken)
    const last = page.at(-1)
    if (last === undefined) return
    after = last
  }
}

async function withBulk(
  db: Database,
  owner: MerchantId,
  taken: readonly ListedPayment[],
): Promise<ArchivedPayment[]> {
  const impUids = taken.map(({ impUid }) => impUid)
  const exchanges = Map.groupBy(await readExchanges(db, owner, impUids), ({ impUid }) => impUid)
  const attempts = Map.groupBy(await readAttempts(db, owner, impUids), ({ impUid }) => impUid)
  return taken.map(({ impUid, about }) => ({
    merchantId: owner,
    impUid,
    about,
    exchanges: (exchanges.get(impUid) ?? []).map(({ exchangeId, about: facts, record }) => ({
      exchangeId,
      about: facts,
      record,
    })),
    attempts: (attempts.get(impUid) ?? []).map(({ webhookId, attempt, row }) => ({
      webhookId,
      attempt,
      row,
    })),
  }))
}

function textBytesOf({ exchanges, attempts }: ArchivedPayment): number {
  const texts = [...exchanges.map(({ record }) => record), ...attempts.map(({ row }) => row)]
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
}
