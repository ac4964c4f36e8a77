// How much is open, for metrics and doctor. Cheap enough to ask every few seconds: partial indexes hold only what is
// open. All merchants together, read without a lock.

import { type Queryable, sql } from '../db/database.ts'
import type { DiscrepancyKind } from './judge-fact.ts'

export interface UnknownCount {
  readonly what: 'payment' | 'cancel'
  readonly count: number
  /** Null: there is none. */
  readonly oldestStartedAtMs: number | null
}

const countUnknownsStatement = sql(
  'count_unknowns',
  `select 'payment' as what, count(*) as count, min(started_at) as "oldestStartedAtMs"
   from (select started_at from payments where state = 'unknown' order by started_at limit $1) p
   union all
   select 'cancel', count(*), min(started_at)
   from (select started_at from cancels where state = 'unknown' order by started_at limit $1) c`,
)

/** Unknown payments and cancels, counted up to `countMax` each; those on their way are not counted. */
export async function countUnknowns(db: Queryable, countMax: number): Promise<UnknownCount[]> {
  return (await db.query<UnknownCount>(countUnknownsStatement, [countMax])).rows
}

export interface DiscrepancyCount {
  readonly kind: DiscrepancyKind
  readonly count: number
}

const countDiscrepanciesStatement = sql(
  'count_open_discrepancies',
  `select kind, count(*) as count
   from (select kind from discrepancies where resolved_at is null limit $1) d group by kind`,
)

/** Open discrepancies, counted up to `countMax` together; a kind of which there is none is absent. */
export async function countOpenDiscrepancies(
  db: Queryable,
  countMax: number,
): Promise<DiscrepancyCount[]> {
  return (await db.query<DiscrepancyCount>(countDiscrepanciesStatement, [countMax])).rows
}

export interface ReportsState {
  /** Enabled channels that have daily files. */
  readonly channels: number
  /** Of these, how many never gave one. */
  readonly neverFetched: number
  /** The oldest of the channels' newest files: when it was fetched. */
  readonly oldestFetchedAtMs: number | null
  /** Channels whose last try failed. */
  readonly failing: number
}

const reportsStateStatement = sql(
  'state_of_reports',
  `select count(*) as channels, count(*) filter (where r.fetched_at is null) as "neverFetched",
     min(r.fetched_at) as "oldestFetchedAtMs", count(*) filter (where r.failing) as failing
   from channels c
   left join lateral (
     select max(f.fetched_at) as fetched_at,
       coalesce((array_agg(f.failures > 0 order by f.attempted_at desc))[1], false) as failing
     from (
       select fetched_at, failures, attempted_at from report_fetches t
       where t.merchant_id = c.merchant_id and t.channel_key = c.channel_key
       order by t.day desc limit 7) f) r on true
   where c.report_password_sealed is not null and c.disabled_at is null`,
)

/** How the fetching of daily files goes, of the last seven days that were asked for. */
export async function readReportsState(db: Queryable): Promise<ReportsState> {
  const [state] = (await db.query<ReportsState>(reportsStateStatement)).rows
  return state as ReportsState
}

const countWaitingFactsStatement = sql(
  'count_waiting_facts',
  `select count(*) as count from (select from gateway_facts where waits limit $1) f`,
)

/** Facts that are to be judged again, counted up to `countMax`. */
export async function countWaitingFacts(db: Queryable, countMax: number): Promise<number> {
  const { rows } = await db.query<{ count: number }>(countWaitingFactsStatement, [countMax])
  return rows[0]?.count ?? 0
}
