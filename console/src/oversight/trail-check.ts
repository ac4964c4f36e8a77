// Checks the chain of the audit trail part after part, so that a long one can be watched and stopped between two parts.

import { useMutation } from '@tanstack/react-query'
import { useRef, useState } from 'react'

import { answerOf, api } from '../api/client.ts'

export interface TrailCheck {
  readonly isIntact: boolean
  readonly isStopped: boolean
  readonly eventCount: number
  /** Number of the newest event. */
  readonly length: number
  readonly signedUpTo: number
  readonly findings: readonly { readonly sequence: number; readonly message: string }[]
  readonly headSequence: number
  readonly headHash: string
}

/** The first one matters most; a trail that was rewritten has one for each event. */
const findingsMax = 100

const nothingYet: TrailCheck = {
  isIntact: true,
  isStopped: false,
  eventCount: 0,
  length: 0,
  signedUpTo: 0,
  findings: [],
  headSequence: 0,
  headHash: '',
}

function verifyPart(cursor: string | null) {
  const query = cursor === null ? {} : { cursor }
  return answerOf(api.GET('/audit/verify', { params: { query } }))
}

type Part = Awaited<ReturnType<typeof verifyPart>>

export function useTrailCheck() {
  const [progress, setProgress] = useState(nothingYet)
  const isStopping = useRef(false)
  const check = useMutation({
    mutationFn: async () => {
      isStopping.current = false
      let sum = nothingYet
      let cursor: string | null = null
      setProgress(sum)
      do {
        const part: Part = await verifyPart(cursor)
        cursor = part.nextCursor
        sum = joined(sum, part)
        setProgress(sum)
      } while (cursor !== null && !isStopping.current)
      return { ...sum, isStopped: cursor !== null }
    },
  })
  const stop = () => {
    isStopping.current = true
  }
  return { check, progress, stop }
}

function joined(before: TrailCheck, part: Part): TrailCheck {
  const { length, signedUpTo, headSequence, headHash } = part
  return {
    isIntact: before.isIntact && part.isIntact,
    isStopped: false,
    eventCount: before.eventCount + part.eventCount,
    findings: [...before.findings, ...part.findings].slice(0, findingsMax),
    length,
    signedUpTo,
    headSequence,
    headHash,
  }
}
