// What is unknown, of all merchants, and what stands against calling it "did not happen".

import { instant, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'

export interface UnknownItem {
  readonly what: 'payment' | 'cancel'
  readonly merchantId: MerchantId
  readonly impUid: string
  /** Null for a payment. */
  readonly cancelId: string | null
  readonly channelKey: string
  readonly method: 'key_in' | 'billing_key'
  readonly sandbox: boolean
  readonly startedAtMs: number
  readonly paymentStartedAtMs: number
  /** Since when nobody is expected to bring its answer. */
  readonly unknownSinceMs: number
  /** The gateway told of a transaction under its order number that could not be booked. */
  readonly isContradicted: boolean
}

// A cancel in a file that our books could not explain when it was read may be this one.
const contradictsPayment = `exists (select from gateway_facts f
    where f.merchant_id = p.merchant_id and f.order_number = p.imp_uid and f.kind = 'approval')`
const contradictsCancel = `exists (select from gateway_facts f
    where f.merchant_id = c.merchant_id and f.order_number = c.imp_uid and f.kind = 'cancel'
      and f.source = 'daily_file' and f.amount = c.amount)`
const isRaised = `exists (select from discrepancies d
    where d.merchant_id = p.merchant_id and d.order_number = p.imp_uid and d.resolved_at is null)`

// Payments made on a stopped clock bear instants that no file knows; an operator settles them.
const isInRealTime = `not exists (select from merchant_clocks m where m.merchant_id = p.merchant_id)`
const hasReports = `exists (select from channels h
    where h.merchant_id = p.merchant_id and h.channel_key = p.channel_key and h.report_password_sealed is not null)`

const paymentItem = `
  select 'payment' as what, p.merchant_id as "merchantId", p.imp_uid as "impUid", null::uuid as "cancelId",
    p.channel_key as "channelKey", p.method, p.sandbox, p.started_at as "startedAtMs",
    p.started_at as "paymentStartedAtMs", p.updated_at as "unknownSinceMs",
    (${contradictsPayment} or ${isRaised}) as "isContradicted"
  from payments p`
const cancelItem = `
  select 'cancel' as what, c.merchant_id as "merchantId", c.imp_uid as "impUid", c.cancel_id as "cancelId",
    p.channel_key as "channelKey", p.method, p.sandbox, c.started_at as "startedAtMs",
    p.started_at as "paymentStartedAtMs", c.updated_at as "unknownSinceMs",
    (${contradictsCancel} or ${isRaised}) as "isContradicted"
  from cancels c join payments p on p.merchant_id = c.merchant_id and p.imp_uid = c.imp_uid`

const findUnknownsStatement = sql(
  'find_unknowns_of_all',
  `(${paymentItem}
    where p.state = 'unknown' and p.started_at > $2 and ${isInRealTime} and ${hasReports}
    order by p.started_at limit $1)
   union all
   (${cancelItem}
    where c.state = 'unknown' and c.started_at > $2 and ${isInRealTime} and ${hasReports}
    order by c.started_at limit $1)`,
)

/** What files may end: the oldest of each kind that were begun after `sinceMs`. Takes no lock. */
export async function findUnknowns(
  db: Queryable,
  { sinceMs, limit }: { readonly sinceMs: number; readonly limit: number },
): Promise<UnknownItem[]> {
  return (await db.query<UnknownItem>(findUnknownsStatement, [limit, instant(sinceMs)])).rows
}

const findUnknownPaymentStatement = sql(
  'find_unknown_payment',
  `${paymentItem} where p.merchant_id = $1 and p.imp_uid = $2 and p.state = 'unknown'`,
)
const findUnknownCancelStatement = sql(
  'find_unknown_cancel',
  `${cancelItem} where c.merchant_id = $1 and c.cancel_id = $2 and c.state = 'unknown'`,
)

/** The same item as it is now; undefined when it has ended. */
export async function findUnknownAgain(
  db: Queryable,
  { merchantId, impUid, cancelId }: UnknownItem,
): Promise<UnknownItem | undefined> {
  const { rows } =
    cancelId === null
      ? await db.query<UnknownItem>(findUnknownPaymentStatement, [merchantId, impUid])
      : await db.query<UnknownItem>(findUnknownCancelStatement, [merchantId, cancelId])
  return rows[0]
}
