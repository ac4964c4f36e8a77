// Every statement about events themselves. Acts that change no row of ours, or rows of several statements, leave their
// event by a statement of its own; all others by `auditEvent` in theirs.

import { instant, instantOrNull, json, type Queryable, sql, sqlOfEach } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { AuditEvent } from './audit-chain.ts'
import { type Act, auditEvent } from './audit-event.ts'

const recordActStatement = sql(
  'record_act',
  `with act as (select $1::bigint as merchant_id),
   ${auditEvent({
     from: 'act',
     eventId: '$2',
     actor: '$3',
     action: '$4',
     subject: '$5',
     detail: '$6',
     at: '$7',
   })}
   select merchant_id from act`,
)

export interface ActDone {
  /** `<thing>.<what was done>` */
  readonly action: string
  readonly subject: string
  readonly detail: object
}

/**
 * Records an act. Where the act is a statement, use `auditEvent` in it instead; where it is a transaction, call this
 * as its last statement.
 */
export async function recordAct(
  db: Queryable,
  owner: MerchantId,
  { action, subject, detail }: ActDone,
  { eventId, actor, atMs }: Act,
): Promise<void> {
  const values = [owner, eventId, actor, action, subject, json(detail), instant(atMs)]
  await db.query(recordActStatement, values)
}

const eventColumns = `merchant_id as "merchantId", sequence, event_id as "eventId", actor, action, subject,
  detail::text as detail, recorded_at as "recordedAtMs", hash`

const listChainStatement = sql(
  'list_audit_chain',
  `select ${eventColumns} from audit_events
   where merchant_id = $1 and sequence > $2 order by sequence limit $3`,
)

/** The events after one, in their order. */
export async function listChain(
  db: Queryable,
  owner: MerchantId,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<AuditEvent[]> {
  return (await db.query<AuditEvent>(listChainStatement, [owner, after, limit])).rows
}

export interface EventFilter {
  readonly actor: string | null
  /** The whole action, or `channel.` for all of a thing. */
  readonly action: string | null
  readonly subject: string | null
  readonly sinceMs: number | null
  readonly untilMs: number | null
}

// What is asked for decides which index is followed, so each question is a statement of its own.
const reaches = ['all', 'actor', 'subject'] as const
type Reach = (typeof reaches)[number]

function reachOf({ actor, subject }: EventFilter): Reach {
  if (subject !== null) return 'subject'
  return actor === null ? 'all' : 'actor'
}

const searchStatement = sqlOfEach(
  'search_audit_events_of',
  reaches,
  (reach) =>
    `select ${eventColumns} from audit_events
   where merchant_id = $1 and sequence > $2
     and ${{ all: 'true', actor: 'actor = $3', subject: 'subject = $5' }[reach]}
     and ($3::text is null or actor = $3)
     and ($4::text is null or action = $4 or (right($4, 1) = '.' and starts_with(action, $4)))
     and ($5::text is null or subject = $5) and ($6::timestamptz is null or recorded_at >= $6)
     and ($7::timestamptz is null or recorded_at < $7)
   order by sequence limit $8`,
)

/** Those that match, oldest first, a page at a time. */
export async function searchEvents(
  db: Queryable,
  owner: MerchantId,
  filter: EventFilter,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<AuditEvent[]> {
  const { rows } = await db.query<AuditEvent>(searchStatement(reachOf(filter)), [
    owner,
    after,
    filter.actor,
    filter.action,
    filter.subject,
    instantOrNull(filter.sinceMs),
    instantOrNull(filter.untilMs),
    limit,
  ])
  return rows
}

const newestStatement = sqlOfEach(
  'list_newest_audit_events_of',
  reaches,
  (reach) =>
    `select ${eventColumns} from audit_events
     where merchant_id = $1 and sequence < $2 ${reach === 'all' ? '' : `and ${reach} = $8`}
       and ($3::text is null or starts_with(actor, $3)) and ($4::text is null or starts_with(action, $4))
       and ($5::timestamptz is null or recorded_at >= $5) and ($6::timestamptz is null or recorded_at < $6)
     order by sequence desc limit $7`,
)

/** Those that match, newest first; `action` may be the beginning of one. `before`: the event that was shown last. */
export async function pageOfEvents(
  db: Queryable,
  owner: MerchantId,
  filter: EventFilter,
  { before, limit }: { readonly before: number | null; readonly limit: number },
): Promise<AuditEvent[]> {
  const { actor, subject } = filter
  const reach = reachOf(filter)
  const { rows } = await db.query<AuditEvent>(newestStatement(reach), [
    owner,
    before ?? Number.MAX_SAFE_INTEGER,
    reach === 'subject' ? actor : null,
    filter.action,
    instantOrNull(filter.sinceMs),
    instantOrNull(filter.untilMs),
    limit,
    ...(reach === 'all' ? [] : [reach === 'subject' ? subject : actor]),
  ])
  return rows
}

const findStartStatement = sql(
  'find_audit_event_since',
  `select min(sequence) as sequence from audit_events where merchant_id = $1 and recorded_at >= $2`,
)

/** The number of the first event since an instant; null when there is none. */
export async function findFirstSince(
  db: Queryable,
  owner: MerchantId,
  sinceMs: number,
): Promise<number | null> {
  const { rows } = await db.query<{ sequence: number | null }>(findStartStatement, [
    owner,
    instant(sinceMs),
  ])
  return rows[0]?.sequence ?? null
}
