// Opens a backup as a stream of records. Whatever is wrong with the file shows as `BackupUnusable`, at the latest when
// its last record is asked for: nobody may commit before that.

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'

import type { MasterKeys } from '../vault/master-key.ts'
import { type BackupHeader, headerBytesMax, openHeader } from './backup-header.ts'
import { type BackupRecord, type Manifest, readRecords } from './backup-records.ts'
import { BackupUnusable, damaged } from './backup-unusable.ts'
import { createByteReader } from './byte-reader.ts'
import { openFrames } from './sealed-frames.ts'

export interface OpenBackup {
  readonly header: BackupHeader
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
  const sealed = createByteReader(source)
  const line = await sealed.line(headerBytesMax)
  if (line === null) throw new BackupUnusable('it is no backup of billkey')
  const { header, fileKey } = openHeader(line.toString('utf8'), masterKeys)
  const frames = openFrames(sealed.read, { fileKey, header: Buffer.concat([line, newline]) })
  const unpacked = createZstdDecompress()
  // What goes wrong reaches the reader of `unpacked`, which it is destroyed with.
  pipeline(Readable.from(frames), unpacked).catch(() => undefined)
  const records = readRecords(createByteReader(unpacked as AsyncIterable<Buffer>).read)
  const close = () => void unpacked.destroy()
  const next = async () => {
    const read: IteratorResult<BackupRecord, unknown> = await records.next()
    if (read.done === true) throw damaged()
    return read.value
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

const newline = Buffer.from('\n')
