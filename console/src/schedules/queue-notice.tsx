// When a contract's rate or a gateway that is down holds schedules back, it says how many wait and until when.

import { Box } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'

import type { paths } from '../api/contract.ts'
import { koreanMinute, koreanSecond, useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { Notice } from '../parts/notice.tsx'
import { tableWords } from '../parts/table-words.ts'
import { queueQuery } from './schedule-queries.ts'
import { scheduleWords } from './schedule-words.ts'

type Queue = paths['/queue']['get']['responses'][200]['content']['application/json']
type Lane = Queue['channels'][number]

export function QueueNotice() {
  const words = useWords(scheduleWords)
  const { count } = useFormats()
  const { data } = useQuery(queueQuery)
  const lineOf = useLaneLine()
  const held = data?.channels.filter(isHeld) ?? []
  const keyless = data?.keylessCount ?? 0
  if (held.length === 0 && keyless === 0) return null
  return (
    <Box mb="sm">
      <Notice tone="warn" title={words.queueTitle}>
        {held.map((lane) => (
          <p key={lane.channelKey} className="numeric">
            {lineOf(lane)}
          </p>
        ))}
        {keyless > 0 && <p>{words.keyless(count(keyless))}</p>}
      </Notice>
    </Box>
  )
}

function isHeld({ due, gateway }: Lane): boolean {
  return due.count > 0 || gateway.state === 'down'
}

function useLaneLine(): (lane: Lane) => string {
  const words = useWords(scheduleWords)
  const common = useWords(tableWords)
  const { count } = useFormats()
  return ({ name, due, rateCapPerSecond, throughAt, gateway }) => {
    const waiting = due.isExact ? count(due.count) : common.atLeast(count(due.count))
    const { downSince, nextProbeAt } = gateway
    return [
      words.queueOf(name, waiting),
      rateCapPerSecond !== null && words.queueRate(count(rateCapPerSecond)),
      throughAt !== null && words.queueThrough(koreanMinute(throughAt)),
      downSince !== null && words.queueDown(koreanMinute(downSince)),
      nextProbeAt !== null && words.queueProbe(koreanSecond(nextProbeAt)),
    ]
      .filter((part) => part !== false)
      .join(', ')
  }
}
