// Every statement that reads cancels.

import { instant, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { Cancel } from './cancel.ts'

const cancelColumns = `
  merchant_id as "merchantId", cancel_id as "cancelId", imp_uid as "impUid", state, amount as "amountWon",
  tax_free as "taxFreeWon", reason, enable_webhook as "enableWebhook", pg_tid as "pgTid", failure,
  fail_reason as "failReason", started_at as "startedAtMs", cancelled_at as "cancelledAtMs"`

const findCancelStatement = sql(
  'find_cancel',
  `select ${cancelColumns} from cancels where merchant_id = $1 and cancel_id = $2`,
)

export async function findCancel(
  db: Queryable,
  owner: MerchantId,
  cancelId: string,
): Promise<Cancel | undefined> {
  return (await db.query<Cancel>(findCancelStatement, [owner, cancelId])).rows[0]
}

const listCancelsStatement = sql(
  'list_cancels_of_payment',
  `select ${cancelColumns} from cancels
   where merchant_id = $1 and imp_uid = $2 order by started_at, cancel_id limit $3`,
)

/** All of a payment, whatever became of them, oldest first. */
export async function listCancels(
  db: Queryable,
  owner: MerchantId,
  impUid: string,
  limit: number,
): Promise<Cancel[]> {
  return (await db.query<Cancel>(listCancelsStatement, [owner, impUid, limit])).rows
}

const listUnknownCancelsStatement = sql(
  'list_unknown_cancels',
  `select ${cancelColumns} from cancels
   where merchant_id = $1 and state in ('sending', 'unknown') order by started_at limit 1000`,
)

/** What is on its way or unknown, oldest first: what an operator must look after. */
export async function listUnknownCancels(db: Queryable, owner: MerchantId): Promise<Cancel[]> {
  return (await db.query<Cancel>(listUnknownCancelsStatement, [owner])).rows
}

const findLapsedCancelsStatement = sql(
  'find_lapsed_cancels',
  `select merchant_id as "merchantId", cancel_id as "cancelId" from cancels
   where state = 'sending' and lease_until < $1 order by lease_until limit $2`,
)

/** Cancels whose sender is gone, of all merchants, oldest first. Takes no lock. */
export async function findLapsedCancels(
  db: Queryable,
  nowMs: number,
  limit: number,
): Promise<Pick<Cancel, 'merchantId' | 'cancelId'>[]> {
  const { rows } = await db.query<Pick<Cancel, 'merchantId' | 'cancelId'>>(
    findLapsedCancelsStatement,
    [instant(nowMs), limit],
  )
  return rows
}

const expireCancelStatement = sql(
  'expire_cancel',
  `with lapsed as (
     update cancels set state = 'unknown', lease_until = null, updated_at = $3
     where merchant_id = $1 and cancel_id = $2 and state = 'sending' and lease_until < $3
     returning cancel_id),
   exchange as (
     update exchanges e set outcome = 'unknown', cause = 'sender_lost', finished_at = $3
     from cancels c
     where c.merchant_id = $1 and c.cancel_id = $2 and exists (select from lapsed)
       and e.merchant_id = $1 and e.imp_uid = c.imp_uid and e.cancel_id = $2 and e.outcome = 'sending')
   select cancel_id from lapsed`,
)

/** A cancel whose sender is lost may have left, so it becomes unknown. False when another was quicker. */
export async function expireCancel(
  db: Queryable,
  { merchantId, cancelId }: Pick<Cancel, 'merchantId' | 'cancelId'>,
  nowMs: number,
): Promise<boolean> {
  const { rows } = await db.query(expireCancelStatement, [merchantId, cancelId, instant(nowMs)])
  return rows.length === 1
}
