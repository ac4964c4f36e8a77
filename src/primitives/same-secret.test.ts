import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isSameSecret } from './same-secret.ts'

test('secrets are the same or not, as text and as bytes, of one length and of two', () => {
  const digest = Buffer.alloc(32, 7)
  const other = Buffer.alloc(32, 7)
  assert.ok(isSameSecret('secret', 'secret'))
  assert.ok(isSameSecret(digest, other))
  assert.ok(isSameSecret('secret', Buffer.from('secret')))
  other[31] = 8
  assert.ok(!isSameSecret(digest, other))
  assert.ok(!isSameSecret(digest, digest.subarray(1)))
  assert.ok(!isSameSecret('secret', 'secres'))
  assert.ok(!isSameSecret('secret', 'secrets'))
  assert.ok(!isSameSecret('', 'secret'))
})
