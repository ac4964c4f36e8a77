// Every statement that reads payments.

import { instant, type Queryable, sql, type SqlValue, type Statement } from '../db/database.ts'
import { lookUpTogether } from '../db/together.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { paymentColumns } from './payment-columns.ts'
import type { Payment } from './payment.ts'
import { countPaid, countStarted, goesBack, type TalliedWindow } from './payment-tallies.store.ts'

const findPaymentsStatement = sql(
  'find_payment',
  `select ${paymentColumns} from payments where merchant_id = $1 and imp_uid = any($2)`,
)

async function findPayments(
  db: Queryable,
  owner: MerchantId,
  impUids: readonly string[],
): Promise<Payment[]> {
  return (await db.query<Payment>(findPaymentsStatement, [owner, impUids])).rows
}

export const findPayment = lookUpTogether(findPayments, ({ impUid }) => impUid)

const findPaymentOfCallStatement = sql(
  'find_payment_of_call',
  `select ${paymentColumns} from payments
   where merchant_id = $1
     and imp_uid = (select imp_uid from exchanges where merchant_id = $1 and exchange_id = $2)`,
)

/** The payment that a call under an Idempotency-Key began: its first exchange bears the call's id. */
export async function findPaymentOfCall(
  db: Queryable,
  owner: MerchantId,
  callId: string,
): Promise<Payment | undefined> {
  return (await db.query<Payment>(findPaymentOfCallStatement, [owner, callId])).rows[0]
}

const isMerchantUidTakenStatement = sql(
  'is_merchant_uid_taken',
  `select from payments
   where merchant_id = $1 and merchant_uid = $2 and state <> 'failed' and give_back is null limit 1`,
)

/** True when the merchant_uid is paid, cancelled, on its way or unknown. */
export async function isMerchantUidTaken(
  db: Queryable,
  owner: MerchantId,
  merchantUid: string,
): Promise<boolean> {
  return (await db.query(isMerchantUidTakenStatement, [owner, merchantUid])).rowCount > 0
}

// V1 takes at most 100 ids; a merchant_uid may have failed many times before.
const listByIdsStatement = sql(
  'list_payments_by_ids',
  `select ${paymentColumns} from payments
   where merchant_id = $1 and (imp_uid = any($2) or merchant_uid = any($3))
   order by started_at desc, imp_uid limit 1000`,
)

export async function listPaymentsByIds(
  db: Queryable,
  owner: MerchantId,
  impUids: readonly string[],
  merchantUids: readonly string[],
): Promise<Payment[]> {
  return (await db.query<Payment>(listByIdsStatement, [owner, impUids, merchantUids])).rows
}

/** V1's spellings of an order; the minus sign is newest first. */
export const sortings = ['-started', 'started', '-paid', 'paid', '-updated', 'updated'] as const
export type Sorting = (typeof sortings)[number]

/** V1's status filters; `ready` is everything on its way or unknown. */
export const statusFilters = ['all', 'ready', 'paid', 'failed', 'cancelled'] as const
export type StatusFilter = (typeof statusFilters)[number]

const stateCondition: Record<StatusFilter, string> = {
  all: 'true',
  ready: "state in ('sending', 'unknown')",
  paid: "state = 'paid' and give_back is null",
  failed: "state = 'failed'",
  cancelled: "state = 'cancelled'",
}

const orderColumn = { started: 'started_at', paid: 'paid_at', updated: 'updated_at' } as const

// Of what may not have been paid, the paid ones come first, either way. Where nothing is null the words would keep an
// index from being followed.
function orderBy(sorting: Sorting, filter: StatusFilter): string {
  const direction = sorting.startsWith('-') ? 'desc' : 'asc'
  const by = sorting.replace('-', '') as keyof typeof orderColumn
  const nulls = by === 'paid' && filter !== 'paid' ? ' nulls last' : ''
  return `${orderColumn[by]} ${direction}${nulls}, imp_uid ${direction}`
}

/** One statement for each filter and order, made when the program starts: no SQL is built from input. */
function eachOf<A extends string, B extends string>(
  name: string,
  as: readonly A[],
  bs: readonly B[],
  text: (a: A, b: B) => string,
): (a: A, b: B) => Statement {
  const statements = new Map<string, Statement>()
  for (const a of as) {
    for (const b of bs) {
      const order = b.startsWith('-') ? `${b.slice(1)}_desc` : b
      statements.set(`${a} ${b}`, sql(`${name}_${a}_by_${order}`, text(a, b)))
    }
  }
  return (a, b) => statements.get(`${a} ${b}`) as Statement
}

const byMerchantUid = eachOf(
  'list_payments_of_uid',
  statusFilters,
  sortings,
  (filter, sorting) =>
    `select ${paymentColumns}, count(*) over () as "total" from payments
     where merchant_id = $1 and merchant_uid = $2 and ${stateCondition[filter]}
     order by ${orderBy(sorting, filter)} limit $3 offset $4`,
)

export interface PaymentPage {
  readonly total: number
  readonly payments: Payment[]
}

export interface PageOf {
  readonly filter: StatusFilter
  readonly sorting: Sorting
  readonly limit: number
  readonly offset: number
}

/** The attempts of one merchant_uid. */
export async function pageOfMerchantUid(
  db: Queryable,
  owner: MerchantId,
  merchantUid: string,
  { filter, sorting, limit, offset }: PageOf,
): Promise<PaymentPage> {
  const values = [owner, merchantUid, limit, offset]
  const { rows } = await db.query<Payment & { total: number }>(
    byMerchantUid(filter, sorting),
    values,
  )
  return { total: rows[0]?.total ?? 0, payments: rows.map(withoutTotal) }
}

// V1: the window is over the time that belongs to the status.
const windowColumn: Record<StatusFilter, string> = {
  all: 'started_at',
  ready: 'started_at',
  paid: 'paid_at',
  failed: 'failed_at',
  cancelled: 'cancelled_at',
}

const windowOf = (filter: StatusFilter) =>
  `${windowColumn[filter]} >= $2 and ${windowColumn[filter]} < $3`

const inWindow = eachOf(
  'list_payments_in_window',
  statusFilters,
  sortings,
  (filter, sorting) =>
    `select ${paymentColumns} from payments
     where merchant_id = $1 and ${stateCondition[filter]} and ${windowOf(filter)}
     order by ${orderBy(sorting, filter)} limit $4 offset $5`,
)

// Where a window is over another time than the order, all of it would be read and sorted for a page. The newest are
// looked through instead, in their order, along the index that leads to this state.
const walkedFilters = ['paid', 'failed', 'cancelled'] as const
type WalkedFilter = (typeof walkedFilters)[number]

const amongNewest = eachOf(
  'list_newest_payments_in_window',
  walkedFilters,
  ['-started'] as const,
  (filter, sorting) =>
    `select ${paymentColumns} from (
       select * from payments
       where merchant_id = $1 and ${filter === 'paid' ? 'true' : `state in ('failed', 'cancelled')`}
       order by ${orderBy(sorting, filter)} limit $6) newest
     where ${stateCondition[filter]} and ${windowOf(filter)}
     order by ${orderBy(sorting, filter)} limit $4 offset $5`,
)

// More than a few are counted by their days, where days stand.
const manyMin = 1_001
const fewOf = (filter: StatusFilter) =>
  `select count(*) as few from (
     select from payments where merchant_id = $1 and ${filter === 'paid' ? "state = 'paid'" : 'true'} and ${windowOf(filter)}
     limit ${manyMin}) payments_met`

// The few that go back are counted by themselves: whether one does is in no index of those that were paid.
const countInWindow = eachOf(
  'count_payments_in_window',
  statusFilters,
  ['all'] as const,
  (filter) => {
    switch (filter) {
      case 'all':
        return `select few as "total", few = ${manyMin} as "isMany" from (${fewOf(filter)}) met`
      case 'paid':
        return `select few - (
            select count(*) from payments
            where merchant_id = $1 and state = 'paid' and ${windowOf(filter)} and ${goesBack}) as "total",
            few = ${manyMin} as "isMany"
          from (${fewOf(filter)}) met`
      case 'ready':
      case 'failed':
      case 'cancelled':
        return `select count(*) as "total", false as "isMany" from payments
          where merchant_id = $1 and ${stateCondition[filter]} and ${windowOf(filter)}`
    }
  },
)

/** A merchant's payments with a status, from `fromMs` up to but not including `toMs`. */
export async function pageOfStatus(
  db: Queryable,
  owner: MerchantId,
  window: TalliedWindow,
  page: PageOf,
): Promise<PaymentPage> {
  const { filter } = page
  const bounds = [owner, instant(window.fromMs), instant(window.toMs)] as const
  const { total: met, isMany } = await countFew(db, bounds, filter)
  const [total, payments] = await Promise.all([
    isMany ? countByDays(db, owner, window, filter) : met,
    listStatus(db, bounds, page, isMany || met > sortedMax),
  ])
  if (isMany && total < manyMin) hadMany.get(db)?.delete(`${owner} ${filter}`)
  return { total, payments }
}

// Who had many in one window has many in the next: they are not looked for again. Counting by days is right of few too.
const hadMany = new WeakMap<Queryable, Set<string>>()

async function countFew(
  db: Queryable,
  bounds: readonly [MerchantId, string, string],
  filter: StatusFilter,
): Promise<Counted> {
  const lately = hadMany.get(db) ?? new Set()
  hadMany.set(db, lately)
  const name = `${bounds[0]} ${filter}`
  if (lately.has(name)) return { total: manyMin, isMany: true }
  const { rows } = await db.query<Counted>(countInWindow(filter, 'all'), bounds)
  const counted = rows[0] as Counted
  if (counted.isMany) lately.add(name)
  return counted
}

interface Counted {
  readonly total: number
  /** There are more than that. */
  readonly isMany: boolean
}

function countByDays(
  db: Queryable,
  owner: MerchantId,
  window: TalliedWindow,
  filter: StatusFilter,
): Promise<number> {
  return filter === 'paid' ? countPaid(db, owner, window) : countStarted(db, owner, window)
}

async function listStatus(
  db: Queryable,
  bounds: readonly SqlValue[],
  page: PageOf,
  areMany: boolean,
): Promise<Payment[]> {
  const newest = areMany ? await findAmongNewest(db, bounds, page) : undefined
  if (newest !== undefined) return newest
  const { filter, sorting, limit, offset } = page
  return (await db.query<Payment>(inWindow(filter, sorting), [...bounds, limit, offset])).rows
}

/** So few are sorted as soon as they are looked for. */
const sortedMax = 1_000
/** As far as the newest are looked through, beside twice what is asked for. */
const reachMin = 1_000
const reachMax = 20_000

/** Undefined: they are not all among the newest, or are wanted in another order. */
async function findAmongNewest(
  db: Queryable,
  bounds: readonly SqlValue[],
  { filter, sorting, limit, offset }: PageOf,
): Promise<Payment[] | undefined> {
  const walked = walkedFilters.find((one): one is WalkedFilter => one === filter)
  const reach = reachMin + 2 * (limit + offset)
  if (walked === undefined || sorting !== '-started' || reach > reachMax) return undefined
  const values = [...bounds, limit, offset, reach]
  const { rows } = await db.query<Payment>(amongNewest(walked, sorting), values)
  // What is missing from a page may be further back; a full one is what a sort would begin with.
  return rows.length === limit ? rows : undefined
}

const byCustomerStatement = sql(
  'list_payments_of_customer',
  `select ${paymentColumns}, count(*) over () as "total" from payments
   where merchant_id = $1 and customer_uid = $2
   order by started_at desc, imp_uid desc limit $3 offset $4`,
)

/** The payments made with a customer's key, newest first. */
export async function pageOfCustomer(
  db: Queryable,
  owner: MerchantId,
  customerUid: string,
  { limit, offset }: Pick<PageOf, 'limit' | 'offset'>,
): Promise<PaymentPage> {
  const { rows } = await db.query<Payment & { total: number }>(byCustomerStatement, [
    owner,
    customerUid,
    limit,
    offset,
  ])
  return { total: rows[0]?.total ?? 0, payments: rows.map(withoutTotal) }
}

const listUnknownStatement = sql(
  'list_unknown_payments',
  `select ${paymentColumns} from payments
   where merchant_id = $1 and state in ('sending', 'unknown') order by started_at limit 1000`,
)

/** What is on its way or unknown, oldest first: what an operator must look after. */
export async function listUnknown(db: Queryable, owner: MerchantId): Promise<Payment[]> {
  return (await db.query<Payment>(listUnknownStatement, [owner])).rows
}

// The total stands on every row of a page and is no part of a payment.
function withoutTotal(row: Payment & { total?: number }): Payment {
  delete row.total
  return row
}
