// The statements about daily files: who fetches which, what each proved, and our own books of the same day.

import { instant, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'

export interface ReportName {
  readonly merchantId: MerchantId
  readonly channelKey: string
  /** yyyymmdd in Korea. */
  readonly day: string
}

// After n failures in a row the next try waits 2^n times as long, an hour on a live channel at most: a wrong password
// must not look like an attack.
const isLeftAlone = (now: string, waitMs: string) => `(
  r.lease_until > ${now} or (r.failures > 0 and
    r.attempted_at > ${now}::timestamptz - ${waitMs}::int * power(2, least(r.failures, 6)) * interval '1 millisecond'))`

const claimStatement = sql(
  'claim_report',
  `insert into report_fetches as r (merchant_id, channel_key, day, lease_until, attempted_at)
   values ($1, $2, $3::date, $5, $4)
   on conflict (merchant_id, channel_key, day) do update set lease_until = $5, attempted_at = $4
     where (r.fetched_at is null or r.fetched_at < $6) and not coalesce(${isLeftAlone('$4', '$7')}, false)
   returning day`,
)

/**
 * Takes a file on: until the lease ends nobody else fetches it. False when it was fetched since `neededSinceMs`, has
 * failed of late, or is being fetched.
 */
export async function claimReport(
  db: Queryable,
  { merchantId, channelKey, day }: ReportName,
  times: {
    readonly nowMs: number
    readonly leaseUntilMs: number
    readonly neededSinceMs: number
    /** After a first failure. */
    readonly retryAfterMs: number
  },
): Promise<boolean> {
  const { rows } = await db.query(claimStatement, [
    merchantId,
    channelKey,
    day,
    instant(times.nowMs),
    instant(times.leaseUntilMs),
    instant(times.neededSinceMs),
    times.retryAfterMs,
  ])
  return rows.length === 1
}

const listLackingStatement = sql(
  'list_channels_lacking_report',
  `select c.merchant_id as "merchantId", c.channel_key as "channelKey" from channels c
   where c.report_password_sealed is not null and c.disabled_at is null and not exists (
     select from report_fetches r
     where r.merchant_id = c.merchant_id and r.channel_key = c.channel_key and r.day = $1::date
       and (r.fetched_at >= $2 or ${isLeftAlone('$3', '$4')}))`,
)

/** Channels, of all merchants, whose file of a day has not been fetched since an instant. Takes no lock. */
export async function listLacking(
  db: Queryable,
  day: string,
  times: { readonly neededSinceMs: number; readonly nowMs: number; readonly retryAfterMs: number },
): Promise<Omit<ReportName, 'day'>[]> {
  const { neededSinceMs, nowMs, retryAfterMs } = times
  const values = [day, instant(neededSinceMs), instant(nowMs), retryAfterMs]
  return (await db.query<Omit<ReportName, 'day'>>(listLackingStatement, values)).rows
}

/** What a whole file was found to hold. `known`: of ours, and it has them; `missing`: of ours, and it lacks them. */
export interface ReportFindings {
  readonly approvals: number
  readonly cancels: number
  readonly unreadable: number
  readonly digest: string
  readonly known: Readonly<Record<ReportLine, number>>
  readonly missing: Readonly<Record<ReportLine, number>>
}

/** What a file can be known to list: approvals by how the money was taken, and cancels. */
export type ReportLine = 'key_in' | 'billing_key' | 'cancel'

const recordReportStatement = sql(
  'record_report',
  `update report_fetches set
     lease_until = null, failure = null, failures = 0, fetched_at = $4, approvals = $5, cancels = $6, unreadable = $7, digest = $8,
     known_key_in = $9, known_billing_key = $10, known_cancels = $11,
     missing_key_in = $12, missing_billing_key = $13, missing_cancels = $14
   where merchant_id = $1 and channel_key = $2 and day = $3::date and (fetched_at is null or fetched_at <= $4)`,
)

/** After everything the file tells of has been brought into the books: from then on its silence counts. */
export async function recordReport(
  db: Queryable,
  { merchantId, channelKey, day }: ReportName,
  fetchedAtMs: number,
  { approvals, cancels, unreadable, digest, known, missing }: ReportFindings,
): Promise<void> {
  await db.query(recordReportStatement, [
    merchantId,
    channelKey,
    day,
    instant(fetchedAtMs),
    approvals,
    cancels,
    unreadable,
    digest,
    known.key_in,
    known.billing_key,
    known.cancel,
    missing.key_in,
    missing.billing_key,
    missing.cancel,
  ])
}

const recordFailureStatement = sql(
  'record_report_failure',
  `update report_fetches set lease_until = null, failure = $4, failures = failures + 1
   where merchant_id = $1 and channel_key = $2 and day = $3::date`,
)

export async function recordReportFailure(
  db: Queryable,
  { merchantId, channelKey, day }: ReportName,
  reason: string,
): Promise<void> {
  await db.query(recordFailureStatement, [merchantId, channelKey, day, reason])
}

export interface FetchedReport {
  readonly day: string
  readonly attemptedAtMs: number
  readonly failure: string | null
  readonly fetchedAtMs: number | null
  readonly approvals: number
  readonly cancels: number
  readonly unreadable: number
  /** It, or another file of this channel, lists such lines of ours. */
  readonly lists: Readonly<Record<ReportLine, boolean>>
  readonly missing: Readonly<Record<ReportLine, number>>
}

const listReportsStatement = sql(
  'list_reports',
  `select to_char(day, 'YYYYMMDD') as day, attempted_at as "attemptedAtMs", failure, fetched_at as "fetchedAtMs",
     approvals, cancels, unreadable,
     json_build_object('key_in', bool_or(known_key_in > 0) over (),
       'billing_key', bool_or(known_billing_key > 0) over (), 'cancel', bool_or(known_cancels > 0) over ()) as lists,
     json_build_object('key_in', missing_key_in, 'billing_key', missing_billing_key,
       'cancel', missing_cancels) as missing
   from report_fetches where merchant_id = $1 and channel_key = $2 order by day desc limit 400`,
)

/** The files of a channel, newest day first. */
export async function listReports(
  db: Queryable,
  owner: MerchantId,
  channelKey: string,
): Promise<FetchedReport[]> {
  return (await db.query<FetchedReport>(listReportsStatement, [owner, channelKey])).rows
}

export interface BookedPayment {
  readonly impUid: string
  readonly state: 'sending' | 'unknown' | 'paid' | 'failed' | 'cancelled'
  readonly method: 'key_in' | 'billing_key'
  readonly amountWon: number
  readonly pgTid: string | null
  /** Amounts of its cancels that are done and can only be of that day. */
  readonly cancelledWon: readonly number[]
}

const findBookedStatement = sql(
  'find_booked_payments',
  `select imp_uid as "impUid", state, method, amount as "amountWon", pg_tid as "pgTid",
     case when cancel_amount = 0 then '[]' else (
       select coalesce(json_agg(c.amount), '[]') from cancels c
       where c.merchant_id = p.merchant_id and c.imp_uid = p.imp_uid and c.state = 'done'
         and c.started_at >= $3 and c.started_at < $4) end as "cancelledWon"
   from payments p where merchant_id = $1 and imp_uid = any($2::text[])`,
)

/** Our payments under these order numbers; `range`: in which a cancel is of one day and no other. */
export async function findBooked(
  db: Queryable,
  owner: MerchantId,
  orderNumbers: readonly string[],
  range: { readonly fromMs: number; readonly toMs: number },
): Promise<Map<string, BookedPayment>> {
  const values = [owner, orderNumbers, instant(range.fromMs), instant(range.toMs)]
  const { rows } = await db.query<BookedPayment>(findBookedStatement, values)
  return new Map(rows.map((row) => [row.impUid, row]))
}

export interface BookedLine {
  readonly line: ReportLine
  readonly impUid: string
  readonly amountWon: number
  readonly transactionId: string | null
  readonly startedAtMs: number
}

// What was made on a stopped clock bears instants that no file knows.
const isInRealTime =
  'not exists (select from merchant_clocks m where m.merchant_id = payments.merchant_id)'

const pageOfDayStatement = sql(
  'page_of_booked_lines',
  `select * from (
     select method as line, imp_uid as "impUid", amount as "amountWon", pg_tid as "transactionId",
       started_at as "startedAtMs"
     from payments
     where merchant_id = $1 and channel_key = $2 and started_at >= $3 and started_at < $4
       and (started_at, imp_uid) > ($3, $5) and state in ('paid', 'cancelled') and ${isInRealTime}
     order by started_at, imp_uid limit $6) p`,
)

/** Money we say was taken on a channel, from `fromMs` and after `afterImpUid` on, up to `toMs`. */
export async function pageOfBooked(
  db: Queryable,
  { merchantId, channelKey }: Pick<ReportName, 'merchantId' | 'channelKey'>,
  range: { readonly fromMs: number; readonly toMs: number; readonly afterImpUid: string },
  limit: number,
): Promise<BookedLine[]> {
  const values = [
    merchantId,
    channelKey,
    instant(range.fromMs),
    instant(range.toMs),
    range.afterImpUid,
    limit,
  ]
  return (await db.query<BookedLine>(pageOfDayStatement, values)).rows
}

const bookedCancelsStatement = sql(
  'list_booked_cancels',
  `select 'cancel' as line, c.imp_uid as "impUid", c.amount as "amountWon", c.pg_tid as "transactionId",
     c.started_at as "startedAtMs", payments.started_at as "paymentStartedAtMs"
   from cancels c join payments on payments.merchant_id = c.merchant_id and payments.imp_uid = c.imp_uid
   where c.merchant_id = $1 and payments.channel_key = $2 and c.state = 'done' and c.started_at >= $3
     and c.started_at < $4 and ${isInRealTime}`,
)

export type BookedCancel = BookedLine & { readonly paymentStartedAtMs: number }

/** What we say went back on a channel. */
export async function listBookedCancels(
  db: Queryable,
  { merchantId, channelKey }: Pick<ReportName, 'merchantId' | 'channelKey'>,
  range: { readonly fromMs: number; readonly toMs: number },
): Promise<BookedCancel[]> {
  const values = [merchantId, channelKey, instant(range.fromMs), instant(range.toMs)]
  return (await db.query<BookedCancel>(bookedCancelsStatement, values)).rows
}
