// Records one after another, as backups and archives hold them once their frames are opened and unpacked.
//
//   kind, 1 byte | length, uint32 | body       (big-endian)

import { damaged } from './file-unusable.ts'
import type { ReadBytes } from './sealed-frames.ts'

const headBytes = 5
/** A piece of a table is what the server sent at once. */
const bodyBytesMax = 1024 * 1024 * 1024

export function writeRawRecord(kindNumber: number, body: Buffer): Buffer {
  const head = Buffer.alloc(headBytes)
  head.writeUInt8(kindNumber, 0)
  head.writeUInt32BE(body.length, 1)
  return Buffer.concat([head, body])
}

export interface RawRecord {
  readonly kindNumber: number
  readonly bytes: Buffer
}

/** Throws `FileUnusable` where there is no whole record. */
export async function readRawRecord(read: ReadBytes): Promise<RawRecord> {
  const head = await read(headBytes)
  if (head?.length !== headBytes) throw damaged()
  const length = head.readUInt32BE(1)
  if (length > bodyBytesMax) throw damaged()
  const bytes = length === 0 ? Buffer.alloc(0) : await read(length)
  if (bytes?.length !== length) throw damaged()
  return { kindNumber: head.readUInt8(0), bytes }
}
