// What the console's first page adds up. Every statement is bounded by a period, a few days or a count, and reads from
// indexes alone where there can be millions of rows.

import { instant, json, type Queryable, sql } from '../db/database.ts'
import { inSpan, koreanDays } from '../db/korean-days.ts'
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

// Card checks, and money that was found late and goes back by itself, are no sales. The joins of cancels to their
// payments are as many as there are cancels.
const refunds = `cancels c join payments p on p.merchant_id = $1 and p.imp_uid = c.imp_uid
     where c.merchant_id = $1 and c.state = 'done' and p.purpose = 'order' and p.give_back is null`

const addUpStatement = sql(
  'add_up_days',
  `select span.day, approved.count as "approvedCount", approved.won as "approvedWon", failed.count as "failedCount",
     refunded.won as "refundedWon"
   from ${koreanDays},
     lateral (
       select count(*) as count, coalesce(sum(amount), 0)::bigint as won from payments
       where merchant_id = $1 and ${inSpan('paid_at')} and paid_at is not null and purpose = 'order'
         and give_back is null) approved,
     lateral (
       select count(*) as count from payments
       where merchant_id = $1 and ${inSpan('failed_at')} and state = 'failed' and purpose = 'order') failed,
     lateral (
       select coalesce(sum(c.amount), 0)::bigint as won from ${refunds} and ${inSpan('c.cancelled_at')}) refunded
   order by span.day`,
)

/** Every day, those on which nothing happened too. */
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
  `select span.day, due.count, due.won as "amountWon"
   from ${koreanDays},
     lateral (
       select count(*) as count, coalesce(sum(amount), 0)::bigint as won from schedules
       where merchant_id = $1 and state = 'scheduled' and ${inSpan('due_at')}) due
   where due.count > 0
   order by span.day`,
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

const refundCountStatement = sql(
  'count_refunds',
  `select count(*) as "count" from ${refunds} and c.cancelled_at >= $2 and c.cancelled_at < $3`,
)

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

// By an order, so along an index: where a few merchants have everything, a plan without parameters would rather read the
// whole table until it comes to one of theirs.
const isAny = (table: string, order: string) =>
  `(select true from ${table} where merchant_id = $1 order by ${order} limit 1) is not null`

const setUpStatement = sql(
  'look_at_set_up',
  `select
     exists (select from api_keys where merchant_id = $1 and revoked_at is null) as "hasApiKey",
     ${isAny('payments', 'started_at')} as "hasPayment",
     ${isAny('billing_keys', 'customer_uid')} as "hasBillingKey",
     ${isAny('schedules', 'schedule_at')} as "hasSchedule"`,
)

export async function lookAtSetUp(db: Queryable, owner: MerchantId): Promise<SetUp> {
  return (await db.query<SetUp>(setUpStatement, [owner])).rows[0] as SetUp
}
