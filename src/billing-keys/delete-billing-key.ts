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
  },
): Promise<DeleteResult> {
  const { merchantId, customerUid, actor } = wanted
  const atMs = deps.clock.now(merchantId)
  const eventId = deps.ids.uuid()
  return deps.db.transaction(async (transaction) => {
    const policy = await lockForDeletion(transaction, merchantId, customerUid)
    if (policy === undefined) return { kind: 'absent' }
    const deletion = { policy, actor, eventId, atMs }
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
