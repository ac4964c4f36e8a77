// For which days a channel's file is wanted, and how fresh it has to be. Pure.

import { boundsOfKoreanDay, koreanDay } from '../primitives/korean-day.ts'
import {
  earliestVerdictMs,
  type EvidenceRules,
  possibleDays,
  type Unproved,
} from './evidence-rule.ts'

export interface WantedReport {
  readonly day: string
  /** A file fetched since then will do. */
  readonly neededSinceMs: number
}

/** Yesterday's file is taken to be whole an hour after midnight. */
const settledAfterMs = 3_600_000
/** Beyond this an operator has to look: the gateway may not keep files for ever. */
export const evidenceAgeMaxMs = 31 * 24 * 3_600_000
const dayMs = 24 * 3_600_000
/** What could not be ended is looked for ever more rarely: after each such part of its age. */
const rarerBy = 4

/** Yesterday's, as soon as it is over for an hour. */
export function wantedOfYesterday(nowMs: number): WantedReport | null {
  const day = koreanDay(nowMs - dayMs)
  const neededSinceMs = boundsOfKoreanDay(day).toMs + settledAfterMs
  return nowMs < neededSinceMs ? null : { day, neededSinceMs }
}

/**
 * Yesterday's, and every day on which something unknown could have happened: again and again while it may still show
 * up there, once when its window has passed, and ever more rarely after.
 */
export function wantedReports(
  unknowns: readonly Unproved[],
  nowMs: number,
  options: { readonly rules: EvidenceRules; readonly everyMs: number },
): WantedReport[] {
  const wanted = new Map<string, number>()
  const want = (day: string, sinceMs: number) =>
    wanted.set(day, Math.max(sinceMs, wanted.get(day) ?? Number.NEGATIVE_INFINITY))
  const yesterday = wantedOfYesterday(nowMs)
  if (yesterday !== null) want(yesterday.day, yesterday.neededSinceMs)
  for (const unknown of unknowns) {
    const ageMs = nowMs - unknown.startedAtMs
    if (ageMs > evidenceAgeMaxMs) continue
    const verdictMs = earliestVerdictMs(unknown, options.rules)
    const isRipe = nowMs >= verdictMs
    const everyMs = isRipe ? Math.max(options.everyMs, ageMs / rarerBy) : options.everyMs
    for (const day of possibleDays(unknown)) {
      if (boundsOfKoreanDay(day).fromMs > nowMs) continue
      want(day, Math.max(nowMs - everyMs, isRipe ? verdictMs : 0))
    }
  }
  return [...wanted].map(([day, neededSinceMs]) => ({ day, neededSinceMs }))
}
