import { QueryClient } from '@tanstack/react-query'

import { ApiFailure } from '../api/client.ts'

/**
 * Reads are repeated twice when the server was not reached, and never when it said no. Writes are never repeated: one
 * whose answer was lost may have moved money.
 */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiFailure && ['no_answer'].includes(error.code),
      staleTime: 10_000,
    },
    mutations: { retry: false, networkMode: 'always' },
  },
})
