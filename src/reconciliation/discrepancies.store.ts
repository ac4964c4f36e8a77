// Where our books and the gateway's disagree: raised once each, open until somebody says what was done about it.

import { auditEvent } from '../audit/audit-event.ts'
import { instant, json, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { DiscrepancyKind } from './judge-fact.ts'

export interface NewDiscrepancy {
  readonly kind: DiscrepancyKind
  readonly channelKey: string
  /** Null: no payment of ours is concerned. */
  readonly impUid: string | null
  readonly orderNumber: string
  readonly transactionId: string | null
  readonly amountWon: number
  /** For people, without secrets. */
  readonly detail: string
}

export interface Discrepancy extends NewDiscrepancy {
  readonly discrepancyId: string
  readonly raisedAtMs: number
  readonly resolvedAtMs: number | null
  readonly resolvedBy: string | null
  readonly resolution: string | null
}

// The id is made from what it is about. A late approval is one per payment, as payments/settled-follow-ups.ts has it.
const raiseStatement = sql(
  'raise_discrepancies',
  `insert into discrepancies (
     merchant_id, discrepancy_id, kind, channel_key, imp_uid, order_number, transaction_id, amount, detail,
     raised_at)
   select $1, md5(f.about)::uuid, f.kind, f."channelKey", f."impUid", f."orderNumber", f."transactionId",
     f."amountWon", f.detail, $3
   from jsonb_to_recordset($2::jsonb) as f(
     about text, kind text, "channelKey" text, "impUid" text, "orderNumber" text, "transactionId" text,
     "amountWon" bigint, detail text)
   on conflict do nothing`,
)

/** Gives how many are new. */
export async function raiseDiscrepancies(
  db: Queryable,
  owner: MerchantId,
  found: readonly NewDiscrepancy[],
  nowMs: number,
): Promise<number> {
  if (found.length === 0) return 0
  const rows = found.map((one) => ({ ...one, about: aboutOf(one) }))
  return (await db.query(raiseStatement, [owner, json(rows), instant(nowMs)])).rowCount
}

function aboutOf({ kind, orderNumber, transactionId, amountWon }: NewDiscrepancy): string {
  if (kind === 'late_approval') return `${kind} ${orderNumber}`
  return `${kind} ${orderNumber} ${transactionId ?? ''} ${amountWon}`
}

const columns = `
  discrepancy_id as "discrepancyId", kind, channel_key as "channelKey", imp_uid as "impUid",
  order_number as "orderNumber", transaction_id as "transactionId", amount as "amountWon", detail,
  raised_at as "raisedAtMs", resolved_at as "resolvedAtMs", resolved_by as "resolvedBy", resolution`

const pageStatements = {
  open: sql('page_of_open_discrepancies', pageBy('resolved_at is null')),
  all: sql('page_of_discrepancies', pageBy('true')),
}

function pageBy(condition: string): string {
  return `select ${columns} from discrepancies
   where merchant_id = $1 and ${condition} and (raised_at, discrepancy_id) < ($2, $3)
   order by raised_at desc, discrepancy_id desc limit $4`
}

/** A merchant's, newest first, from below a place on; the open ones, or all. */
export async function pageOfDiscrepancies(
  db: Queryable,
  owner: MerchantId,
  {
    withResolved,
    before,
    limit,
  }: {
    readonly withResolved: boolean
    readonly before?: { readonly atMs: number; readonly id: string } | undefined
    readonly limit: number
  },
): Promise<Discrepancy[]> {
  const values = [
    owner,
    before === undefined ? 'infinity' : instant(before.atMs),
    before?.id ?? 'ffffffff-ffff-ffff-ffff-ffffffffffff',
    limit,
  ]
  const statement = withResolved ? pageStatements.all : pageStatements.open
  return (await db.query<Discrepancy>(statement, values)).rows
}

const listOfOrderStatement = sql(
  'list_discrepancies_of_order',
  `select ${columns} from discrepancies
   where merchant_id = $1 and order_number = $2 order by raised_at, discrepancy_id limit $3`,
)

/** Those about one order, oldest first. */
export async function listDiscrepanciesOfOrder(
  db: Queryable,
  owner: MerchantId,
  orderNumber: string,
  limit: number,
): Promise<Discrepancy[]> {
  return (await db.query<Discrepancy>(listOfOrderStatement, [owner, orderNumber, limit])).rows
}

const findStatement = sql(
  'find_discrepancy',
  `select ${columns} from discrepancies where merchant_id = $1 and discrepancy_id = $2`,
)

export async function findDiscrepancy(
  db: Queryable,
  owner: MerchantId,
  discrepancyId: string,
): Promise<Discrepancy | undefined> {
  return (await db.query<Discrepancy>(findStatement, [owner, discrepancyId])).rows[0]
}

const resolveStatement = sql(
  'resolve_discrepancy',
  `with resolved as (
     update discrepancies set resolved_at = $3, resolved_by = $4, resolution = $5
     where merchant_id = $1 and discrepancy_id = $2 and resolved_at is null
     returning merchant_id, discrepancy_id, kind),
   ${auditEvent({
     from: 'resolved',
     eventId: '$6',
     actor: '$4',
     action: `'discrepancy.resolve'`,
     subject: 'discrepancy_id',
     detail: `jsonb_build_object('kind', kind, 'resolution', $5::text)`,
     at: '$3',
   })}
   select discrepancy_id from resolved`,
)

/** Says what was done about it. False when there is no such open one. */
export async function resolveDiscrepancy(
  db: Queryable,
  {
    merchantId,
    discrepancyId,
  }: { readonly merchantId: MerchantId; readonly discrepancyId: string },
  said: {
    readonly actor: string
    readonly resolution: string
    readonly atMs: number
    readonly eventId: string
  },
): Promise<boolean> {
  const values = [
    merchantId,
    discrepancyId,
    instant(said.atMs),
    said.actor,
    said.resolution,
    said.eventId,
  ]
  return (await db.query(resolveStatement, values)).rows.length === 1
}
