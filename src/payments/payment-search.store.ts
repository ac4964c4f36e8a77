// Looking through a merchant's payments, for people: filters in any combination, by page, counted up to a bound. What
// is filtered for decides along which index the rows are walked; the rest is passed over on the way (db/walk-rows.ts).

import { type Queryable, sql, type Statement } from '../db/database.ts'
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
  type Walked,
  type WalkOf,
  type WalkOrder,
  walkRows,
  walkText,
} from '../db/walk-rows.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { paymentColumns } from './payment-columns.ts'
import type { Payment, PaymentState } from './payment.ts'

/** Null: whatever it is. */
export interface PaymentFilter extends Period {
  readonly state: PaymentState | 'partly_cancelled' | null
  readonly method: Payment['method'] | null
  readonly sandbox: boolean | null
  readonly customerUid: string | null
  readonly channelKey: string | null
  readonly amountMinWon: number | null
  readonly amountMaxWon: number | null
  /** imp_uid, merchant_uid or customer_uid or the beginning of one; or the gateway's transaction. */
  readonly words: string | null
}

export const everyPayment: PaymentFilter = {
  fromMs: null,
  toMs: null,
  state: null,
  method: null,
  sandbox: null,
  customerUid: null,
  channelKey: null,
  amountMinWon: null,
  amountMaxWon: null,
  words: null,
}

const isOfState = `case $7::text
       when 'partly_cancelled' then state = 'cancelled' and cancel_amount < amount else state = $7 end`

// $7 to $14; the last one is what the way is chosen by.
const matches = `($7::text is null or ${isOfState})
     and ($8::text is null or method = $8) and ($9::boolean is null or sandbox = $9)
     and ($10::text is null or channel_key = $10)
     and ($11::bigint is null or amount >= $11) and ($12::bigint is null or amount <= $12)
     and ($13::text is null or starts_with(merchant_uid, $13) or starts_with(customer_uid, $13)
       or starts_with(imp_uid, $13) or pg_tid = $13)`

const base = {
  relation: 'payments',
  at: 'started_at',
  id: 'imp_uid',
  idType: 'text',
  where: '$14::text is null',
  matches,
  columns: paymentColumns,
} satisfies Path

type Way = 'all' | 'open' | 'unkept' | 'outcome' | 'customer' | 'found'

const ways: Readonly<Record<Way, Path>> = {
  all: base,
  open: { ...base, where: `$14::text is null and state in ('sending', 'unknown')` },
  // Money that did not come, or did not stay.
  unkept: { ...base, where: `$14::text is null and state in ('failed', 'cancelled')` },
  // The same and nothing else: counted from the index alone.
  outcome: { ...base, where: `state in ('failed', 'cancelled')`, matches: isOfState },
  customer: { ...base, where: 'customer_uid = $14::text' },
  // Few, by their names; put in order then.
  found: {
    ...base,
    before: `with found as materialized (
     select * from payments where merchant_id = $1 and imp_uid = any($14::text[]))`,
    relation: 'found',
    where: 'true',
  },
}

interface WayStatements {
  readonly newest: Statement
  readonly oldest: Statement
  readonly count: Statement
}

// One statement for each way and order, made when the program starts: no SQL is built from input.
const statements = new Map(
  Object.entries(ways).map(([way, path]): [string, WayStatements] => [
    way,
    {
      newest: sql(`search_payments_${way}_newest`, walkText(path, 'newest')),
      oldest: sql(`search_payments_${way}_oldest`, walkText(path, 'oldest')),
      count: sql(`count_payments_${way}`, countText(path, 'amount')),
    },
  ]),
)
const unfiltered: WayStatements = {
  newest: sql('page_payments_newest', pageText(base, 'newest')),
  oldest: sql('page_payments_oldest', pageText(base, 'oldest')),
  count: sql('count_all_payments', countAllText(base, 'amount')),
}

/** The longest that is read for one page: some ten milliseconds. */
const pageReach = 10_000

export interface PaymentSearch {
  readonly order: WalkOrder
  readonly after: WalkOf['after']
  readonly limit: number
  /** Only a test makes it smaller. */
  readonly reach?: number
}

/** A page of a merchant's payments by when they were begun. May end early: see `isPartial`. */
export async function searchPayments(
  db: Queryable,
  owner: MerchantId,
  filter: PaymentFilter,
  { order, after, limit, reach = pageReach }: PaymentSearch,
): Promise<Walked<Payment>> {
  const { way, filters } = await chooseWay(db, owner, filter, limit <= pageMax)
  const { fromMs, toMs } = filter
  return walkRows<Payment>(db, way[order], {
    owner,
    walk: { fromMs, toMs, order, after, limit, reach },
    idType: base.idType,
    filters,
  })
}

/** How many match and their won, as far as it is counted. */
export async function countPayments(
  db: Queryable,
  owner: MerchantId,
  filter: PaymentFilter,
): Promise<Counted> {
  const { way, filters } = await chooseWay(db, owner, filter, true)
  const counting = { owner, period: filter, idType: base.idType, filters, most: countMax }
  return countRows(db, way.count, counting)
}

const addUpCustomerStatement = sql(
  'add_up_payments_of_customer',
  `select count(*) as count,
     coalesce(sum(amount - cancel_amount) filter (where state in ('paid', 'cancelled')), 0)::bigint as "paidWon"
   from (
     select state, amount, cancel_amount from payments where merchant_id = $1 and customer_uid = $2
     order by started_at desc, imp_uid desc limit $3) newest`,
)

/** A customer's payments, the newest up to a bound: how many, and what was taken less what was given back. */
export async function addUpCustomer(
  db: Queryable,
  owner: MerchantId,
  customerUid: string,
): Promise<Omit<Counted, 'sum'> & { readonly paidWon: number }> {
  const { rows } = await db.query<{ count: number; paidWon: number }>(addUpCustomerStatement, [
    owner,
    customerUid,
    countMax,
  ])
  const { count = 0, paidWon = 0 } = rows[0] ?? {}
  return { count, isExact: count < countMax, paidWon }
}

async function chooseWay(
  db: Queryable,
  owner: MerchantId,
  { state, customerUid, words, ...filter }: PaymentFilter,
  isShort: boolean,
): Promise<{ readonly way: WayStatements; readonly filters: Filters }> {
  const { method, sandbox, channelKey, amountMinWon, amountMaxWon } = filter
  const others = [method, sandbox, channelKey, amountMinWon, amountMaxWon, words]
  const go = (way: Way, key: string | readonly string[] | null) => ({
    way: statements.get(way) as WayStatements,
    filters: [state, ...others, key],
  })
  if (customerUid !== null) return go('customer', customerUid)
  const found = words === null ? null : await findByWords(db, owner, words)
  if (found !== null) return go('found', found)
  const way = wayOf(state)
  if (others.some((other) => other !== null)) return go(way, null)
  if (way === 'unkept') return { ...go('outcome', null), filters: [state] }
  return state === null && isShort ? { way: unfiltered, filters: null } : go(way, null)
}

function wayOf(state: PaymentFilter['state']): 'all' | 'open' | 'unkept' {
  switch (state) {
    case 'sending':
    case 'unknown':
      return 'open'
    case 'failed':
    case 'cancelled':
    case 'partly_cancelled':
      return 'unkept'
    case 'paid':
    case null:
      return 'all'
  }
}

// In the index's own order by bytes, everything that begins with $2 lies between it and it with the last character
// there is. An imp_uid is digits behind a fixed beginning, so all orders agree on those between $3 and $4.
const findByWordsStatement = sql(
  'find_payments_by_words',
  `(select imp_uid as "impUid" from payments where merchant_id = $1 and imp_uid between $3 and $4 limit $5)
   union
   (select imp_uid from payments
    where merchant_id = $1 and merchant_uid ~>=~ $2 and merchant_uid ~<=~ ($2 || chr(1114111)) limit $5)
   union
   (select imp_uid from payments
    where merchant_id = $1 and customer_uid ~>=~ $2 and customer_uid ~<=~ ($2 || chr(1114111)) limit $5)
   union
   (select imp_uid from payments where merchant_id = $1 and pg_tid = $2 limit $5)
   limit $5`,
)

/** More than these are walked in the order of time, where they are met often enough. */
const foundMax = 1_000

/** The imp_uids of few payments; null: they are many. */
async function findByWords(
  db: Queryable,
  owner: MerchantId,
  words: string,
): Promise<string[] | null> {
  const [low, high] = impUidsFrom(words)
  const values = [owner, words, low, high, foundMax + 1]
  const { rows } = await db.query<{ impUid: string }>(findByWordsStatement, values)
  return rows.length > foundMax ? null : rows.map(({ impUid }) => impUid)
}

const impUidDigits = 12

function impUidsFrom(words: string): readonly [string, string] {
  const digits = /^imps?_(\d{1,12})$/.exec(words)?.[1]
  if (digits === undefined) return [words, words]
  const missing = impUidDigits - digits.length
  return [words + '0'.repeat(missing), words + '9'.repeat(missing)]
}
