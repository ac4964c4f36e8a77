// Whether two secrets are the same, in a time that depends on neither: how long a comparison takes must not tell how much
// of a guess was right.

import { hash, timingSafeEqual } from 'node:crypto'

/** Bytes of one length, digests as a rule, are compared as they are; whatever else by digests, which have one length. */
export function isSameSecret(one: string | Buffer, other: string | Buffer): boolean {
  const areBytes = typeof one !== 'string' && typeof other !== 'string'
  if (areBytes && one.length === other.length) return timingSafeEqual(one, other)
  return timingSafeEqual(digestOf(one), digestOf(other))
}

function digestOf(secret: string | Buffer): Buffer {
  return hash('sha256', secret, 'buffer')
}
