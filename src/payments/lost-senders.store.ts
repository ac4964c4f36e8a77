// The statements that end the wait for a sender that died between intent and settlement.

import { instant, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { paymentColumns } from './payment-columns.ts'
import type { Payment } from './payment.ts'
import { endSchedule, tellMerchant } from './settled-follow-ups.ts'

const findLapsedStatement = sql(
  'find_lapsed_sending',
  `select p.merchant_id as "merchantId", p.imp_uid as "impUid", p.lease_until as "leaseUntilMs",
     exists (select from exchanges e
       where e.merchant_id = p.merchant_id and e.imp_uid = p.imp_uid and e.purpose = 'charge') as "mayBeCharged"
   from payments p where p.state = 'sending' and p.lease_until < $1
   order by p.lease_until limit $2`,
)

export interface LapsedPayment {
  readonly merchantId: MerchantId
  readonly impUid: string
  /** The lease that was found lapsed; a sender that is alive after all has another one by then. */
  readonly leaseUntilMs: number
  /** False: no charge was ever announced, so none can have left. */
  readonly mayBeCharged: boolean
}

/** Payments whose sender is gone, of all merchants, oldest first. Takes no lock. */
export async function findLapsed(
  db: Queryable,
  nowMs: number,
  limit: number,
): Promise<LapsedPayment[]> {
  return (await db.query<LapsedPayment>(findLapsedStatement, [instant(nowMs), limit])).rows
}

const expireStatement = sql(
  'expire_sending',
  `with settled as (
     update payments p set
       state = $4, lease_until = null, updated_at = $3,
       failure = $5, fail_reason = $6,
       failed_at = case when $4 = 'failed' then $3::timestamptz else null end
     where p.merchant_id = $1 and p.imp_uid = $2 and p.state = 'sending' and p.lease_until = $8
       and ($4 = 'unknown' or not exists (
         select from exchanges e where e.merchant_id = $1 and e.imp_uid = $2 and e.purpose = 'charge'))
     returning p.*),
   dropped as (
     delete from pending_billing_keys
     where merchant_id = $1 and imp_uid = $2 and exists (select from settled where state = 'failed')),
   exchange as (
     update exchanges set outcome = 'unknown', cause = 'sender_lost', finished_at = $3
     where merchant_id = $1 and imp_uid = $2 and outcome = 'sending' and exists (select from settled)),
   ${endSchedule('false')},
   ${tellMerchant('$7', 'true')}
   select ${paymentColumns} from settled`,
)

/**
 * Ends the wait for a lost sender: `unknown` where a charge may have left, failed where none was announced.
 * Undefined when the sender, or another process, was quicker.
 */
export async function expireSending(
  db: Queryable,
  lapsed: LapsedPayment,
  nowMs: number,
  webhookId: string,
): Promise<Payment | undefined> {
  const { rows } = await db.query<Payment>(expireStatement, [
    lapsed.merchantId,
    lapsed.impUid,
    instant(nowMs),
    lapsed.mayBeCharged ? 'unknown' : 'failed',
    lapsed.mayBeCharged ? null : 'unsent',
    lapsed.mayBeCharged ? null : '서버가 중단되어 PG로 결제를 요청하지 못했습니다.',
    webhookId,
    instant(lapsed.leaseUntilMs),
  ])
  return rows[0]
}
