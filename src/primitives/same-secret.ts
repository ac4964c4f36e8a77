// Whether two secrets are the same, in a time that depends on neither: how long a comparison takes must not tell how much
// of a guess was right.

import { createHash, timingSafeEqual } from 'node:crypto'

/** Digests have one length, so secrets of different lengths can be compared as well. */
export function isSameSecret(one: string | Buffer, other: string | Buffer): boolean {
  return timingSafeEqual(digestOf(one), digestOf(other))
}

function digestOf(secret: string | Buffer): Buffer {
  return createHash('sha256').update(secret).digest()
}
