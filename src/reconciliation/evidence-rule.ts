// When an unknown payment or cancel may be called "did not happen". Pure: one rule for operators and for daily files.

import { koreanDay } from '../primitives/korean-day.ts'

export interface EvidenceRules {
  /**
   * PAYJOA repeats an unanswered notification every three minutes for two hours from the transaction (LINK manual).
   * Until then a charge we know nothing of may still announce itself.
   */
  readonly windowMs: number
  /** The same for sandbox channels, where no money moves. */
  readonly sandboxWindowMs: number
}

export const notificationWindowMs = 2 * 3_600_000

/** The PG's clock and ours may differ, and a charge may be made long after it was asked for: either way, that much. */
export const dayMarginBeforeMs = 10 * 60_000
export const dayMarginAfterMs = 20 * 60_000

export interface Unproved {
  readonly startedAtMs: number
  readonly sandbox: boolean
  /** Of a cancel: when its payment was begun, since nobody has said which of the two days lists a cancel. */
  readonly paymentStartedAtMs?: number | undefined
}

/** What a day's file, fetched whole, proves about what it does not list. */
export interface ReportProof {
  readonly day: string
  readonly fetchedAtMs: number
  readonly unreadable: number
  /** It, or an earlier file of this channel, lists approvals of the method in question that we know of… */
  readonly listsMethod: boolean
  /** … and it lacks none that it should have. */
  readonly lacksKnown: boolean
}

export type Witness =
  /** Somebody has looked into the gateway's admin. */
  | { readonly kind: 'operator' }
  /** The transaction is in none of these files. */
  | { readonly kind: 'reports'; readonly reports: readonly ReportProof[] }

export type NotHappenedRuling =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'too_early'; readonly earliestMs: number }
  /** A day on which it could have happened has no file that proves anything by what it lacks. */
  | { readonly kind: 'unproved'; readonly day: string; readonly reason: UnprovedReason }

export type UnprovedReason = 'no_file' | 'fetched_too_early' | 'unreadable_lines' | 'not_trusted'

/** From when on "did not happen" may be said at all. */
export function earliestVerdictMs(
  { startedAtMs, sandbox }: Unproved,
  rules: EvidenceRules,
): number {
  return startedAtMs + (sandbox ? rules.sandboxWindowMs : rules.windowMs)
}

/** No money moves in a sandbox: everything that waits is so many times quicker there. */
export const sandboxHaste = 20

/** How far from midnight a transaction is surely of its own day. */
export function dayMarginsOf({ sandbox }: Pick<Unproved, 'sandbox'>) {
  const haste = sandbox ? sandboxHaste : 1
  return { beforeMs: dayMarginBeforeMs / haste, afterMs: dayMarginAfterMs / haste }
}

/** The days in Korea under which the gateway may have booked it, oldest first. */
export function possibleDays({
  startedAtMs,
  paymentStartedAtMs = startedAtMs,
  sandbox,
}: Unproved): string[] {
  const { beforeMs, afterMs } = dayMarginsOf({ sandbox })
  const days = [startedAtMs, paymentStartedAtMs].flatMap((atMs) => [
    koreanDay(atMs - beforeMs),
    koreanDay(atMs + afterMs),
  ])
  return [...new Set(days)].sort()
}

/**
 * The notification window has passed, and either an operator has looked, or every day on which it could have happened
 * has a whole file, fetched after the window, that is known to list its method. In a sandbox an operator need not wait.
 */
export function mayConcludeNotHappened(
  what: Unproved,
  witness: Witness,
  nowMs: number,
  rules: EvidenceRules,
): NotHappenedRuling {
  if (witness.kind === 'operator' && what.sandbox) return { kind: 'allowed' }
  const earliestMs = earliestVerdictMs(what, rules)
  if (nowMs < earliestMs) return { kind: 'too_early', earliestMs }
  if (witness.kind === 'operator') return { kind: 'allowed' }
  for (const day of possibleDays(what)) {
    const reason = faultOf(
      witness.reports.find((report) => report.day === day),
      earliestMs,
    )
    if (reason !== null) return { kind: 'unproved', day, reason }
  }
  return { kind: 'allowed' }
}

function faultOf(report: ReportProof | undefined, earliestMs: number): UnprovedReason | null {
  if (report === undefined) return 'no_file'
  if (report.fetchedAtMs < earliestMs) return 'fetched_too_early'
  if (report.unreadable > 0) return 'unreadable_lines'
  return report.listsMethod && !report.lacksKnown ? null : 'not_trusted'
}
