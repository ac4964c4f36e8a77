// What the console's first page adds up. Every statement is bounded by a period, a few days or a count, and reads from
// indexes alone where there can be millions of rows.

import { instant, json, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'

/** What one day in Korea came to. */
export interface DayTotal {
  /** yyyy-mm-dd. */
  readonly day: string
  readonly approvedCount: number
  readonly approvedWon: number
  readonly failedCount: number
  /** Given back on that day, whenever it was taken. */
  readonly refundedWon: number
}

export interface Span {
  /** Inclusive. */
  readonly fromMs: number
  /** Exclusive. */
  readonly toMs: number
}

// A span as a row that is joined, from $2 to $3: of instants that are parameters the server would make a plan each time,
// which takes longer than a day of payments.
const span = 'unnest(array[$2::timestamptz], array[$3::timestamptz]) as span(from_at, to_at)'
const inSpan = (column: string) => `${column} >= span.from_at and ${column} < span.to_at`

// Korea is UTC+9 all year; an interval is reckoned several times as fast as the name of a zone.
// Card checks, and money that was found late and goes back by itself, are no sales. The joins of cancels to their
// payments are as many as there are cancels.
const refunds = `${span} join cancels c on ${inSpan('c.cancelled_at')}
     join payments p on p.merchant_id = $1 and p.imp_uid = c.imp_uid
     where c.merchant_id = $1 and c.state = 'done' and p.purpose = 'order' and p.give_back is null`

const addUpStatement = sql(
  'add_up_days',
  `with approved as (
     select (paid_at at time zone interval '9 hours')::date as day, count(*) as n, sum(amount) as won
     from ${span} join payments on ${inSpan('paid_at')}
     where merchant_id = $1 and paid_at is not null and purpose = 'order' and give_back is null
     group by 1),
   failed as (
     select (failed_at at time zone interval '9 hours')::date as day, count(*) as n
     from ${span} join payments on ${inSpan('failed_at')}
     where merchant_id = $1 and state = 'failed' and purpose = 'order'
     group by 1),
   refunded as (
     select (c.cancelled_at at time zone interval '9 hours')::date as day, sum(c.amount) as won
     from ${refunds}
     group by 1)
   select to_char(day, 'YYYY-MM-DD') as "day", coalesce(a.n, 0)::bigint as "approvedCount",
     coalesce(a.won, 0)::bigint as "approvedWon", coalesce(f.n, 0)::bigint as "failedCount",
     coalesce(r.won, 0)::bigint as "refundedWon"
   from approved a full join failed f using (day) full join refunded r using (day)
   order by 1`,
)

/** Days on which nothing happened are left out. */
export async function addUpDays(
  db: Queryable,
  owner: MerchantId,
  { fromMs, toMs }: Span,
): Promise<DayTotal[]> {
  const values = [owner, instant(fromMs), instant(toMs)]
  return (await db.query<DayTotal>(addUpStatement, values)).rows
}

const listKeptStatement = sql(
  'list_daily_totals',
  `select to_char(day, 'YYYY-MM-DD') as "day", approved_count as "approvedCount", approved_won as "approvedWon",
     failed_count as "failedCount", refunded_won as "refundedWon"
   from daily_totals where merchant_id = $1 and day >= $2::date and day < $3::date order by day`,
)

/** Days that were added up before. */
export async function listKeptDays(
  db: Queryable,
  owner: MerchantId,
  { fromDay, toDay }: { readonly fromDay: string; readonly toDay: string },
): Promise<DayTotal[]> {
  return (await db.query<DayTotal>(listKeptStatement, [owner, fromDay, toDay])).rows
}

const keepStatement = sql(
  'keep_daily_totals',
  `insert into daily_totals (
     merchant_id, day, approved_count, approved_won, failed_count, refunded_won, computed_at)
   select $1, t.day, t."approvedCount", t."approvedWon", t."failedCount", t."refundedWon", $3
   from jsonb_to_recordset($2::jsonb) as t(
     day date, "approvedCount" bigint, "approvedWon" bigint, "failedCount" bigint, "refundedWon" bigint)
   on conflict (merchant_id, day) do nothing`,
)

export async function keepDays(
  db: Queryable,
  owner: MerchantId,
  totals: readonly DayTotal[],
  nowMs: number,
): Promise<void> {
  await db.query(keepStatement, [owner, json(totals), instant(nowMs)])
}

export interface FailureReason {
  readonly reason: string
  readonly count: number
  readonly amountWon: number
}

/** How many of the newest failures are looked at for their reasons. */
export const failuresLookedAt = 1_000

const reasonsStatement = sql(
  'list_failure_reasons',
  `with newest as (
     select coalesce(fail_reason, '') as reason, amount from payments
     where merchant_id = $1 and state = 'failed' and failed_at >= $2 and failed_at < $3 and purpose = 'order'
     order by failed_at desc limit $4)
   select reason, count(*) as "count", sum(amount)::bigint as "amountWon",
     (sum(count(*)) over ())::bigint as "total"
   from newest group by reason order by count(*) desc, reason limit 10`,
)

export async function listFailureReasons(
  db: Queryable,
  owner: MerchantId,
  { fromMs, toMs }: Span,
): Promise<(FailureReason & { readonly total: number })[]> {
  const values = [owner, instant(fromMs), instant(toMs), failuresLookedAt]
  return (await db.query<FailureReason & { total: number }>(reasonsStatement, values)).rows
}

export interface UpcomingDay {
  readonly day: string
  readonly count: number
  readonly amountWon: number
}

const upcomingStatement = sql(
  'list_upcoming_days',
  `select to_char(day, 'YYYY-MM-DD') as "day", count, won::bigint as "amountWon"
   from (
     select (due_at at time zone interval '9 hours')::date as day, count(*) as count, sum(amount) as won
     from schedules where merchant_id = $1 and state = 'scheduled' and due_at >= $2 and due_at < $3
     group by 1) upcoming
   order by upcoming.day`,
)

export async function listUpcoming(
  db: Queryable,
  owner: MerchantId,
  { fromMs, toMs }: Span,
): Promise<UpcomingDay[]> {
  const values = [owner, instant(fromMs), instant(toMs)]
  return (await db.query<UpcomingDay>(upcomingStatement, values)).rows
}

/** A count stops here: more tells an operator nothing. */
export const troubleCountMax = 10_000

export interface Troubles {
  readonly unknownCount: number
  readonly unknownWon: number
  /** Began since the instant that was asked for. */
  readonly unknownTodayCount: number
  readonly unknownTodayWon: number
  readonly discrepancies: number
  readonly webhooksPending: number
  readonly webhooksHeld: number
  readonly webhooksGivenUpToday: number
  readonly oldestPendingAtMs: number | null
}

// Each looks into a partial index that holds only what is not well, up to one more than is told.
const troublesStatement = sql(
  'count_troubles',
  `with unknown as (
     select amount, started_at from payments
     where merchant_id = $1 and state in ('sending', 'unknown') and state = 'unknown' order by started_at limit $3)
   select
     (select count(*) from unknown) as "unknownCount",
     (select coalesce(sum(amount), 0)::bigint from unknown) as "unknownWon",
     (select count(*) from unknown where started_at >= $2) as "unknownTodayCount",
     (select coalesce(sum(amount), 0)::bigint from unknown where started_at >= $2) as "unknownTodayWon",
     (select count(*) from (select from discrepancies
        where merchant_id = $1 and resolved_at is null limit $3) d) as "discrepancies",
     (select count(*) from (select from webhooks
        where merchant_id = $1 and state = 'pending' limit $3) w) as "webhooksPending",
     (select count(*) from (select from webhooks
        where merchant_id = $1 and state = 'held' limit $3) w) as "webhooksHeld",
     (select count(*) from (select from webhooks
        where merchant_id = $1 and state = 'given_up' and updated_at >= $2 limit $3) w) as "webhooksGivenUpToday",
     (select min(created_at) from (select created_at from webhooks
        where merchant_id = $1 and state = 'pending' limit $3) w) as "oldestPendingAtMs"`,
)

export async function countTroubles(
  db: Queryable,
  owner: MerchantId,
  sinceMs: number,
): Promise<Troubles> {
  const values = [owner, instant(sinceMs), troubleCountMax + 1]
  return (await db.query<Troubles>(troublesStatement, values)).rows[0] as Troubles
}

const failedSumStatement = sql(
  'sum_failed_payments',
  `select coalesce(sum(amount), 0)::bigint as "amountWon" from payments
   where merchant_id = $1 and state = 'failed' and failed_at >= $2 and failed_at < $3 and purpose = 'order'`,
)

export async function sumFailed(
  db: Queryable,
  owner: MerchantId,
  { fromMs, toMs }: Span,
): Promise<number> {
  const values = [owner, instant(fromMs), instant(toMs)]
  const { rows } = await db.query<{ amountWon: number }>(failedSumStatement, values)
  return rows[0]?.amountWon ?? 0
}

const refundCountStatement = sql('count_refunds', `select count(*) as "count" from ${refunds}`)

export async function countRefunds(
  db: Queryable,
  owner: MerchantId,
  { fromMs, toMs }: Span,
): Promise<number> {
  const values = [owner, instant(fromMs), instant(toMs)]
  return (await db.query<{ count: number }>(refundCountStatement, values)).rows[0]?.count ?? 0
}

export interface SetUp {
  readonly hasApiKey: boolean
  readonly hasPayment: boolean
  readonly hasBillingKey: boolean
  readonly hasSchedule: boolean
}

const setUpStatement = sql(
  'look_at_set_up',
  `select
     exists (select from api_keys where merchant_id = $1 and revoked_at is null) as "hasApiKey",
     exists (select from payments where merchant_id = $1) as "hasPayment",
     exists (select from billing_keys where merchant_id = $1) as "hasBillingKey",
     exists (select from schedules where merchant_id = $1) as "hasSchedule"`,
)

export async function lookAtSetUp(db: Queryable, owner: MerchantId): Promise<SetUp> {
  return (await db.query<SetUp>(setUpStatement, [owner])).rows[0] as SetUp
}
