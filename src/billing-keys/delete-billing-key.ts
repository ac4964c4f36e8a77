// DELETE /subscribe/customers/{customer_uid}: deletes a key, and does with its pending schedules what the merchant has
// chosen. V1 says nothing of them and lets them fail; we say how many there are.

import type { PendingSchedulesPolicy } from '../accounts/pending-schedules-policy.ts'
import type { Database } from '../db/database.ts'
import type { Clock } from '../primitives/clock.ts'
import type { IdSource, MerchantId } from '../primitives/ids.ts'
import type { BillingKey } from './billing-key.ts'
import { deleteBillingKey, lockForDeletion } from './billing-keys.store.ts'

export type DeleteResult =
  | {
      readonly kind: 'deleted'
      readonly key: BillingKey
      readonly pendingSchedules: number
      readonly policy: PendingSchedulesPolicy
    }
  | { readonly kind: 'absent' }
  /** The merchant wants keys with pending schedules kept. */
  | { readonly kind: 'has_schedules'; readonly pendingSchedules: number }

export async function removeBillingKey(
  deps: { readonly db: Database; readonly clock: Clock; readonly ids: IdSource },
  wanted: {
    readonly merchantId: MerchantId
    readonly customerUid: string
    /** Who asks, for the audit trail: `api:<imp_key>`. */
    readonly actor: string
    /** What becomes of its pending schedules this time. Absent: what the merchant has chosen. */
    readonly policy?: PendingSchedulesPolicy | undefined
    /** Why, for the audit trail. */
    readonly reason?: string | undefined
  },
): Promise<DeleteResult> {
  const { merchantId, customerUid, actor } = wanted
  const atMs = deps.clock.now(merchantId)
  const eventId = deps.ids.uuid()
  return deps.db.transaction(async (transaction) => {
    const chosen = await lockForDeletion(transaction, merchantId, customerUid)
    if (chosen === undefined) return { kind: 'absent' }
    const policy = wanted.policy ?? chosen
    const deletion = { policy, reason: wanted.reason ?? null, actor, eventId, atMs }
    const { key, pendingSchedules } = await deleteBillingKey(
      transaction,
      merchantId,
      customerUid,
      deletion,
    )
    if (key === null) return { kind: 'has_schedules', pendingSchedules }
    return { kind: 'deleted', key, pendingSchedules, policy }
  })
}
