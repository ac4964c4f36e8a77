// A list that is fetched page after page by its cursor. Going back to a long list shows what was there: fetching all
// its pages anew would be slow and would move what one looks at; "load again" begins at the first page.
//
// A page may have ended early, even empty, because few rows match and the server looks through only so many at once. Then
// the next one is asked for by itself, a bounded number of times; after that, and when somebody stops it, the search
// waits to be told to go on.

import {
  hashKey,
  type InfiniteData,
  type QueryKey,
  useInfiniteQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useState } from 'react'

interface PageOf<Row> {
  readonly items: readonly Row[]
  readonly nextCursor: string | null
  /** Of lists that are searched through: the page ended before it was full. */
  readonly isPartial?: boolean
  readonly searchedTo?: string | null
}

/** A search that has not found a full page yet. */
export interface ListSearch {
  /** Up to this instant the rows have been looked through. */
  readonly searchedTo: string
  readonly isRunning: boolean
  readonly stop: () => void
  readonly goOn: () => void
}

export interface EndlessList<Row> {
  readonly rows: readonly Row[]
  readonly isLoading: boolean
  readonly hasMore: boolean
  readonly loadMore: () => void
  /** Nothing matches: all was looked through, and it could be read. */
  readonly isEmpty: boolean
  /** Null: the last page was full, or the last. */
  readonly search: ListSearch | null
  readonly error: unknown
  readonly reload: () => void
}

/** Pages in a row that may end early before it is asked whether to go on. */
const pagesAtOnce = 20

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
  const { data, fetchNextPage, isFetching } = query
  const rows = useMemo(() => data?.pages.flatMap(({ items }) => items) ?? [], [data])
  const loadMore = useCallback(() => void fetchNextPage({ cancelRefetch: false }), [fetchNextPage])
  const isFailed = query.error !== null
  const search = useListSearch(queryKey, data?.pages ?? [], { isFetching, isFailed, loadMore })
  const isWaiting = search !== null && !search.isRunning
  return {
    rows,
    isLoading: isFetching,
    hasMore: query.hasNextPage && !query.isFetchNextPageError && !isWaiting,
    loadMore,
    isEmpty: rows.length === 0 && !isFetching && !query.hasNextPage && !isFailed,
    search: isFailed ? null : search,
    error: query.error,
    reload: () => void queryClient.resetQueries({ queryKey, exact: true }),
  }
}

interface Fetching {
  readonly isFetching: boolean
  readonly isFailed: boolean
  readonly loadMore: () => void
}

function useListSearch(
  queryKey: QueryKey,
  pages: readonly PageOf<unknown>[],
  { isFetching, isFailed, loadMore }: Fetching,
): ListSearch | null {
  // Of one list; another one, such as after a change of filters, begins anew.
  const list = hashKey(queryKey)
  const [allowed, allow] = useState({ list, pages: pagesAtOnce })
  const searchedTo = pages.at(-1)?.searchedTo ?? null
  const lastFull = pages.findLastIndex(({ isPartial }) => isPartial !== true)
  const early = pages.length - 1 - lastFull
  const limit = allowed.list === list ? allowed.pages : pagesAtOnce
  const isSearch = early > 0 && searchedTo !== null
  const isRunning = isSearch && early < limit
  useEffect(() => {
    if (isRunning && !isFetching && !isFailed) loadMore()
  }, [isRunning, isFetching, isFailed, loadMore])
  if (!isSearch) return null
  return {
    searchedTo,
    isRunning,
    stop: () => allow({ list, pages: early }),
    goOn: () => allow({ list, pages: early + pagesAtOnce }),
  }
}
