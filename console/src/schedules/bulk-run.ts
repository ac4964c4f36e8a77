// Changes many schedules bite by bite, so that it can be watched and stopped between two bites. A bite whose answer was
// lost is not sent again: some of it may be charged already; what is left shows in the list.

import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'

import { answerOf, api } from '../api/client.ts'
import type { paths } from '../api/contract.ts'

type Bulk = paths['/schedules/bulk']['post']
export type BulkRequest = Omit<
  NonNullable<Bulk['requestBody']>['content']['application/json'],
  'isPreview' | 'cursor'
>
export type BulkAnswer = Bulk['responses'][200]['content']['application/json']
export type BulkAct = BulkRequest['act']

export interface BulkProgress {
  readonly doneCount: number
  readonly failures: BulkAnswer['failures']
  readonly isStopped: boolean
}

const nothingYet: BulkProgress = { doneCount: 0, failures: [], isStopped: false }

export function fetchBulkPreview(request: BulkRequest): Promise<BulkAnswer> {
  return answerOf(api.POST('/schedules/bulk', { body: { ...request, isPreview: true } }))
}

export function useBulkRun() {
  const queryClient = useQueryClient()
  const [progress, setProgress] = useState(nothingYet)
  const isStopping = useRef(false)
  const run = useMutation({
    mutationFn: async (request: BulkRequest) => {
      isStopping.current = false
      let sum = nothingYet
      let cursor: string | null = null
      do {
        const body = { ...request, isPreview: false, ...(cursor !== null && { cursor }) }
        const bite: BulkAnswer = await answerOf(api.POST('/schedules/bulk', { body }))
        cursor = bite.nextCursor
        sum = {
          doneCount: sum.doneCount + bite.doneCount,
          failures: [...sum.failures, ...bite.failures],
          isStopped: cursor !== null && isStopping.current,
        }
        setProgress(sum)
      } while (cursor !== null && !sum.isStopped)
    },
    onSettled: async () => {
      await queryClient.resetQueries({ queryKey: ['schedules'] })
      await queryClient.invalidateQueries({ queryKey: ['overview'] })
    },
  })
  const stop = () => {
    isStopping.current = true
  }
  return { run, progress, stop }
}
