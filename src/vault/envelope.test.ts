import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { merchantId } from '../primitives/ids.ts'
import { Secret } from '../primitives/secret.ts'
import {
  type DataKey,
  keyVersionOf,
  openBytes,
  plaintextBytesMax,
  SealBroken,
  sealBytes,
  type SealContext,
} from './envelope.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const plaintexts = fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value))
const dataKeys = fc
  .record({ version: fc.integer({ min: 1, max: 0x7fff_ffff }), key: bytes(32) })
  .map(({ version, key }): DataKey => ({ version, key: new Secret(Buffer.from(key)) }))
const contexts: fc.Arbitrary<SealContext> = fc.record({
  merchantId: fc.nat().map(merchantId),
  purpose: fc.stringMatching(/^[a-z][a-z0-9_]{0,20}$/),
  rowName: fc.string({ unit: 'grapheme', maxLength: 40 }).filter((name) => name.isWellFormed()),
})
const nonces = bytes(12).map((value) => Buffer.from(value))

describe('the sealed form', () => {
  it('gives any bytes back unchanged, in the place they were sealed for', () => {
    fc.assert(
      fc.property(dataKeys, contexts, plaintexts, nonces, (key, context, plaintext, nonce) => {
        const sealed = sealBytes(key, context, plaintext, nonce)
        assert.equal(keyVersionOf(sealed), key.version)
        assert.deepEqual(openBytes(key, context, sealed), plaintext)
      }),
    )
  })

  it('does not open after any one bit was changed', () => {
    const sample = fc.tuple(dataKeys, contexts, plaintexts, nonces, fc.nat())
    fc.assert(
      fc.property(sample, ([key, context, plaintext, nonce, position]) => {
        const sealed = sealBytes(key, context, plaintext, nonce)
        const bit = position % (sealed.length * 8)
        const byte = Math.floor(bit / 8)
        sealed.writeUInt8(sealed.readUInt8(byte) ^ (1 << (bit % 8)), byte)
        assert.throws(() => openBytes(key, context, sealed), SealBroken)
      }),
      { numRuns: 500 },
    )
  })

  it('does not open after it was cut or lengthened', () => {
    fc.assert(
      fc.property(dataKeys, contexts, fc.nat(), (key, context, at) => {
        const sealed = sealBytes(key, context, Buffer.from('AUTOKEY'), randomBytes(12))
        const cut = sealed.subarray(0, at % sealed.length)
        assert.throws(() => openBytes(key, context, cut), SealBroken)
        assert.throws(
          () => openBytes(key, context, Buffer.concat([sealed, Buffer.alloc(1)])),
          SealBroken,
        )
      }),
    )
  })

  it('does not open for another merchant, column or row', () => {
    fc.assert(
      fc.property(dataKeys, contexts, contexts, (key, sample, other) => {
        const context = { ...sample, rowName: `1${sample.rowName}` }
        const sealed = sealBytes(key, context, Buffer.from('AUTOKEY'), randomBytes(12))
        const changes: Partial<SealContext>[] = [
          { merchantId: other.merchantId },
          { purpose: other.purpose },
          { rowName: other.rowName },
          // The same text, parted in another place.
          { merchantId: merchantId(Number(`${sample.merchantId}1`)), rowName: sample.rowName },
        ]
        for (const change of changes) {
          const elsewhere = { ...context, ...change }
          if (JSON.stringify(elsewhere) === JSON.stringify(context)) continue
          assert.throws(() => openBytes(key, elsewhere, sealed), SealBroken)
        }
      }),
    )
  })

  it('does not open with another key of the same version, nor with the same key as another version', () => {
    fc.assert(
      fc.property(dataKeys, contexts, (key, context) => {
        const sealed = sealBytes(key, context, Buffer.from('AUTOKEY'), randomBytes(12))
        const stranger = { version: key.version, key: new Secret(randomBytes(32)) }
        assert.throws(() => openBytes(stranger, context, sealed), SealBroken)
        const renamed = { version: key.version === 1 ? 2 : 1, key: key.key }
        assert.throws(() => openBytes(renamed, context, sealed), SealBroken)
      }),
    )
  })

  it('never changes: values sealed by older programs must open', () => {
    // Made with another implementation (Python cryptography, AESGCM) from the description in envelope.ts.
    const expected =
      '010000000703203d5a7794b1ceeb0825427f1f48910e24a9a1682feeefc0f7064602e7bb21150d4882b3cd5627011c1ab0805e'
    const sequence = (length: number, factor: number, offset: number) =>
      Buffer.from(Array.from({ length }, (_, index) => (index * factor + offset) & 255))
    const key = { version: 7, key: new Secret(sequence(32, 37, 11)) }
    const context = {
      merchantId: merchantId(42),
      purpose: 'billing_key',
      rowName: '고객_0001',
    }
    const plaintext = Buffer.from('AUTOKEY-0123456789')
    const sealed = sealBytes(key, context, plaintext, sequence(12, 29, 3))
    assert.equal(sealed.toString('hex'), expected)
    assert.deepEqual(openBytes(key, context, Buffer.from(expected, 'hex')), plaintext)
  })

  it('refuses what cannot be bound or cannot be a secret', () => {
    const key = { version: 1, key: new Secret(randomBytes(32)) }
    const context = { merchantId: merchantId(1), purpose: 'billing_key', rowName: 'a' }
    const seal = (change: Partial<SealContext>, length = 1, nonceLength = 12) =>
      sealBytes(key, { ...context, ...change }, Buffer.alloc(length), randomBytes(nonceLength))
    assert.throws(() => seal({ rowName: '\ud800' }), /well-formed/)
    assert.throws(() => seal({ purpose: 'Billing Key' }), /snake_case/)
    assert.throws(() => seal({}, plaintextBytesMax + 1), /too long/)
    assert.throws(() => seal({}, 1, 16), /12 bytes/)
  })
})
