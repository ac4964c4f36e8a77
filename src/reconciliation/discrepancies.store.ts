// Where our books and the gateway's disagree: raised once each, open until somebody says what was done about it.

import { instant, type Queryable, sql } from '../db/database.ts'
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
  'raise_discrepancy',
  `insert into discrepancies (
     merchant_id, discrepancy_id, kind, channel_key, imp_uid, order_number, transaction_id, amount, detail,
     raised_at)
   values ($1, md5($2)::uuid, $3, $4, $5, $6, $7, $8, $9, $10)
   on conflict do nothing`,
)

/** True when it is new. */
export async function raiseDiscrepancy(
  db: Queryable,
  owner: MerchantId,
  found: NewDiscrepancy,
  nowMs: number,
): Promise<boolean> {
  const { kind, orderNumber, transactionId, amountWon } = found
  const about =
    kind === 'late_approval' || kind === 'missing_at_gateway'
      ? `${kind} ${orderNumber}`
      : `${kind} ${orderNumber} ${transactionId ?? ''} ${amountWon}`
  const { rowCount } = await db.query(raiseStatement, [
    owner,
    about,
    kind,
    found.channelKey,
    found.impUid,
    orderNumber,
    transactionId,
    amountWon,
    found.detail,
    instant(nowMs),
  ])
  return rowCount === 1
}

const columns = `
  discrepancy_id as "discrepancyId", kind, channel_key as "channelKey", imp_uid as "impUid",
  order_number as "orderNumber", transaction_id as "transactionId", amount as "amountWon", detail,
  raised_at as "raisedAtMs", resolved_at as "resolvedAtMs", resolved_by as "resolvedBy", resolution`

const listStatement = sql(
  'list_discrepancies',
  `select ${columns} from discrepancies
   where merchant_id = $1 and (resolved_at is null or $2::boolean) order by raised_at desc limit $3`,
)

/** A merchant's, newest first; those that are resolved too where asked for. */
export async function listDiscrepancies(
  db: Queryable,
  owner: MerchantId,
  { withResolved, limit }: { readonly withResolved: boolean; readonly limit: number },
): Promise<Discrepancy[]> {
  return (await db.query<Discrepancy>(listStatement, [owner, withResolved, limit])).rows
}

const resolveStatement = sql(
  'resolve_discrepancy',
  `with resolved as (
     update discrepancies set resolved_at = $3, resolved_by = $4, resolution = $5
     where merchant_id = $1 and discrepancy_id = $2 and resolved_at is null
     returning merchant_id, discrepancy_id, kind),
   audit as (
     insert into audit_events (merchant_id, event_id, actor, action, subject, detail, recorded_at)
     select merchant_id, $6::uuid, $4, 'discrepancy.resolve', discrepancy_id::text,
       jsonb_build_object('kind', kind, 'resolution', $5::text), $3::timestamptz
     from resolved)
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
