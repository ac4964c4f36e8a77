// An operator has a day's file fetched and held against the books at once. Workers do it by themselves in the night.

import type { Channel } from '../accounts/channel.ts'
import { newAct } from '../audit/audit-event.ts'
import { recordAct } from '../audit/audit-events.store.ts'
import { type EvidenceDependencies, reconcileNow } from './collect-evidence.ts'
import { listReports } from './reports.store.ts'

export type OperatorReconciliation =
  | {
      readonly kind: 'read'
      readonly approvals: number
      readonly cancels: number
      readonly unreadable: number
      /** What our books have and the file lacks. */
      readonly lacking: number
      /** Unknown payments and cancels that it ended. */
      readonly settled: number
      /** Discrepancies that it raised. */
      readonly raised: number
    }
  /** Null: a worker is reading it at this moment. */
  | { readonly kind: 'unread'; readonly failure: string | null }

/** `day`: yyyymmdd in Korea. Doing it twice changes nothing. */
export async function reconcileByOperator(
  deps: EvidenceDependencies,
  channel: Channel,
  day: string,
  actor: string,
): Promise<OperatorReconciliation> {
  const { merchantId, channelKey } = channel
  const begun = { action: 'reconciliation.run', subject: channelKey, detail: { day } }
  await recordAct(deps.db, merchantId, begun, newAct(deps, actor))
  const { matched, ended } = await reconcileNow(deps, channel, day)
  if (matched === null) {
    const reports = await listReports(deps.db, merchantId, channelKey)
    return {
      kind: 'unread',
      failure: reports.find((report) => report.day === day)?.failure ?? null,
    }
  }
  const { approvals, cancels, unreadable, missing } = matched.findings
  return {
    kind: 'read',
    approvals,
    cancels,
    unreadable,
    lacking: missing.key_in + missing.billing_key + missing.cancel,
    settled: matched.settled + ended,
    raised: matched.raised,
  }
}
