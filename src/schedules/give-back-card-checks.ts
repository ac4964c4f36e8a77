// A card check whose money is still with us: the process died between charge and cancel, the cancel did not succeed,
// or the charge was unknown and turned out approved. Found by its purpose and cancelled, ever more rarely.

import { instant, type Queryable, sql } from '../db/database.ts'
import type { CancelDependencies } from '../payments/cancel-payment.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { giveBack } from './check-card.ts'

/** The request that made the check gives it back by itself; until then it is left to that. */
const leftAloneMs = 5 * 60_000
const batch = 100

// An unknown cancel keeps its amount reserved and is an operator's to settle. After n refusals the next try waits
// 2^n minutes, 17 hours at most.
const findKeptStatement = sql(
  'find_kept_card_checks',
  `select p.merchant_id as "merchantId", p.imp_uid as "impUid"
   from payments p
   left join lateral (
     select count(*) as tries, max(c.started_at) as last from cancels c
     where c.merchant_id = p.merchant_id and c.imp_uid = p.imp_uid) c on true
   where p.purpose = 'card_check' and p.state = 'paid' and p.cancel_reserved = 0 and p.paid_at < $1
     and (c.last is null
       or c.last < $2::timestamptz - interval '1 minute' * power(2, least(c.tries, 10)))
   order by p.paid_at limit $3`,
)

interface KeptCheck {
  readonly merchantId: MerchantId
  readonly impUid: string
}

async function findKeptChecks(db: Queryable, nowMs: number): Promise<KeptCheck[]> {
  const values = [instant(nowMs - leftAloneMs), instant(nowMs), batch]
  return (await db.query<KeptCheck>(findKeptStatement, values)).rows
}

/** Gives how many it cancelled. */
export async function giveBackCardChecks(deps: CancelDependencies): Promise<number> {
  let cancelled = 0
  for (const check of await findKeptChecks(deps.db, deps.clock.now())) {
    if ((await giveBack(deps, check)) === 'cancelled') cancelled += 1
  }
  return cancelled
}
