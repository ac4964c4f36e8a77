// Schedules as the console lists them, and the filters of that list.

import type { Static } from 'typebox'

import { instant, instantOrNull } from '../db/database.ts'
import type { Schedule } from '../schedules/schedule.ts'
import { type ScheduleSearchFilter, shownStateOf } from '../schedules/schedule-search.store.ts'
import { periodOf } from './read-filter.ts'
import type { scheduleFilter, scheduleSummarySchema } from './schedules-view.ts'

type FilterInput = {
  [Name in keyof typeof scheduleFilter]?: Static<(typeof scheduleFilter)[Name]> | undefined
}

export function scheduleFilterOf(input: FilterInput): ScheduleSearchFilter {
  return {
    ...periodOf(input),
    state: input.state ?? null,
    customerUid: input.customerUid ?? null,
    words: input.q?.trim() ?? null,
    fitFor: null,
  }
}

export function showScheduleSummary(schedule: Schedule): Static<typeof scheduleSummarySchema> {
  return {
    scheduleId: schedule.scheduleId,
    merchantUid: schedule.merchantUid,
    customerUid: schedule.customerUid,
    state: shownStateOf(schedule),
    scheduleAt: instant(schedule.scheduleAtMs),
    dueAt: instant(schedule.dueAtMs),
    amountWon: schedule.amountWon,
    name: schedule.name,
    impUid: schedule.impUid,
    failReason: schedule.failReason,
    unsentAttempts: schedule.unsentAttempts,
    executedAt: instantOrNull(schedule.executedAtMs),
    revokedAt: instantOrNull(schedule.revokedAtMs),
  }
}
