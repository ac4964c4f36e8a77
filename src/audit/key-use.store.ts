// Every statement about what keys were used for: the exchanges of a stretch of time with the orders behind them, as
// hashes and sums, and the sealing of it.

import { instant, json, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { type Act, auditEvent } from './audit-event.ts'

/** A stretch of time, and the instant after which an answer came too late to be part of its seal. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
  readonly answeredBeforeMs: number
}

// Of an exchange: what never changes from its intent on, and its answer once it is final (an unknown one may yet be
// answered). Of its payment and its cancel: what never changes from their intent on. No personal data, which may have
// to be erased one day, and nothing sealed, which rotation writes anew. Of the record its digest, which stays in the row
// when the record goes into an archive. A jsonb array keeps an absent value apart from an empty one, and is always
// spelled the same.
const recordDigest = `encode(
       case when x.record is null then x.record_digest else sha256(convert_to(x.record::text, 'UTF8')) end, 'hex')`
const rowText = `jsonb_build_array(
     x.exchange_id, x.purpose, x.imp_uid, x.customer_uid, x.channel_key, x.order_number, x.amount, x.cancel_id,
     (extract(epoch from x.started_at) * 1000)::bigint,
     case when x.is_answered then jsonb_build_array(
       x.outcome, x.cause, x.result_code, x.result_message, x.transaction_id, ${recordDigest},
       (extract(epoch from x.finished_at) * 1000)::bigint) end,
     case when p.imp_uid is not null then jsonb_build_array(
       p.merchant_uid, p.method, p.channel_key, p.pg_id, p.sandbox, p.amount, p.tax_free, p.vat_amount,
       p.card_quota, p.customer_uid, (extract(epoch from p.started_at) * 1000)::bigint) end,
     case when c.cancel_id is not null then jsonb_build_array(
       c.imp_uid, c.amount, c.tax_free, (extract(epoch from c.started_at) * 1000)::bigint) end)::text`

// A page at a time, in the order of the index, so that an hour of any size takes the same memory.
const readPageStatement = sql(
  'read_key_use',
  `with page as (
     select e.*, e.outcome in ('approved', 'declined', 'unsent') and e.finished_at < $4 as is_answered
     from exchanges e
     where e.merchant_id = $1 and e.started_at < $3
       and (e.started_at, e.exchange_id) > ($2::timestamptz, $5::uuid)
     order by e.started_at, e.exchange_id limit $6),
   hashed as (
     select x.started_at, x.exchange_id, sha256(convert_to(${rowText}, 'UTF8')) as hash,
       x.is_answered and x.outcome = 'approved' and x.purpose = 'charge' as charged,
       x.is_answered and x.outcome = 'approved' and x.purpose = 'cancel' as cancelled,
       coalesce(c.amount, x.amount) as amount
     from page x
     left join payments p on p.merchant_id = x.merchant_id and p.imp_uid = x.imp_uid
     left join cancels c on c.merchant_id = x.merchant_id and c.cancel_id = x.cancel_id)
   select count(*) as exchanges, string_agg(hash, ''::bytea order by started_at, exchange_id) as hashes,
     count(*) filter (where charged) as charges,
     coalesce(sum(amount) filter (where charged), 0)::bigint as "chargedWon",
     count(*) filter (where cancelled) as cancels,
     coalesce(sum(amount) filter (where cancelled), 0)::bigint as "cancelledWon",
     max(started_at) as "lastStartedAtMs",
     (array_agg(exchange_id order by started_at desc, exchange_id desc))[1] as "lastExchangeId"
   from hashed`,
)

export interface UsePage {
  readonly exchanges: number
  /** 32 bytes each; null when there are none. */
  readonly hashes: Buffer | null
  readonly charges: number
  readonly chargedWon: number
  readonly cancels: number
  readonly cancelledWon: number
  readonly lastStartedAtMs: number | null
  readonly lastExchangeId: string | null
}

/** Where the next page begins. */
export interface UsePosition {
  readonly startedAtMs: number
  readonly exchangeId: string
}

export async function readUsePage(
  db: Queryable,
  owner: MerchantId,
  { toMs, answeredBeforeMs }: Span,
  { after, limit }: { readonly after: UsePosition; readonly limit: number },
): Promise<UsePage> {
  const { rows } = await db.query<UsePage>(readPageStatement, [
    owner,
    instant(after.startedAtMs),
    instant(toMs),
    instant(answeredBeforeMs),
    after.exchangeId,
    limit,
  ])
  return rows[0] as UsePage
}

// What the books say of a payment follows from its exchanges and evidence. `evidence` alone may have called an
// approved one failed, when its order had been paid again.
const contradictionsStatement = sql(
  'find_contradicted_payments',
  `select p.imp_uid as "impUid" from exchanges e
   join payments p on p.merchant_id = e.merchant_id and p.imp_uid = e.imp_uid
   where e.merchant_id = $1 and e.purpose = 'charge' and e.started_at >= $2 and e.started_at < $3
     and (
       (p.state in ('paid', 'cancelled') and e.outcome <> 'approved' and not exists (
         select from payment_evidence v
         where v.merchant_id = p.merchant_id and v.imp_uid = p.imp_uid and v.verdict = 'charged'))
       or (p.state = 'failed' and e.outcome = 'approved' and coalesce(p.failure, '') <> 'evidence')
       or p.cancel_amount <> (
         select coalesce(sum(c.amount), 0) from cancels c
         where c.merchant_id = p.merchant_id and c.imp_uid = p.imp_uid and c.state = 'done'))
   order by e.started_at limit $4`,
)

/** Payments of a stretch whose state or returned amount is not what their exchanges, evidence and cancels make it. */
export async function findContradictedPayments(
  db: Queryable,
  owner: MerchantId,
  { fromMs, toMs }: Pick<Span, 'fromMs' | 'toMs'>,
  limit: number,
): Promise<string[]> {
  const values = [owner, instant(fromMs), instant(toMs), limit]
  const { rows } = await db.query<{ impUid: string }>(contradictionsStatement, values)
  return rows.map(({ impUid }) => impUid)
}

// A stopped clock writes instants of its own, so nothing is sealed until it runs again.
const mayBeSealed = `not exists (select from merchant_clocks k where k.merchant_id = m.merchant_id)`

const listUnsealedStatement = sql(
  'list_unsealed_key_use',
  `select m.merchant_id as "merchantId", coalesce(s.sealed_until, 'epoch') as "sealedUntilMs",
     first.started_at as "firstMs"
   from merchants m
   left join key_use_seals s on s.merchant_id = m.merchant_id
   join lateral (
     select e.started_at from exchanges e
     where e.merchant_id = m.merchant_id and e.started_at >= coalesce(s.sealed_until, 'epoch') and e.started_at < $1
     order by e.started_at limit 1) first on true
   where m.merchant_id > $2 and ${mayBeSealed} order by m.merchant_id limit $3`,
)

export interface UnsealedUse {
  readonly merchantId: MerchantId
  readonly sealedUntilMs: number
  /** Of the first exchange that is in no seal. */
  readonly firstMs: number
}

/** Merchants with exchanges that were begun before an instant and are in no seal. */
export async function listUnsealed(
  db: Queryable,
  beforeMs: number,
  { after, limit }: { readonly after: MerchantId; readonly limit: number },
): Promise<UnsealedUse[]> {
  const values = [instant(beforeMs), after, limit]
  return (await db.query<UnsealedUse>(listUnsealedStatement, values)).rows
}

const findUnsealedStatement = sql(
  'find_unsealed_key_use',
  `select coalesce(min(e.started_at), 'epoch') as "firstMs"
   from merchants m
   left join key_use_seals s on s.merchant_id = m.merchant_id
   join exchanges e on e.merchant_id = m.merchant_id
     and e.started_at >= coalesce(s.sealed_until, 'epoch') and e.started_at < $2
   where m.merchant_id = $1 and ${mayBeSealed}`,
)

/** When the merchant's first exchange before an instant that is in no seal was begun; null when there is none. */
export async function findUnsealed(
  db: Queryable,
  owner: MerchantId,
  beforeMs: number,
): Promise<number | null> {
  const { rows } = await db.query<{ firstMs: number }>(findUnsealedStatement, [
    owner,
    instant(beforeMs),
  ])
  return rows[0]?.firstMs === 0 ? null : (rows[0]?.firstMs ?? null)
}

// One worker gets it: whoever moves the mark writes the event.
const sealStatement = sql(
  'seal_key_use',
  `with moved as (
     insert into key_use_seals (merchant_id, sealed_until) values ($1, $3)
     on conflict (merchant_id) do update set sealed_until = excluded.sealed_until
       where key_use_seals.sealed_until = $2
     returning merchant_id),
   ${auditEvent({
     from: 'moved',
     eventId: '$4',
     actor: '$5',
     action: `'key_use.sealed'`,
     subject: '$6',
     detail: '$7',
     at: '$8',
   })}
   select merchant_id from moved`,
)

/** Writes a seal. False when another worker was quicker. */
export async function insertSeal(
  db: Queryable,
  owner: MerchantId,
  span: Span,
  { detail, eventId, actor, atMs }: Act & { readonly detail: object },
): Promise<boolean> {
  const subject = instant(span.fromMs)
  const values = [owner, subject, instant(span.toMs), eventId, actor, subject, json(detail)]
  return (await db.query(sealStatement, [...values, instant(atMs)])).rows.length === 1
}
