// What a connection test has found, method by method, with what to do about what does not work.

import { Stack, Text } from '@mantine/core'

import { useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { Notice } from '../parts/notice.tsx'
import { ShortTable } from '../parts/short-table.tsx'
import { StateMark } from '../parts/state-mark.tsx'
import { channelFormWords } from './channel-form-words.ts'
import type { ConnectionTest } from './channel-queries.ts'

export function ConnectionResult({ test }: { readonly test: ConnectionTest }) {
  const words = useWords(channelFormWords)
  const { count } = useFormats()
  const failing = test.methods.find(({ isReady }) => !isReady)
  return (
    <Stack gap="sm">
      <Notice tone={test.isReady ? 'calm' : 'bad'} isAnswer>
        {test.isReady ? words.isReady : words.isNotReady}
        {failing !== undefined && (
          <Text size="sm">
            {failing.httpStatus === null ? words.adviceConnect : words.adviceRefused}
          </Text>
        )}
      </Notice>
      <ShortTable
        label={words.test}
        head={[words.method, words.result, words.reason, words.duration]}
        rows={test.methods.map((one) => ({
          key: one.method,
          cells: [
            one.method,
            <StateMark
              key="result"
              tone={one.isReady ? 'good' : 'bad'}
              label={one.isReady ? words.works : words.fails}
            />,
            [one.code ?? one.cause, one.message].filter(Boolean).join(' '),
            one.durationMs === null ? '–' : `${count(one.durationMs)} ms`,
          ],
        }))}
      />
    </Stack>
  )
}
