// GET /cards, /banks and /users/pg: the tables V1 clients fill their lists from.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { assertRefused, responseOf } from './replies.ts'

let app: TestApp

before(async () => {
  app = await startTestApp()
})
after(() => app.close())

interface Code {
  readonly code: string
  readonly name: string
}

const get = (path: string) => app.merchant.call('GET', path)
const codesOf = async (path: string) => responseOf(await get(path)) as Code[]

test('the card companies are V1’s, codes of three characters, each once', async () => {
  const cards = await codesOf('/cards')
  const codes = cards.map((card) => card.code)
  const documented =
    '361 364 365 366 367 368 369 370 371 372 373 374 381 041 071 002 045 048 089 090'
  assert.deepEqual(codes.toSorted(), documented.split(' ').sort())
  const known = new Map(cards.map(({ code, name }) => [code, name]))
  assert.deepEqual(
    ['361', '366', '371', '381', '041'].map((code) => known.get(code)),
    ['BC카드', '신한카드', 'NH카드', 'KB국민카드', '우리카드'],
  )
  for (const card of cards) assert.deepEqual(Object.keys(card).sort(), ['code', 'name'])
})

test('the banks are V1’s, codes of three digits, each once', async () => {
  const banks = await codesOf('/banks')
  const known = new Map(banks.map(({ code, name }) => [code, name]))
  assert.equal(known.size, banks.length)
  for (const { code, name } of banks) {
    assert.match(code, /^\d{3}$/)
    assert.notEqual(name, '')
  }
  assert.deepEqual(
    ['004', '088', '090', '092', '004', '298'].map((code) => known.get(code)),
    ['국민은행', '신한은행', '카카오뱅크', '토스뱅크', '국민은행', '현대선물'],
  )
})

test('each code is found by itself, as it stands in its list', async () => {
  for (const path of ['/cards', '/banks']) {
    const codes = await codesOf(path)
    assert.deepEqual(await codesOf(`${path}/`), codes)
    for (const code of [codes[0], codes.at(-1)]) {
      assert.deepEqual(responseOf(await get(`${path}/${code?.code}`)), code)
    }
  }
})

test('an unknown code is 404', async () => {
  for (const path of ['/cards/000', '/cards/신한', '/cards/36', '/banks/999', '/banks/88']) {
    assertRefused(await get(encodeURI(path)), { status: 404, code: -1, message: /존재하지 않는/ })
  }
})

test('users/pg lists the channels as V1 does, without the link key', async () => {
  const { channel } = app.merchant
  const reply = await get('/users/pg')
  assert.deepEqual(responseOf(reply), [
    {
      pg_provider: 'daou',
      pg_id: channel.pgId,
      sandbox: true,
      type: 'api_payment',
      channel_name: 'test channel',
      channel_key: channel.channelKey,
    },
  ])
})

test('users/pg leaves out a channel that was disabled', async () => {
  const merchant = await app.addMerchant()
  await app.parts.db.query(
    adHocSql('update channels set disabled_at = created_at where merchant_id = $1'),
    [merchant.merchantId],
  )
  assert.deepEqual(responseOf(await merchant.call('GET', '/users/pg')), [])
})
