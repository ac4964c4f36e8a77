// Opens a backup as a stream of records. Whatever is wrong with the file shows as `FileUnusable`, at the latest when
// its last record is asked for: nobody may commit before that.

import type { MasterKeys } from '../vault/master-key.ts'
import { type BackupRecord, type Manifest, readRecords } from './backup-records.ts'
import type { FileHeader } from './file-header.ts'
import { damaged } from './file-unusable.ts'
import { openSealedFile } from './sealed-file.ts'

export interface OpenBackup {
  readonly header: FileHeader
  readonly manifest: Manifest
  /** The next record; never undefined, since the last one is `end`. */
  next(): Promise<BackupRecord>
  /** Throws unless the file ends here. */
  finish(): Promise<void>
  close(): void
}

export async function openBackup(
  source: AsyncIterable<Buffer>,
  masterKeys: Pick<MasterKeys, 'find'>,
): Promise<OpenBackup> {
  const { header, read, close } = await openSealedFile('backup', source, masterKeys)
  const records = readRecords(read)
  const next = async () => {
    const found: IteratorResult<BackupRecord, unknown> = await records.next()
    if (found.done === true) throw damaged()
    return found.value
  }
  try {
    const first = await next()
    if (first.kind !== 'manifest') throw damaged()
    return {
      header,
      manifest: first.body,
      next,
      async finish() {
        if ((await records.next()).done !== true) throw damaged()
      },
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}
