// Takes out of the tables what an archive holds. It goes by the file, which was proved to its end before: batches of one
// merchant, each in a short transaction that compares every row with the file first. Killed anywhere, it is begun again
// from the start of the file, and finds nothing to do where it has been.

import { hash } from 'node:crypto'

import type { Act } from '../audit/audit-event.ts'
import type { Database } from '../db/database.ts'
import { isHeld } from '../payments/hold.ts'
import type { Clock } from '../primitives/clock.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { archivableBefore } from './archive-age.ts'
import type { ArchivedPayment } from './archive-records.ts'
import {
  insertArchive,
  listArchives,
  lockArchives,
  markThinned,
  type ProvedFile,
} from './archives.store.ts'
import { type ProvedExchange, thinBatch, type Thinned } from './archived-payments.store.ts'
import { isTally, type OpenArchive, type ProvedArchive } from './read-archive.ts'

/**
 * Puts every merchant's part on record, with an event in its audit trail, before anything is thinned. Throws
 * `archive_differs` when another file was put on record under the same id.
 */
export async function recordArchive(
  db: Database,
  { tallies, ...proved }: ProvedArchive,
  fileName: string,
  newAct: () => Act,
): Promise<void> {
  const file: ProvedFile = { ...proved, fileName }
  for (const tally of tallies) {
    await insertArchive(db, file, tally, newAct())
    const kept = (await listArchives(db, tally.merchantId)).find(
      ({ archiveId }) => archiveId === file.archiveId,
    )
    if (kept?.fileDigest.equals(file.fileDigest) !== true) {
      throw new StartupError(
        'archive_differs',
        `archive ${file.archiveId} is on record with another SHA-256: this is not the file that was written`,
      )
    }
  }
}

export interface ThinningOptions {
  readonly signal: AbortSignal
  readonly onProgress: (payments: number) => void
}

export interface ThinnedSum extends Thinned {
  /** Of the file: payments that have changed since and were left as they are. */
  readonly left: number
}

const paymentsPerBatch = 100

/** Gives what was thinned now. Throws the signal's reason when it is told to stop; what was thinned stays so. */
export async function thinPayments(
  deps: { readonly db: Database; readonly clock: Clock },
  archive: OpenArchive,
  { signal, onProgress }: ThinningOptions,
): Promise<ThinnedSum> {
  const sum = { payments: 0, exchanges: 0, attempts: 0, left: 0 }
  let batch: ArchivedPayment[] = []
  async function thin(owner: MerchantId) {
    if (batch.length === 0) return
    signal.throwIfAborted()
    const thinned = await thinInTransaction(deps, archive, { owner, payments: batch })
    sum.payments += thinned.payments
    sum.exchanges += thinned.exchanges
    sum.attempts += thinned.attempts
    sum.left += batch.length - thinned.payments
    batch = []
    onProgress(sum.payments + sum.left)
  }
  for await (const part of archive.parts) {
    const { merchantId } = part
    if (isTally(part)) {
      await thin(merchantId)
      // Of a merchant that is held after a restore nothing was thinned: it stays to be done.
      if (await isHeld(deps.db, merchantId)) continue
      await markThinned(deps.db, merchantId, archive.archiveId, deps.clock.now())
    } else {
      batch.push(part)
      if (batch.length === paymentsPerBatch) await thin(merchantId)
    }
  }
  return sum
}

function thinInTransaction(
  { db, clock }: { readonly db: Database; readonly clock: Clock },
  { archiveId, beforeMs }: Pick<OpenArchive, 'archiveId' | 'beforeMs'>,
  {
    owner,
    payments,
  }: { readonly owner: MerchantId; readonly payments: readonly ArchivedPayment[] },
): Promise<Thinned> {
  return db.transaction(async (tx) => {
    await lockArchives(tx, owner)
    return thinBatch(tx, owner, {
      archiveId,
      beforeMs: archivableBefore(beforeMs, clock, owner),
      impUids: payments.map(({ impUid }) => impUid),
      exchanges: payments.flatMap(provedExchanges),
      attempts: payments.flatMap(({ attempts }) =>
        attempts.map(({ webhookId, attempt, row }) => ({
          webhookId,
          attempt,
          digest: digestOf(row),
        })),
      ),
    })
  })
}

/** The exchanges of a payment in a file, each with the digest of its record. */
export function provedExchanges({ exchanges }: ArchivedPayment): ProvedExchange[] {
  return exchanges.map(({ exchangeId, record }) => ({ exchangeId, digest: digestOf(record) }))
}

function digestOf(text: string): string {
  return hash('sha256', text, 'hex')
}
