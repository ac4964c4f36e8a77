import { queryOptions } from '@tanstack/react-query'

import { answerOf, api, type Schemas } from '../api/client.ts'

export type Overview = Schemas['Overview']
export type OverviewPeriod = Overview['period']

const refreshMs = 30_000

export function overviewQuery(period: OverviewPeriod) {
  return queryOptions({
    queryKey: ['overview', period],
    queryFn: () => answerOf(api.GET('/overview', { params: { query: { period } } })),
    refetchInterval: refreshMs,
    placeholderData: (before) => before,
  })
}
