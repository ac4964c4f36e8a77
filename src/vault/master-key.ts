// The master key wraps every merchant's data keys and is never stored with them. It is 32 random bytes;
// one that a person could guess, or that has stood in a document, is refused outside the sandbox.
//
// To change it without a pause: give every process the new key as previous key, then swap the two
// everywhere, then run `billkey keys rotate`, then drop the old one.

import { createHash, hkdfSync } from 'node:crypto'

import { assert } from '../primitives/assert.ts'
import { Secret } from '../primitives/secret.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { keyBytes } from './envelope.ts'
import { type MasterKeySettings, readMasterKeyText } from './read-master-key.ts'

/** For documents: it shows the form, and is refused outside the sandbox. */
export const sampleMasterKey = 'l08xjGsv29bYY3nSU+MJnKOGQnwpiad33d99SkUv4tw='

// Keys that have stood in this repository. Whoever copies one shares it with the world.
const publishedKeys = new Set([sampleMasterKey])

export interface MasterKey {
  /** Eight hex characters derived from the key; fit to be shown. */
  readonly id: string
  /** Wraps data keys. Derived, so that the master key itself encrypts nothing. */
  readonly wrappingKey: Secret<Buffer>
  /** Signs audit trails. Derived, so that it goes and comes with the master key, and is nowhere in the database. */
  readonly signingSeed: Secret<Buffer>
}

export interface MasterKeys {
  /** Wraps what is made from now on. */
  readonly current: MasterKey
  /** The current key or a previous one. */
  find(id: string): MasterKey | undefined
  /** The same for an id of `ids`. */
  get(id: string): MasterKey
  /** Of all that were given to us. */
  readonly ids: readonly string[]
  /**
   * 32 bytes of the current master key for another use, such as access tokens. Another purpose or
   * master key gives unrelated bytes.
   */
  deriveKey(purpose: string): Buffer
}

/**
 * Reads the key that is set; the sandbox makes its own when there is none. Throws `StartupError`:
 * `master_key_missing`, `_malformed`, `_weak`, `_unreadable`.
 */
export async function loadMasterKeys(settings: MasterKeySettings): Promise<MasterKeys> {
  const { text, source } = await readMasterKeyText(settings)
  const key = parseMasterKey(text.reveal(), source)
  const weakness = settings.sandbox ? undefined : weaknessOf(key)
  if (weakness !== undefined) {
    throw new StartupError(
      'master_key_weak',
      `${source} ${weakness}: make one with 'openssl rand -base64 32'`,
    )
  }
  // A weak previous key is let in, or nobody could rotate away from it.
  const previous = (settings.previous?.reveal() ?? '')
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => parseMasterKey(part, 'BILLKEY_MASTER_KEY_PREVIOUS'))
  return masterKeysOf(key, previous)
}

function masterKeysOf(key: Buffer, previous: readonly Buffer[]): MasterKeys {
  const current = masterKeyOf(key)
  const byId = new Map([...previous.map(masterKeyOf), current].map((known) => [known.id, known]))
  return {
    current,
    find: (id) => byId.get(id),
    get(id) {
      const known = byId.get(id)
      assert(known !== undefined, `master key ${id} was not given to us`)
      return known
    },
    ids: [...byId.keys()],
    deriveKey: (purpose) => expand(key, `billkey derived key: ${purpose}`),
  }
}

function masterKeyOf(key: Buffer): MasterKey {
  const digest = createHash('sha256').update('billkey master key id').update(key).digest('hex')
  return {
    id: digest.slice(0, 8),
    wrappingKey: new Secret(expand(key, 'billkey data key wrapping')),
    signingSeed: new Secret(expand(key, 'billkey audit signing')),
  }
}

// HKDF (RFC 5869). No salt, since the input is uniformly random already (§3.1).
function expand(key: Buffer, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), info, keyBytes))
}

/** 32 bytes in base64 or base64url, with or without padding, and nothing but blanks around. */
function parseMasterKey(text: string, source: string): Buffer {
  const trimmed = text.trim()
  if (/^(?:[A-Za-z0-9+/]{43}|[A-Za-z0-9_-]{43})=?$/.test(trimmed)) {
    const key = Buffer.from(trimmed, 'base64')
    // The last character holds four bits of key and two that must be zero: anything else is a typo.
    const canonical = key.toString('base64url')
    if (canonical.at(-1) === trimmed.at(canonical.length - 1)) return key
  }
  throw new StartupError(
    'master_key_malformed',
    `${source} is not 32 bytes in base64: make one with 'openssl rand -base64 32'`,
  )
}

// Among 32 random bytes about 30 differ; fewer than 16 happen once in 10^20 keys.
const distinctBytesMin = 16

/** Why this cannot be a key that a machine made at random; undefined when nothing speaks against it. */
function weaknessOf(key: Buffer): string | undefined {
  if (publishedKeys.has(key.toString('base64'))) return 'is a sample key, known to everybody'
  const steps = new Set(key.subarray(1).map((byte, index) => byte - (key[index] as number)))
  if (steps.size === 1) return 'is a plain sequence of bytes'
  if (new Set(key).size < distinctBytesMin) return 'repeats itself'
  // Odds for random bytes: (95/256)^32, once in 10^13 keys.
  if (key.every((byte) => byte >= 0x20 && byte <= 0x7e)) return 'is text, not random bytes'
  return undefined
}
