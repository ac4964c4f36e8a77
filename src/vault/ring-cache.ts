// Remembers the data keys of the merchants used last. A forgotten key is left to the garbage
// collector: overwriting it could hit a seal that is under way.

import type { MerchantId } from '../primitives/ids.ts'
import type { KeyRing } from './data-keys.ts'

export interface RememberedRing {
  readonly ring: KeyRing
  /** No later than the instant the ring was read at. */
  readonly readAtMs: number
}

export interface RingCache {
  recall(merchantId: MerchantId): RememberedRing | undefined
  remember(merchantId: MerchantId, ring: RememberedRing): void
}

export function createRingCache(merchantsMax: number): RingCache {
  const rings = new Map<MerchantId, RememberedRing>()
  return {
    recall(merchantId) {
      const known = rings.get(merchantId)
      if (known === undefined) return undefined
      // A Map keeps the order of insertion, so the one used last goes to the end.
      rings.delete(merchantId)
      rings.set(merchantId, known)
      return known
    },
    remember(merchantId, ring) {
      rings.delete(merchantId)
      rings.set(merchantId, ring)
      const oldest = rings.keys().next()
      if (rings.size > merchantsMax && oldest.done !== true) rings.delete(oldest.value)
    },
  }
}
