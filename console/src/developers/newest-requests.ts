// Follows the log of requests: each time only what is newer than what was seen is asked for. The server gives the last
// minute before that once more, since lines are written late, so the same line comes several times and counts once.

import { useQuery, useQueryClient } from '@tanstack/react-query'

import { answerOf, api, type Schemas } from '../api/client.ts'

type LoggedRequest = Schemas['Request']

interface Followed {
  readonly items: readonly LoggedRequest[]
  readonly newestCursor: string | null
}

const queryKey = ['requests']
const everyMs = 3_000
/** As many as are kept, and as one answer may hold: more than that between two answers, and only the newest stay. */
const keptMax = 100

export function useNewestRequests() {
  const queryClient = useQueryClient()
  return useQuery({
    queryKey,
    queryFn: () => follow(queryClient.getQueryData<Followed>(queryKey)),
    refetchInterval: ({ state }) => (state.error === null ? everyMs : false),
  })
}

async function follow(known: Followed | undefined): Promise<Followed> {
  const after = known?.newestCursor ?? null
  const query = { limit: keptMax, ...(after !== null && { after }) }
  const answer = await answerOf(api.GET('/requests', { params: { query } }))
  return {
    items: newestOf([...answer.items, ...(known?.items ?? [])]),
    newestCursor: answer.newestCursor ?? after,
  }
}

/** Newest first, each once. */
export function newestOf(requests: readonly LoggedRequest[]): LoggedRequest[] {
  const byId = new Map(requests.map((one) => [one.requestId, one]))
  const newestFirst = [...byId.values()].toSorted((one, other) => (one.at < other.at ? 1 : -1))
  return newestFirst.slice(0, keptMax)
}
