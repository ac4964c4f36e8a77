// Every statement about the log of V1 requests.

import { instant, json, type Queryable, sql, type Statement } from '../db/database.ts'
import { type Path, type Place, type Walked, walkRows, walkText } from '../db/walk-rows.ts'
import type { WatchedAnswer } from '../http/answer-watch.ts'
import type { MerchantId } from '../primitives/ids.ts'

export interface LoggedRequest extends Omit<WatchedAnswer, 'merchant' | 'claimedKey'> {
  readonly atMs: number
  /** Null: known by its key only, if at all. */
  readonly merchantId: MerchantId | null
  /** The API key that the request was made with, or that it asked a token for. */
  readonly impKey: string | null
}

// A request for a token names no merchant but a key. One of no merchant is nobody's and not kept.
const insertStatement = sql(
  'insert_requests',
  `insert into request_log (
     merchant_id, at, request_id, imp_key, method, route, status, code, message, duration_ms, imp_uid,
     merchant_uid, customer_uid, client_ip)
   select coalesce(e."merchantId", k.merchant_id), e.at, e."requestId", e."impKey", e.method, e.route, e.status,
     e.code, e.message, e."durationMs", e."impUid", e."merchantUid", e."customerUid", e."clientIp"
   from jsonb_to_recordset($1::jsonb) as e(
     "merchantId" bigint, at timestamptz, "requestId" text, "impKey" text, method text, route text, status int,
     code int, message text, "durationMs" int, "impUid" text, "merchantUid" text, "customerUid" text, "clientIp" text)
   left join api_keys k on e."merchantId" is null and k.imp_key = e."impKey"
   where coalesce(e."merchantId", k.merchant_id) is not null
   on conflict do nothing`,
)

/** Of several merchants, in one statement. */
export async function insertRequests(
  db: Queryable,
  requests: readonly LoggedRequest[],
): Promise<void> {
  const rows = requests.map(({ atMs, ...request }) => Object.assign(request, { at: instant(atMs) }))
  await db.query(insertStatement, [json(rows)])
}

export interface RequestFilter {
  /** Null: whatever came of it. */
  readonly result: 'succeeded' | 'refused' | 'failed' | null
  readonly impUid: string | null
  readonly fromMs: number | null
  readonly toMs: number | null
}

// $7 and $8; the last one is what the way is chosen by.
const base = {
  relation: 'request_log',
  at: 'at',
  id: 'request_id',
  idType: 'text',
  where: '$8::text is null',
  matches: `($7::text is null or case $7 when 'succeeded' then code = 0 when 'failed' then status >= 500
       else status < 500 and code is distinct from 0 end)`,
  columns: `merchant_id as "merchantId", at as "atMs", request_id as "requestId", imp_key as "impKey", method, route,
     status, code, message, duration_ms as "durationMs", imp_uid as "impUid", merchant_uid as "merchantUid",
     customer_uid as "customerUid", client_ip as "clientIp"`,
} satisfies Path

const statements: Readonly<Record<'all' | 'payment', Statement>> = {
  all: sql('search_requests_all', walkText(base, 'newest')),
  payment: sql(
    'search_requests_payment',
    walkText({ ...base, where: 'imp_uid = $8::text' }, 'newest'),
  ),
}

const pageReach = 10_000

/** A page of a merchant's requests, newest first. May end early. */
export async function searchRequests(
  db: Queryable,
  owner: MerchantId,
  { result, impUid, fromMs, toMs }: RequestFilter,
  { after, limit }: { readonly after: Place | undefined; readonly limit: number },
): Promise<Walked<LoggedRequest>> {
  const statement = impUid === null ? statements.all : statements.payment
  const walk = { order: 'newest', after, limit, reach: pageReach, fromMs, toMs } as const
  const filters = [result, impUid]
  return walkRows<LoggedRequest>(db, statement, { owner, walk, idType: base.idType, filters })
}

const findNewestStatement = sql(
  'find_newest_request',
  `select at as "atMs", request_id as id from request_log
   where merchant_id = $1 order by at desc, request_id desc limit 1`,
)

/** The newest line of all; undefined: there is none. */
export async function findNewestRequest(
  db: Queryable,
  owner: MerchantId,
): Promise<Place | undefined> {
  return (await db.query<Place>(findNewestStatement, [owner])).rows[0]
}

// One look into the index for each merchant that has too old a line, or too many.
const findOverdueStatement = sql(
  'find_merchants_with_old_requests',
  `select m.merchant_id as "merchantId", greatest($1::timestamptz, (
     select r.at from request_log r where r.merchant_id = m.merchant_id
     order by r.at desc, r.request_id desc offset $2 limit 1)) as "beforeMs"
   from merchants m
   where exists (select from request_log r where r.merchant_id = m.merchant_id)`,
)

const forgetStatement = sql(
  'forget_requests',
  `delete from request_log where merchant_id = $1 and (at, request_id) in (
     select at, request_id from request_log where merchant_id = $1 and at < $2
     order by at, request_id limit $3)`,
)

const forgottenAtOnce = 5_000

/** Forgets lines from before an instant, and what a merchant has beyond `keptMax`. Gives how many. */
export async function forgetRequests(
  db: Queryable,
  { beforeMs, keptMax }: { readonly beforeMs: number; readonly keptMax: number },
): Promise<number> {
  const { rows } = await db.query<{ merchantId: MerchantId; beforeMs: number }>(
    findOverdueStatement,
    [instant(beforeMs), keptMax],
  )
  let forgotten = 0
  for (const overdue of rows) {
    let count: number
    do {
      const values = [overdue.merchantId, instant(overdue.beforeMs), forgottenAtOnce]
      count = (await db.query(forgetStatement, values)).rowCount
      forgotten += count
    } while (count === forgottenAtOnce)
  }
  return forgotten
}
