// PAYJOA's daily files: what they held, what they lack, and fetching one now.

import { Button, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'

import { answerOf, api } from '../api/client.ts'
import { useIsAtLeast, useToday } from '../api/session.ts'
import { addDays, useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { KoreanDayInput } from '../parts/korean-day-input.tsx'
import { Notice } from '../parts/notice.tsx'
import { Panel } from '../parts/panel.tsx'
import { ShortTable } from '../parts/short-table.tsx'
import { StateMark } from '../parts/state-mark.tsx'
import { bookWords } from './book-words.ts'

const queryKey = ['reports']
const tones = { fetched: 'good', failed: 'bad', fetching: 'calm' } as const

/** The files of the last days, of every channel that has a password for them. */
export function DailyFiles() {
  const words = useWords(bookWords)
  const { count } = useFormats()
  const reports = useQuery({ queryKey, queryFn: () => answerOf(api.GET('/reports')) })
  const { items = [], hasReportingChannel = true } = reports.data ?? {}
  return (
    <Panel title={words.files} hint={words.filesHint}>
      <Stack gap="sm">
        <FailureNotice error={reports.error} />
        {!hasReportingChannel && <Notice tone="calm">{words.noChannel}</Notice>}
        {hasReportingChannel && <FetchDay />}
        {reports.isSuccess && hasReportingChannel && items.length === 0 && (
          <Text size="sm">{words.noFiles}</Text>
        )}
        {items.length > 0 && (
          <ShortTable
            label={words.files}
            head={[
              words.day,
              words.channel,
              words.state,
              words.approvals,
              words.cancels,
              words.missing,
              words.failure,
            ]}
            rows={items.map((one) => ({
              key: `${one.day} ${one.channelKey}`,
              cells: [
                one.day,
                one.channelName,
                <StateMark key="state" tone={tones[one.state]} label={words.states[one.state]} />,
                count(one.approvals),
                count(one.cancels),
                count(one.missing.keyIn + one.missing.billingKey + one.missing.cancels),
                one.failure,
              ],
            }))}
          />
        )}
      </Stack>
    </Panel>
  )
}

function FetchDay() {
  const words = useWords(bookWords)
  const { count } = useFormats()
  const queryClient = useQueryClient()
  const mayAct = useIsAtLeast('operator')
  const [day, setDay] = useState<string | null>(addDays(useToday(), -1))
  const fetching = useMutation({
    mutationFn: (wanted: string) =>
      answerOf(api.POST('/reports/{day}/fetch', { params: { path: { day: wanted } } })),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey })
      await queryClient.invalidateQueries({ queryKey: ['discrepancies'] })
    },
  })
  const results = fetching.data?.results ?? []
  const sum = (key: 'settledCount' | 'raisedCount') =>
    count(results.reduce((total, result) => total + result[key], 0))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (day !== null) fetching.mutate(day)
  }
  return (
    <form onSubmit={submit}>
      <Group align="flex-end" gap="xs">
        <KoreanDayInput label={words.day} value={day} onChange={setDay} />
        <Button
          type="submit"
          variant="default"
          loading={fetching.isPending}
          disabled={!mayAct || day === null}
        >
          {words.fetch}
        </Button>
      </Group>
      <FailureNotice error={fetching.error} />
      {fetching.data !== undefined && (
        <Notice tone={results.every(({ isRead }) => isRead) ? 'calm' : 'warn'} isAnswer>
          {results.every(({ isRead }) => isRead)
            ? words.fetched(sum('settledCount'), sum('raisedCount'))
            : words.notFetched}
        </Notice>
      )}
    </form>
  )
}
