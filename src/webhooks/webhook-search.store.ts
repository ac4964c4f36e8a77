// Looking through a merchant's events by page, and sending many of them again bite by bite: both walk along an index and
// stop after a bounded number of rows (db/walk-rows.ts).

import { instant, type Queryable, sql, type SqlValue, type Statement } from '../db/database.ts'
import {
  changeCountMax,
  type Counted,
  countRows,
  countText,
  pageMax,
  pageText,
  type Path,
  type Place,
  type Walked,
  type WalkOrder,
  walkRows,
  walkText,
} from '../db/walk-rows.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { WebhookFilter } from './webhook-queries.store.ts'
import type { Webhook } from './webhook.ts'
import { webhookColumns } from './webhooks.store.ts'

/** An event with what came of its last attempt. */
export interface ListedWebhook extends Webhook {
  readonly lastStatus: number | null
  readonly lastError: string | null
}

const ofLastAttempt = (column: string) => `(select a.${column} from webhook_attempts a
     where a.merchant_id = w.merchant_id and a.webhook_id = w.webhook_id and a.attempt = w.attempt_count)`

// $7 to $11; the last one is what the way is chosen by.
const base = {
  relation: 'webhooks',
  at: 'created_at',
  id: 'webhook_id',
  idType: 'uuid',
  where: '$11::text is null',
  matches: `($7::boolean is null or sandbox = $7) and ($8::text is null or state = $8)
     and ($9::text is null or status = $9) and (not $10::boolean or state in ('delivered', 'given_up'))`,
  columns: `${webhookColumns}, ${ofLastAttempt('status')} as "lastStatus", ${ofLastAttempt('error')} as "lastError"`,
} satisfies Path

const ways = {
  all: base,
  lost: { ...base, where: `$11::text is null and state = 'given_up'` },
  payment: { ...base, where: 'imp_uid = $11::text' },
} satisfies Record<string, Path>

type Way = keyof typeof ways
type WayStatements = Readonly<Record<WalkOrder | 'count', Statement>>

const statements = new Map(
  Object.entries<Path>(ways).map(([way, path]): [string, WayStatements] => [
    way,
    {
      newest: sql(`search_webhooks_${way}_newest`, walkText(path, 'newest')),
      oldest: sql(`search_webhooks_${way}_oldest`, walkText(path, 'oldest')),
      count: sql(`count_webhooks_${way}`, countText(path, '0')),
    },
  ]),
)

const unfiltered = {
  newest: sql('page_webhooks_newest', pageText(base, 'newest')),
  oldest: sql('page_webhooks_oldest', pageText(base, 'oldest')),
}

function statementsOf({ impUid, state }: WebhookFilter): WayStatements {
  const lostOrAll = state === 'given_up' ? 'lost' : 'all'
  const way: Way = impUid === null ? lostOrAll : 'payment'
  return statements.get(way) as WayStatements
}

function isFiltered({ sandbox, state, status, impUid }: WebhookFilter): boolean {
  return [sandbox, state, status, impUid].some((wanted) => wanted !== null)
}

function valuesOf(filter: WebhookFilter, isEndedOnly: boolean): SqlValue[] {
  return [filter.sandbox, filter.state, filter.status, isEndedOnly, filter.impUid]
}

const pageReach = 10_000

export interface WebhookSearch {
  readonly order: WalkOrder
  readonly after: Place | undefined
  readonly limit: number
  /** Only those that were delivered or given up. */
  readonly isEndedOnly?: boolean
}

/** A page of a merchant's events by when they happened. May end early. */
export async function searchWebhooks(
  db: Queryable,
  owner: MerchantId,
  filter: WebhookFilter,
  { order, after, limit, isEndedOnly = false }: WebhookSearch,
): Promise<Walked<ListedWebhook>> {
  const period = { fromMs: filter.sinceMs, toMs: filter.untilMs }
  const isWhole = !isEndedOnly && !isFiltered(filter) && limit <= pageMax
  const statement = isWhole ? unfiltered[order] : statementsOf(filter)[order]
  const filters = isWhole ? null : valuesOf(filter, isEndedOnly)
  return walkRows<ListedWebhook>(db, statement, {
    owner,
    walk: { ...period, order, after, limit, reach: pageReach },
    idType: base.idType,
    filters,
  })
}

const findListedStatement = sql(
  'find_listed_webhook',
  `select ${base.columns} from webhooks w where w.merchant_id = $1 and w.webhook_id = $2`,
)

/** One event as it is listed. */
export async function searchWebhook(
  db: Queryable,
  owner: MerchantId,
  webhookId: string,
): Promise<ListedWebhook | undefined> {
  return (await db.query<ListedWebhook>(findListedStatement, [owner, webhookId])).rows[0]
}

/** How many of those that were delivered or given up match, as far as it is counted. */
export async function countEndedWebhooks(
  db: Queryable,
  owner: MerchantId,
  filter: WebhookFilter,
): Promise<Counted> {
  return countRows(db, statementsOf(filter).count, {
    owner,
    period: { fromMs: filter.sinceMs, toMs: filter.untilMs },
    idType: base.idType,
    filters: valuesOf(filter, true),
    most: changeCountMax,
  })
}

const replayManyStatement = sql(
  'replay_webhooks',
  `update webhooks set
     state = 'pending', due_at = $3, retry_step = 0, delivered_at = null, updated_at = $3
   where merchant_id = $1 and webhook_id = any($2::uuid[]) and state in ('delivered', 'given_up')`,
)

/** Makes those of them due that have ended; gives how many. */
export async function replayMany(
  db: Queryable,
  owner: MerchantId,
  webhookIds: readonly string[],
  nowMs: number,
): Promise<number> {
  return (await db.query(replayManyStatement, [owner, webhookIds, instant(nowMs)])).rowCount
}
