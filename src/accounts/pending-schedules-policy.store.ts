// What a merchant wants done with the pending schedules of a billing key that is deleted.

import { type Act, auditEvent } from '../audit/audit-event.ts'
import { instant, type Queryable, sql } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'

/** `leave` is V1's: they stay and fail when they are due. `refuse`: the key is not deleted. `revoke`: they go too. */
export const pendingSchedulesPolicies = ['leave', 'refuse', 'revoke'] as const
export type PendingSchedulesPolicy = (typeof pendingSchedulesPolicies)[number]

const setPolicyStatement = sql(
  'set_pending_schedules_policy',
  `with changed as (
     update merchants set pending_schedules_on_delete = $2 where merchant_id = $1
     returning merchant_id, pending_schedules_on_delete as policy),
   ${auditEvent({
     from: 'changed',
     eventId: '$3',
     actor: '$4',
     action: `'merchant.set'`,
     subject: 'merchant_id',
     detail: `jsonb_build_object('pendingSchedules', policy)`,
     at: '$5',
   })}
   select policy from changed`,
)

export async function setPendingSchedulesPolicy(
  db: Queryable,
  owner: MerchantId,
  policy: PendingSchedulesPolicy,
  { eventId, actor, atMs }: Act,
): Promise<void> {
  await db.query(setPolicyStatement, [owner, policy, eventId, actor, instant(atMs)])
}
