// Each merchant's time: real, unless it was stopped. Stopped clocks are few (sandbox merchants only), so every
// process holds them all and reads them again each second; the process that moves one sees it at once.

import { instant, type Queryable, sql } from '../db/database.ts'
import type { Clock } from '../primitives/clock.ts'
import type { MerchantId } from '../primitives/ids.ts'

export interface MerchantClock extends Clock {
  /** Where the merchant's clock stands, or undefined when it runs. As of the last `refresh`. */
  stoppedAt(owner: MerchantId): number | undefined
  /** Reads all stopped clocks again. */
  refresh(): Promise<void>
  /** Stops the merchant's clock at an instant, or moves a stopped one. */
  stopAt(owner: MerchantId, atMs: number): Promise<void>
  /** Lets the merchant's clock run again, at the real time. */
  release(owner: MerchantId): Promise<void>
}

const listStatement = sql(
  'list_merchant_clocks',
  `select merchant_id as "merchantId", now_at as "atMs" from merchant_clocks`,
)

const stopStatement = sql(
  'stop_merchant_clock',
  `insert into merchant_clocks (merchant_id, now_at, updated_at) values ($1, $2, $3)
   on conflict (merchant_id) do update set now_at = excluded.now_at, updated_at = excluded.updated_at`,
)

const releaseStatement = sql(
  'release_merchant_clock',
  `delete from merchant_clocks where merchant_id = $1`,
)

export function createMerchantClock(db: Queryable, machine: Clock): MerchantClock {
  let stopped = new Map<MerchantId, number>()
  return {
    now: (owner) => (owner === undefined ? undefined : stopped.get(owner)) ?? machine.now(),
    stoppedAt: (owner) => stopped.get(owner),
    async refresh() {
      const { rows } = await db.query<{ merchantId: MerchantId; atMs: number }>(listStatement)
      stopped = new Map(rows.map(({ merchantId, atMs }) => [merchantId, atMs]))
    },
    async stopAt(owner, atMs) {
      await db.query(stopStatement, [owner, instant(atMs), instant(machine.now())])
      stopped.set(owner, atMs)
    },
    async release(owner) {
      await db.query(releaseStatement, [owner])
      stopped.delete(owner)
    },
  }
}
