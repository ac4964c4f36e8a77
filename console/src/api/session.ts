// Who is signed in. The session is asked for once and kept; whatever changes it brings a new one.

import { queryOptions, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useState } from 'react'

import { koreanDay } from '../language/formats.ts'
import {
  answerOf,
  api,
  ApiFailure,
  keepTokenOf,
  type Session,
  whenSessionIsAnother,
} from './client.ts'

export type OperatorRole = Session['operator']['role']

/** Null: nobody is signed in. */
async function fetchSession(): Promise<Session | null> {
  try {
    const session = await answerOf(api.GET('/session'))
    keepTokenOf(session)
    return session
  } catch (error) {
    if (error instanceof ApiFailure && error.code === 'not_signed_in') return null
    throw error
  }
}

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: fetchSession,
  staleTime: Infinity,
  gcTime: Infinity,
})

/** Takes over a session that a call has given; that of somebody else, or none, forgets everything that was loaded. */
export function useSessionChange(): (session: Session | null) => void {
  const queryClient = useQueryClient()
  return useCallback(
    (session) => {
      const before = queryClient.getQueryData(sessionQuery.queryKey)
      keepTokenOf(session)
      if (ownerOf(session) !== ownerOf(before)) {
        queryClient.removeQueries({ predicate: isOfAnOperator })
        localStorage.setItem(storageKey, ownerOf(session))
      }
      queryClient.setQueryData(sessionQuery.queryKey, session)
    },
    [queryClient],
  )
}

const storageKey = 'billkey.signedInAs'

/** An operator belongs to one merchant. */
function ownerOf(session: Session | null | undefined): string {
  return session?.operator.operatorId ?? ''
}

/**
 * All tabs have one cookie. When another tab signs in, out, or changes over to another merchant, what this one shows is
 * no longer what it would act upon, so it asks who is signed in now.
 */
export function useOtherTabs(): void {
  const queryClient = useQueryClient()
  const changeSession = useSessionChange()
  useEffect(() => {
    const ask = async () => {
      const before = queryClient.getQueryData(sessionQuery.queryKey)
      const session = await fetchSession()
      if (ownerOf(session) !== ownerOf(before)) changeSession(session)
    }
    const listening = new AbortController()
    const onStorage = ({ key }: StorageEvent) => {
      if (key === storageKey) void ask().catch(() => undefined)
    }
    window.addEventListener('storage', onStorage, { signal: listening.signal })
    // Told by a call that was refused for another session's token.
    whenSessionIsAnother((session) => changeSession(session))
    return () => listening.abort()
  }, [queryClient, changeSession])
}

function isOfAnOperator({ queryKey }: { readonly queryKey: readonly unknown[] }): boolean {
  return queryKey[0] !== sessionQuery.queryKey[0]
}

/** Of pages behind the sign-in. */
export function useSession(): Session {
  const { data } = useSuspenseQuery(sessionQuery)
  if (data === null) throw new Error('a page that needs an operator was shown without one')
  return data
}

const ranks: Readonly<Record<OperatorRole, number>> = { viewer: 0, operator: 1, owner: 2 }

/** Whether the operator's role includes another. */
export function useIsAtLeast(role: OperatorRole): boolean {
  return ranks[useSession().operator.role] >= ranks[role]
}

/** The merchant's instant when the asking part of a page was first shown: its clock may stand still. */
export function useNow(): string {
  const { clock } = useSession()
  const [browserNow] = useState(() => new Date().toISOString())
  return clock.isFrozen ? clock.now : browserNow
}

/** The merchant's day in Korea. */
export function useToday(): string {
  return koreanDay(useNow())
}
