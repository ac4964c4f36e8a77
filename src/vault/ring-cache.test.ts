import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { it } from 'node:test'

import { merchantId } from '../primitives/ids.ts'
import { Secret } from '../primitives/secret.ts'
import { createRingCache, type RememberedRing } from './ring-cache.ts'

function ringReadAt(readAtMs: number): RememberedRing {
  const newest = { version: 1, key: new Secret(randomBytes(32)) }
  return { ring: { newest, byVersion: new Map([[1, newest]]) }, readAtMs }
}

it('forgets the merchant that was not asked for the longest', () => {
  const cache = createRingCache(3)
  for (const id of [1, 2, 3]) cache.remember(merchantId(id), ringReadAt(id))
  cache.recall(merchantId(1))
  cache.remember(merchantId(4), ringReadAt(4))
  const known = [1, 2, 3, 4].map((id) => cache.recall(merchantId(id))?.readAtMs)
  assert.deepEqual(known, [1, undefined, 3, 4])
})

it('replaces what it knew of a merchant', () => {
  const cache = createRingCache(1)
  cache.remember(merchantId(1), ringReadAt(10))
  cache.remember(merchantId(1), ringReadAt(20))
  assert.equal(cache.recall(merchantId(1))?.readAtMs, 20)
})
