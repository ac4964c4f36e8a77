// The sealed form of a secret: AES-256-GCM under a data key of the merchant, bound to the merchant, the
// column and the row. A value copied to another row, merchant or column does not open.
//
//   0x01 | data key version, uint32 | nonce, 12 bytes | ciphertext | tag, 16 bytes       (big-endian)

import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto'

import { assert } from '../primitives/assert.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { Secret } from '../primitives/secret.ts'

/** AES-256 takes exactly this. */
export const keyBytes = 32
/** The nonce GCM is made for (NIST SP 800-38D §5.2.1.1). */
export const nonceBytes = 12
/** Far above any key or token; a secret of this size is a mistake. */
export const plaintextBytesMax = 65_536

const formatVersion = 0x01
const tagBytes = 16
const headerBytes = 1 + 4
const cipherName = 'aes-256-gcm'
// The version column is int4.
const keyVersionMax = 0x7fff_ffff

/** A key that seals. `version` is written in clear in front of the value, so that rotation can tell. */
export interface DataKey {
  readonly version: number
  readonly key: Secret<Buffer>
}

/** Where the sealed value lives. */
export interface SealContext {
  readonly merchantId: MerchantId
  /** What the column holds: `billing_key`, `channel_link_key`, `webhook_secret` … snake_case. */
  readonly purpose: string
  /** The row's own name within merchant and purpose: a customer_uid, a channel_key. */
  readonly rowName: string
}

/**
 * The value is damaged, was put in another place, or was never ours. Which of these it is stays
 * unsaid, since an answer would help somebody who tries values.
 */
export class SealBroken extends Error {
  override name = 'SealBroken'

  constructor() {
    super('the sealed value does not open')
  }
}

/**
 * The nonce must be fresh and random. With random nonces one key may seal 2^32 values (SP 800-38D
 * §8.3), which no merchant reaches.
 */
export function sealBytes(
  { version, key }: DataKey,
  context: SealContext,
  plaintext: Buffer,
  nonce: Buffer,
): Buffer {
  assert(nonce.length === nonceBytes, 'a nonce is 12 bytes')
  assert(plaintext.length <= plaintextBytesMax, 'too long to be a secret')
  assert(Number.isInteger(version) && version > 0 && version <= keyVersionMax, 'bad key version')
  const header = Buffer.alloc(headerBytes)
  header.writeUInt8(formatVersion, 0)
  header.writeUInt32BE(version, 1)
  const cipher = createCipheriv(cipherName, cipherKeyOf(key), nonce, { authTagLength: tagBytes })
  cipher.setAAD(additionalData(header, context))
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([header, nonce, ciphertext, cipher.getAuthTag()])
}

/** Undoes `sealBytes`, given the data key whose version the value names. Throws `SealBroken`. */
export function openBytes({ version, key }: DataKey, context: SealContext, sealed: Buffer): Buffer {
  if (keyVersionOf(sealed) !== version) throw new SealBroken()
  const nonce = sealed.subarray(headerBytes, headerBytes + nonceBytes)
  const ciphertext = sealed.subarray(headerBytes + nonceBytes, -tagBytes)
  const decipher = createDecipheriv(cipherName, cipherKeyOf(key), nonce, {
    authTagLength: tagBytes,
  })
  decipher.setAAD(additionalData(sealed.subarray(0, headerBytes), context))
  decipher.setAuthTag(sealed.subarray(-tagBytes))
  try {
    return Buffer.concat([decipher.update(ciphertext), decipher.final()])
  } catch {
    throw new SealBroken()
  }
}

// Node 24 takes four times as long over a key that comes as bytes: it throws and catches an error on the way.
function cipherKeyOf(key: Secret<Buffer>): KeyObject {
  return createSecretKey(key.reveal())
}

/** The data key version a value names, unproved until it opens. Throws `SealBroken`. */
export function keyVersionOf(sealed: Buffer): number {
  const isLongEnough = sealed.length >= headerBytes + nonceBytes + tagBytes
  if (!isLongEnough || sealed[0] !== formatVersion) throw new SealBroken()
  const version = sealed.readUInt32BE(1)
  if (version === 0 || version > keyVersionMax) throw new SealBroken()
  return version
}

// Each part is preceded by its length, so that no two places share one text ("ab" + "c", "a" + "bc").
function additionalData(header: Buffer, { merchantId, purpose, rowName }: SealContext): Buffer {
  assert(Number.isSafeInteger(merchantId) && merchantId >= 0, 'a merchant is a number')
  assert(/^[a-z][a-z0-9_]*$/.test(purpose), 'a seal purpose is snake_case')
  // A lone surrogate becomes U+FFFD in UTF-8: two names would be one.
  assert(rowName.isWellFormed(), 'a row name must be well-formed Unicode')
  const parts = [purpose, String(merchantId), rowName].flatMap((part) => {
    const bytes = Buffer.from(part, 'utf8')
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return [length, bytes]
  })
  return Buffer.concat([header, ...parts])
}
