// Reads a stream by so many bytes at a time.

import type { ReadBytes } from './sealed-frames.ts'

/** `line`: up to a line end, which is not part of it; null where there is none within so many bytes. */
export interface ByteReader {
  readonly read: ReadBytes
  line(bytesMax: number): Promise<Buffer | null>
}

export function createByteReader(source: AsyncIterable<Buffer>): ByteReader {
  const chunks = source[Symbol.asyncIterator]()
  let buffered: Buffer[] = []
  let bufferedBytes = 0

  async function more(): Promise<boolean> {
    const next: IteratorResult<Buffer, unknown> = await chunks.next()
    if (next.done === true) return false
    buffered.push(next.value)
    bufferedBytes += next.value.length
    return true
  }

  function take(bytes: number): Buffer {
    const all = buffered.length === 1 ? (buffered[0] as Buffer) : Buffer.concat(buffered)
    buffered = bytes < all.length ? [all.subarray(bytes)] : []
    bufferedBytes = all.length - bytes
    return all.subarray(0, bytes)
  }

  return {
    async read(bytes) {
      while (bufferedBytes < bytes && (await more()));
      if (bufferedBytes === 0) return null
      return take(Math.min(bytes, bufferedBytes))
    },
    async line(bytesMax) {
      for (;;) {
        const end = Buffer.concat(buffered).indexOf(0x0a)
        if (end !== -1) return take(end + 1).subarray(0, end)
        if (bufferedBytes > bytesMax || !(await more())) return null
      }
    },
  }
}
