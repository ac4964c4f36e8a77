import assert from 'node:assert/strict'
import { test } from 'node:test'

import { assert as check, integer, maxSafeInteger, property } from 'fast-check'

import { columnTypes, parseInt8, parseTimestamptz } from './column-parsers.ts'
import { instant } from './database.ts'

test('an int8 that JavaScript keeps exact is that number', () => {
  check(
    property(maxSafeInteger(), (value) => {
      assert.equal(parseInt8(String(value)), value)
    }),
  )
})

test('an int8 beyond the exact integers is an error, never a rounded number', () => {
  assert.equal(parseInt8('9007199254740991'), Number.MAX_SAFE_INTEGER)
  for (const text of ['9007199254740992', '-9007199254740992', '9223372036854775807']) {
    assert.throws(() => parseInt8(text), /beyond the integers JavaScript keeps exact/)
  }
})

test('a timestamptz is read whatever offset the server writes it with', () => {
  const noonUtcMs = Date.UTC(2026, 10, 22, 12, 0, 0, 123)
  for (const text of [
    '2026-11-22 12:00:00.123+00',
    '2026-11-22 21:00:00.123+09',
    '2026-11-22 17:30:00.123456+05:30',
    '2026-11-22 06:15:00.123-05:45',
    '2026-11-22 12:29:45.123+00:29:45',
  ]) {
    assert.equal(parseTimestamptz(text), noonUtcMs, text)
  }
  assert.equal(parseTimestamptz('2026-11-22 12:00:00.1+00'), noonUtcMs - 23)
  assert.equal(parseTimestamptz('2026-11-22 12:00:00+00'), noonUtcMs - 123)
})

test('an instant survives the way to the server and back', () => {
  const lastMs = Date.UTC(9999, 11, 31)
  check(
    property(integer({ min: 0, max: lastMs }), (epochMs) => {
      // The server's form differs from ISO by the blank and the offset.
      const text = instant(epochMs).replace('T', ' ').replace('Z', '+00')
      assert.equal(parseTimestamptz(text), epochMs)
    }),
  )
})

test('an instant that is no instant is refused', () => {
  for (const text of ['infinity', '-infinity', '0044-03-15 12:00:00+00 BC', '2026-11-22', '']) {
    assert.throws(() => parseTimestamptz(text), /is not an ISO instant/, text)
  }
})

test('arrays of int8 and timestamptz are read element by element', () => {
  const parserOf = columnTypes.getTypeParser as (typeId: number) => (text: string) => unknown
  const [int8Array, timestamptzArray] = [parserOf(1016), parserOf(1185)]
  assert.deepEqual(int8Array('{}'), [])
  assert.deepEqual(int8Array('{1,NULL,-3}'), [1, null, -3])
  assert.deepEqual(timestamptzArray('{"1970-01-01 00:00:01+00",NULL}'), [1000, null])
})
