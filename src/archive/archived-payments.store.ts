// The statements that find what may be archived, read it, and thin it. Only what has ended is taken: a payment of which
// nothing is under way, unknown, disputed or waiting, and nothing has changed since the instant that was named.

import { type Database, instant, json, type Queryable, sql } from '../db/database.ts'
import { isNotHeld } from '../payments/hold.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { ArchivedAttempt, ArchivedExchange } from './archive-records.ts'

// Of a payment p of merchant $1, before $2. An exchange whose outcome is unknown may yet be answered, and no seal holds
// its record; the few there are stay where they are, with their payments.
const hasEnded = `p.state in ('paid', 'failed', 'cancelled') and p.updated_at < $2 and p.cancel_reserved = 0
     and (p.state = 'failed' or p.cancel_amount = p.amount or (p.purpose = 'order' and p.give_back is null))
     and not exists (select from exchanges e where e.merchant_id = $1 and e.imp_uid = p.imp_uid
       and (e.outcome in ('sending', 'unknown') or e.finished_at >= $2))
     and not exists (select from cancels c where c.merchant_id = $1 and c.imp_uid = p.imp_uid
       and (c.state in ('sending', 'unknown') or c.updated_at >= $2))
     and not exists (select from webhooks w where w.merchant_id = $1 and w.imp_uid = p.imp_uid
       and (w.state in ('pending', 'held') or w.updated_at >= $2))
     and not exists (select from schedules s where s.merchant_id = $1 and s.imp_uid = p.imp_uid
       and s.state in ('scheduled', 'executing'))
     and not exists (select from discrepancies d where d.merchant_id = $1 and d.resolved_at is null
       and (d.imp_uid = p.imp_uid or d.order_number = p.imp_uid))
     and not exists (select from gateway_facts f where f.merchant_id = $1 and f.order_number = p.imp_uid and f.waits)
     and not exists (select from pending_billing_keys b where b.merchant_id = $1 and b.imp_uid = p.imp_uid)`

const hasBulk = `(exists (select from exchanges e
         where e.merchant_id = $1 and e.imp_uid = p.imp_uid and e.record is not null and e.archive_id is null)
       or exists (select from webhooks w
         join webhook_attempts a on a.merchant_id = w.merchant_id and a.webhook_id = w.webhook_id
         where w.merchant_id = $1 and w.imp_uid = p.imp_uid and w.archive_id is null))`

// A page along the index at a time, so that the payments that stay are gone through in bounded time as well. Its length
// stands in the text: the planner then knows that looking up each payment's rows is cheaper than reading all there are.
const pageStatement = sql(
  'page_of_archivable_payments',
  `with page as (
     select p.* from payments p
     where p.merchant_id = $1 and p.started_at < $2 and (p.started_at, p.imp_uid) > ($3::timestamptz, $4::text)
     order by p.started_at, p.imp_uid limit 500)
   select p.imp_uid as "impUid", p.started_at as "startedAtMs",
     jsonb_build_object('merchantUid', p.merchant_uid, 'state', p.state, 'amountWon', p.amount,
       'cancelAmountWon', p.cancel_amount, 'pgId', p.pg_id, 'pgTid', p.pg_tid, 'applyNum', p.apply_num,
       'cardNumberMasked', p.card_number_masked, 'startedAtMs', (extract(epoch from p.started_at) * 1000)::bigint,
       'paidAtMs', (extract(epoch from p.paid_at) * 1000)::bigint) as about,
     (${isNotHeld} and ${hasBulk} and ${hasEnded}) as "isArchivable"
   from page p order by p.started_at, p.imp_uid`,
)

export interface PaymentPlace {
  readonly startedAtMs: number
  readonly impUid: string
}

export interface ListedPayment extends PaymentPlace {
  /** What stays in the row, so that the file can be read by itself. */
  readonly about: object
  readonly isArchivable: boolean
}

/** A merchant's payments that were begun before an instant, oldest first, with what may be archived marked. */
export async function pageOfPayments(
  db: Queryable,
  owner: MerchantId,
  { beforeMs, after }: { readonly beforeMs: number; readonly after: PaymentPlace },
): Promise<ListedPayment[]> {
  const values = [owner, instant(beforeMs), instant(after.startedAtMs), after.impUid]
  return (await db.query<ListedPayment>(pageStatement, values)).rows
}

const exchangesStatement = sql(
  'read_exchanges_to_archive',
  `select e.imp_uid as "impUid", e.exchange_id as "exchangeId", e.record::text as record,
     jsonb_build_object('purpose', e.purpose, 'cancelId', e.cancel_id, 'channelKey', e.channel_key,
       'orderNumber', e.order_number, 'amountWon', e.amount, 'outcome', e.outcome, 'cause', e.cause,
       'resultCode', e.result_code, 'resultMessage', e.result_message, 'transactionId', e.transaction_id,
       'startedAtMs', (extract(epoch from e.started_at) * 1000)::bigint,
       'finishedAtMs', (extract(epoch from e.finished_at) * 1000)::bigint) as about
   from exchanges e
   where e.merchant_id = $1 and e.imp_uid = any($2::text[]) and e.record is not null and e.archive_id is null
   order by e.imp_uid, e.started_at, e.exchange_id`,
)

type OfPayment<Row> = Row & { readonly impUid: string }

/** Of payments, what is not in an archive yet. */
export async function readExchanges(
  db: Queryable,
  owner: MerchantId,
  impUids: readonly string[],
): Promise<OfPayment<ArchivedExchange>[]> {
  const values = [owner, impUids]
  return (await db.query<OfPayment<ArchivedExchange>>(exchangesStatement, values)).rows
}

const attemptText = `jsonb_build_object('url', a.url, 'requestBody', a.request_body, 'httpStatus', a.status,
       'responseBody', a.response_body, 'error', a.error,
       'startedAtMs', (extract(epoch from a.started_at) * 1000)::bigint, 'durationMs', a.duration_ms)::text`

const attemptsStatement = sql(
  'read_attempts_to_archive',
  `select w.imp_uid as "impUid", a.webhook_id as "webhookId", a.attempt, ${attemptText} as row
   from webhooks w join webhook_attempts a on a.merchant_id = w.merchant_id and a.webhook_id = w.webhook_id
   where w.merchant_id = $1 and w.imp_uid = any($2::text[]) and w.archive_id is null
   order by w.imp_uid, a.started_at, a.webhook_id, a.attempt`,
)

/** Of payments, what is not in an archive yet. */
export async function readAttempts(
  db: Queryable,
  owner: MerchantId,
  impUids: readonly string[],
): Promise<OfPayment<ArchivedAttempt>[]> {
  const values = [owner, impUids]
  return (await db.query<OfPayment<ArchivedAttempt>>(attemptsStatement, values)).rows
}

/** What the file holds of a row, by its digest (hex). */
export interface ProvedExchange {
  readonly exchangeId: string
  readonly digest: string
}

export interface ProvedAttempt extends Pick<ArchivedAttempt, 'webhookId' | 'attempt'> {
  readonly digest: string
}

// A row goes only where the file has it byte for byte: the server itself compares. What is thinned already is not found
// again, so that the same batch may come twice.
const thinStatement = sql(
  'thin_payments',
  `with ended as (
     select p.imp_uid from payments p
     where p.merchant_id = $1 and p.imp_uid = any($4::text[]) and ${isNotHeld} and ${hasEnded}),
   exchange as (
     update exchanges e set
       record = null, record_digest = sha256(convert_to(e.record::text, 'UTF8')), archive_id = $3
     from jsonb_to_recordset($5::jsonb) as f("exchangeId" uuid, digest text)
     where e.merchant_id = $1 and e.exchange_id = f."exchangeId" and e.archive_id is null
       and e.imp_uid in (select imp_uid from ended)
       and sha256(convert_to(e.record::text, 'UTF8')) = decode(f.digest, 'hex')
     returning e.exchange_id),
   attempt as (
     delete from webhook_attempts a
     using jsonb_to_recordset($6::jsonb) as f("webhookId" uuid, attempt int, digest text), webhooks w
     where a.merchant_id = $1 and a.webhook_id = f."webhookId" and a.attempt = f.attempt
       and w.merchant_id = $1 and w.webhook_id = a.webhook_id and w.archive_id is null
       and w.imp_uid in (select imp_uid from ended)
       and sha256(convert_to(${attemptText}, 'UTF8')) = decode(f.digest, 'hex')
     returning a.webhook_id),
   webhook as (
     update webhooks w set archive_id = $3
     where w.merchant_id = $1 and w.webhook_id in (select webhook_id from attempt))
   select (select count(*) from ended) as payments, (select count(*) from exchange) as exchanges,
     (select count(*) from attempt) as attempts`,
)

export interface Thinned {
  /** Those that had ended still. */
  readonly payments: number
  readonly exchanges: number
  readonly attempts: number
}

export interface ThinnedBatch {
  readonly archiveId: string
  readonly beforeMs: number
  readonly impUids: readonly string[]
  readonly exchanges: readonly ProvedExchange[]
  readonly attempts: readonly ProvedAttempt[]
}

/** Takes out of the tables what the file is known to hold. */
export async function thinBatch(
  db: Queryable,
  owner: MerchantId,
  { archiveId, beforeMs, impUids, exchanges, attempts }: ThinnedBatch,
): Promise<Thinned> {
  const values = [owner, instant(beforeMs), archiveId, impUids, json(exchanges), json(attempts)]
  return (await db.query<Thinned>(thinStatement, values)).rows[0] as Thinned
}

const compareStatement = sql(
  'compare_archived_exchanges',
  `select count(*) filter (where e.archive_id = $2 and e.record_digest = decode(f.digest, 'hex')) as same,
     count(*) filter (where e.archive_id = $2 and e.record_digest is distinct from decode(f.digest, 'hex')) as other,
     count(*) filter (where e.archive_id is distinct from $2) as elsewhere
   from exchanges e join jsonb_to_recordset($3::jsonb) as f("exchangeId" uuid, digest text)
     on e.exchange_id = f."exchangeId"
   where e.merchant_id = $1`,
)

export interface Compared {
  /** Thinned, with the digest of what the file has. */
  readonly same: number
  /** Thinned, with another digest: the file or the row was changed. */
  readonly other: number
  /** Not thinned, or in another archive. */
  readonly elsewhere: number
}

/** Holds exchanges of a file against the rows that they were taken from. */
export async function compareExchanges(
  db: Queryable,
  owner: MerchantId,
  archiveId: string,
  exchanges: readonly ProvedExchange[],
): Promise<Compared> {
  const { rows } = await db.query<Compared>(compareStatement, [owner, archiveId, json(exchanges)])
  return rows[0] as Compared
}

const countStatement = sql(
  'count_exchanges_of_archive',
  `select count(*) as count from exchanges e where e.merchant_id = $1 and e.archive_id = $2`,
)

/** No index leads to them, as nothing else asks: of many millions it takes longer than statements may. */
const countTimeoutMs = 600_000

/** How many exchanges say that their record is in this archive. */
export function countThinned(db: Database, owner: MerchantId, archiveId: string): Promise<number> {
  return db.transaction(
    async (tx) =>
      (await tx.query<{ count: number }>(countStatement, [owner, archiveId])).rows[0]?.count ?? 0,
    { statementTimeoutMs: countTimeoutMs },
  )
}
