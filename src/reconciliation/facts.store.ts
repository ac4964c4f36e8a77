// What the gateway told of, and what our books hold under its order number.

import { createHash } from 'node:crypto'

import { instant, instantOrNull, json, type Queryable, sql } from '../db/database.ts'
import type { GatewayFact, GatewayNotification } from '../gateways/evidence.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { Books } from './judge-fact.ts'

/** A fact with what only a notification says. */
export type ToldFact = GatewayFact &
  Pick<GatewayNotification, 'approvalNumber' | 'issuer' | 'record'>

/** Whose fact it is. */
export interface FactOwner {
  readonly merchantId: MerchantId
  readonly channelKey: string
}

/** Repetitions of one notification are the same in all of this; two cancels of one amount in one second are, too. */
function keyOf({
  kind,
  contractId,
  transactionId,
  orderNumber,
  amountWon,
  happenedAtMs,
}: GatewayFact): Buffer {
  const time = kind === 'cancel' ? happenedAtMs : null
  const parts = [kind, contractId, transactionId, orderNumber, amountWon, time]
  return createHash('sha256').update(JSON.stringify(parts)).digest()
}

const keepFactStatement = sql(
  'keep_gateway_fact',
  `insert into gateway_facts (
     merchant_id, fact_key, channel_key, kind, order_number, transaction_id, amount, approval_number, happened_at,
     record, received_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
   on conflict (merchant_id, fact_key) do update set times = gateway_facts.times + 1`,
)

/** Keeps a fact once, however often it comes. */
export async function keepFact(
  db: Queryable,
  { merchantId, channelKey }: FactOwner,
  fact: ToldFact,
  nowMs: number,
): Promise<void> {
  await db.query(keepFactStatement, [
    merchantId,
    keyOf(fact),
    channelKey,
    fact.kind,
    fact.orderNumber,
    fact.transactionId,
    fact.amountWon,
    fact.approvalNumber,
    instantOrNull(fact.happenedAtMs),
    json({ ...fact.record, issuer: fact.issuer }),
    instant(nowMs),
  ])
}

// One row for the payment, none when it is not ours. The cancels that notifications told of come along.
const findBooksStatement = sql(
  'find_books_of_order',
  `select p.state, p.amount as "amountWon", p.pg_tid as "pgTid", p.pg_id as "pgId", p.give_back as "giveBack",
     exists (select from payments o where o.merchant_id = p.merchant_id and o.merchant_uid = p.merchant_uid
       and o.imp_uid <> p.imp_uid and o.state <> 'failed' and o.give_back is null) as "isOrderTaken",
     (select coalesce(json_agg(json_build_object(
         'cancelId', c.cancel_id, 'state', c.state, 'amountWon', c.amount) order by c.started_at), '[]')
       from cancels c where c.merchant_id = p.merchant_id and c.imp_uid = p.imp_uid) as cancels,
     (select coalesce(json_agg(f.amount), '[]') from gateway_facts f
       where f.merchant_id = p.merchant_id and f.order_number = p.imp_uid and f.kind = 'cancel') as "cancelsTold"
   from payments p where p.merchant_id = $1 and p.imp_uid = $2`,
)

type BooksRow = NonNullable<Books['payment']> & Omit<Books, 'payment'>

/** `cancelsTold`: what the source tells of, where that is not the notifications kept so far. */
export async function findBooks(
  db: Queryable,
  owner: MerchantId,
  orderNumber: string,
  cancelsTold?: readonly number[],
): Promise<Books> {
  const [row] = (await db.query<BooksRow>(findBooksStatement, [owner, orderNumber])).rows
  if (row === undefined) {
    return { payment: undefined, isOrderTaken: false, cancels: [], cancelsTold: cancelsTold ?? [] }
  }
  const { isOrderTaken, cancels, cancelsTold: kept, ...payment } = row
  return { payment, isOrderTaken, cancels, cancelsTold: cancelsTold ?? kept }
}

// What was told of before its time: the payment was still being sent, its lease has lapsed since.
const findWaitingStatement = sql(
  'find_facts_of_unknown',
  `select f.merchant_id as "merchantId", f.channel_key as "channelKey", f.kind, c.pg_id as "contractId",
     f.order_number as "orderNumber", f.transaction_id as "transactionId", f.amount as "amountWon",
     f.approval_number as "approvalNumber", f.happened_at as "happenedAtMs", f.record
   from (
     select merchant_id, imp_uid, 'approval' as kind, started_at from payments where state = 'unknown'
     union
     select merchant_id, imp_uid, 'cancel', started_at from cancels where state = 'unknown') u
   join gateway_facts f on f.merchant_id = u.merchant_id and f.order_number = u.imp_uid and f.kind = u.kind
   join channels c on c.merchant_id = f.merchant_id and c.channel_key = f.channel_key
   order by u.started_at limit $1`,
)

export type WaitingFact = FactOwner & ToldFact

/** Kept facts about what is unknown by now, of all merchants. Takes no lock. */
export async function findWaitingFacts(db: Queryable, limit: number): Promise<WaitingFact[]> {
  const { rows } = await db.query<Omit<WaitingFact, 'issuer'> & { record: { issuer?: unknown } }>(
    findWaitingStatement,
    [limit],
  )
  return rows.map((row) => ({
    ...row,
    issuer: (row.record.issuer ?? null) as WaitingFact['issuer'],
  }))
}
