// The list of payments with twenty-five thousand of them: pages, filters, counts, the file for Excel, and how the server runs
// each of the questions.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { adHocSql, type Database } from '../../src/db/database.ts'
import { streamPayments } from '../../src/console/payments-csv.ts'
import {
  countPayments,
  everyPayment,
  type PaymentFilter,
  searchPayments,
} from '../../src/payments/payment-search.store.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { newOrder } from '../api/orders.ts'
import { type ConsoleClient, signedInAs } from './console-client.ts'
import { explain } from '../support/explain.ts'
import { addPayments } from './many-rows.ts'

const rowCount = 25_000
const endMs = Date.UTC(2026, 9, 1)

let app: TestApp
let viewer: ConsoleClient
before(async () => {
  app = await startTestApp({ role: 'api', logLevel: 'warn' })
  viewer = await signedInAs(app, 'viewer')
  const { merchantId } = app.merchant
  await addPayments(app.parts.db, merchantId, { count: rowCount, endMs, prefix: 'many_' })
  const other = await app.addMerchant()
  await addPayments(app.parts.db, other.merchantId, { count: 1_000, endMs, prefix: 'other_' })
})
after(() => app?.close())

interface Listed {
  readonly uids: string[]
  readonly requests: number
  readonly partials: number
}

/** All pages of a list, as the console reads them. */
async function readAll(query: string, between?: (page: number) => Promise<void>): Promise<Listed> {
  const uids: string[] = []
  let cursor: string | null = null
  let requests = 0
  let partials = 0
  do {
    const at: string = cursor === null ? '' : `&cursor=${cursor}`
    const page = await viewer.ok('GET', `/payments?${query}${at}`)
    for (const { impUid } of page.items as { impUid: string }[]) uids.push(impUid)
    if (page.isPartial === true) {
      partials += 1
      assert.ok(page.searchedTo !== null && page.nextCursor !== null)
    }
    cursor = page.nextCursor
    requests += 1
    await between?.(requests)
  } while (cursor !== null)
  return { uids, requests, partials }
}

const impUid = (n: number) => `imps_${700_000_000_000 + n}`

describe('pages', () => {
  it('give each payment once, though others come in meanwhile', async () => {
    const from = new Date(endMs - 600_000).toISOString()
    const made: string[] = []
    const { uids } = await readAll(`limit=100&from=${from}`, async () => {
      const { body } = await app.merchant.call('POST', '/subscribe/payments/onetime', newOrder())
      made.push(body.response.imp_uid as string)
    })
    const expected = Array.from({ length: 601 }, (_, n) => impUid(rowCount - n))
    assert.deepEqual(
      uids.filter((uid) => !made.includes(uid)),
      expected,
    )
    assert.equal(new Set(uids).size, uids.length)
    const { uids: up } = await readAll(`limit=200&order=oldest&from=${from}`)
    assert.deepEqual(up, [...expected.toReversed(), ...made])
  })

  it('keep payments of one instant apart', async () => {
    const { db } = app.parts
    const { merchantId } = await app.addMerchant()
    const at = new Date(endMs).toISOString()
    await db.query(
      adHocSql(`insert into payments (merchant_id, imp_uid, merchant_uid, state, method, channel_key, pg_id,
         sandbox, amount, started_at, paid_at, updated_at)
       select ${merchantId}, 'imps_' || lpad(n::text, 12, '0'), 'same_' || n, 'paid', 'key_in', 'c', 'p', true, 1,
         '${at}', '${at}', '${at}' from generate_series(1, 25) n`),
    )
    const found = []
    let after
    do {
      const search = { order: 'newest', after, limit: 4 } as const
      const page = await searchPayments(db, merchantId, everyPayment, search)
      found.push(...page.rows.map((row) => row.impUid))
      after = page.next ?? undefined
    } while (after !== undefined)
    assert.equal(found.length, 25)
    assert.deepEqual(found, found.toSorted().toReversed())
  })

  it('refuse a cursor and words that are none', async () => {
    await viewer.refused('bad_cursor', 'GET', '/payments?cursor=nonsense')
    await viewer.refused('bad_request', 'GET', '/payments?q=a%00b')
    await viewer.refused('bad_request', 'GET', '/payments?colour=red')
  })
})

describe('filters', () => {
  it('that few rows fit end a request early and are gone on with', async () => {
    const expected = [20_000, 8_000, 1].map(impUid)
    await app.parts.db.query(
      adHocSql(`update payments set channel_key = 'channel_few' where imp_uid = any($1)`),
      [expected],
    )
    const { uids, requests, partials } = await readAll('channelKey=channel_few')
    assert.deepEqual(uids, expected)
    assert.ok(partials >= 2, `${partials} of ${requests}`)
    const none = await readAll('channelKey=nobody')
    assert.deepEqual(none.uids, [])
    assert.ok(none.partials >= 2 && none.requests <= 5)
  })

  it('go together', async () => {
    const from = new Date(endMs - 20_000_000).toISOString()
    const to = new Date(endMs - 10_000_000).toISOString()
    const query = `customerUid=many_customer_7&state=paid&method=billing_key&mode=sandbox&from=${from}&to=${to}`
    const { uids } = await readAll(`${query}&amountMin=1003`)
    const expected = Array.from({ length: rowCount }, (_, n) => n + 1)
      .filter((n) => n % 100 === 7 && n % 7 >= 3 && n >= 5_000 && n < 15_000)
      .toReversed()
      .map(impUid)
    assert.deepEqual(uids, expected)
    assert.deepEqual((await readAll('mode=live')).uids, [])
  })

  it('find by whole names, by their beginnings, and by the number PAYJOA gave', async () => {
    const find = async (q: string) => (await readAll(`q=${encodeURIComponent(q)}&limit=200`)).uids
    assert.deepEqual(await find(impUid(123)), [impUid(123)])
    assert.deepEqual(
      await find('imps_70000000012'),
      [129, 128, 127, 126, 125, 124, 123, 122, 121, 120].map(impUid),
    )
    assert.equal((await find('many_2499')).length, 11)
    assert.deepEqual(await find('many_tid_77'), [impUid(77)])
    assert.equal((await find('many_customer_42')).length, 250)
    assert.deepEqual(await find('other_1'), [])
    assert.deepEqual(await find('%'), [])
    // Many: walked in the order of time.
    const { items } = await viewer.ok('GET', '/payments?q=many_&limit=3')
    assert.equal(items.length, 3)
  })
})

describe('counts', () => {
  it('are exact up to a bound and say when they are not', async () => {
    const all = await viewer.ok('GET', '/payments/count')
    assert.equal(all.count, 1_000)
    assert.equal(all.isExact, false)
    const from = new Date(endMs - 99_000).toISOString()
    const to = new Date(endMs + 1_000).toISOString()
    const some = await viewer.ok('GET', `/payments/count?from=${from}&to=${to}`)
    const won = Array.from({ length: 100 }, (_, n) => 1_000 + ((rowCount - n) % 7))
    assert.deepEqual(some, {
      count: 100,
      isExact: true,
      amountWon: won.reduce((sum, one) => sum + one, 0),
    })
    const found = await viewer.ok('GET', '/payments/count?q=many_customer_42&state=failed')
    assert.deepEqual(found, { count: 0, isExact: true, amountWon: 0 })
    // All of twenty-five thousand are behind these two hundred and fifty.
    const failed = await viewer.ok('GET', '/payments/count?state=failed')
    assert.deepEqual([failed.count, failed.isExact], [rowCount / 100, true])
    const rare = await viewer.ok('GET', '/payments/count?amountMin=1006&amountMax=1006')
    assert.deepEqual([rare.count, rare.isExact], [1_000, false])
    const further = await viewer.ok('GET', '/payments/count?channelKey=nobody')
    assert.deepEqual(further, { count: 0, isExact: false, amountWon: 0 })
  })
})

describe('the file for Excel', () => {
  it('has every row, a byte order mark, no formula, and an end', async () => {
    const { status, headers, body } = await viewer.call(
      'GET',
      '/payments/export?state=paid&customerUid=many_customer_1',
    )
    assert.equal(status, 200)
    assert.equal(headers.get('content-type'), 'text/csv; charset=utf-8')
    assert.match(
      headers.get('content-disposition') ?? '',
      /^attachment; filename="payments-\d{8}\.csv"$/,
    )
    // fetch takes the mark away from a text.
    const bytes = await fetchBytes('/payments/export?q=many_1001')
    assert.deepEqual([...bytes.subarray(0, 3)], [0xef, 0xbb, 0xbf])
    const lines = (body as string).split('\r\n')
    assert.match(lines[0] as string, /^결제번호\(imp_uid\),주문번호/)
    assert.equal(lines.at(-2), '#end,250')
    assert.equal(lines.length, 253)
    assert.ok((body as string).includes(`,'=cmd|calc,`))
    const quoted = await viewer.call('GET', '/payments/export?q=many_1002&language=en')
    assert.match(quoted.body as string, /^imp_uid,merchant_uid,/)
    assert.ok((quoted.body as string).includes('"홍길동, ""길동"""'))
    assert.ok((quoted.body as string).includes('2026-'))
  })

  it('is read as it is taken, and no further', async () => {
    const { db } = app.parts
    let asked = 0
    const tapped: Database = {
      ...db,
      query: (statement, values) => {
        asked += 1
        return db.query(statement, values)
      },
    }
    const content = streamPayments(tapped, app.merchant.merchantId, everyPayment, 'ko')
    let taken = 0
    for await (const chunk of content) {
      taken += 1
      // A page of five hundred, and one that is kept ready.
      assert.ok(asked <= taken + 1, `${asked} pages were read for ${taken}`)
      assert.ok((chunk as Buffer).length < 512 * 1024)
      if (taken === 5) break
    }
    assert.equal(content.destroyed, true)
    assert.ok(asked <= 6)
  })
})

async function fetchBytes(path: string): Promise<Buffer> {
  const reply = await fetch(`${app.url}/console/api${path}`, {
    headers: { cookie: `billkey=${viewer.token}` },
  })
  return Buffer.from(await reply.arrayBuffer())
}

describe('the server', () => {
  const filters: [string, Partial<PaymentFilter>, string][] = [
    ['nothing', {}, 'payments_by_start'],
    ['a rare state', { state: 'failed' }, 'payments_unkept'],
    ['a rare state of an amount', { state: 'failed', amountMinWon: 1 }, 'payments_unkept'],
    ['what is open', { state: 'unknown' }, 'payments_unknown'],
    ['a customer', { customerUid: 'many_customer_7', amountMinWon: 1_003 }, 'payments_by_customer'],
    ['nobody', { channelKey: 'nobody' }, 'payments_by_start'],
    ['many words', { words: 'many_' }, 'payments_by_start'],
    ['a period', { fromMs: endMs - 10_000_000, toMs: endMs - 9_000_000 }, 'payments_by_start'],
    ['few words', { words: 'many_customer_4', state: 'failed' }, 'payments_by_customer'],
  ]
  for (const [name, filter, index] of filters) {
    for (const order of ['newest', 'oldest'] as const) {
      it(`looks for ${name}, ${order} first, along an index and no further than it must`, async () => {
        const { merchantId } = app.merchant
        const wanted = { ...everyPayment, ...filter }
        const search = { order, after: undefined, limit: 50 }
        const plans = await explain(app.parts.db, async (db) => {
          await searchPayments(db, merchantId, wanted, search)
          await countPayments(db, merchantId, wanted)
        })
        const nodes = plans.flatMap((plan) => plan.nodes)
        assert.ok(!nodes.some(({ type }) => type === 'Seq Scan'), JSON.stringify(plans))
        assert.ok(
          nodes.some((node) => node.index === index),
          JSON.stringify(plans),
        )
        // Only what few names were found by is put in order.
        const sorted = nodes.filter(({ type }) => /Sort/.test(type)).map(({ rows }) => rows)
        assert.ok(Math.max(0, ...sorted) <= 1_001, JSON.stringify(plans))
        const page = plans.filter(({ statement }) => statement.startsWith('search_'))
        const read = page.flatMap((plan) => plan.nodes.map(({ rows }) => rows))
        const isSelective = name === 'nothing' || name === 'a period' || name === 'many words'
        assert.ok(Math.max(...read) <= (isSelective ? 100 : 10_000), JSON.stringify(page))
      })
    }
  }
})
