// A checkpoint says what a merchant's chain was up to some event, signed with a key that is not in the database. Who
// can write rows can compute hashes; he cannot sign them. Ed25519 (RFC 8032), so that an auditor needs no secret.

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

import type { MerchantId } from '../primitives/ids.ts'
import type { MasterKey, MasterKeys } from '../vault/master-key.ts'

export interface Checkpoint {
  readonly merchantId: MerchantId
  /** The newest event it covers. */
  readonly sequence: number
  /** That event's hash, and so all before it. */
  readonly hash: Buffer
  readonly masterKeyId: string
  readonly signature: Buffer
  readonly signedAtMs: number
}

type Unsigned = Omit<Checkpoint, 'signature' | 'masterKeyId'>

// PKCS #8 around a bare Ed25519 seed (RFC 8410 §7); Node takes no raw private keys.
const seedPrefix = Buffer.from('302e020100300506032b657004220420', 'hex')

function signingKeyOf({ signingSeed }: MasterKey): KeyObject {
  const key = Buffer.concat([seedPrefix, signingSeed.reveal()])
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}

/** Numbers and hex digits in lines of their own: no two checkpoints give the same bytes. */
function signedBytes({ merchantId, sequence, hash, signedAtMs }: Unsigned): Buffer {
  const parts = ['billkey checkpoint 1', merchantId, sequence, hash.toString('hex'), signedAtMs]
  return Buffer.from(parts.join('\n'), 'utf8')
}

export function signCheckpoint(masterKey: MasterKey, unsigned: Unsigned): Checkpoint {
  const signature = sign(null, signedBytes(unsigned), signingKeyOf(masterKey))
  return { ...unsigned, masterKeyId: masterKey.id, signature }
}

/** `unknown_key`: its master key was not given to us, so that nothing can be said about it. */
export type CheckpointVerdict = 'good' | 'forged' | 'unknown_key'

export function judgeCheckpoint(masterKeys: MasterKeys, checkpoint: Checkpoint): CheckpointVerdict {
  const masterKey = masterKeys.find(checkpoint.masterKeyId)
  if (masterKey === undefined) return 'unknown_key'
  const publicKey = createPublicKey(signingKeyOf(masterKey))
  return verify(null, signedBytes(checkpoint), publicKey, checkpoint.signature) ? 'good' : 'forged'
}

/** For auditors: SubjectPublicKeyInfo in base64. */
export function publicKeyOf(masterKey: MasterKey): string {
  const key = createPublicKey(signingKeyOf(masterKey))
  return key.export({ format: 'der', type: 'spki' }).toString('base64')
}
