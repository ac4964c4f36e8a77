// Looking through a merchant's schedules, for people: filters in any combination, by page, counted up to a bound, and a
// month by its days. Rows are walked along an index (db/walk-rows.ts).

import { instant, type Queryable, sql, type Statement } from '../db/database.ts'
import { inSpan, koreanDays } from '../db/korean-days.ts'
import {
  countAllText,
  type Counted,
  countMax,
  countRows,
  countText,
  type Filters,
  pageMax,
  pageText,
  type Path,
  type Period,
  type Place,
  type Walked,
  type WalkOrder,
  walkRows,
  walkText,
} from '../db/walk-rows.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { scheduleColumns } from './schedule-columns.ts'
import type { Schedule } from './schedule.ts'

/** What a person calls the state of a schedule: V1's `executed` told apart by how its payment ended. */
export const shownStates = [
  'scheduled',
  'executing',
  'paid',
  'failed',
  'cancelled',
  'revoked',
] as const
export type ShownState = (typeof shownStates)[number]

export function shownStateOf({ state, paymentStatus }: Schedule): ShownState {
  return state === 'executed' ? (paymentStatus ?? 'executing') : state
}

const shownState = `case when state = 'executed' then coalesce(payment_status, 'executing') else state end`

/** What may be done to many at once. */
export const bulkActs = ['revoke', 'reschedule', 'retry'] as const
export type BulkAct = (typeof bulkActs)[number]

/** Null: whatever it is. */
export interface ScheduleSearchFilter extends Period {
  readonly state: ShownState | null
  readonly customerUid: string | null
  /** merchant_uid or customer_uid, or the beginning of one. */
  readonly words: string | null
  /** Only those that this may be done to. */
  readonly fitFor: BulkAct | null
}

const isRepeatable = `(state = 'revoked' or (state = 'executed' and payment_status = 'failed'))`

// $7 to $10; the last one is what the way is chosen by.
const matches = `($7::text is null or ${shownState} = $7)
     and ($8::text is null or starts_with(merchant_uid, $8) or starts_with(customer_uid, $8))
     and ($9::text is null or case $9
       when 'revoke' then state = 'scheduled' when 'retry' then ${isRepeatable}
       else state = 'scheduled' or ${isRepeatable} end)`

const base = {
  relation: 'schedules',
  at: 'schedule_at',
  id: 'schedule_id',
  idType: 'uuid',
  where: '$10::text is null',
  matches,
  columns: scheduleColumns,
} satisfies Path

const ways = {
  all: base,
  open: { ...base, where: `$10::text is null and state in ('scheduled', 'executing')` },
  unkept: {
    ...base,
    where: `$10::text is null and (state = 'revoked' or payment_status in ('failed', 'cancelled'))`,
  },
  customer: { ...base, where: 'customer_uid = $10::text' },
  // Few, by their names; put in order then.
  found: {
    ...base,
    before: `with found as materialized (
     select * from schedules where merchant_id = $1 and schedule_id = any($10::uuid[]))`,
    relation: 'found',
    where: 'true',
  },
} satisfies Record<string, Path>

type Way = keyof typeof ways

type WayStatements = Readonly<Record<WalkOrder | 'count', Statement>>

const statements = new Map(
  Object.entries<Path>(ways).map(([way, path]): [string, WayStatements] => [
    way,
    {
      newest: sql(`search_schedules_${way}_newest`, walkText(path, 'newest')),
      oldest: sql(`search_schedules_${way}_oldest`, walkText(path, 'oldest')),
      count: sql(`count_schedules_${way}`, countText(path, 'amount')),
    },
  ]),
)

const unfiltered: WayStatements = {
  newest: sql('page_schedules_newest', pageText(base, 'newest')),
  oldest: sql('page_schedules_oldest', pageText(base, 'oldest')),
  count: sql('count_all_schedules', countAllText(base, 'amount')),
}

const pageReach = 10_000

export interface ScheduleSearch {
  readonly order: WalkOrder
  readonly after: Place | undefined
  readonly limit: number
}

/** A page of a merchant's schedules by the time they are reserved for. May end early. */
export async function searchSchedules(
  db: Queryable,
  owner: MerchantId,
  filter: ScheduleSearchFilter,
  search: ScheduleSearch,
): Promise<Walked<Schedule>> {
  const isShort = search.limit <= pageMax
  const { way, filters } = await chooseWay(db, owner, filter, isShort)
  const { fromMs, toMs } = filter
  return walkRows<Schedule>(db, way[search.order], {
    owner,
    walk: { ...search, fromMs, toMs, reach: pageReach },
    idType: base.idType,
    filters,
  })
}

/** How many match and their won, as far as it is counted. */
export async function countSchedules(
  db: Queryable,
  owner: MerchantId,
  filter: ScheduleSearchFilter,
  most: number = countMax,
): Promise<Counted> {
  const { way, filters } = await chooseWay(db, owner, filter, most <= countMax)
  const counting = { owner, period: filter, idType: base.idType, filters, most }
  return countRows(db, way.count, counting)
}

async function chooseWay(
  db: Queryable,
  owner: MerchantId,
  { state, words, fitFor, customerUid }: ScheduleSearchFilter,
  isShort: boolean,
): Promise<{ readonly way: WayStatements; readonly filters: Filters }> {
  const go = (way: Way, key: string | readonly string[] | null) => ({
    way: statements.get(way) as WayStatements,
    filters: [state, words, fitFor, key],
  })
  if (customerUid !== null) return go('customer', customerUid)
  const found = words === null ? null : await findByWords(db, owner, words)
  if (found !== null) return go('found', found)
  const isFiltered = [state, words, fitFor].some((wanted) => wanted !== null)
  if (isShort && !isFiltered) return { way: unfiltered, filters: null }
  return go(wayOf(state), null)
}

function wayOf(state: ShownState | null): Way {
  switch (state) {
    case 'scheduled':
    case 'executing':
      return 'open'
    case 'failed':
    case 'cancelled':
    case 'revoked':
      return 'unkept'
    case 'paid':
    case null:
      return 'all'
  }
}

// In the index's own order by bytes, as payments/payment-search.store.ts does.
const findByWordsStatement = sql(
  'find_schedules_by_words',
  `(select schedule_id as "scheduleId" from schedules
    where merchant_id = $1 and merchant_uid ~>=~ $2 and merchant_uid ~<=~ ($2 || chr(1114111)) limit $3)
   union
   (select schedule_id from schedules
    where merchant_id = $1 and customer_uid ~>=~ $2 and customer_uid ~<=~ ($2 || chr(1114111)) limit $3)
   limit $3`,
)

const foundMax = 1_000

/** The ids of few; null: they are many. */
async function findByWords(
  db: Queryable,
  owner: MerchantId,
  words: string,
): Promise<string[] | null> {
  const values = [owner, words, foundMax + 1]
  const { rows } = await db.query<{ scheduleId: string }>(findByWordsStatement, values)
  return rows.length > foundMax ? null : rows.map(({ scheduleId }) => scheduleId)
}

// Added up by what is in the index, and only then called by names: that is half of the work of a busy month.
const calendarStatement = sql(
  'add_up_schedules_by_day',
  `select span.day, ${shownState} as state, sum(count)::bigint as count, sum(won)::bigint as "amountWon"
   from ${koreanDays},
     lateral (
       select state, payment_status, count(*) as count, sum(amount) as won from schedules
       where merchant_id = $1 and ${inSpan('schedule_at')}
       group by state, payment_status) added
   group by 1, 2`,
)

export interface DayTally {
  /** `2026-11-28`, in Korea. */
  readonly day: string
  readonly state: ShownState
  readonly count: number
  readonly amountWon: number
}

/** What is reserved between two instants, by day in Korea and state; what has none is left out. */
export async function addUpDays(
  db: Queryable,
  owner: MerchantId,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<DayTally[]> {
  const values = [owner, instant(fromMs), instant(toMs)]
  return (await db.query<DayTally>(calendarStatement, values)).rows
}

const countPendingStatement = sql(
  'count_pending_schedules',
  `select count(*) as count from (
     select from schedules
     where merchant_id = $1 and customer_uid = $2 and state = 'scheduled' limit $3) pending`,
)

/** Of a customer, counted up to `most`. */
export async function countPending(
  db: Queryable,
  owner: MerchantId,
  customerUid: string,
  most: number,
): Promise<number> {
  const { rows } = await db.query<{ count: number }>(countPendingStatement, [
    owner,
    customerUid,
    most,
  ])
  return rows[0]?.count ?? 0
}
