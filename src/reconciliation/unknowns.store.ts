// What is unknown, of all merchants, and what stands against calling it "did not happen".

import { type Queryable, sql } from '../db/database.ts'
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
  /** Since when nobody is expected to bring its answer. */
  readonly unknownSinceMs: number
  /** The gateway told of a transaction under its order number that could not be booked. */
  readonly isContradicted: boolean
}

const isContradicted = (kind: string) => `(
  exists (select from gateway_facts f
    where f.merchant_id = p.merchant_id and f.order_number = p.imp_uid and f.kind = '${kind}')
  or exists (select from discrepancies d
    where d.merchant_id = p.merchant_id and d.order_number = p.imp_uid and d.resolved_at is null))`

// Payments made on a stopped clock bear instants that no file knows; an operator settles them.
const isInRealTime = `not exists (select from merchant_clocks m where m.merchant_id = p.merchant_id)`

const findUnknownsStatement = sql(
  'find_unknowns_of_all',
  `(select 'payment' as what, p.merchant_id as "merchantId", p.imp_uid as "impUid", null::uuid as "cancelId",
      p.channel_key as "channelKey", p.method, p.sandbox, p.started_at as "startedAtMs",
      p.updated_at as "unknownSinceMs", ${isContradicted('approval')} as "isContradicted"
    from payments p where p.state = 'unknown' and ${isInRealTime} order by p.started_at limit $1)
   union all
   (select 'cancel', c.merchant_id, c.imp_uid, c.cancel_id, p.channel_key, p.method, p.sandbox, c.started_at,
      c.updated_at, ${isContradicted('none')}
    from cancels c join payments p on p.merchant_id = c.merchant_id and p.imp_uid = c.imp_uid
    where c.state = 'unknown' and ${isInRealTime} order by c.started_at limit $1)`,
)

/** The oldest of each kind. Takes no lock. */
export async function findUnknowns(db: Queryable, limit: number): Promise<UnknownItem[]> {
  return (await db.query<UnknownItem>(findUnknownsStatement, [limit])).rows
}
