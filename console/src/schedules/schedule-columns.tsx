// The columns of the list of schedules: first those that are shown, then those that can be chosen.

import { useMemo } from 'react'

import { type Formats, useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import type { Column } from '../parts/columns.ts'
import { Instant } from '../parts/instant.tsx'
import { TextLink } from '../parts/links.tsx'
import type { ScheduleSummary } from './schedule-queries.ts'
import { ScheduleState } from './schedule-state.tsx'
import { scheduleWords } from './schedule-words.ts'

type Words = (typeof scheduleWords)['en']
type Columns = readonly Column<ScheduleSummary>[]

export function useScheduleColumns(): Columns {
  const words = useWords(scheduleWords)
  const formats = useFormats()
  return useMemo(
    () => [...firstColumns(words, formats), ...offeredColumns(words, formats)],
    [words, formats],
  )
}

function firstColumns(words: Words, { won }: Formats): Columns {
  return [
    {
      id: 'scheduleAt',
      label: words.scheduleAt,
      widthPx: 160,
      presence: 'always',
      isOnPhone: true,
      cell: ({ scheduleAt, scheduleId }) => (
        <TextLink to="/schedules/$scheduleId" params={{ scheduleId }} fz="inherit" c="inherit">
          <Instant at={scheduleAt} />
        </TextLink>
      ),
    },
    {
      id: 'amount',
      label: words.amount,
      widthPx: 120,
      align: 'end',
      presence: 'always',
      isOnPhone: true,
      cell: ({ amountWon }) => <b className="numeric">{won(amountWon)}</b>,
    },
    {
      id: 'state',
      label: words.state,
      widthPx: 130,
      presence: 'always',
      isOnPhone: true,
      cell: ({ state }) => <ScheduleState state={state} />,
    },
    { id: 'order', label: words.order, widthPx: 180, cell: ({ name }) => name },
    {
      id: 'merchantUid',
      label: 'merchant_uid',
      widthPx: 200,
      cell: ({ merchantUid }) => <span title={merchantUid}>{merchantUid}</span>,
    },
    {
      id: 'customer',
      label: words.customer,
      widthPx: 160,
      cell: ({ customerUid }) => (
        <TextLink to="/billing-keys/$customerUid" params={{ customerUid }} fz="inherit" c="inherit">
          {customerUid}
        </TextLink>
      ),
    },
  ]
}

function offeredColumns(words: Words, { count }: Formats): Columns {
  return [
    {
      id: 'failReason',
      label: words.failReason,
      widthPx: 240,
      presence: 'offered',
      cell: ({ failReason }) => <span title={failReason ?? ''}>{failReason}</span>,
    },
    {
      id: 'dueAt',
      label: words.dueAt,
      widthPx: 160,
      presence: 'offered',
      cell: ({ dueAt, scheduleAt }) => <Instant at={dueAt === scheduleAt ? null : dueAt} />,
    },
    {
      id: 'unsent',
      label: words.unsent,
      widthPx: 140,
      align: 'end',
      presence: 'offered',
      cell: ({ unsentAttempts }) => (unsentAttempts === 0 ? '' : count(unsentAttempts)),
    },
    {
      id: 'executedAt',
      label: words.executedAt,
      widthPx: 160,
      presence: 'offered',
      cell: ({ executedAt }) => <Instant at={executedAt} />,
    },
    {
      id: 'revokedAt',
      label: words.revokedAt,
      widthPx: 160,
      presence: 'offered',
      cell: ({ revokedAt }) => <Instant at={revokedAt} />,
    },
    {
      id: 'impUid',
      label: 'imp_uid',
      widthPx: 170,
      presence: 'offered',
      cell: (row) => row.impUid,
    },
  ]
}
