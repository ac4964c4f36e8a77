// Everything after the first line of a backup: frames of AES-256-GCM under a key that seals this one file. A frame's
// number and whether it is the last are in its nonce, and the first line is bound to each, so a flipped bit, a missing,
// doubled or moved frame and a cut end all show before a byte of that frame is believed.
//
//   length of ciphertext, uint32 | ciphertext | tag, 16 bytes       (big-endian)

import { createCipheriv, createDecipheriv } from 'node:crypto'

import type { Secret } from '../primitives/secret.ts'
import { damaged } from './file-unusable.ts'

const frameBytes = 256 * 1024
const lengthBytes = 4
const tagBytes = 16
const cipherName = 'aes-256-gcm'

export interface FrameKey {
  readonly fileKey: Secret<Buffer>
  /** The first line as it was written. */
  readonly header: Buffer
}

// The key is used for this file alone, so a counter never repeats (NIST SP 800-38D §8.2.1).
function nonceOf(frame: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUIntBE(frame, 5, 6)
  nonce.writeUInt8(isLast ? 1 : 0, 11)
  return nonce
}

/** Seals a stream. The last frame may be empty, but is always there. */
export async function* sealFrames(
  source: AsyncIterable<Buffer>,
  key: FrameKey,
): AsyncGenerator<Buffer> {
  let pending: Buffer[] = []
  let pendingBytes = 0
  let frame = 0
  for await (const chunk of source) {
    pending.push(chunk)
    pendingBytes += chunk.length
    if (pendingBytes < frameBytes) continue
    let whole = Buffer.concat(pending)
    for (; whole.length >= frameBytes; whole = whole.subarray(frameBytes)) {
      yield sealFrame(whole.subarray(0, frameBytes), key, nonceOf(frame, false))
      frame += 1
    }
    pending = [whole]
    pendingBytes = whole.length
  }
  yield sealFrame(Buffer.concat(pending), key, nonceOf(frame, true))
}

function sealFrame(plain: Buffer, { fileKey, header }: FrameKey, nonce: Buffer): Buffer {
  const cipher = createCipheriv(cipherName, fileKey.reveal(), nonce, { authTagLength: tagBytes })
  cipher.setAAD(header)
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32BE(plain.length)
  return Buffer.concat([length, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** Reads so many bytes; null at the end of the file, and whatever there was where it ends before. */
export type ReadBytes = (bytes: number) => Promise<Buffer | null>

/** Undoes `sealFrames`. Throws `FileUnusable` at the first frame that is not as it was written. */
export async function* openFrames(read: ReadBytes, key: FrameKey): AsyncGenerator<Buffer> {
  for (let frame = 0; ; frame += 1) {
    const length = (await readWhole(read, lengthBytes)).readUInt32BE()
    if (length > frameBytes) throw damaged()
    const sealed = await readWhole(read, length + tagBytes)
    // A frame that is not full is the last one; a full one may be.
    const plain =
      (length === frameBytes ? openFrame(sealed, key, nonceOf(frame, false)) : null) ??
      openFrame(sealed, key, nonceOf(frame, true))
    if (plain === null) throw damaged()
    yield plain.bytes
    if (!plain.isLast) continue
    if ((await read(1)) !== null) throw damaged()
    return
  }
}

async function readWhole(read: ReadBytes, bytes: number): Promise<Buffer> {
  const found = await read(bytes)
  if (found?.length !== bytes) throw damaged()
  return found
}

function openFrame(
  sealed: Buffer,
  { fileKey, header }: FrameKey,
  nonce: Buffer,
): { readonly bytes: Buffer; readonly isLast: boolean } | null {
  const decipher = createDecipheriv(cipherName, fileKey.reveal(), nonce, {
    authTagLength: tagBytes,
  })
  decipher.setAAD(header)
  decipher.setAuthTag(sealed.subarray(-tagBytes))
  try {
    const bytes = Buffer.concat([decipher.update(sealed.subarray(0, -tagBytes)), decipher.final()])
    return { bytes, isLast: nonce.readUInt8(11) === 1 }
  } catch {
    return null
  }
}
