// Opens an archive, and proves one by reading it to its end. Whatever is wrong with the file shows as `FileUnusable`, at
// the latest with its last record: nobody may thin before that.

import { createHash } from 'node:crypto'

import { damaged } from '../backup/file-unusable.ts'
import { openSealedFile } from '../backup/sealed-file.ts'
import type { MasterKeys } from '../vault/master-key.ts'
import { type ArchivedPayment, type MerchantTally, readArchiveRecords } from './archive-records.ts'

export interface OpenArchive {
  readonly archiveId: string
  readonly writtenAtMs: number
  readonly beforeMs: number
  /** Payments of one merchant after those of another, each merchant's followed by what they add up to. */
  readonly parts: AsyncGenerator<ArchivedPayment | MerchantTally>
  readonly close: () => void
}

export function isTally(part: ArchivedPayment | MerchantTally): part is MerchantTally {
  return !('impUid' in part)
}

/** Throws `FileUnusable`, or `MasterKeyUnknown`. */
export async function openArchive(
  source: AsyncIterable<Buffer>,
  masterKeys: Pick<MasterKeys, 'find'>,
): Promise<OpenArchive> {
  const { header, read, close } = await openSealedFile('archive', source, masterKeys)
  const records = readArchiveRecords(read)
  try {
    const first = await records.next()
    if (first.done === true || first.value.kind !== 'manifest') throw damaged()
    return {
      archiveId: header.fileId,
      writtenAtMs: Date.parse(header.createdAt),
      beforeMs: Date.parse(first.value.body.before),
      parts: partsOf(records),
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}

async function* partsOf(
  records: ReturnType<typeof readArchiveRecords>,
): AsyncGenerator<ArchivedPayment | MerchantTally> {
  for await (const record of records) {
    if (record.kind === 'payment' || record.kind === 'merchant_end') yield record.body
    else if (record.kind === 'manifest') throw damaged()
  }
}

export interface ProvedArchive {
  readonly archiveId: string
  readonly writtenAtMs: number
  readonly beforeMs: number
  readonly fileBytes: number
  readonly fileDigest: Buffer
  readonly tallies: readonly MerchantTally[]
}

/** Reads all of it. */
export async function proveArchive(
  source: AsyncIterable<Buffer>,
  masterKeys: Pick<MasterKeys, 'find'>,
): Promise<ProvedArchive> {
  const digest = createHash('sha256')
  let fileBytes = 0
  async function* measured() {
    for await (const chunk of source) {
      digest.update(chunk)
      fileBytes += chunk.length
      yield chunk
    }
  }
  const { archiveId, writtenAtMs, beforeMs, parts, close } = await openArchive(
    measured(),
    masterKeys,
  )
  try {
    const tallies: MerchantTally[] = []
    for await (const part of parts) if (isTally(part)) tallies.push(part)
    return { archiveId, writtenAtMs, beforeMs, fileBytes, fileDigest: digest.digest(), tallies }
  } finally {
    close()
  }
}
