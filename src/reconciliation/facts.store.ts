// What the gateway told of, and what our books hold under its order number.

import { createHash } from 'node:crypto'

import { instant, instantOrNull, json, type Queryable, sql } from '../db/database.ts'
import type { GatewayFact, GatewayNotification } from '../gateways/evidence.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { Books, CancelsTold } from './judge-fact.ts'

/** A fact with what only a notification says. */
export type ToldFact = GatewayFact &
  Pick<GatewayNotification, 'approvalNumber' | 'issuer' | 'record'>

/** Whose fact it is. */
export interface FactOwner {
  readonly merchantId: MerchantId
  readonly channelKey: string
}

export type FactSourceName = 'notification' | 'daily_file'

/** Repetitions of one notification are the same in all of this; two cancels of one amount in one second are, too. */
function keyOf(fact: GatewayFact, source: FactSourceName): Buffer {
  const { kind, contractId, transactionId, orderNumber, amountWon, happenedAtMs } = fact
  const time = kind === 'cancel' ? happenedAtMs : null
  const parts = [source, kind, contractId, transactionId, orderNumber, amountWon, time]
  return createHash('sha256').update(JSON.stringify(parts)).digest()
}

const keepFactStatement = sql(
  'keep_gateway_fact',
  `insert into gateway_facts (
     merchant_id, fact_key, channel_key, source, kind, order_number, transaction_id, amount, approval_number,
     happened_at, record, received_at, waits)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
   on conflict (merchant_id, fact_key) do update set times = gateway_facts.times + 1, waits = excluded.waits`,
)

/** Keeps a fact once, however often it comes. One that waits is judged anew by a worker. */
export async function keepFact(
  db: Queryable,
  { merchantId, channelKey }: FactOwner,
  fact: ToldFact,
  kept: { readonly source: FactSourceName; readonly waits: boolean; readonly nowMs: number },
): Promise<void> {
  await db.query(keepFactStatement, [
    merchantId,
    keyOf(fact, kept.source),
    channelKey,
    kept.source,
    fact.kind,
    fact.orderNumber,
    fact.transactionId,
    fact.amountWon,
    fact.approvalNumber,
    instantOrNull(fact.happenedAtMs),
    json({ ...fact.record, issuer: fact.issuer }),
    instant(kept.nowMs),
    kept.waits,
  ])
}

const endWaitStatement = sql(
  'end_wait_of_gateway_fact',
  `update gateway_facts set waits = false where merchant_id = $1 and fact_key = $2`,
)

/** It has been judged, and need not be again. */
export async function endWait(
  db: Queryable,
  { merchantId }: FactOwner,
  fact: GatewayFact,
  source: FactSourceName,
): Promise<void> {
  await db.query(endWaitStatement, [merchantId, keyOf(fact, source)])
}

// One row for the payment, none when it is not ours. The cancels that notifications told of come along.
const findBooksStatement = sql(
  'find_books_of_order',
  `select p.state, p.amount as "amountWon", p.cancel_amount as "cancelAmountWon", p.cancel_reserved as "reservedWon",
     p.pg_tid as "pgTid", p.pg_id as "pgId", p.sandbox, p.started_at as "startedAtMs",
     exists (select from payments o where o.merchant_id = p.merchant_id and o.merchant_uid = p.merchant_uid
       and o.imp_uid <> p.imp_uid and o.state <> 'failed' and o.give_back is null) as "isOrderTaken",
     (select coalesce(json_agg(json_build_object(
         'cancelId', c.cancel_id, 'state', c.state, 'failure', c.failure, 'amountWon', c.amount,
         'startedAtMs', (extract(epoch from c.started_at) * 1000)::bigint) order by c.started_at, c.cancel_id), '[]')
       from cancels c where c.merchant_id = p.merchant_id and c.imp_uid = p.imp_uid) as cancels,
     (select coalesce(json_agg(f.amount), '[]') from gateway_facts f
       where f.merchant_id = p.merchant_id and f.order_number = p.imp_uid and f.kind = 'cancel'
         and f.source = 'notification') as "keptWon"
   from payments p where p.merchant_id = $1 and p.imp_uid = $2`,
)

type BooksRow = NonNullable<Books['payment']> &
  Pick<Books, 'isOrderTaken' | 'cancels'> & { readonly keptWon: readonly number[] }

/** `cancelsTold`: what the source tells of, where that is not the notifications kept so far. */
export async function findBooks(
  db: Queryable,
  owner: MerchantId,
  orderNumber: string,
  cancelsTold?: CancelsTold,
): Promise<Books> {
  const [row] = (await db.query<BooksRow>(findBooksStatement, [owner, orderNumber])).rows
  if (row === undefined) {
    const none = { amountsWon: [], day: null }
    return {
      payment: undefined,
      isOrderTaken: false,
      cancels: [],
      cancelsTold: cancelsTold ?? none,
    }
  }
  const { isOrderTaken, cancels, keptWon, ...payment } = row
  const kept = { amountsWon: keptWon, day: null }
  return { payment, isOrderTaken, cancels, cancelsTold: cancelsTold ?? kept }
}

export interface KeptFact {
  readonly source: FactSourceName
  readonly kind: GatewayFact['kind']
  readonly transactionId: string
  readonly amountWon: number
  /** By the gateway's clock. */
  readonly happenedAtMs: number | null
  readonly receivedAtMs: number
  /** How often it came. */
  readonly times: number
}

const listFactsStatement = sql(
  'list_facts_of_order',
  `select source, kind, transaction_id as "transactionId", amount as "amountWon",
     happened_at as "happenedAtMs", received_at as "receivedAtMs", times
   from gateway_facts where merchant_id = $1 and order_number = $2 order by received_at limit $3`,
)

/** What the gateway told of an order, oldest first. */
export async function listFacts(
  db: Queryable,
  owner: MerchantId,
  orderNumber: string,
  limit: number,
): Promise<KeptFact[]> {
  return (await db.query<KeptFact>(listFactsStatement, [owner, orderNumber, limit])).rows
}

const findWaitingStatement = sql(
  'find_waiting_facts',
  `select f.merchant_id as "merchantId", f.channel_key as "channelKey", f.source, f.kind, c.pg_id as "contractId",
     f.order_number as "orderNumber", f.transaction_id as "transactionId", f.amount as "amountWon",
     f.approval_number as "approvalNumber", f.happened_at as "happenedAtMs", f.record,
     f.record -> 'issuer' as issuer, c.late_approvals as "lateApprovals"
   from gateway_facts f
   join channels c on c.merchant_id = f.merchant_id and c.channel_key = f.channel_key
   where f.waits order by f.received_at limit $1`,
)

export type WaitingFact = FactOwner &
  ToldFact & { readonly source: FactSourceName; readonly lateApprovals: 'keep' | 'cancel' }

/** Facts that came while their payment or cancel was being sent, of all merchants, oldest first. Takes no lock. */
export async function findWaitingFacts(db: Queryable, limit: number): Promise<WaitingFact[]> {
  return (await db.query<WaitingFact>(findWaitingStatement, [limit])).rows
}

const findOwnersStatement = sql(
  'find_owners_of_orders',
  `select p.imp_uid as "orderNumber", c.merchant_id as "merchantId", c.channel_key as "channelKey",
     c.late_approvals as "lateApprovals"
   from channels c
   join payments p on p.merchant_id = c.merchant_id and p.channel_key = c.channel_key
   where c.merchant_id <> $1 and c.pg_id = $2 and c.base_url = $3 and p.imp_uid = any($4::text[])`,
)

/** Another merchant of this installation that has the same contract: whose order a fact is about. */
export type OwnerOfOrder = FactOwner & {
  readonly orderNumber: string
  readonly lateApprovals: 'keep' | 'cancel'
}

/** Who has these orders, where the channel's own merchant has not. Reads across merchants without a lock. */
export async function findOwnersOfOrders(
  db: Queryable,
  channel: { readonly merchantId: MerchantId; readonly pgId: string; readonly baseUrl: string },
  orderNumbers: readonly string[],
): Promise<OwnerOfOrder[]> {
  const values = [channel.merchantId, channel.pgId, channel.baseUrl, orderNumbers]
  return (await db.query<OwnerOfOrder>(findOwnersStatement, values)).rows
}

const hasOrderStatement = sql(
  'has_payment_of_order',
  `select from payments where merchant_id = $1 and imp_uid = $2`,
)

/** Undefined: the order is the channel's own merchant's, nobody's, or several merchants'. */
export async function findOrderOwner(
  db: Queryable,
  channel: Parameters<typeof findOwnersOfOrders>[1],
  orderNumber: string,
): Promise<OwnerOfOrder | undefined> {
  if ((await db.query(hasOrderStatement, [channel.merchantId, orderNumber])).rowCount > 0) {
    return undefined
  }
  const owners = await findOwnersOfOrders(db, channel, [orderNumber])
  return owners.length === 1 ? owners[0] : undefined
}
