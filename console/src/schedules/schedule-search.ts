// What the address of the schedules holds: list or calendar, the filters of the one, month and day of the other.

import type { paths } from '../api/contract.ts'
import { addDays, startOfKoreanDay } from '../language/formats.ts'
import { choiceIn, dayIn, present, type RawSearch, textIn } from '../parts/search-params.ts'

type ListQuery = NonNullable<paths['/schedules']['get']['parameters']['query']>
export type ScheduleStateName = NonNullable<ListQuery['state']>
export type ScheduleFilter = Omit<ListQuery, 'cursor' | 'limit' | 'order'>

export const scheduleStates: readonly ScheduleStateName[] = [
  'scheduled',
  'executing',
  'paid',
  'failed',
  'cancelled',
  'revoked',
]

export interface ScheduleSearch {
  readonly view?: 'calendar'
  readonly q?: string
  readonly state?: ScheduleStateName
  readonly customerUid?: string
  readonly from?: string
  readonly to?: string
  /** `2026-11`, of the calendar. */
  readonly month?: string
  readonly day?: string
}

export function readScheduleSearch(search: RawSearch): ScheduleSearch {
  return present<ScheduleSearch>({
    view: choiceIn(search, 'view', ['calendar']),
    q: textIn(search, 'q'),
    state: choiceIn(search, 'state', scheduleStates),
    customerUid: textIn(search, 'customerUid'),
    from: dayIn(search, 'from'),
    to: dayIn(search, 'to'),
    month: monthIn(search),
    day: dayIn(search, 'day'),
  })
}

function monthIn({ month }: RawSearch): string | undefined {
  return typeof month === 'string' && /^\d{4}-(?:0[1-9]|1[0-2])$/.test(month) ? month : undefined
}

/** The filter of the list as the API takes it; days are Korea's, both included. */
export function filterOf({ q, state, customerUid, from, to }: ScheduleSearch): ScheduleFilter {
  return {
    ...(q !== undefined && { q }),
    ...(state !== undefined && { state }),
    ...(customerUid !== undefined && { customerUid }),
    ...(from !== undefined && { from: startOfKoreanDay(from) }),
    ...(to !== undefined && { to: startOfKoreanDay(addDays(to, 1)) }),
  }
}

/** All of one day. */
export function filterOfDay(day: string): ScheduleFilter {
  return filterOf({ from: day, to: day })
}
