import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'

import fc from 'fast-check'

import { merchantId } from '../primitives/ids.ts'
import {
  decideGrant,
  deriveToken,
  merchantNamedBy,
  type TokenGrant,
  tokenExtensionMs,
  tokenHash,
  tokenLastMinuteMs,
  tokenLifeMs,
} from './access-token.ts'

const nowMs = Date.UTC(2026, 10, 22)
const grant = (expiresAtMs: number): TokenGrant => ({
  nonce: Buffer.alloc(16, 7),
  issuedAtMs: nowMs - 1,
  expiresAtMs,
})

test('the first token lives thirty minutes', () => {
  assert.deepEqual(decideGrant(undefined, nowMs), {
    kind: 'issue',
    expiresAtMs: nowMs + 30 * 60_000,
  })
})

test('asking again before the last minute gives the same token with the same expiry', () => {
  fc.assert(
    fc.property(fc.integer({ min: tokenLastMinuteMs + 1, max: tokenLifeMs }), (restMs) => {
      assert.deepEqual(decideGrant(grant(nowMs + restMs), nowMs), { kind: 'reuse' })
    }),
  )
})

test('asking in the last minute extends by five minutes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: tokenLastMinuteMs }), (restMs) => {
      assert.deepEqual(decideGrant(grant(nowMs + restMs), nowMs), {
        kind: 'extend',
        expiresAtMs: nowMs + restMs + 5 * 60_000,
      })
    }),
  )
})

test('an expired token is replaced by one that lives thirty minutes from now', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 * tokenLifeMs }), (agoMs) => {
      assert.deepEqual(decideGrant(grant(nowMs - agoMs), nowMs), {
        kind: 'issue',
        expiresAtMs: nowMs + tokenLifeMs,
      })
    }),
  )
})

test('whenever a token is asked for, it is good for at least five minutes or until its old expiry', () => {
  // Clients log in again when less than half a minute is left: an answer must never be that short.
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: tokenLifeMs })), (waits) => {
      let current: TokenGrant | undefined
      let atMs = nowMs
      for (const waitMs of waits) {
        atMs += waitMs
        const decision = decideGrant(current, atMs)
        if (decision.kind !== 'reuse') current = grant(decision.expiresAtMs)
        assert.ok(current !== undefined)
        assert.ok(current.expiresAtMs - atMs > tokenLastMinuteMs)
        assert.ok(current.expiresAtMs - atMs <= tokenLifeMs + tokenExtensionMs)
      }
    }),
  )
})

test('a token has 40 hex characters, names its merchant, and is found by its hash', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 - 1 }), fc.string(), (number, impKey) => {
      const token = deriveToken(randomBytes(32), merchantId(number), impKey, grant(nowMs))
      assert.match(token, /^[0-9a-f]{40}$/)
      assert.equal(merchantNamedBy(token), number)
      assert.equal(tokenHash(token).length, 32)
    }),
  )
})

test('another key, merchant, API key or nonce gives another token', () => {
  const key = randomBytes(32)
  const tokens = [
    deriveToken(key, merchantId(1), 'a', grant(nowMs)),
    deriveToken(randomBytes(32), merchantId(1), 'a', grant(nowMs)),
    deriveToken(key, merchantId(2), 'a', grant(nowMs)),
    deriveToken(key, merchantId(1), 'b', grant(nowMs)),
    deriveToken(key, merchantId(1), 'a', { ...grant(nowMs), nonce: Buffer.alloc(16, 8) }),
  ]
  assert.equal(new Set(tokens.map((token) => token.slice(10))).size, tokens.length)
})

test('whatever is sent as a token names a merchant only in our own form', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.equal(merchantNamedBy(text) === undefined, !/^[0-9a-f]{40}$/.test(text))
    }),
  )
})
