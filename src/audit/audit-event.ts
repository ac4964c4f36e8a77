// The one way an event gets into a merchant's audit trail: as part of the statement that does what it tells of, so that
// there is neither an act without its event nor an event without its act.
//
//   content = SHA-256 of the fields, each preceded by its length in bytes (uint32)
//   hash    = SHA-256 of the hash before (32 zero bytes before the first), the sequence (int64), the content
//
// Numbers are big-endian, texts UTF-8. The fields are those of `canonicalParts` (audit-chain.ts), which says the same
// in TypeScript.

import type { Clock } from '../primitives/clock.ts'
import { type IdSource, type MerchantId, merchantId } from '../primitives/ids.ts'

/**
 * Who does something, and when. The actor is `cli:<user>`, `operator:<email>` (of the console), `api:<imp_key>`,
 * `notification:<address>` or `worker`. The instant is the machine's (`clock.now()`); the id a fresh UUID.
 */
export interface Act {
  readonly eventId: string
  readonly actor: string
  readonly atMs: number
}

/** An act of this moment. */
export function newAct(
  { clock, ids }: { readonly clock: Clock; readonly ids: IdSource },
  actor: string,
): Act {
  return { eventId: ids.uuid(), actor, atMs: clock.now() }
}

/** The trail of what belongs to no merchant: operators of the console, the master key. Identities begin at 1. */
export const installationTrail: MerchantId = merchantId(0)

/** All are SQL expressions over the columns of `from`; a parameter is given as `'$3'` and gets its cast here. */
export interface EventExpressions {
  /**
   * What stands after `from`: a CTE with the row that was changed, which has a merchant_id. One row or none; none
   * leaves no event, and two are refused by the database.
   */
  readonly from: string
  /** uuid */
  readonly eventId: string
  /** text */
  readonly actor: string
  /** text: `<thing>.<what was done>`, such as `'channel.set'`. */
  readonly action: string
  /** text: the name of the thing within its merchant. */
  readonly subject: string
  /** jsonb: what an auditor will ask. Never a secret, never data of a card holder beyond the masked number. */
  readonly detail: string
  /** timestamptz */
  readonly at: string
}

/**
 * CTEs that write an event, to stand in a `with` after the one that `from` names:
 *
 *     with changed as (update … returning merchant_id, channel_key),
 *     ${auditEvent({
 *       from: 'changed', eventId: '$3', actor: '$4', action: `'channel.set'`, subject: 'channel_key',
 *       detail: '$5', at: '$6' })}
 *     select … from changed
 *
 * The names audit_fact, audit_head and audit_event are taken by it, so a statement writes one event. It locks the end
 * of the merchant's chain until the commit: acts of one merchant take their turn, those of two do not meet. In a
 * transaction of several statements it therefore comes last, or two transactions could wait for each other; and no
 * statement of a payment's ordinary way has one, since payments must not take their turn.
 */
export function auditEvent(event: EventExpressions): string {
  const chained = `audit_heads.hash || int8send(audit_heads.sequence + 1) || excluded.content_hash`
  return `audit_fact as (
     select merchant_id, (${event.eventId})::uuid as event_id, (${event.actor})::text as actor,
       (${event.action})::text as action, (${event.subject})::text as subject, (${event.detail})::jsonb as detail,
       (${event.at})::timestamptz(3) as recorded_at
     from ${event.from}),
   audit_head as (
     insert into audit_heads (merchant_id, sequence, content_hash, hash)
     select merchant_id, 1, content, sha256(${genesis} || int8send(1) || content)
     from (select merchant_id, sha256(${contentOfFact}) as content from audit_fact) f
     on conflict (merchant_id) do update set
       sequence = audit_heads.sequence + 1, content_hash = excluded.content_hash, hash = sha256(${chained})
     returning merchant_id, sequence, hash),
   audit_event as (
     insert into audit_events (
       merchant_id, sequence, event_id, actor, action, subject, detail, recorded_at, hash)
     select f.merchant_id, h.sequence, f.event_id, f.actor, f.action, f.subject, f.detail, f.recorded_at, h.hash
     from audit_fact f join audit_head h on h.merchant_id = f.merchant_id)`
}

const genesis = `decode(repeat('00', 32), 'hex')`

const contentOfFact = [
  `'billkey audit 1'`,
  'merchant_id::text',
  'event_id::text',
  'actor',
  'action',
  'subject',
  'detail::text',
  '(extract(epoch from recorded_at) * 1000)::bigint::text',
]
  .map((part) => `int4send(octet_length(${part})) || convert_to(${part}, 'UTF8')`)
  .join(' || ')
