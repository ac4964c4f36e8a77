// Every statement that reads schedules.

import { instant, instantOrNull, type Queryable, sql, type Statement } from '../db/database.ts'
import type { Payment } from '../payments/payment.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { scheduleColumns } from './schedule-columns.ts'
import type { Schedule } from './schedule.ts'

// The channel that the key was issued on takes the charge; no key, no channel, and the attempt says so.
const dueColumns = `d.*, k.channel_key as "channelKey"`
const joinKey = `left join billing_keys k
     on k.merchant_id = d."merchantId" and k.customer_uid = d."customerUid"`
// `is true` keeps the planner from making a join of it: it would expect next to nothing to be left, and read and sort
// all that is due instead of the next few along the index.
const isInRealTime = `(not exists (select from merchant_clocks c where c.merchant_id = s.merchant_id)) is true`

const findDueStatement = sql(
  'find_due_schedules',
  `select ${dueColumns} from (
     select ${scheduleColumns} from schedules s
     where state = 'scheduled' and due_at <= $1 and ${isInRealTime}
     order by due_at, schedule_id limit $2) d ${joinKey}
   order by d."dueAtMs", d."scheduleId"`,
)

// One look into the index for each merchant that has anything scheduled.
const findDueOfEachStatement = sql(
  'find_due_schedules_of_each_merchant',
  `select ${dueColumns} from merchants m cross join lateral (
     select ${scheduleColumns} from schedules s
     where s.merchant_id = m.merchant_id and state = 'scheduled' and due_at <= $1 and ${isInRealTime}
     order by due_at, schedule_id limit $2) d ${joinKey}
   order by d."dueAtMs", d."scheduleId"`,
)

/** A due schedule, and the channel that takes its charge; null: there is no key. */
export type DueSchedule = Schedule & { readonly channelKey: string | null }

/**
 * What is due by `untilMs`, of all merchants whose time runs, oldest first: a stopped clock's schedules are run by
 * whoever moves it. Takes no lock: an attempt claims its own row.
 */
export async function findDueSchedules(
  db: Queryable,
  untilMs: number,
  limit: number,
): Promise<DueSchedule[]> {
  return (await db.query<DueSchedule>(findDueStatement, [instant(untilMs), limit])).rows
}

/** The same, but of each merchant so many: a backlog of one does not hide what another has due. */
export async function findDueOfEach(
  db: Queryable,
  untilMs: number,
  limitOfEach: number,
): Promise<DueSchedule[]> {
  return (await db.query<DueSchedule>(findDueOfEachStatement, [instant(untilMs), limitOfEach])).rows
}

// A revoked merchant_uid may be scheduled again; the latest is the one that counts (V1).
const findLatestStatement = sql(
  'find_latest_schedule',
  `select ${scheduleColumns} from schedules
   where merchant_id = $1 and merchant_uid = $2 order by created_at desc, schedule_id desc limit 1`,
)

export async function findSchedule(
  db: Queryable,
  owner: MerchantId,
  merchantUid: string,
): Promise<Schedule | undefined> {
  return (await db.query<Schedule>(findLatestStatement, [owner, merchantUid])).rows[0]
}

const findByIdStatement = sql(
  'find_schedule_by_id',
  `select ${scheduleColumns}, created_at as "createdAtMs", updated_at as "updatedAtMs"
   from schedules where merchant_id = $1 and schedule_id = $2`,
)

export type DatedSchedule = Schedule & {
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

export async function findScheduleById(
  db: Queryable,
  owner: MerchantId,
  scheduleId: string,
): Promise<DatedSchedule | undefined> {
  return (await db.query<DatedSchedule>(findByIdStatement, [owner, scheduleId])).rows[0]
}

/** The schedule that a payment came from. */
export async function findScheduleOf(
  db: Queryable,
  { merchantId, merchantUid, customerUidUsage }: ScheduledPayment,
): Promise<Schedule | undefined> {
  return customerUidUsage === 'payment.scheduled'
    ? findSchedule(db, merchantId, merchantUid)
    : undefined
}

type ScheduledPayment = Pick<Payment, 'merchantId' | 'merchantUid' | 'customerUidUsage'>

const findTakenStatement = sql(
  'find_taken_merchant_uids',
  `select merchant_uid as "merchantUid" from schedules
   where merchant_id = $1 and merchant_uid = any($2) and state <> 'revoked'
   union
   select merchant_uid from payments
   where merchant_id = $1 and merchant_uid = any($2) and state <> 'failed' and give_back is null`,
)

/** Those that cannot be reserved: reserved already, or paid, cancelled, on their way or unknown. */
export async function findTakenUids(
  db: Queryable,
  owner: MerchantId,
  merchantUids: readonly string[],
): Promise<Set<string>> {
  const { rows } = await db.query<{ merchantUid: string }>(findTakenStatement, [
    owner,
    merchantUids,
  ])
  return new Set(rows.map(({ merchantUid }) => merchantUid))
}

/** V1's status filters; what is executing counts as executed. */
export const scheduleFilters = ['all', 'scheduled', 'executed', 'revoked'] as const
export type ScheduleFilter = (typeof scheduleFilters)[number]

const stateCondition: Record<ScheduleFilter, string> = {
  all: 'true',
  scheduled: "state = 'scheduled'",
  executed: "state in ('executing', 'executed')",
  revoked: "state = 'revoked'",
}

export interface SchedulePageOf {
  /** Null: of all customers. */
  readonly customerUid: string | null
  /** Inclusive; null: from the first. */
  readonly fromMs: number | null
  /** Exclusive; null: to the last. */
  readonly toMs: number | null
  readonly filter: ScheduleFilter
  readonly isOldestFirst: boolean
  readonly limit: number
  readonly offset: number
}

interface ListStatements {
  readonly newestFirst: Statement
  readonly oldestFirst: Statement
  readonly count: Statement
}

// One statement for each filter, order and reach, made when the program starts: no SQL is built from input.
function listStatementsOf(filter: ScheduleFilter, reach: 'customer' | 'merchant'): ListStatements {
  const ofCustomer = reach === 'customer' ? 'and customer_uid = $2' : 'and $2::text is null'
  const condition = `merchant_id = $1 ${ofCustomer} and ${stateCondition[filter]}
       and schedule_at >= coalesce($3::timestamptz, '-infinity')
       and schedule_at < coalesce($4::timestamptz, 'infinity')`
  const list = (order: 'asc' | 'desc') =>
    `select ${scheduleColumns} from schedules where ${condition}
     order by schedule_at ${order}, schedule_id ${order} limit $5 offset $6`
  const name = `${filter}_of_${reach}`
  return {
    newestFirst: sql(`list_schedules_desc_${name}`, list('desc')),
    oldestFirst: sql(`list_schedules_asc_${name}`, list('asc')),
    count: sql(
      `count_schedules_${name}`,
      `select count(*) as "total" from schedules where ${condition}`,
    ),
  }
}

const listStatements = new Map(
  scheduleFilters.flatMap((filter) =>
    (['customer', 'merchant'] as const).map(
      (reach) => [`${filter} ${reach}`, listStatementsOf(filter, reach)] as const,
    ),
  ),
)

export interface SchedulePage {
  readonly total: number
  readonly schedules: Schedule[]
}

/** A merchant's schedules by the time they are reserved for. */
export async function pageOfSchedules(
  db: Queryable,
  owner: MerchantId,
  wanted: SchedulePageOf,
): Promise<SchedulePage> {
  const reach = wanted.customerUid === null ? 'merchant' : 'customer'
  const statements = listStatements.get(`${wanted.filter} ${reach}`) as ListStatements
  const list = wanted.isOldestFirst ? statements.oldestFirst : statements.newestFirst
  const bounds = [
    owner,
    wanted.customerUid,
    instantOrNull(wanted.fromMs),
    instantOrNull(wanted.toMs),
  ]
  const [counted, page] = await Promise.all([
    db.query<{ total: number }>(statements.count, bounds),
    db.query<Schedule>(list, [...bounds, wanted.limit, wanted.offset]),
  ])
  return { total: counted.rows[0]?.total ?? 0, schedules: page.rows }
}
