// What is asked about schedules, and under which keys the answers are kept.

import { type InfiniteData, queryOptions, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'

import { answerOf, api, type Schemas } from '../api/client.ts'
import type { ScheduleFilter } from './schedule-search.ts'

export type ScheduleSummary = Schemas['ScheduleSummary']
export type Schedule = Schemas['Schedule']

const pageSize = 100
const refreshMs = 4_000
const queueRefreshMs = 5_000

export function scheduleListKey(filter: ScheduleFilter) {
  return ['schedules', 'list', filter] as const
}

type Order = 'newest' | 'oldest'

/** What is still to come begins with what comes next; all else with the newest. */
export function fetchSchedules(
  filter: ScheduleFilter,
  cursor: string | undefined,
  order: Order = filter.state === 'scheduled' ? 'oldest' : 'newest',
) {
  const query = { ...filter, order, limit: pageSize, ...(cursor !== undefined && { cursor }) }
  return answerOf(api.GET('/schedules', { params: { query } }))
}

/** In the order of the day. */
export function fetchScheduleDay(filter: ScheduleFilter, cursor: string | undefined) {
  return fetchSchedules(filter, cursor, 'oldest')
}

export function scheduleCountQuery(filter: ScheduleFilter) {
  return queryOptions({
    queryKey: ['schedules', 'count', filter],
    queryFn: () => answerOf(api.GET('/schedules/count', { params: { query: filter } })),
  })
}

export function calendarQuery(month: string) {
  return queryOptions({
    queryKey: ['schedules', 'calendar', month],
    queryFn: () => answerOf(api.GET('/schedules/calendar', { params: { query: { month } } })),
    placeholderData: (before) => (before?.month === month ? before : undefined),
  })
}

export function scheduleQuery(scheduleId: string) {
  return queryOptions({
    queryKey: ['schedules', 'one', scheduleId],
    queryFn: () =>
      answerOf(api.GET('/schedules/{scheduleId}', { params: { path: { scheduleId } } })),
    refetchInterval: ({ state }) => (state.data?.state === 'executing' ? refreshMs : false),
  })
}

export const queueQuery = queryOptions({
  queryKey: ['queue'],
  queryFn: () => answerOf(api.GET('/queue')),
  refetchInterval: queueRefreshMs,
})

interface ListPage {
  readonly items: ScheduleSummary[]
  readonly nextCursor: string | null
}

/** Takes over what an act has made of a schedule, also in the lists that were loaded. */
export function useScheduleChange(): (schedule: Schedule) => void {
  const queryClient = useQueryClient()
  return useCallback(
    (schedule) => {
      queryClient.setQueryData(scheduleQuery(schedule.scheduleId).queryKey, schedule)
      queryClient.setQueriesData<InfiniteData<ListPage>>(
        { queryKey: ['schedules', 'list'] },
        (data) => data && { ...data, pages: data.pages.map((page) => replaced(page, schedule)) },
      )
      void queryClient.invalidateQueries({ queryKey: ['schedules', 'calendar'] })
      void queryClient.invalidateQueries({ queryKey: ['schedules', 'count'] })
      void queryClient.invalidateQueries({ queryKey: ['overview'] })
    },
    [queryClient],
  )
}

function replaced(page: ListPage, schedule: ScheduleSummary): ListPage {
  return {
    ...page,
    items: page.items.map((one) =>
      one.scheduleId === schedule.scheduleId ? { ...one, ...schedule } : one,
    ),
  }
}
