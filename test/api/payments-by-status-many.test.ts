// The same list with thousands of payments: however a page is found, it is the one that sorting all of them would give, and
// the first pages are found without that.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import {
  type PageOf,
  pageOfStatus,
  type Sorting,
  type StatusFilter,
  statusFilters,
} from '../../src/payments/payment-queries.store.ts'
import type { Span, TalliedWindow } from '../../src/payments/payment-tallies.store.ts'
import type { Payment } from '../../src/payments/payment.ts'
import { merchantId } from '../../src/primitives/ids.ts'
import { boundsOfKoreanDay, koreanDay } from '../../src/primitives/korean-day.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { explain } from '../support/explain.ts'

const owner = merchantId(7)
const endMs = Date.UTC(2026, 10, 28)
const dayMs = 86_400_000
const rowCount = 6_000

let tested: TestDatabase
let all: readonly Row[]
before(async () => {
  tested = await createTestDatabase()
  const unhurried = { statementTimeoutMs: 120_000 }
  await tested.database.transaction((tx) => tx.query(adHocSql(seed)), unhurried)
  await tested.database.query(adHocSql('vacuum analyze payments'))
  const text = `select imp_uid as "impUid", state, give_back is not null as "goesBack", started_at as "startedAtMs",
    paid_at as "paidAtMs", failed_at as "failedAtMs", cancelled_at as "cancelledAtMs", updated_at as "updatedAtMs"
    from payments where merchant_id = 7`
  all = (await tested.database.query<Row>(adHocSql(text))).rows
})
after(() => tested?.drop())

// Ten minutes apart, two of each instant. One of four failed; one of five was given back two days later. One of fifty
// was unknown for twenty days and is paid in another month than its neighbours; a few of those go back.
const seed = `insert into payments (merchant_id, imp_uid, merchant_uid, state, method, channel_key, pg_id, sandbox, amount,
    cancel_amount, started_at, paid_at, failed_at, cancelled_at, failure, give_back, updated_at)
  select m, 'imps_' || lpad((n * 7919 % 1000000)::text, 12, '0'), 'order_' || n, state, 'billing_key', 'c', 'p', false, 1000,
    case when state = 'cancelled' then 1000 else 0 end, t, case when state <> 'failed' then paid end,
    case when state = 'failed' then t end, case when state = 'cancelled' then paid + interval '2 days' end,
    case when state = 'failed' then 'declined' end,
    case when n % 250 = 3 and state = 'paid' then 'silent' end, t + n * interval '1 second'
  from generate_series(1, ${rowCount}) n, (values (7), (8)) as owners(m),
    lateral (select timestamptz '2026-11-28Z' - (n / 2) * interval '20 minutes' as t,
      case when n % 4 = 0 then 'failed' when n % 5 = 1 then 'cancelled' else 'paid' end as state) at,
    lateral (select t + case when n % 50 = 3 then interval '20 days' else interval '1 second' end as paid) p`

type Facts = 'impUid' | 'state' | 'startedAtMs' | 'paidAtMs' | 'failedAtMs' | 'cancelledAtMs'
type Row = Pick<Payment, Facts> & { readonly goesBack: boolean; readonly updatedAtMs: number }

const timeOf: Record<StatusFilter, (row: Row) => number | null> = {
  all: (row) => row.startedAtMs,
  ready: (row) => row.startedAtMs,
  paid: (row) => row.paidAtMs,
  failed: (row) => row.failedAtMs,
  cancelled: (row) => row.cancelledAtMs,
}

function expectedOf(window: Span, { filter, sorting, limit, offset }: PageOf) {
  const found = all.filter((row) => {
    const at = timeOf[filter](row)
    const isOfState =
      filter === 'all' || (row.state === filter && (filter !== 'paid' || !row.goesBack))
    return isOfState && at !== null && at >= window.fromMs && at < window.toMs
  })
  const sign = sorting.startsWith('-') ? -1 : 1
  const by = `${sorting.replace('-', '')}AtMs` as 'startedAtMs' | 'paidAtMs' | 'updatedAtMs'
  // What has no time comes last, either way.
  const last = sign * Number.POSITIVE_INFINITY
  const sorted = found.toSorted((a, b) => {
    const [left, right] = [a[by] ?? last, b[by] ?? last]
    if (left === right) return sign * (a.impUid < b.impUid ? -1 : 1)
    return sign * (left < right ? -1 : 1)
  })
  const shown = sorted.slice(offset, offset + limit)
  return { total: found.length, uids: shown.map(({ impUid }) => impUid) }
}

// Long after the last of them.
const nowMs = endMs + 40 * dayMs

const windows: readonly Span[] = [
  { fromMs: endMs - 90 * dayMs, toMs: endMs + 30 * dayMs },
  { fromMs: endMs - 5 * dayMs, toMs: endMs + 1 },
  { fromMs: endMs - 38 * dayMs, toMs: endMs - 3 * dayMs },
  { fromMs: endMs - 400 * dayMs, toMs: endMs - 300 * dayMs },
]
const cuts = [
  { limit: 20, offset: 0 },
  { limit: 20, offset: 400 },
  { limit: 1_000, offset: 1_000 },
  { limit: 20, offset: 50_000 },
]

describe('a page of thousands', () => {
  for (const filter of statusFilters) {
    it(`of ${filter} is the one that sorting all of them gives`, async () => {
      for (const window of windows) {
        for (const sorting of ['-started', 'started', '-paid', 'paid', '-updated'] as Sorting[]) {
          for (const cut of cuts) {
            const page = { filter, sorting, ...cut }
            const given = await pageOfStatus(tested.database, owner, { ...window, nowMs }, page)
            const uids = given.payments.map(({ impUid }) => impUid)
            const about = JSON.stringify({ window, ...page })
            assert.deepEqual({ total: given.total, uids }, expectedOf(window, page), about)
          }
        }
      }
    })
  }

  for (const filter of ['all', 'paid', 'failed', 'cancelled'] as const) {
    it(`of ${filter} is found without sorting thousands, and counted from an index alone`, async () => {
      const page = { filter, sorting: '-started', limit: 20, offset: 0 } as const
      const window = { fromMs: endMs - 90 * dayMs, toMs: endMs + 30 * dayMs, nowMs }
      const plans = await explain(tested.database, (db) => pageOfStatus(db, owner, window, page))
      const counting = plans.find(({ statement }) => statement.startsWith('count_'))
      assert.ok(counting?.nodes.some(({ type }) => type === 'Index Only Scan'))
      const listing = plans.filter(({ statement }) => !statement.startsWith('count_'))
      const read = listing.flatMap(({ nodes }) => nodes.map(({ rows }) => rows))
      assert.ok(Math.max(...read) <= 1_000, JSON.stringify(listing))
    })
  }
})

describe('a total', () => {
  const window = { fromMs: endMs - 60 * dayMs, toMs: endMs + 30 * dayMs, nowMs }
  const run = (text: string) => tested.database.query(adHocSql(text))
  const forget = () => run('delete from payment_tallies')
  const daysKept = async () => {
    const text = `select to_char(day, 'YYYYMMDD') as day from payment_tallies where merchant_id = 7`
    return (await tested.database.query<{ day: string }>(adHocSql(text))).rows.map(({ day }) => day)
  }
  const totalsOf = async (about: TalliedWindow) => {
    const of = async (filter: StatusFilter) => {
      const page = { filter, sorting: '-started', limit: 20, offset: 0 } as const
      return (await pageOfStatus(tested.database, owner, about, page)).total
    }
    return { started: await of('all'), paid: await of('paid') }
  }
  const count = async (condition: string) => {
    const text = `select count(*)::int as count from payments where merchant_id = 7 and ${condition}`
    return (await tested.database.query<{ count: number }>(adHocSql(text))).rows[0]?.count
  }
  const counted = async () => ({
    started: await count('true'),
    paid: await count(`state = 'paid' and give_back is null`),
  })
  /** A payment of the middle of the data, and its day. */
  const middle = `merchant_uid = 'order_3007'`
  const middleDay = koreanDay(endMs - (3_007 / 2) * 20 * 60_000)

  it('is counted by days that stand, and by the rest of the window', async () => {
    await forget()
    const first = await totalsOf(window)
    assert.deepEqual(first, await counted())
    const days = await daysKept()
    assert.equal(days.length, 89)
    // What is kept is what is read: a wrong tally shows.
    await run(`update payment_tallies set started = started + 1000 where day = '${days[0]}'::date`)
    assert.equal((await totalsOf(window)).started, first.started + 1_000)
    await forget()
  })

  it('keeps no day that is not over for the machine and the merchant', async () => {
    await forget()
    await totalsOf({ ...window, nowMs: endMs - 30 * dayMs })
    const days = await daysKept()
    assert.ok(days.length > 20)
    assert.ok(days.every((day) => boundsOfKoreanDay(day).toMs < endMs - 30 * dayMs))
  })

  it('keeps a day three hours after it is over, for what was begun in it and is still being written', async () => {
    const { toMs } = boundsOfKoreanDay(middleDay)
    for (const [hours, isKept] of [
      [2.9, false],
      [3.1, true],
    ] as const) {
      await forget()
      await totalsOf({ ...window, nowMs: toMs + hours * 3_600_000 })
      assert.equal((await daysKept()).includes(middleDay), isKept, `${hours} hours after it`)
    }
    await forget()
  })

  it('falls when a payment of a day that is kept is cancelled', async () => {
    const before = await totalsOf(window)
    await run(`update payments set state = 'cancelled', cancelled_at = now(), cancel_amount = amount
      where merchant_id = 7 and state = 'paid' and give_back is null and merchant_uid like 'order_300%'`)
    const after = await totalsOf(window)
    assert.deepEqual(after, await counted())
    assert.ok(after.paid < before.paid && after.started === before.started)
  })

  it('rises when an approval reaches the database days late', async () => {
    const states = [
      `state = 'unknown', paid_at = null, cancelled_at = null, cancel_amount = 0`,
      `state = 'failed', paid_at = null, failed_at = started_at, failure = 'evidence'`,
    ]
    for (const state of states) {
      await run(`update payments set ${state} where merchant_id = 7 and ${middle}`)
      await forget()
      const before = await totalsOf(window)
      assert.deepEqual(before, await counted())
      assert.ok(!(await daysKept()).includes(middleDay))
      await run(`update payments set state = 'paid', failed_at = null, failure = null,
        paid_at = started_at + interval '2 seconds' where merchant_id = 7 and ${middle}`)
      const after = await totalsOf(window)
      assert.deepEqual(after, { ...before, paid: before.paid + 1 })
      assert.deepEqual(after, await counted())
      assert.ok((await daysKept()).includes(middleDay))
    }
  })

  it('keeps nothing of a merchant that came out of a backup, whose payments are still being found', async () => {
    await forget()
    await run(`insert into restore_holds (merchant_id, restored_at, backup_id, snapshot_at)
      values (7, now(), gen_random_uuid(), now())`)
    assert.deepEqual(await totalsOf(window), await counted())
    assert.deepEqual(await daysKept(), [])
    await run('delete from restore_holds')
  })
})
