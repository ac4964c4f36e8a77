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
import type { Payment } from '../../src/payments/payment.ts'
import { merchantId } from '../../src/primitives/ids.ts'
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

interface Window {
  readonly fromMs: number
  readonly toMs: number
}

function expectedOf(window: Window, { filter, sorting, limit, offset }: PageOf) {
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

const windows: readonly Window[] = [
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
            const given = await pageOfStatus(tested.database, owner, window, page)
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
      const window = { fromMs: endMs - 90 * dayMs, toMs: endMs + 30 * dayMs }
      const plans = await explain(tested.database, (db) => pageOfStatus(db, owner, window, page))
      const [counting, ...listing] = plans
      assert.ok(counting?.nodes.some(({ type }) => type === 'Index Only Scan'))
      const read = listing.flatMap(({ nodes }) => nodes.map(({ rows }) => rows))
      assert.ok(Math.max(...read) <= 1_000, JSON.stringify(listing))
    })
  }
})
