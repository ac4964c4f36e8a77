import { queryOptions } from '@tanstack/react-query'

import { answerOf, api, type Schemas } from '../api/client.ts'

export type Channel = Schemas['Channel']
export type Instalments = Schemas['Instalments']
/** `others` null: the usual. */
export type InstalmentsWanted = Omit<Instalments, 'others'> & {
  readonly others: Instalments['others'] | null
}

export const channelsQuery = queryOptions({
  queryKey: ['channels'],
  queryFn: () => answerOf(api.GET('/channels')),
})

export const channelOptionsQuery = queryOptions({
  queryKey: ['channel-options'],
  queryFn: () => answerOf(api.GET('/channel-options')),
  staleTime: Infinity,
})

export function testChannel(channelKey: string) {
  return answerOf(api.POST('/channels/{channelKey}/test', { params: { path: { channelKey } } }))
}

export type ConnectionTest = Awaited<ReturnType<typeof testChannel>>
