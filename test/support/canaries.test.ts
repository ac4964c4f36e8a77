// A net without a catch proves nothing: every secret in every spelling, planted in a log and in a table, is found,
// and what a mask leaves of a card is not.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import fc from 'fast-check'

import { adHocSql } from '../../src/db/database.ts'
import { maskCardNumber } from '../../src/gateways/payjoa/masking.ts'
import { type Canary, canaryCardNumber, dumpDatabase, findCanaries } from './canaries.ts'
import { createTestDatabase } from './database.ts'

const spellings: readonly (readonly [string, (value: string) => string])[] = [
  ['as it is', (value) => value],
  ['in capitals', (value) => value.toUpperCase()],
  ['with dashes', (value) => value.replaceAll(/(.{4})(?=.)/g, '$1-')],
  ['with blanks', (value) => value.replaceAll(/(.{4})(?=.)/g, '$1 ')],
  ['reversed', (value) => [...value].toReversed().join('')],
  [
    'reversed with dashes',
    (value) =>
      [...value]
        .toReversed()
        .join('')
        .replaceAll(/(.{4})(?=.)/g, '$1-'),
  ],
  ['hex', (value) => Buffer.from(value).toString('hex')],
  ['capital hex', (value) => Buffer.from(value).toString('hex').toUpperCase()],
  ['hex of UTF-16', (value) => Buffer.from(value, 'utf16le').toString('hex')],
  ['base64', (value) => Buffer.from(value).toString('base64')],
  ['base64 after one byte', (value) => Buffer.from(`"${value}"`).toString('base64')],
  ['base64url after two bytes', (value) => Buffer.from(`:"${value}"`).toString('base64url')],
  ['percent-encoded', (value) => Buffer.from(value).toString('hex').replaceAll(/(..)/g, '%$1')],
  ['JSON of a buffer', (value) => JSON.stringify(Buffer.from(value))],
  [
    'escaped',
    (value) => [...Buffer.from(value)].map((byte) => `\\u00${byte.toString(16)}`).join(''),
  ],
]

const card: Canary = { name: 'card', kind: 'card', value: canaryCardNumber('9366', true) }
const secret: Canary = { name: 'secret', kind: 'secret', value: 'q7Zr0aXw4LmT' }
const birth: Canary = { name: 'birth', kind: 'short', value: '530917' }
const digits: Canary = { name: 'digits', kind: 'short', value: '73', near: ['pwd_2digit'] }

suite('the canary net', () => {
  for (const [spelling, spell] of spellings) {
    test(`finds every secret ${spelling}`, () => {
      for (const canary of [card, secret, birth]) {
        const places = [{ name: 'log', text: `{"level":"info","msg":"${spell(canary.value)}"}\n` }]
        assert.notDeepEqual(findCanaries([canary], places), [], canary.name)
      }
    })
  }

  test('finds a card of which more is shown than a mask shows', () => {
    for (const text of [card.value.slice(0, 12), card.value.slice(4), card.value.slice(6)]) {
      assert.notDeepEqual(findCanaries([card], [{ name: 'log', text }]), [])
    }
  })

  test('finds the digits of a password beside their name, however they are joined', () => {
    for (const text of [
      '"pwd_2digit":"73"',
      'pwd_2digit=73&x',
      "'pwd_2digit', '73'",
      'pwd_2digit%22%3A%2273',
    ]) {
      assert.notDeepEqual(findCanaries([digits], [{ name: 'log', text }]), [], text)
    }
  })

  test('finds nothing in a mask, in other numbers or in random bytes', () => {
    const masks = `${maskCardNumber(card.value)} ${card.value.slice(0, 6)}******${card.value.slice(-4)}`
    const other = 'imps_553091712345 "ms":73 2026-05-30T09:17:00 15309170'
    const places = [{ name: 'log', text: `${masks} ${other}` }]
    assert.deepEqual(findCanaries([card, secret, birth, digits], places), [])
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2000, maxLength: 2000 }), (bytes) => {
        const noise = Buffer.from(bytes)
        const text = `${noise.toString('hex')} ${noise.toString('base64')} ${noise.toString('latin1')}`
        assert.deepEqual(findCanaries([card, secret], [{ name: 'noise', text }]), [])
      }),
    )
  })

  test('finds what was written to a table, as text, bytes or JSON', async () => {
    const database = await createTestDatabase()
    await database.database.query(
      adHocSql('create table scratch (note text, bytes bytea, document jsonb)'),
    )
    for (const [column, value] of [
      ['note', card.value],
      ['bytes', Buffer.from(`..${card.value}..`)],
      ['document', JSON.stringify({ deep: [{ card_number: card.value }] })],
    ] as const) {
      await database.database.query(adHocSql(`insert into scratch (${column}) values ($1)`), [
        value,
      ])
      const places = await dumpDatabase(database.connectionString)
      const seen = findCanaries([card], places)
      assert.ok(
        seen.some(({ place }) => place === 'table public.scratch'),
        column,
      )
      await database.database.query(adHocSql('delete from scratch'))
      assert.deepEqual(findCanaries([card], await dumpDatabase(database.connectionString)), [])
    }
    await database.drop()
  })
})
