import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { ConsoleError } from './console-error.ts'
import { pageOf, readCursor, readUuidCursor, writeCursor } from './page.ts'

const id = '0192f0c1-0000-7000-8000-000000000001'

describe('a cursor', () => {
  it('says where it was written', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.string().filter((text) => !text.includes('\0')),
        (atMs, id) => {
          assert.deepEqual(readCursor(writeCursor({ atMs, id })), { atMs, id })
        },
      ),
    )
  })

  it('that is none of ours is refused, whatever it is', () => {
    const strange = ['', 'x', '[]', '[1]', '["a","b"]', '[1,"a","b"]', '[1.5,"a"]', '[1e300,"a"]']
    for (const text of strange) {
      for (const cursor of [text, Buffer.from(text).toString('base64url')]) {
        assert.throws(() => readCursor(cursor), ConsoleError)
      }
    }
    const noUuid = writeCursor({ atMs: 1, id: 'imps_1' })
    assert.throws(() => readUuidCursor(noUuid), ConsoleError)
    assert.deepEqual(readUuidCursor(writeCursor({ atMs: 1, id })), { atMs: 1, id })
  })
})

describe('a page', () => {
  const show = { item: (n: number) => n * 10, start: (n: number) => ({ atMs: n, id: `${n}` }) }

  it('names the next one when one more row was found', () => {
    const page = pageOf([1, 2, 3], 2, show)
    assert.deepEqual(page.items, [10, 20])
    assert.deepEqual(readCursor(page.nextCursor ?? undefined), { atMs: 2, id: '2' })
  })

  it('is the last one when no more were found', () => {
    assert.deepEqual(pageOf([1, 2], 2, show), { items: [10, 20], nextCursor: null })
    assert.deepEqual(pageOf([], 2, show), { items: [], nextCursor: null })
  })
})
