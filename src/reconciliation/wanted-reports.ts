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
const daysBackMax = 31
const dayMs = 24 * 3_600_000

/**
 * Yesterday's, once it is over for an hour. And every day on which something unknown could have happened: again and
 * again while it may still show up there, and once when its window has passed.
 */
export function wantedReports(
  unknowns: readonly Unproved[],
  nowMs: number,
  options: { readonly rules: EvidenceRules; readonly everyMs: number },
): WantedReport[] {
  const wanted = new Map<string, number>()
  const want = (day: string, sinceMs: number) =>
    wanted.set(day, Math.max(sinceMs, wanted.get(day) ?? Number.NEGATIVE_INFINITY))
  const yesterday = koreanDay(nowMs - dayMs)
  const wholeAtMs = boundsOfKoreanDay(yesterday).toMs + settledAfterMs
  if (nowMs >= wholeAtMs) want(yesterday, wholeAtMs)
  for (const unknown of unknowns) {
    if (nowMs - unknown.startedAtMs > daysBackMax * dayMs) continue
    const verdictMs = earliestVerdictMs(unknown, options.rules)
    for (const day of possibleDays(unknown)) {
      if (boundsOfKoreanDay(day).fromMs > nowMs) continue
      want(day, Math.max(nowMs - options.everyMs, nowMs >= verdictMs ? verdictMs : 0))
    }
  }
  return [...wanted].map(([day, neededSinceMs]) => ({ day, neededSinceMs }))
}
