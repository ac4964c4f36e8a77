// How many payments began and how many were paid on each day in Korea, counted once. Only what stands is kept: a start and
// an approval are never taken back, unlike the state a payment is in, so what was cancelled since is counted anew each
// time. docs/decisions/0038-tallies.md says why a day that is kept cannot change any more.

import { instant, type Queryable, sql, type SqlValue, type Statement } from '../db/database.ts'
import { inSpan } from '../db/korean-days.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { boundsOfKoreanDay, koreanDay } from '../primitives/korean-day.ts'
import { isNotHeld } from './hold.ts'

/** From one instant up to but not including the other. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

export interface TalliedWindow extends Span {
  /** The machine's instant or the merchant's, whichever is earlier: nothing that begins is given an earlier one. */
  readonly nowMs: number
}

/** Of one that is paid: V1 does not show it, and the money goes back. In the words of the index that holds these few. */
export const goesBack = 'give_back is not null and cancel_amount < amount'

const startedInSpan = `(select count(*) from payments where merchant_id = $1 and ${inSpan('started_at')})`
// What was paid is either still or has been given back; each of the two has its index by that instant.
const paidInSpan = ['paid', 'cancelled']
  .map(
    (state) =>
      `(select count(*) from payments where merchant_id = $1 and state = '${state}' and ${inSpan('paid_at')})`,
  )
  .join(' + ')

// An approval is booked under the instant of its answer, however much later it reaches the database. Until then its payment
// is on its way or unknown, or has been taken for failed by evidence, and began within the day before. Counted, because
// whether one exists would be looked for among all there ever were.
const noneIsPaidLate = (condition: string) =>
  `0 = (select count(*) from payments where merchant_id = $1 and ${condition}
     and started_at >= span.from_at - interval '1 day' and started_at < span.to_at)`

// Days are as in Korea, UTC+9 all year.
const daysOf = (days: string) =>
  `select day, day::timestamp at time zone interval '9 hours' as from_at,
     (day + 1)::timestamp at time zone interval '9 hours' as to_at
   from unnest(${days}::date[]) as day`

const keepStatement = sql(
  'keep_payment_tallies',
  `insert into payment_tallies (merchant_id, day, started, paid)
   select $1, span.day, ${startedInSpan}, ${paidInSpan}
   from (${daysOf('$2')}) span
   where ${isNotHeld}
     and ${noneIsPaidLate(`state in ('sending', 'unknown')`)}
     and ${noneIsPaidLate(`state in ('failed', 'cancelled') and state = 'failed' and failure = 'evidence'`)}
   on conflict (merchant_id, day) do nothing`,
)

// The days of $2 by their tallies, where there are any; and all spans between $3 and $4.
const addUp = (tally: 'started' | 'paid', count: string) =>
  `select coalesce(sum(coalesce(t.${tally}, ${count})), 0)::bigint as count,
     array_agg(to_char(span.day, 'YYYYMMDD')) filter (where t.day is null and span.day is not null) as "notKept"
   from (
     ${daysOf('$2')}
     union all
     select null, from_at, to_at from unnest($3::timestamptz[], $4::timestamptz[]) as edge(from_at, to_at)) span
   left join payment_tallies t on t.merchant_id = $1 and t.day = span.day`

const countStartedStatement = sql('count_started_payments', addUp('started', startedInSpan))

// What was paid and is not, or goes back, is counted anew: of all spans between $5 and $6, which are one. Of instants that
// are parameters themselves the server would make a plan each time.
const countPaidStatement = sql(
  'count_paid_payments',
  `select once.count - no_longer.count as count, "notKept"
   from (${addUp('paid', paidInSpan)}) once, (
     select coalesce(sum(
       (select count(*) from payments
        where merchant_id = $1 and state = 'cancelled' and ${inSpan('paid_at')})
       + (select count(*) from payments
          where merchant_id = $1 and state = 'paid' and ${inSpan('paid_at')} and ${goesBack})), 0)::bigint as count
     from unnest($5::timestamptz[], $6::timestamptz[]) as span(from_at, to_at)) no_longer`,
)

interface Counted {
  readonly count: number
  /** Days that have no tally yet; null: all have. */
  readonly notKept: readonly string[] | null
}

/** How many payments began in a window. Keeps the tallies of days that stand. */
export function countStarted(
  db: Queryable,
  owner: MerchantId,
  window: TalliedWindow,
): Promise<number> {
  const days = daysThatStand(window)
  const values = [owner, days, ...listsOf(spansAround(window, days))]
  return countAndKeep(db, owner, countStartedStatement, values)
}

/** How many of those that were paid in a window still are. Keeps the tallies of days that stand. */
export function countPaid(
  db: Queryable,
  owner: MerchantId,
  window: TalliedWindow,
): Promise<number> {
  const days = daysThatStand(window)
  const values = [owner, days, ...listsOf(spansAround(window, days)), ...listsOf([window])]
  return countAndKeep(db, owner, countPaidStatement, values)
}

async function countAndKeep(
  db: Queryable,
  owner: MerchantId,
  statement: Statement,
  values: readonly SqlValue[],
): Promise<number> {
  const { count = 0, notKept = null } = (await db.query<Counted>(statement, values)).rows[0] ?? {}
  if (notKept !== null) await db.query(keepStatement, [owner, notKept])
  return count
}

/** What begins is in the database within a minute of its instant, unless its process stood still in between. */
const standsAfterMs = 3 * 3_600_000

/** The whole days of a window that are over. */
function daysThatStand({ fromMs, toMs, nowMs }: TalliedWindow): string[] {
  const endMs = Math.min(toMs, nowMs - standsAfterMs)
  const days: string[] = []
  let bounds = boundsOfKoreanDay(koreanDay(fromMs))
  if (bounds.fromMs < fromMs) bounds = boundsOfKoreanDay(koreanDay(bounds.toMs))
  for (; bounds.toMs <= endMs; bounds = boundsOfKoreanDay(koreanDay(bounds.toMs))) {
    days.push(koreanDay(bounds.fromMs))
  }
  return days
}

/** What of a window lies before those days and after them. */
function spansAround(window: Span, days: readonly string[]): Span[] {
  const [first, last] = [days[0], days.at(-1)]
  if (first === undefined || last === undefined) return [window]
  return [
    { fromMs: window.fromMs, toMs: boundsOfKoreanDay(first).fromMs },
    { fromMs: boundsOfKoreanDay(last).toMs, toMs: window.toMs },
  ]
}

function listsOf(spans: readonly Span[]): [string[], string[]] {
  return [spans.map(({ fromMs }) => instant(fromMs)), spans.map(({ toMs }) => instant(toMs))]
}
