// What developers look at: every V1 request leaves a line that shows neither bodies nor secrets, the guide's commands
// work as they are shown, and the test cards are the simulator's.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { resultOf } from '../../simulator/result-codes.ts'
import { testCards } from '../../simulator/test-cards.ts'
import { createRequestLog, queuedMax } from '../../src/accounts/request-log.ts'
import { forgetRequests, searchRequests } from '../../src/accounts/request-log.store.ts'
import { adHocSql, type Database } from '../../src/db/database.ts'
import type { WatchedAnswer } from '../../src/http/answer-watch.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import { shownTestCards } from '../../src/sandbox/test-cards.ts'
import { cardFields, newOrder } from '../api/orders.ts'
import { eventually } from '../faults/eventually.ts'
import { callV1, startTestApp, type TestApp } from '../support/app.ts'
import { type ConsoleClient, signedInAs } from './console-client.ts'
import { explain } from '../support/explain.ts'

let app: TestApp
let viewer: ConsoleClient
before(async () => {
  app = await startTestApp({ logLevel: 'warn' })
  viewer = await signedInAs(app, 'viewer')
})
after(() => app?.close())

interface Line {
  readonly requestId: string
  readonly route: string
  readonly [name: string]: unknown
}

/** The line of a request, once it is written. */
async function lineOf(requestId: string | null): Promise<Line> {
  return eventually(`the line of ${requestId}`, async () => {
    const { items } = await viewer.ok('GET', '/requests?limit=200')
    return (items as Line[]).find((line) => line.requestId === requestId)
  })
}

const idOf = ({ headers }: { headers: Headers }) => headers.get('x-request-id')

describe('the log of requests', () => {
  it('has a line for every answer, with the names in it and no more', async () => {
    const order = newOrder({ custom_data: 'private words' })
    const paid = await app.merchant.call('POST', '/subscribe/payments/onetime', order)
    const line = await lineOf(idOf(paid))
    assert.equal(line.route, '/subscribe/payments/onetime')
    assert.equal(line['method'], 'POST')
    assert.equal(line['status'], 200)
    assert.equal(line['code'], 0)
    assert.equal(line['impUid'], paid.body.response.imp_uid)
    assert.equal(line['merchantUid'], order.merchant_uid)
    assert.equal(line['impKey'], app.merchant.impKey)
    assert.equal(line['clientIp'], '127.0.0.1')
    const duplicate = await app.merchant.call('POST', '/subscribe/payments/onetime', order)
    const refused = await lineOf(idOf(duplicate))
    assert.equal(refused['code'], -1)
    assert.equal(refused['message'], duplicate.body.message)
    const absent = await app.merchant.call('GET', '/payments/imps_000000000000')
    assert.equal((await lineOf(idOf(absent)))['status'], 404)
    assert.equal((await lineOf(idOf(absent)))['impUid'], 'imps_000000000000')
    const key = await app.merchant.call('POST', '/subscribe/customers/kim', cardFields())
    assert.equal((await lineOf(idOf(key)))['customerUid'], 'kim')
    const keyed = { 'idempotency-key': 'once' }
    const again = { customer_uid: 'kim', merchant_uid: 'keyed_1', amount: 1_000 }
    const path = '/subscribe/payments/again'
    const first = await app.merchant.call('POST', path, again, keyed)
    const replay = await app.merchant.call('POST', path, again, keyed)
    assert.equal((await lineOf(idOf(replay)))['impUid'], first.body.response.imp_uid)
    const { rows } = await app.parts.db.query<{ text: string }>(
      adHocSql('select r::text as text from request_log r'),
    )
    const all = rows.map(({ text }) => text).join('\n')
    for (const secret of [order.card_number, 'private words', app.merchant.impSecret]) {
      assert.ok(!all.includes(secret), secret)
    }
  })

  it('shows who asked for a token, and only to whom the key belongs', async () => {
    const wrong = { imp_key: app.merchant.impKey, imp_secret: 'wrong' }
    const refused = await callV1(app.url, 'POST', '/users/getToken', { body: wrong })
    assert.equal((await lineOf(idOf(refused)))['status'], 401)
    const strange = { imp_key: 'a key of nobody', imp_secret: 'wrong' }
    await callV1(app.url, 'POST', '/users/getToken', { body: strange })
    const odd = { imp_key: app.merchant.impKey, imp_secret: 'x', merchant_uid: 'a\u0000b\ud800' }
    const last = await callV1(app.url, 'POST', '/users/getToken', { body: odd })
    assert.equal((await lineOf(idOf(last)))['merchantUid'], 'ab\ufffd')
    const other = await app.addMerchant()
    const stranger = await signedInAs(app, 'owner', other.merchantId)
    assert.deepEqual((await stranger.ok('GET', '/requests')).items, [])
    assert.equal((await stranger.ok('GET', '/requests')).newestCursor, null)
    const failed = await viewer.ok('GET', '/requests?result=refused')
    assert.ok((failed.items as Line[]).every((line) => line['code'] !== 0))
  })

  it('is gone on with from the newest line, and no line is missed', async () => {
    const { newestCursor } = await viewer.ok('GET', '/requests?limit=1')
    const ids = new Set<string | null>()
    for (let calls = 0; calls < 3; calls += 1) {
      ids.add(idOf(await app.merchant.call('GET', '/payments/imps_000000000001')))
    }
    await eventually('the new lines', async () => {
      const { items } = await viewer.ok('GET', `/requests?after=${newestCursor}&limit=200`)
      const seen = new Set((items as Line[]).map(({ requestId }) => requestId))
      return [...ids].every((id) => seen.has(id as string)) ? seen : undefined
    })
    const one = await viewer.ok('GET', '/requests?impUid=imps_000000000001')
    assert.equal(one.items.length, 3)
  })

  it('is read along an index and forgotten after its days, or when it is too long', async () => {
    const { merchantId } = await app.addMerchant()
    const { db } = app.parts
    await db.query(
      adHocSql(`insert into request_log (merchant_id, at, request_id, method, route, status, code, duration_ms,
         imp_uid, client_ip)
       select ${merchantId}, to_timestamp(1700000000 + n), 'r' || n, 'GET', '/payments/:imp_uid', 200, 0, 5,
         'imps_' || n % 100, '127.0.0.1' from generate_series(1, 12000) n`),
    )
    await db.query(adHocSql('analyze request_log'))
    const every = { result: null, impUid: null, fromMs: null, toMs: null }
    const first = { after: undefined, limit: 50 }
    const plans = await explain(db, async (tapped) => {
      const page = await searchRequests(tapped, merchantId, every, first)
      assert.equal(page.rows[0]?.requestId, 'r12000')
      const none = await searchRequests(tapped, merchantId, { ...every, result: 'failed' }, first)
      assert.equal(none.isPartial, true)
      await searchRequests(tapped, merchantId, { ...every, impUid: 'imps_7' }, first)
    })
    const nodes = plans.flatMap((plan) => plan.nodes)
    assert.ok(!nodes.some(({ type }) => /Seq Scan|Sort/.test(type)), JSON.stringify(plans))
    const lines = async () => {
      const { rows } = await db.query<{ count: number }>(
        adHocSql('select count(*) as count from request_log where merchant_id = $1'),
        [merchantId],
      )
      return rows[0]?.count
    }
    const beforeMs = (1_700_000_000 + 5_001) * 1_000
    assert.equal(await forgetRequests(db, { beforeMs, keptMax: 1_000_000 }), 5_000)
    assert.equal(await lines(), 7_000)
    await forgetRequests(db, { beforeMs, keptMax: 100 })
    assert.ok(((await lines()) as number) <= 101)
  })

  it('drops the oldest lines of a full queue, says so, and keeps what the database could not take', async () => {
    const said: [object, string][] = []
    const note = (fields: object, message: string) => void said.push([fields, message])
    let isAway = true
    const { db } = app.parts
    const farAway: Database = {
      ...db,
      query: async (statement, values) => {
        if (isAway) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
        return db.query(statement, values)
      },
    }
    const { merchantId, impKey } = await app.addMerchant()
    const clock = new TestClock(Date.UTC(2026, 10, 28))
    const log = createRequestLog({ db: farAway, clock, log: { warn: note, error: note } })
    for (let n = 0; n < queuedMax + 500; n += 1) {
      log.watch({ ...anAnswer, merchant: { merchantId, impKey }, requestId: `r${100_000 + n}` })
    }
    await log.stop()
    assert.match(said[0]?.[1] ?? '', /were dropped/)
    isAway = false
    await log.stop()
    const { rows } = await db.query<{ count: number; first: string; last: string }>(
      adHocSql(`select count(*) as count, min(request_id) as first, max(request_id) as last
       from request_log where merchant_id = $1`),
      [merchantId],
    )
    const kept = { count: queuedMax - 500, first: 'r101000', last: 'r110499' }
    assert.deepEqual(rows, [kept])
  })
})

const anAnswer: Omit<WatchedAnswer, 'merchant' | 'requestId'> = {
  claimedKey: null,
  method: 'GET',
  route: '/',
  status: 200,
  code: 0,
  message: null,
  durationMs: 1,
  impUid: null,
  merchantUid: null,
  customerUid: null,
  clientIp: '127.0.0.1',
}

describe('the guide', () => {
  it('has commands that work, in their order', async () => {
    const guide = await viewer.ok('GET', '/guide')
    assert.equal(guide.impKey, app.merchant.impKey)
    assert.equal(guide.apiUrl, app.url)
    const keys = guide.steps.map(({ key }: { key: string }) => key)
    assert.deepEqual(keys, [
      'token',
      'onetime',
      'billing_key',
      'onetime_with_key',
      'again',
      'schedule',
    ])
    for (const { key, method, path, body, command } of guide.steps) {
      assert.ok(command.includes(JSON.stringify(body)) && command.endsWith(app.url + path))
      assert.equal(command.includes('$TOKEN'), key !== 'token')
      if (key === 'token') continue
      const reply = await app.merchant.call(method, path, body)
      assert.equal(reply.body.code, 0, `${key}: ${reply.body.message}`)
    }
  })

  it("shows the simulator's cards as they are", async () => {
    const { items } = await viewer.ok('GET', '/test-cards')
    const shown = (items as { cardNumber: string }[]).map(({ cardNumber }) => cardNumber)
    assert.deepEqual(
      shown,
      testCards.map(({ number }) => number),
    )
    for (const [index, { atIssue, atCharge }] of testCards.entries()) {
      const card = shownTestCards[index]
      assert.equal(card?.key, atIssue === null ? `charge_${atCharge}` : `issue_${atIssue}`)
      if (card.outcome !== 'declined') continue
      const { code } = resultOf((atIssue ?? atCharge) as 'declined', {
        meaning9103: 'bill_type',
        resultCodes: {},
      })
      assert.equal(card.resultCode, code, card.key)
    }
  })
})
