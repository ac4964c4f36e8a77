// What a backup and an archive are on the outside: the first line in clear, then their bytes packed (zstd) and sealed in
// frames. What is held in memory does not grow with the data.

import { createHash } from 'node:crypto'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdCompress, createZstdDecompress } from 'node:zlib'

import type { MasterKeys } from '../vault/master-key.ts'
import { createByteReader } from './byte-reader.ts'
import {
  type FileHeader,
  type FileKind,
  headerBytesMax,
  makeHeader,
  type NewHeader,
  notOfKind,
  openHeader,
} from './file-header.ts'
import { openFrames, type ReadBytes, sealFrames } from './sealed-frames.ts'

export interface WrittenFile {
  readonly bytes: number
  /** SHA-256 over all of them. */
  readonly digest: Buffer
}

export interface SealedWriting {
  readonly about: NewHeader
  readonly masterKeys: Pick<MasterKeys, 'current'>
  readonly isEncrypted: boolean
  readonly signal: AbortSignal
}

/** `sink` is ended when everything is in it. Fails with an AbortError when it is told to stop. */
export async function writeSealedFile(
  sink: Writable,
  plain: AsyncIterable<Buffer>,
  { about, masterKeys, isEncrypted, signal }: SealedWriting,
): Promise<WrittenFile> {
  const { line, fileKey } = makeHeader(about, masterKeys, { isEncrypted })
  const digest = createHash('sha256')
  let bytes = 0
  await pipeline(
    Readable.from(plain),
    createZstdCompress(),
    async function* seal(packed: AsyncIterable<Buffer>) {
      yield line
      yield* sealFrames(packed, { fileKey, header: line })
    },
    async function* measure(sealed: AsyncIterable<Buffer>) {
      for await (const chunk of sealed) {
        bytes += chunk.length
        digest.update(chunk)
        yield chunk
      }
    },
    sink,
    { signal },
  )
  return { bytes, digest: digest.digest() }
}

export interface OpenSealedFile {
  readonly header: FileHeader
  /** Of what was packed. Whatever is wrong with the file shows here as `FileUnusable`, at its end at the latest. */
  readonly read: ReadBytes
  readonly close: () => void
}

const newline = Buffer.from('\n')

/** Throws `FileUnusable` or `MasterKeyUnknown`. */
export async function openSealedFile(
  kind: FileKind,
  source: AsyncIterable<Buffer>,
  masterKeys: Pick<MasterKeys, 'find'>,
): Promise<OpenSealedFile> {
  const sealed = createByteReader(source)
  const line = await sealed.line(headerBytesMax)
  if (line === null) throw notOfKind(kind)
  const { header, fileKey } = openHeader(kind, line.toString('utf8'), masterKeys)
  const frames = openFrames(sealed.read, { fileKey, header: Buffer.concat([line, newline]) })
  const unpacked = createZstdDecompress()
  // What goes wrong reaches the reader of `unpacked`, which it is destroyed with.
  pipeline(Readable.from(frames), unpacked).catch(() => undefined)
  const { read } = createByteReader(unpacked as AsyncIterable<Buffer>)
  return { header, read, close: () => void unpacked.destroy() }
}
