// The statements behind the console's lists and its home page go by an index, whatever one merchant has: their plans are
// asked for on a database with many rows of one merchant.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { pageOfEvents } from '../../src/audit/audit-events.store.ts'
import {
  addUpDays,
  countTroubles,
  listFailureReasons,
  listUpcoming,
} from '../../src/console/overview.store.ts'
import { totalDays } from '../../src/console/daily-totals.ts'
import { adHocSql, type Queryable } from '../../src/db/database.ts'
import { merchantId } from '../../src/primitives/ids.ts'
import { pageOfDiscrepancies } from '../../src/reconciliation/discrepancies.store.ts'
import { listQueues } from '../../src/schedules/queue.store.ts'
import { searchWebhooks } from '../../src/webhooks/webhook-search.store.ts'
import { explain } from '../support/explain.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { statements } from '../tidy/sql-statements.ts'

const owner = merchantId(7)
const nowMs = Date.UTC(2026, 10, 28, 3)
const dayMs = 86_400_000

let tested: TestDatabase
before(async () => {
  tested = await createTestDatabase()
  for (const statement of seed) {
    const unhurried = { statementTimeoutMs: 120_000 }
    await tested.database.transaction((tx) => tx.query(adHocSql(statement)), unhurried)
  }
  // For scans of indexes alone, which need to know that nobody still sees older rows.
  for (const table of tables) await tested.database.query(adHocSql(`vacuum analyze ${table}`))
})
after(() => tested?.drop())

const tables = ['payments', 'schedules', 'webhooks', 'discrepancies', 'audit_events']

// A year of 6,000 payments of one merchant, and as many of another.
const seed = `
  insert into payments (merchant_id, imp_uid, merchant_uid, state, method, channel_key, pg_id, sandbox, amount,
    started_at, paid_at, failed_at, failure, fail_reason, updated_at)
  select m, 'imps_' || n, 'order_' || n, case when n % 10 = 0 then 'failed' else 'paid' end, 'billing_key', 'c', 'p', false,
    1000, t, case when n % 10 > 0 then t end, case when n % 10 = 0 then t end,
    case when n % 10 = 0 then 'declined' end, case when n % 10 = 0 then '[' || n % 7 || ']no' end, t
  from generate_series(1, 6000) n, (values (7), (8)) as owners(m),
    lateral (select timestamptz '2026-11-28 03:00Z' - n * interval '87 minutes' as t) at;
  insert into schedules (merchant_id, schedule_id, merchant_uid, customer_uid, state, schedule_at, due_at, amount, name,
    buyer_ip, created_at, updated_at)
  select m, gen_random_uuid(), 's' || n, 'c' || n % 500, 'scheduled', t, t, 1000, 'n', '127.0.0.1', t, t
  from generate_series(1, 3000) n, (values (7), (8)) as owners(m), lateral (select timestamptz '2026-11-28 03:00Z' + n * interval '1 hour' as t) at;
  insert into webhooks (merchant_id, webhook_id, sandbox, imp_uid, merchant_uid, status, state, created_at, delivered_at,
    updated_at)
  select 7, gen_random_uuid(), false, 'imps_' || n, 'm', 'paid', 'delivered', t, t, t
  from generate_series(1, 3000) n, lateral (select timestamptz '2026-11-28 03:00Z' - n * interval '1 hour' as t) at;
  insert into discrepancies (merchant_id, discrepancy_id, kind, channel_key, order_number, amount, detail, raised_at,
    resolved_at, resolved_by, resolution)
  select 7, gen_random_uuid(), 'foreign_charge', 'c', 'o', 1, 'd', t, t, 'me', 'r'
  from generate_series(1, 3000) n, lateral (select timestamptz '2026-11-28 03:00Z' - n * interval '1 hour' as t) at;
  insert into audit_events (merchant_id, event_id, actor, action, subject, detail, recorded_at, sequence, hash)
  select 7, gen_random_uuid(), 'operator:' || n % 50, 'a.b', 's' || n % 90, '{}', now(), n, '\\x00'
  from generate_series(1, 3000) n`.split(';')

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly Plans?: readonly Plan[]
}

/** Runs the work, and gives the nodes of the plan of every statement of it. */
async function plansOf(work: (db: Queryable) => Promise<unknown>): Promise<Plan[]> {
  const nodes: Plan[] = []
  const { database } = tested
  const explaining: Queryable = {
    ...database,
    query: async (statement, values) => {
      const { rows } = await database.query<{ 'QUERY PLAN': { Plan: Plan }[] }>(
        adHocSql(`explain (format json) ${statement.text}`),
        values,
      )
      for (const { Plan: plan } of rows[0]?.['QUERY PLAN'] ?? []) nodes.push(...nodesOf(plan))
      return database.query(statement, values)
    },
  }
  await work(explaining)
  return nodes
}

function assertByIndex(plans: readonly Plan[], indexes: readonly string[]): void {
  const read = plans.filter((plan) => plan['Node Type'] === 'Seq Scan')
  assert.deepEqual(
    read.map((plan) => plan['Relation Name']),
    [],
  )
  const used = new Set(plans.map((plan) => plan['Index Name']))
  for (const index of indexes) assert.ok(used.has(index), `${index}: ${[...used].join(', ')}`)
}

describe('the home page', () => {
  it('adds days up from indexes alone', async () => {
    const span = { fromMs: nowMs - 30 * dayMs, toMs: nowMs }
    const plans = await plansOf((db) => addUpDays(db, owner, span))
    assertByIndex(plans, ['payments_taken', 'payments_by_failed'])
    const only = plans.filter((plan) => plan['Node Type'] === 'Index Only Scan')
    assert.ok(only.length >= 2, JSON.stringify(plans.map((plan) => plan['Node Type'])))
  })

  it('looks for reasons, what is to come and what is not well by index', async () => {
    const span = { fromMs: nowMs, toMs: nowMs + 14 * dayMs }
    const before = { fromMs: nowMs - 30 * dayMs, toMs: nowMs }
    const reasons = await plansOf((db) => listFailureReasons(db, owner, before))
    assertByIndex(reasons, ['payments_by_failed'])
    const upcoming = await plansOf((db) => listUpcoming(db, owner, span))
    assertByIndex(upcoming, ['schedules_due_of_merchant'])
    const troubles = await plansOf((db) => countTroubles(db, owner, nowMs - dayMs))
    assertByIndex(troubles, [])
  })

  it('keeps the days that are over, and gives the same from them', async () => {
    const db = tested.database
    const wanted = { fromDay: '2026-11-01', toDay: '2026-11-29' }
    const countKept = async () => {
      const text = `select count(*) as count from daily_totals where merchant_id = 7`
      return (await db.query<{ count: number }>(adHocSql(text))).rows[0]?.count
    }
    // A test clock that was stopped at the end of October still fills November.
    const added = await totalDays(db, owner, { ...wanted, nowMs: Date.UTC(2026, 9, 31) })
    assert.equal(await countKept(), 0)
    const first = await totalDays(db, owner, { ...wanted, nowMs })
    assert.deepEqual(first, added)
    // Today and the two days before it may still change.
    assert.equal(await countKept(), 25)
    assert.deepEqual(await totalDays(db, owner, { ...wanted, nowMs }), added)
    assert.equal(added[0]?.approvedWon, (added[0]?.approvedCount ?? 0) * 1_000)
    assert.ok(added.every(({ approvedCount, failedCount }) => approvedCount + failedCount > 0))
  })
})

describe('the queue', () => {
  it('is read along what is due, though nobody knows how much that is', async () => {
    const [plan] = await explain(tested.database, (db) => listQueues(db, owner, nowMs - dayMs))
    const { nodes = [] } = plan ?? {}
    assert.ok(
      nodes.some(({ index }) => index?.startsWith('schedules_due')),
      JSON.stringify(nodes),
    )
    assert.ok(!nodes.some(({ type }) => type === 'Seq Scan'), JSON.stringify(nodes))
  })
})

describe('lists', () => {
  it('of events that were given up do not pass over those that were delivered', async () => {
    const givenUp = { sandbox: null, state: 'given_up', status: null, impUid: null } as const
    const filter = { ...givenUp, sinceMs: null, untilMs: null }
    for (const order of ['newest', 'oldest'] as const) {
      const page = { order, after: undefined, limit: 50 }
      const [plan] = await explain(tested.database, (db) => searchWebhooks(db, owner, filter, page))
      const index = plan?.nodes.find((node) => node.index?.startsWith('webhooks_'))
      assert.equal(index?.index, 'webhooks_given_up_by_time', JSON.stringify(plan))
    }
  })

  it('of discrepancies go by index from any place on', async () => {
    const before = { atMs: nowMs - 100 * dayMs, id: '0192f0c1-0000-7000-8000-000000000001' }
    for (const withResolved of [true, false]) {
      const wanted = { withResolved, before, limit: 51 }
      assertByIndex(await plansOf((db) => pageOfDiscrepancies(db, owner, wanted)), [])
    }
  })

  it('of audit events go by index, whoever and whatever is looked for', async () => {
    const nothing = { actor: null, action: null, subject: null, sinceMs: null, untilMs: null }
    const filters = [nothing, { ...nothing, actor: 'operator:3' }, { ...nothing, subject: 's5' }]
    for (const filter of filters) {
      const page = { before: 2_000, limit: 51 }
      assertByIndex(await plansOf((db) => pageOfEvents(db, owner, filter, page)), [])
    }
  })
})

describe('every statement of the server', () => {
  it('goes by an index where one merchant of two has half of a table, whatever it is given', async () => {
    const big = new Set(['payments', 'schedules'])
    // In the end it reads all that is old, a page at a time.
    const left = new Set(['page_of_archivable_payments'])
    const faults: string[] = []
    for (const { name, text } of statements) {
      const { rows } = await tested.database.query<{ 'QUERY PLAN': { Plan: Plan }[] }>(
        adHocSql(`explain (generic_plan, format json) ${text}`),
        [],
      )
      const nodes = (rows[0]?.['QUERY PLAN'] ?? []).flatMap(({ Plan: plan }) => nodesOf(plan))
      const read = nodes.filter(
        (node) => node['Node Type'] === 'Seq Scan' && big.has(node['Relation Name'] ?? ''),
      )
      if (read.length > 0 && !left.has(name)) faults.push(name)
    }
    assert.deepEqual(faults, [])
  })
})

function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]
}
