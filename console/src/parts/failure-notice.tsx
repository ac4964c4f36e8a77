// A refusal, said in the language of the page, with what to do and the id that finds it in the log.

import { Button, Group, Text } from '@mantine/core'

import { ApiFailure, type FailureCode } from '../api/client.ts'
import { failureFrameWords, failureWords, fieldFaultWords } from '../api/failure-words.ts'
import { useWords } from '../language/language.tsx'
import { Notice } from './notice.tsx'

interface FailureNoticeProps {
  readonly error: unknown
  readonly retry?: () => void
}

/** What was refused by rules or by PAYJOA: only the server's own words say why. */
const says: ReadonlySet<FailureCode> = new Set([
  'channel_refused',
  'webhook_address_refused',
  'card_refused',
  'charge_refused',
  'cancel_failed',
  'report_unavailable',
])

/** Shows nothing when there is no error. */
export function FailureNotice({ error, retry }: FailureNoticeProps) {
  const sentence = useFailureSentence()
  const words = useWords(failureFrameWords)
  if (error === null || error === undefined) return null
  const requestId = error instanceof ApiFailure ? error.requestId : null
  const detail = error instanceof ApiFailure && says.has(error.code) ? error.message : null
  return (
    <Notice tone="bad" isAnswer>
      <p>{sentence(error)}</p>
      {detail !== null && (
        <Text size="sm" mt={4}>
          {detail}
        </Text>
      )}
      {requestId !== null && (
        <Text size="xs" c="dimmed" mt={4} ff="monospace">
          {words.requestId(requestId)}
        </Text>
      )}
      {retry !== undefined && (
        <Group mt="xs">
          <Button size="compact-sm" variant="default" onClick={retry}>
            {words.tryAgain}
          </Button>
        </Group>
      )}
    </Notice>
  )
}

export function useFailureSentence(): (error: unknown) => string {
  const words = useWords(failureWords)
  return (error) => {
    if (!(error instanceof ApiFailure)) return words.internal_error
    // A server that is newer than this page may refuse by a code that it does not know yet.
    const sentence: string | undefined = words[error.code]
    return sentence ?? error.message
  }
}

/** What is wrong with a field, by its name in the API. */
export function useFieldFaults(error: unknown): (field: string) => string | null {
  const words = useWords(fieldFaultWords)
  const fields = error instanceof ApiFailure ? error.fields : {}
  return (field) => {
    const fault = fields[field]
    return fault === undefined ? null : words[fault]
  }
}
