// Looking through a merchant's schedules, for people: filters in any combination, by page, counted up to a bound, and a
// month by its days. Rows are walked along an index (db/walk-rows.ts).

import { instant, type Queryable, sql, type SqlValue, type Statement } from '../db/database.ts'
import {
  type Counted,
  countRows,
  countText,
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

const statements = new Map(
  Object.entries<Path>(ways).map(([way, path]) => [
    way,
    {
      newest: sql(`search_schedules_${way}_newest`, walkText(path, 'newest')),
      oldest: sql(`search_schedules_${way}_oldest`, walkText(path, 'oldest')),
      count: sql(`count_schedules_${way}`, countText(path, 'amount')),
    },
  ]),
)

const pageReach = 10_000
const countReach = 50_000

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
  const { statement, filters } = await chooseWay(db, owner, filter, search.order)
  const { fromMs, toMs } = filter
  return walkRows<Schedule>(db, statement, {
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
): Promise<Counted> {
  const { statement, filters } = await chooseWay(db, owner, filter, 'count')
  const counting = { owner, period: filter, idType: base.idType, reach: countReach, filters }
  return countRows(db, statement, counting)
}

async function chooseWay(
  db: Queryable,
  owner: MerchantId,
  filter: ScheduleSearchFilter,
  question: WalkOrder | 'count',
): Promise<{ readonly statement: Statement; readonly filters: readonly SqlValue[] }> {
  const { state, words, fitFor, customerUid } = filter
  const go = (way: Way, key: string | readonly string[] | null) => {
    const ofWay = statements.get(way) as Record<WalkOrder | 'count', Statement>
    return { statement: ofWay[question], filters: [state, words, fitFor, key] }
  }
  if (customerUid !== null) return go('customer', customerUid)
  const found = words === null ? null : await findByWords(db, owner, words)
  if (found !== null) return go('found', found)
  return go(state === 'scheduled' || state === 'executing' ? 'open' : 'all', null)
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

const calendarStatement = sql(
  'add_up_schedules_by_day',
  `select to_char((schedule_at + interval '9 hours') at time zone 'UTC', 'YYYY-MM-DD') as day,
     ${shownState} as state, count(*) as count, sum(amount)::bigint as "amountWon"
   from schedules where merchant_id = $1 and schedule_at >= $2 and schedule_at < $3
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
