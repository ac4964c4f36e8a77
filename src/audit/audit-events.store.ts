// Acts that change no row of ours, or rows of several statements, leave their event by a statement of its own.

import { instant, json, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
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
