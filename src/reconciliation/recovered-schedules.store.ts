// The statements that book again what a restored backup had not seen yet.

import { instant, type Queryable, sql } from '../db/database.ts'
import { lowestId } from '../db/walk-rows.ts'
import type { MerchantId } from '../primitives/ids.ts'

export interface OpenSchedule {
  readonly scheduleId: string
  readonly amountWon: number
}

// Whatever an attempt could have taken since: what is due, moved, and what may be repeated by hand.
const isOpen = `(s.state in ('scheduled', 'revoked') or (s.state = 'executed' and s.payment_status = 'failed'))`

const pageStatement = sql(
  'page_of_open_schedules',
  `select schedule_id as "scheduleId", amount as "amountWon" from schedules s
   where merchant_id = $1 and ${isOpen} and schedule_id > $2
   order by schedule_id limit $3`,
)

export async function pageOfOpenSchedules(
  db: Queryable,
  owner: MerchantId,
  page: { readonly after: string | null; readonly limit: number },
): Promise<OpenSchedule[]> {
  return (
    await db.query<OpenSchedule>(pageStatement, [owner, page.after ?? lowestId.uuid, page.limit])
  ).rows
}

/** The channel whose file tells of it. */
export interface RecoveringChannel {
  readonly merchantId: MerchantId
  readonly channelKey: string
  readonly pgId: string
  readonly sandbox: boolean
}

// As the attempt's own intent was, but unknown: the fact that follows settles it, with everything that ends with it.
// Only while the merchant is held, when no attempt can take the schedule at the same time.
const bookStatement = sql(
  'book_recovered_payment',
  `with claimed as (
     update schedules s set
       state = 'executing', imp_uid = $3, executed_at = $4, payment_status = null, fail_reason = null,
       revoked_at = null, retry_unsent_ms = null, updated_at = $5
     where s.merchant_id = $1 and s.schedule_id = $2 and ${isOpen}
       and exists (select from restore_holds h where h.merchant_id = $1 and h.released_at is null)
       and not exists (select from payments p where p.merchant_id = $1 and p.imp_uid = $3)
     returning *)
   insert into payments (
     merchant_id, imp_uid, merchant_uid, state, method, channel_key, pg_id, sandbox, amount, tax_free, vat_amount,
     card_quota, name, buyer_name, buyer_email, buyer_tel, buyer_addr, buyer_postcode, custom_data, notice_url,
     customer_uid, customer_uid_usage, card_number_masked, card_code, card_name, card_type, started_at, updated_at)
   select s.merchant_id, $3, s.merchant_uid, 'unknown', 'billing_key', $6, $7, $8, s.amount, s.tax_free, s.vat_amount,
     s.card_quota, s.name, s.buyer_name, s.buyer_email, s.buyer_tel, s.buyer_addr, s.buyer_postcode, s.custom_data,
     s.notice_url, s.customer_uid, 'payment.scheduled', k.card_number_masked, k.card_code, k.card_name, k.card_type,
     $4, $5
   from claimed s
   left join billing_keys k on k.merchant_id = s.merchant_id and k.customer_uid = s.customer_uid`,
)

/**
 * False when there is nothing to book any more. Violates `payments_merchant_uid_taken` when its order was paid
 * otherwise.
 */
export async function bookRecovered(
  db: Queryable,
  { merchantId, channelKey, pgId, sandbox }: RecoveringChannel,
  charge: {
    readonly scheduleId: string
    readonly impUid: string
    readonly startedAtMs: number
    readonly nowMs: number
  },
): Promise<boolean> {
  const values = [
    merchantId,
    charge.scheduleId,
    charge.impUid,
    instant(charge.startedAtMs),
    instant(charge.nowMs),
    channelKey,
    pgId,
    sandbox,
  ]
  return (await db.query(bookStatement, values)).rowCount === 1
}
