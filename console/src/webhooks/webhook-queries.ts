// Reading endpoints and deliveries, and sending many again.

import { queryOptions } from '@tanstack/react-query'

import { answerOf, api, type Schemas } from '../api/client.ts'
import { addDays, startOfKoreanDay } from '../language/formats.ts'
import type { WebhookSearch } from './webhook-search.ts'

export type WebhookEndpoint = Schemas['WebhookEndpoint']
export type WebhookDelivery = Schemas['WebhookDelivery']

export const endpointsQuery = queryOptions({
  queryKey: ['webhooks', 'endpoints'],
  queryFn: () => answerOf(api.GET('/webhooks/endpoints')),
})

/** What the address holds, as the API wants it: days become instants. */
function filterOf({ from, to, ...filter }: WebhookSearch) {
  return {
    ...filter,
    ...(from !== undefined && { from: startOfKoreanDay(from) }),
    ...(to !== undefined && { to: startOfKoreanDay(addDays(to, 1)) }),
  }
}

export function fetchDeliveries(search: WebhookSearch, cursor: string | undefined) {
  const query = { ...filterOf(search), limit: 100, ...(cursor !== undefined && { cursor }) }
  return answerOf(api.GET('/webhooks/deliveries', { params: { query } }))
}

const refreshMs = 3_000

/** One that waits for an attempt is asked for again by itself. */
export function deliveryQuery(webhookId: string) {
  return queryOptions({
    queryKey: ['webhooks', 'delivery', webhookId],
    refetchInterval: ({ state }) => (state.data?.delivery.state === 'pending' ? refreshMs : false),
    queryFn: () =>
      answerOf(api.GET('/webhooks/deliveries/{webhookId}', { params: { path: { webhookId } } })),
  })
}

export function previewReplay(search: WebhookSearch) {
  const body = { isPreview: true, filter: filterOf(search) }
  return answerOf(api.POST('/webhooks/replay', { body }))
}

/** Bite after bite, until there is no more; says how many are done so far. */
export async function replayAll(
  search: WebhookSearch,
  tell: (doneCount: number) => void,
): Promise<number> {
  let doneCount = 0
  let cursor: string | null = null
  do {
    const body = {
      isPreview: false,
      filter: filterOf(search),
      ...(cursor !== null && { cursor }),
    }
    // oxlint-disable-next-line no-await-in-loop -- each bite begins where the one before has ended
    const bite: { doneCount: number; nextCursor: string | null } = await answerOf(
      api.POST('/webhooks/replay', { body }),
    )
    doneCount += bite.doneCount
    cursor = bite.nextCursor
    tell(doneCount)
  } while (cursor !== null)
  return doneCount
}
