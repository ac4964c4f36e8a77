import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'

import fc from 'fast-check'

import { Secret } from '../primitives/secret.ts'
import { createByteReader } from './byte-reader.ts'
import { createRowDigest } from './row-digest.ts'
import { type FrameKey, openFrames, sealFrames } from './sealed-frames.ts'

const frameBytes = 256 * 1024
const key: FrameKey = { fileKey: new Secret(randomBytes(32)), header: Buffer.from('{"a":1}\n') }

async function* pieces(bytes: Buffer, piece: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece)
}

async function gather(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const found: Buffer[] = []
  for await (const piece of source) found.push(piece)
  return Buffer.concat(found)
}

const seal = (plain: Buffer, piece = 4_096) => gather(sealFrames(pieces(plain, piece), key))
const open = (sealed: Buffer, piece = 4_096, by = key) =>
  gather(openFrames(createByteReader(pieces(sealed, piece)).read, by))

test('what was sealed opens, whatever its length and however it comes in pieces', async () => {
  for (const length of [0, 1, frameBytes - 1, frameBytes, frameBytes + 1, 3 * frameBytes]) {
    const plain = randomBytes(length)
    for (const piece of [1_000, 65_537, frameBytes]) {
      assert.ok(
        (await open(await seal(plain, piece), piece)).equals(plain),
        `${length} by ${piece}`,
      )
    }
  }
})

test('a flipped bit, a cut end and an added byte are refused, wherever they are', async () => {
  const sealed = await seal(randomBytes(2 * frameBytes + 100))
  const whole = { min: 0, max: sealed.length - 1 }
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.max), fc.nat(7), async (at, bit) => {
      const altered = Buffer.from(sealed)
      // oxlint-disable-next-line no-bitwise -- flipping a bit is the point
      altered[at] = (altered[at] as number) ^ (1 << bit)
      await assert.rejects(open(altered, frameBytes), /damaged or cut short/)
      await assert.rejects(open(sealed.subarray(0, at), frameBytes), /damaged or cut short/)
    }),
    { numRuns: 60 },
  )
  await assert.rejects(open(Buffer.concat([sealed, Buffer.alloc(1)])), /damaged or cut short/)
})

test('frames that change places, and another first line, are refused', async () => {
  const sealed = await seal(randomBytes(2 * frameBytes))
  const frame = 4 + frameBytes + 16
  const swapped = [
    sealed.subarray(frame, 2 * frame),
    sealed.subarray(0, frame),
    sealed.subarray(2 * frame),
  ]
  await assert.rejects(open(Buffer.concat(swapped)), /damaged or cut short/)
  const dropped = [sealed.subarray(0, frame), sealed.subarray(2 * frame)]
  await assert.rejects(open(Buffer.concat(dropped)), /damaged or cut short/)
  const other = { ...key, header: Buffer.from('{"a":2}\n') }
  await assert.rejects(open(sealed, 4_096, other), /damaged or cut short/)
})

test('the digest of rows does not depend on their order or on how they come in pieces', () => {
  const rowsOf = fc.uniqueArray(
    fc.string({ maxLength: 20 }).map((text) => text.replaceAll('\n', '')),
  )
  fc.assert(
    fc.property(rowsOf, fc.integer({ min: 1, max: 9 }), (rows, piece) => {
      const [first, second] = [rows, rows.toReversed()].map((some) => {
        const digest = createRowDigest()
        const bytes = Buffer.from(some.map((row) => `${row}\n`).join(''))
        for (let at = 0; at < bytes.length; at += piece)
          digest.update(bytes.subarray(at, at + piece))
        return [digest.rows, digest.hex()]
      })
      assert.deepEqual(first, second)
      assert.equal(first?.[0], rows.length)
    }),
  )
})

test('a row that is lost, or differs in one character, changes the digest', () => {
  const hexOf = (text: string) => {
    const digest = createRowDigest()
    digest.update(Buffer.from(text))
    return digest.hex()
  }
  assert.equal(new Set(['', '1\ta\n', '1\ta\n2\tb\n', '1\ta\n2\tc\n'].map(hexOf)).size, 4)
})
