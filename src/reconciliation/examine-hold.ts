// What stands between a merchant that came out of a backup and its release: files that were not read, and findings that
// nobody has looked at.

import { listChannels } from '../accounts/channels.store.ts'
import type { Queryable } from '../db/database.ts'
import { reportLagOf } from './collect-evidence.ts'
import { pageOfDiscrepancies } from './discrepancies.store.ts'
import type { EvidenceRules } from './evidence-rule.ts'
import { listReports } from './reports.store.ts'
import { lackingReports, type LackingReport, type RestoreHold } from './restore-hold.ts'
import { countOverdue } from './restore-holds.store.ts'

export interface HoldState {
  readonly lacking: readonly LackingReport[]
  /** Open ones, which would hide what the files have told. */
  readonly discrepancies: number
  /** Schedules that were due at the restore and are not known to have been charged. */
  readonly overdue: number
}

const discrepanciesMax = 1_000

export async function examineHold(
  { db, evidenceRules }: { readonly db: Queryable; readonly evidenceRules: EvidenceRules },
  hold: RestoreHold,
  nowMs: number,
): Promise<HoldState> {
  const { merchantId } = hold
  const overdue = await countOverdue(db, merchantId, hold.restoredAtMs)
  const lacking: LackingReport[] = []
  for (const channel of await listChannels(db, merchantId)) {
    const { channelKey, pgId, disabledAtMs, reportPasswordSealed } = channel
    if (disabledAtMs !== null && disabledAtMs < hold.snapshotAtMs) continue
    const ofChannel = {
      pgId,
      canReport: reportPasswordSealed !== null,
      lagMs: reportLagOf(channel, evidenceRules),
      reports: await listReports(db, merchantId, channelKey),
    }
    lacking.push(...lackingReports(hold, ofChannel, { nowMs, hasOverdue: overdue > 0 }))
  }
  const page = { withResolved: false, limit: discrepanciesMax }
  const discrepancies = (await pageOfDiscrepancies(db, merchantId, page)).length
  return { lacking, discrepancies, overdue }
}
