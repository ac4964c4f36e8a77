// How many senders are taken for dead and were not ended yet, of all merchants. Read from partial indexes, without a
// lock.

import { instant, type Queryable, sql } from '../db/database.ts'

export interface LapsedCounts {
  readonly payments: number
  readonly cancels: number
}

const countLapsedStatement = sql(
  'count_lapsed_senders',
  `select
     (select count(*) from (
       select from payments where state = 'sending' and lease_until < $1 limit $2) p) as payments,
     (select count(*) from (
       select from cancels where state = 'sending' and lease_until < $1 limit $2) c) as cancels`,
)

/** Counted up to `countMax` each. */
export async function countLapsed(
  db: Queryable,
  nowMs: number,
  countMax: number,
): Promise<LapsedCounts> {
  const values = [instant(nowMs), countMax]
  const [counts] = (await db.query<LapsedCounts>(countLapsedStatement, values)).rows
  return counts as LapsedCounts
}
