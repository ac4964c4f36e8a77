// A list that is fetched page after page by its cursor. Going back to a long list shows what was there: fetching all
// its pages anew would be slow and would move what one looks at; "load again" begins at the first page.

import {
  type InfiniteData,
  type QueryKey,
  useInfiniteQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'

interface PageOf<Row> {
  readonly items: readonly Row[]
  readonly nextCursor: string | null
}

export interface EndlessList<Row> {
  readonly rows: readonly Row[]
  readonly isLoading: boolean
  readonly hasMore: boolean
  readonly loadMore: () => void
  readonly error: unknown
  readonly reload: () => void
}

export function useEndlessList<Row>(
  queryKey: QueryKey,
  fetchPage: (cursor: string | undefined) => Promise<PageOf<Row>>,
): EndlessList<Row> {
  const queryClient = useQueryClient()
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => fetchPage(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    refetchOnWindowFocus: false,
    refetchOnMount: ({ state }) =>
      ((state.data as InfiniteData<unknown> | undefined)?.pages.length ?? 0) <= 1,
  })
  const { data, fetchNextPage } = query
  const rows = useMemo(() => data?.pages.flatMap(({ items }) => items) ?? [], [data])
  const loadMore = useCallback(() => void fetchNextPage({ cancelRefetch: false }), [fetchNextPage])
  return {
    rows,
    isLoading: query.isFetching,
    hasMore: query.hasNextPage && !query.isFetchNextPageError,
    loadMore,
    error: query.error,
    reload: () => void queryClient.resetQueries({ queryKey, exact: true }),
  }
}
