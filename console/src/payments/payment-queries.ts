// What is asked about payments, and under which keys the answers are kept. A payment that an act has changed is put
// into the lists that were loaded, so that they need not be fetched again.

import { type InfiniteData, queryOptions, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'

import { answerOf, api, type Schemas } from '../api/client.ts'
import type { PaymentFilter } from './payment-search.ts'

export type PaymentSummary = Schemas['PaymentSummary']
export type Payment = Schemas['Payment']
export type TimelineEntry = Schemas['TimelineEntry']

const pageSize = 100

export function paymentListKey(filter: PaymentFilter) {
  return ['payments', 'list', filter] as const
}

export function fetchPayments(filter: PaymentFilter, cursor: string | undefined) {
  const query = { ...filter, limit: pageSize, ...(cursor !== undefined && { cursor }) }
  return answerOf(api.GET('/payments', { params: { query } }))
}

export function paymentCountQuery(filter: PaymentFilter) {
  return queryOptions({
    queryKey: ['payments', 'count', filter],
    queryFn: () => answerOf(api.GET('/payments/count', { params: { query: filter } })),
  })
}

const movingStates: ReadonlySet<string | undefined> = new Set(['sending', 'unknown'])
const refreshMs = 4_000

/** One whose outcome is awaited is asked for again by itself. */
export function paymentQuery(impUid: string) {
  return queryOptions({
    queryKey: ['payments', 'one', impUid],
    queryFn: () => answerOf(api.GET('/payments/{impUid}', { params: { path: { impUid } } })),
    refetchInterval: ({ state }) => (movingStates.has(state.data?.state) ? refreshMs : false),
  })
}

/** The same while a webhook waits for its next attempt. */
export function timelineQuery(impUid: string) {
  return queryOptions({
    queryKey: ['payments', 'timeline', impUid],
    queryFn: () =>
      answerOf(api.GET('/payments/{impUid}/timeline', { params: { path: { impUid } } })),
    refetchInterval: ({ state }) => {
      const isAwaiting = state.data?.entries.some(
        (entry) => entry.kind === 'webhook' && entry.state === 'pending',
      )
      return isAwaiting === true ? refreshMs : false
    },
  })
}

interface ListPage {
  readonly items: PaymentSummary[]
  readonly nextCursor: string | null
}

/** Takes over what an act has made of a payment, and asks anew for what hangs on it. */
export function usePaymentChange(): (payment: Payment) => void {
  const queryClient = useQueryClient()
  return useCallback(
    (payment) => {
      queryClient.setQueryData(paymentQuery(payment.impUid).queryKey, payment)
      queryClient.setQueriesData<InfiniteData<ListPage>>(
        { queryKey: ['payments', 'list'] },
        (data) => data && { ...data, pages: data.pages.map((page) => replaced(page, payment)) },
      )
      void queryClient.invalidateQueries({ queryKey: timelineQuery(payment.impUid).queryKey })
      void queryClient.invalidateQueries({ queryKey: ['payments', 'count'] })
      void queryClient.invalidateQueries({ queryKey: ['overview'] })
    },
    [queryClient],
  )
}

function replaced(page: ListPage, payment: PaymentSummary): ListPage {
  return {
    ...page,
    items: page.items.map((one) => (one.impUid === payment.impUid ? { ...one, ...payment } : one)),
  }
}
