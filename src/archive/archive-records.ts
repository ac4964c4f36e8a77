// What the frames of an archive hold: a manifest, then merchant by merchant its payments and what they add up to, then an
// end. The texts of records and attempts are PostgreSQL's own, so that their digests are those of the database.

import { createHash, type Hash } from 'node:crypto'

import { damaged } from '../backup/file-unusable.ts'
import { readRawRecord, writeRawRecord } from '../backup/raw-records.ts'
import type { ReadBytes } from '../backup/sealed-frames.ts'
import type { MerchantId } from '../primitives/ids.ts'

export interface ArchiveManifest {
  /** Of payments that were begun, and changed last, before it. */
  readonly before: string
}

export interface ArchivedExchange {
  readonly exchangeId: string
  /** What stands in the row still, so that the file can be read by itself. */
  readonly about: object
  /** JSON as the database spelled it; its SHA-256 is the row's record_digest. */
  readonly record: string
}

export interface ArchivedAttempt {
  readonly webhookId: string
  readonly attempt: number
  /** The rest of the row, as JSON. */
  readonly row: string
}

export interface ArchivedPayment {
  readonly merchantId: MerchantId
  readonly impUid: string
  readonly about: object
  readonly exchanges: readonly ArchivedExchange[]
  readonly attempts: readonly ArchivedAttempt[]
}

/** What one merchant has in an archive. */
export interface MerchantTally {
  readonly merchantId: MerchantId
  readonly payments: number
  readonly exchanges: number
  readonly attempts: number
  /** SHA-256 over the bodies of its payments, hex. */
  readonly digest: string
}

export type ArchiveRecord =
  | { readonly kind: 'manifest'; readonly body: ArchiveManifest }
  | { readonly kind: 'payment'; readonly body: ArchivedPayment }
  | { readonly kind: 'merchant_end'; readonly body: MerchantTally }
  | { readonly kind: 'end'; readonly body: { readonly payments: number } }

const kinds = [
  'manifest',
  'payment',
  'merchant_end',
  'end',
] as const satisfies readonly ArchiveRecord['kind'][]

/** Counts what goes by of one merchant. */
export interface Tallying {
  add(payment: ArchivedPayment, body: Buffer): void
  end(): MerchantTally
}

export function tallyOf(owner: MerchantId): Tallying {
  const digest: Hash = createHash('sha256')
  const counts = { payments: 0, exchanges: 0, attempts: 0 }
  return {
    add({ exchanges, attempts }, body) {
      digest.update(body)
      counts.payments += 1
      counts.exchanges += exchanges.length
      counts.attempts += attempts.length
    },
    end: () => ({ merchantId: owner, ...counts, digest: digest.digest('hex') }),
  }
}

export function bodyOf(body: ArchiveRecord['body']): Buffer {
  return Buffer.from(JSON.stringify(body), 'utf8')
}

export function writeArchiveRecord(kind: ArchiveRecord['kind'], body: Buffer): Buffer {
  return writeRawRecord(kinds.indexOf(kind), body)
}

/** Up to the last record, and no further. Throws `FileUnusable` where it is not as it was written. */
export async function* readArchiveRecords(read: ReadBytes): AsyncGenerator<ArchiveRecord> {
  let payments = 0
  let tally: Tallying | undefined
  for (;;) {
    const { kindNumber, bytes } = await readRawRecord(read)
    const kind = kinds[kindNumber]
    if (kind === undefined) throw damaged()
    // Its frame was authentic, so the body is what was written.
    const record = { kind, body: JSON.parse(bytes.toString('utf8')) as unknown } as ArchiveRecord
    if (record.kind === 'payment') {
      tally ??= tallyOf(record.body.merchantId)
      tally.add(record.body, bytes)
      payments += 1
    }
    if (record.kind === 'merchant_end') {
      if (JSON.stringify(tally?.end()) !== JSON.stringify(record.body)) throw damaged()
      tally = undefined
    }
    if (record.kind === 'end') {
      const isWhole = tally === undefined && record.body.payments === payments
      if (!isWhole || (await read(1)) !== null) throw damaged()
    }
    yield record
    if (record.kind === 'end') return
  }
}
