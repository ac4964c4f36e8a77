// Lists that stay fast whatever is filtered for: rows are walked along an index that has their order, what does not
// match is passed over, and after a bounded number of rows the walk ends, full page or not. The caller goes on from
// there with the next request, so that a rare filter costs many small requests instead of one that reads a million
// rows.

import { instant, type Queryable, type SqlValue, type Statement } from './database.ts'

/** A row's place in the order: an instant, and the id that tells rows of one instant apart. */
export interface Place {
  readonly atMs: number
  readonly id: string
}

/** What a walk goes along. All are SQL over the columns of `relation`, which are named without it. */
export interface Path {
  /** A table, or a CTE of `before`. */
  readonly relation: string
  /** What stands before the walk: `with found as materialized (…)`. */
  readonly before?: string
  readonly at: string
  readonly id: string
  /** SQL type of the id. */
  readonly idType: 'text' | 'uuid'
  /** Beside the merchant: what the index is chosen by. */
  readonly where: string
  /** What a row is shown for; need not be in the index. Its parameters begin at `$7`. */
  readonly matches: string
  readonly columns: string
}

export type WalkOrder = 'newest' | 'oldest'

/**
 * Text of a statement that walks `path`. `$1` merchant, `$2` and `$3` the place after which it begins, `$4` the instant
 * where the rows end, `$5` how many to give, `$6` how many to look at. The last row that may be looked at is given
 * even when it does not match, so that the caller knows where to go on. Neither the numbering nor the two limits make
 * the server read more rows than it gives: all of it streams, as long as an index has the order.
 */
export function walkText(path: Path, order: WalkOrder): string {
  const { relation, before = '', at, id, where, matches, columns } = path
  const by = order === 'newest' ? `${at} desc, ${id} desc` : `${at}, ${id}`
  return `${before} select ${columns}, ${at} as "placeAtMs", ${id} as "placeId", walk_place as "walkPlace",
     coalesce(${matches}, false) as "isMatch"
   from (
     select r.*, row_number() over (order by ${by}) as walk_place from ${relation} r
     where merchant_id = $1 and ${where} and ${boundText(path, order)}
     order by ${by} limit $6) w
   where walk_place = $6 or (${matches})
   order by ${by} limit $5`
}

function boundText({ at, id, idType }: Path, order: WalkOrder): string {
  const [beyond, end] = order === 'newest' ? ['<', '>='] : ['>', '<']
  return `(${at}, ${id}) ${beyond} ($2::timestamptz, $3::${idType}) and ${at} ${end} $4::timestamptz`
}

/** The most that is counted of what is looked at: so many, or more, tells a person enough. */
export const countMax = 1_000

/** The most that is counted of what a person is about to change. */
export const changeCountMax = 10_000

/** The longest page of all there is. */
export const pageMax = 200

/**
 * Text of a statement that gives a page of all there is, nothing filtered for: `$1` to `$5` as in a walk, `$5` at most
 * `pageMax + 1`. The second limit is for the plan: a server that knows none when it makes one takes each page for a
 * tenth of the table, and would rather plan every call anew, which takes longer than the page.
 */
export function pageText(path: Path, order: WalkOrder): string {
  const { relation, at, id, columns } = path
  const by = order === 'newest' ? `${at} desc, ${id} desc` : `${at}, ${id}`
  return `select ${columns}, ${at} as "placeAtMs", ${id} as "placeId", 0 as "walkPlace", true as "isMatch"
   from (
     select * from ${relation}
     where merchant_id = $1 and ${boundText(path, order)}
     order by ${by} limit ${pageMax + 1}) w
   order by ${by} limit $5`
}

/** How many there are, nothing filtered for: `$1` to `$5` as in a count, `$5` at most `countMax`. */
export function countAllText(path: Path, sum: string): string {
  const { relation, at, id } = path
  return `select count(*) as count, coalesce(sum(amount), 0)::bigint as "sum", 0 as "walkPlace"
   from (
     select amount from (
       select ${sum} as amount from ${relation}
       where merchant_id = $1 and ${boundText(path, 'newest')}
       order by ${at} desc, ${id} desc limit ${countMax}) r
     limit $5) counted`
}

/** What is counted instead of given: `$2` to `$6` as in a walk, `$5` the most that is counted. */
export function countText(path: Path, sum: string): string {
  const { relation, before = '', at, id, where, matches } = path
  return `${before} select count(*) filter (where "isMatch") as count,
     coalesce(sum(amount) filter (where "isMatch"), 0)::bigint as "sum", max(walk_place) as "walkPlace"
   from (
     select walk_place, ${sum} as amount, coalesce(${matches}, false) as "isMatch"
     from (
       select r.*, row_number() over (order by ${at} desc, ${id} desc) as walk_place from ${relation} r
       where merchant_id = $1 and ${where} and ${boundText(path, 'newest')}
       order by ${at} desc, ${id} desc limit $6) w
     where walk_place = $6 or (${matches})
     order by ${at} desc, ${id} desc limit $5) counted`
}

/** A period, `from` inclusive, `to` exclusive; null: open. */
export interface Period {
  readonly fromMs: number | null
  readonly toMs: number | null
}

export interface WalkOf extends Period {
  readonly order: WalkOrder
  /** Undefined: from the first row on. */
  readonly after: Place | undefined
  readonly limit: number
  /** How many rows are looked at, at most. */
  readonly reach: number
}

export interface Walked<Row> {
  readonly rows: Row[]
  /** After which row to go on; null: there is nothing left. */
  readonly next: Place | null
  /** The walk ended before the page was full, and is to be gone on with. */
  readonly isPartial: boolean
}

interface Walking {
  readonly placeAtMs: number
  readonly placeId: string
  readonly walkPlace: number
  readonly isMatch: boolean
}

/** Below every id of its type. */
export const lowestId = { text: '', uuid: '00000000-0000-0000-0000-000000000000' } as const

/** Where a walk begins and ends: `$2` to `$4`. */
export function boundsOf(
  { fromMs, toMs, order, after }: Pick<WalkOf, 'fromMs' | 'toMs' | 'order' | 'after'>,
  idType: Path['idType'],
): [string, string, string] {
  const from = fromMs === null ? '-infinity' : instant(fromMs)
  const to = toMs === null ? 'infinity' : instant(toMs)
  const [first, last] = order === 'newest' ? [to, from] : [from, to]
  // The lowest id leaves out the rows of `to` going down, and takes in those of `from` going up.
  return after === undefined
    ? [first, lowestId[idType], last]
    : [instant(after.atMs), after.id, last]
}

/** `$7` and what follows it; null: there is no filter, and the statement is one of `pageText` or `countAllText`. */
export type Filters = readonly SqlValue[] | null

/** Runs a statement of `walkText` or `pageText`. */
export async function walkRows<Row extends object>(
  db: Queryable,
  statement: Statement,
  {
    owner,
    walk,
    idType,
    filters,
  }: {
    readonly owner: number
    readonly walk: WalkOf
    readonly idType: Path['idType']
    readonly filters: Filters
  },
): Promise<Walked<Row>> {
  const { limit, reach } = walk
  const bounds = boundsOf(walk, idType)
  const values = [owner, ...bounds, limit + 1, ...(filters === null ? [] : [reach, ...filters])]
  const { rows } = await db.query<Row & Walking>(statement, values)
  const matching = rows.filter(({ isMatch }) => isMatch)
  const shown = matching.slice(0, limit)
  const last = rows.at(-1)
  if (matching.length > limit) return { rows: shown, next: placeOf(shown.at(-1)), isPartial: false }
  if (last === undefined || last.walkPlace < reach) {
    return { rows: shown, next: null, isPartial: false }
  }
  return { rows: shown, next: placeOf(last), isPartial: shown.length < limit }
}

function placeOf(row: Walking | undefined): Place | null {
  return row === undefined ? null : { atMs: row.placeAtMs, id: row.placeId }
}

/** How many rows a count may pass over for each that it may count. */
const reachPerCount = 10

export interface Counted {
  readonly count: number
  /** False: there may be more. */
  readonly isExact: boolean
  /** Of those that were counted. */
  readonly sum: number
}

/** Runs a statement of `countText` or `countAllText`. */
export async function countRows(
  db: Queryable,
  statement: Statement,
  {
    owner,
    period,
    idType,
    filters,
    most,
  }: {
    readonly owner: number
    readonly period: Period
    readonly idType: Path['idType']
    readonly filters: Filters
    /** So many are counted at most. */
    readonly most: number
  },
): Promise<Counted> {
  const bounds = boundsOf({ ...period, order: 'newest', after: undefined }, idType)
  const reach = most * reachPerCount
  const values = [owner, ...bounds, most, ...(filters === null ? [] : [reach, ...filters])]
  const { rows } = await db.query<{ count: number; sum: number; walkPlace: number | null }>(
    statement,
    values,
  )
  const { count = 0, sum = 0, walkPlace = null } = rows[0] ?? {}
  return { count, isExact: count < most && (walkPlace === null || walkPlace < reach), sum }
}
