// Money that does not stay: a card check, or an approval that was found when nobody waited for it any more. It goes
// back through an ordinary cancel, and is found again by its row until it has.

import { instant, type Queryable, sql } from '../db/database.ts'
import { cancelPayment, type CancelDependencies } from './cancel-payment.ts'
import type { Payment } from './payment.ts'

/** The request that made a card check gives it back by itself; until then it is left to that. */
const leftAloneMs = 5 * 60_000
const batch = 100

// An unknown cancel keeps its amount reserved and is settled by evidence. After n refusals the next try waits
// 2^n minutes, 17 hours at most.
const findKeptStatement = sql(
  'find_payments_to_give_back',
  `select p.merchant_id as "merchantId", p.imp_uid as "impUid", p.purpose, p.give_back as "giveBack"
   from payments p
   left join lateral (
     select count(*) as tries, max(c.started_at) as last from cancels c
     where c.merchant_id = p.merchant_id and c.imp_uid = p.imp_uid) c on true
   where (p.purpose = 'card_check' or p.give_back is not null) and p.state in ('paid', 'cancelled')
     and p.cancel_amount < p.amount and p.cancel_reserved = 0
     and not exists (select from restore_holds h where h.merchant_id = p.merchant_id and h.released_at is null)
     and (p.give_back is not null or p.paid_at < $1)
     and (c.last is null
       or c.last < $2::timestamptz - interval '1 minute' * power(2, least(c.tries, 10)))
   order by p.paid_at limit $3`,
)

type Kept = Pick<Payment, 'merchantId' | 'impUid' | 'purpose' | 'giveBack'>

async function findKept(db: Queryable, nowMs: number): Promise<Kept[]> {
  const values = [instant(nowMs - leftAloneMs), instant(nowMs), batch]
  return (await db.query<Kept>(findKeptStatement, values)).rows
}

/** Cancels what must not stay, of all merchants, until it is told to stop. Gives how many it cancelled. */
export async function giveBackKept(
  deps: CancelDependencies,
  stopping?: AbortSignal,
): Promise<number> {
  let cancelled = 0
  for (const kept of await findKept(deps.db, deps.clock.now())) {
    if (stopping?.aborted === true) break
    if ((await giveBack(deps, kept)) === 'cancelled') cancelled += 1
  }
  return cancelled
}

/** Shown as the cancel's reason. */
const checkRefundReason = '카드 확인 결제 자동 취소'
const lateRefundReason = '뒤늦게 확인된 승인 자동 취소'

/** Cancels a payment in whole. What does not succeed now (`pending`) is found again by its row. */
export async function giveBack(
  deps: CancelDependencies,
  { merchantId, impUid, purpose, giveBack: how }: Kept,
): Promise<'cancelled' | 'unknown' | 'pending'> {
  const result = await cancelPayment(deps, {
    merchantId,
    impUid,
    reason: purpose === 'card_check' ? checkRefundReason : lateRefundReason,
    enableWebhook: how === 'told',
  })
  if (result.kind === 'cancelled' || result.kind === 'unknown') return result.kind
  if (result.kind === 'refused' && result.refusal.kind === 'fully_cancelled') return 'cancelled'
  deps.log.warn({ impUid, result: result.kind }, 'money that goes back could not be cancelled yet')
  return 'pending'
}
