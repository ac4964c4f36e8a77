// When a merchant that came out of a backup may move money again: every day since the snapshot has been read from
// PAYJOA's daily files, long enough after the restore to be whole, so that whatever was charged since is known here.
// Pure.

import { boundsOfKoreanDay, koreanDay } from '../primitives/korean-day.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { dayMarginAfterMs, dayMarginBeforeMs } from './evidence-rule.ts'
import type { FetchedReport } from './reports.store.ts'
import type { WantedReport } from './wanted-reports.ts'

export interface RestoreHold {
  readonly merchantId: MerchantId
  readonly snapshotAtMs: number
  readonly restoredAtMs: number
}

/** The days in Korea on which something may have happened that the backup does not know of, oldest first. */
export function daysSinceSnapshot({ snapshotAtMs, restoredAtMs }: RestoreHold): string[] {
  const last = koreanDay(restoredAtMs + dayMarginAfterMs)
  const days: string[] = []
  for (let day = koreanDay(snapshotAtMs - dayMarginBeforeMs); day <= last;) {
    days.push(day)
    day = koreanDay(boundsOfKoreanDay(day).toMs)
  }
  return days
}

/** Read at once, and once more when nothing can lag behind any more (`lagMs`). */
export function reportsOfHold(hold: RestoreHold, nowMs: number, lagMs: number): WantedReport[] {
  const wholeSinceMs = hold.restoredAtMs + lagMs
  const neededSinceMs = nowMs < wholeSinceMs ? hold.restoredAtMs : wholeSinceMs
  return daysSinceSnapshot(hold)
    .filter((day) => boundsOfKoreanDay(day).fromMs <= nowMs)
    .map((day) => ({ day, neededSinceMs }))
}

export type LackingReason =
  | 'no_report_password'
  | 'not_read_yet'
  | 'unreadable_lines'
  | 'not_trusted'

export interface LackingReport {
  readonly pgId: string
  /** Null: all of them. */
  readonly day: string | null
  readonly reason: LackingReason
}

export interface ChannelReports {
  readonly pgId: string
  readonly canReport: boolean
  readonly lagMs: number
  readonly reports: readonly FetchedReport[]
}

/**
 * What keeps this channel's part of a hold from being reconciled. `hasOverdue`: schedules wait to be charged, so what
 * a file does not list must mean something: it has to list charges by key that we know of, and lack none.
 */
export function lackingReports(
  hold: RestoreHold,
  { pgId, canReport, lagMs, reports }: ChannelReports,
  { nowMs, hasOverdue }: { readonly nowMs: number; readonly hasOverdue: boolean },
): LackingReport[] {
  if (!canReport) return [{ pgId, day: null, reason: 'no_report_password' }]
  const wholeSinceMs = hold.restoredAtMs + lagMs
  return daysSinceSnapshot(hold).flatMap((day) => {
    if (boundsOfKoreanDay(day).fromMs > nowMs) return []
    const reason = faultOf(
      reports.find((report) => report.day === day),
      wholeSinceMs,
      hasOverdue,
    )
    return reason === null ? [] : [{ pgId, day, reason }]
  })
}

function faultOf(
  report: FetchedReport | undefined,
  wholeSinceMs: number,
  hasOverdue: boolean,
): LackingReason | null {
  const fetchedAtMs = report?.fetchedAtMs ?? null
  if (report === undefined || fetchedAtMs === null || fetchedAtMs < wholeSinceMs)
    return 'not_read_yet'
  if (report.unreadable > 0) return 'unreadable_lines'
  const isTrusted = report.lists.billing_key && report.missing.billing_key === 0
  return hasOverdue && !isTrusted ? 'not_trusted' : null
}
