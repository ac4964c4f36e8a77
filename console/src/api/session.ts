// Who is signed in. The session is asked for once and kept; whatever changes it brings a new one.

import { queryOptions, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { useCallback, useState } from 'react'

import { koreanDay } from '../language/formats.ts'
import { answerOf, api, ApiFailure, type Session, keepTokenOf } from './client.ts'

export type OperatorRole = Session['operator']['role']

/** Null: nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async (): Promise<Session | null> => {
    try {
      const session = await answerOf(api.GET('/session'))
      keepTokenOf(session)
      return session
    } catch (error) {
      if (error instanceof ApiFailure && error.code === 'not_signed_in') return null
      throw error
    }
  },
  staleTime: Infinity,
  gcTime: Infinity,
})

/** Takes over a session that a call has given; with null everything that was loaded is forgotten. */
export function useSessionChange(): (session: Session | null) => void {
  const queryClient = useQueryClient()
  return useCallback(
    (session) => {
      keepTokenOf(session)
      if (session === null) queryClient.removeQueries({ predicate: isOfAnOperator })
      queryClient.setQueryData(sessionQuery.queryKey, session)
    },
    [queryClient],
  )
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
