import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'

import { answerOf, api, type Schemas } from '../api/client.ts'

export type Operator = Schemas['Operator']
export type Role = Operator['role']

export const roles: readonly Role[] = ['viewer', 'operator', 'owner']

export const operatorsQuery = queryOptions({
  queryKey: ['operators'],
  queryFn: () => answerOf(api.GET('/operators')),
})

export interface OperatorChange {
  readonly role?: Role
  readonly isDisabled?: boolean
  readonly resetPassword?: boolean
  readonly resetTotp?: boolean
}

/** Changes one operator; the answer may hold a password that is shown once. */
export function useOperatorChange(operatorId: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (body: OperatorChange) =>
      answerOf(api.PATCH('/operators/{operatorId}', { params: { path: { operatorId } }, body })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: operatorsQuery.queryKey }),
  })
}
