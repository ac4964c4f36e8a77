// Days in Korea, added up. A day that is over is added up once and kept, so that a year of millions costs what its last
// days cost. Over is what lies behind the machine and behind the merchant: a test clock that was stopped last month still
// fills that month, and one that was moved ahead comes back.

import type { Queryable } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { addUpDays, type DayTotal, keepDays, listKeptDays } from './overview.store.ts'

const dayMs = 86_400_000
const koreaOffsetMs = 9 * 3_600_000

// An outcome is written within minutes of its instant. Only a failure that turns out, days later, to have been an approval
// would still change a day: by then the approval counts on the day that it was found.
const settledAfterMs = 2 * dayMs

/** `2026-11-28`. */
export function koreanDate(instantMs: number): string {
  return new Date(instantMs + koreaOffsetMs).toISOString().slice(0, 10)
}

/** When a day in Korea begins. */
export function startOfKoreanDate(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) - koreaOffsetMs
}

/** The day so many days later. */
export function addDays(day: string, days: number): string {
  return koreanDate(startOfKoreanDate(day) + days * dayMs)
}

export interface DaysWanted {
  /** Inclusive. */
  readonly fromDay: string
  /** Exclusive. */
  readonly toDay: string
  /** The machine's instant or the merchant's, whichever is earlier: no outcome is given an earlier one. */
  readonly nowMs: number
}

/** Every day from one to the other, without gaps. */
export async function totalDays(
  db: Queryable,
  owner: MerchantId,
  { fromDay, toDay, nowMs }: DaysWanted,
): Promise<DayTotal[]> {
  const kept = await listKeptDays(db, owner, { fromDay, toDay })
  const known = new Map(kept.map((total) => [total.day, total]))
  const days = daysBetween(fromDay, toDay)
  const isOver = (day: string) => startOfKoreanDate(addDays(day, 1)) + settledAfterMs <= nowMs
  for (const stretch of stretchesOf(days.filter((day) => !known.has(day)))) {
    const added = await addUpStretch(db, owner, stretch)
    for (const total of added) known.set(total.day, total)
    const toKeep = added.filter(({ day }) => isOver(day))
    if (toKeep.length > 0) await keepDays(db, owner, toKeep, nowMs)
  }
  return days.map((day) => known.get(day) as DayTotal)
}

/** Days that follow one another. */
type Stretch = readonly [string, ...string[]]

// A year of millions is more than one statement's time; what a stretch came to is kept before the next one begins.
const stretchDaysMax = 31

function stretchesOf(days: readonly string[]): Stretch[] {
  const stretches: [string, ...string[]][] = []
  for (const day of days) {
    const last = stretches.at(-1)
    const isNext = last !== undefined && addDays(last.at(-1) as string, 1) === day
    if (isNext && last.length < stretchDaysMax) last.push(day)
    else stretches.push([day])
  }
  return stretches
}

function addUpStretch(db: Queryable, owner: MerchantId, stretch: Stretch): Promise<DayTotal[]> {
  const end = addDays(stretch.at(-1) as string, 1)
  return addUpDays(db, owner, {
    fromMs: startOfKoreanDate(stretch[0]),
    toMs: startOfKoreanDate(end),
  })
}

function daysBetween(fromDay: string, toDay: string): string[] {
  const days: string[] = []
  for (let day = fromDay; day < toDay; day = addDays(day, 1)) days.push(day)
  return days
}

export type Period = 'day' | 'week' | 'month'

const pointsOf: Readonly<Record<Period, number>> = { day: 30, week: 13, month: 12 }

/** The first days of the points that end with the one `today` is in, oldest first. */
export function pointStarts(period: Period, today: string): string[] {
  const count = pointsOf[period]
  switch (period) {
    case 'day':
      return range(count).map((back) => addDays(today, -back))
    case 'week': {
      // Weeks begin on Monday, as the calendar in Korea's offices does.
      const sinceMonday = (new Date(`${today}T00:00:00Z`).getUTCDay() + 6) % 7
      return range(count).map((back) => addDays(today, -sinceMonday - 7 * back))
    }
    case 'month':
      return range(count).map((back) => monthBefore(today, back))
  }
}

/** From `count - 1` down to 0. */
function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => count - 1 - index)
}

function monthBefore(today: string, back: number): string {
  const months = Number(today.slice(0, 4)) * 12 + Number(today.slice(5, 7)) - 1 - back
  const month = String((months % 12) + 1).padStart(2, '0')
  return `${Math.floor(months / 12)}-${month}-01`
}

const nothing = { approvedCount: 0, approvedWon: 0, failedCount: 0, refundedWon: 0 }

/** Adds the days up to the points that they belong to. */
export function totalPoints(starts: readonly string[], days: readonly DayTotal[]): DayTotal[] {
  return starts.map((start, index) => {
    const end = starts[index + 1]
    const ofPoint = days.filter(({ day }) => day >= start && (end === undefined || day < end))
    return ofPoint.reduce<DayTotal>(
      (sum, day) => ({
        day: start,
        approvedCount: sum.approvedCount + day.approvedCount,
        approvedWon: sum.approvedWon + day.approvedWon,
        failedCount: sum.failedCount + day.failedCount,
        refundedWon: sum.refundedWon + day.refundedWon,
      }),
      { day: start, ...nothing },
    )
  })
}
