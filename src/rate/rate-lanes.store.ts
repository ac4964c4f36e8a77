// The one statement that gives out turns. It reads the database's clock: nodes' clocks differ, and a cap is of all
// nodes together.

import { type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'

export interface LaneName {
  readonly merchantId: MerchantId
  /** PAYJOA's CPID. */
  readonly pgId: string
  /** PAYMETHOD. */
  readonly lane: string
}

const openLaneStatement = sql(
  'open_rate_lane',
  `insert into rate_lanes (merchant_id, pg_id, lane, next_at)
   values ($1, $2, $3, clock_timestamp()), ($1, $2, 'total', clock_timestamp())
   on conflict do nothing`,
)

/** Before the first turn of a lane is taken. */
export async function openLane(db: Queryable, { merchantId, pgId, lane }: LaneName): Promise<void> {
  await db.query(openLaneStatement, [merchantId, pgId, lane])
}

// Both rows are locked before the clock is read. A lane without a cap has an interval of 0 and is always free.
const takeTurnsStatement = sql(
  'take_turns',
  `with locked as (
     select lane, next_at from rate_lanes
     where merchant_id = $1 and pg_id = $2 and lane in ($3, 'total') order by lane for update),
   seen as (
     select max(next_at) filter (where lane = $3) as of_lane, max(next_at) filter (where lane = 'total') as of_all,
       clock_timestamp() as now from locked),
   first as (
     select now, of_all, greatest(now, of_all, of_lane) as slot from seen),
   given as (
     select *, least($6::int, case when slot > now + $7::float8 * interval '1 ms' then 0
       when greatest($4::float8, $5::float8) = 0 then $6::int
       else 1 + floor((extract(epoch from now - slot) * 1000 + $7::float8) / greatest($4::float8, $5::float8))::int
     end) as turns from first),
   taken as (
     update rate_lanes r set
       next_at = case when r.lane = $3 then slot + turns * $4::float8 * interval '1 ms'
         else greatest(of_all, now) + turns * $5::float8 * interval '1 ms' end
     from given
     where r.merchant_id = $1 and r.pg_id = $2 and r.lane in ($3, 'total') and turns > 0)
   select turns, (extract(epoch from slot - now) * 1000)::float8 as "waitMs" from given`,
)

export interface Turns {
  /** How many were given, from none to all that were asked for. */
  readonly turns: number
  /** Until the first of them; where none was given, until there is one. */
  readonly waitMs: number
}

export interface TurnsAsked {
  /** Between two calls of the lane, and of the whole contract; 0: no cap. */
  readonly laneIntervalMs: number
  readonly totalIntervalMs: number
  readonly count: number
  /** A turn later than this is not taken. */
  readonly horizonMs: number
}

export async function takeTurns(
  db: Queryable,
  { merchantId, pgId, lane }: LaneName,
  { laneIntervalMs, totalIntervalMs, count, horizonMs }: TurnsAsked,
): Promise<Turns> {
  const values = [merchantId, pgId, lane, laneIntervalMs, totalIntervalMs, count, horizonMs]
  const [row] = (await db.query<Turns>(takeTurnsStatement, values)).rows
  return row ?? { turns: 0, waitMs: 0 }
}
