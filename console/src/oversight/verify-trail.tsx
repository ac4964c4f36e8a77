// Says whether the chain of the audit trail is whole, and gives the hash that proves it later.

import { Button, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation } from '@tanstack/react-query'

import { answerOf, api } from '../api/client.ts'
import { useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { CodeBlock } from '../parts/code-block.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { Notice } from '../parts/notice.tsx'
import { auditWords } from './audit-words.ts'

function verify() {
  return answerOf(api.GET('/audit/verify'))
}

type Verdict = Awaited<ReturnType<typeof verify>>

/** Goes through the whole chain, which takes a while when it is long. */
export function VerifyTrail() {
  const words = useWords(auditWords)
  const [isOpen, dialog] = useDisclosure(false)
  const verification = useMutation({ mutationFn: verify, onSettled: dialog.open })
  return (
    <>
      <Button
        variant="default"
        loading={verification.isPending}
        onClick={() => verification.mutate()}
      >
        {words.verify}
      </Button>
      <Dialog title={words.verify} isOpen={isOpen} close={dialog.close} size={640}>
        {() => (
          <Stack gap="sm">
            <FailureNotice error={verification.error} />
            {verification.data !== undefined && <TrailVerdict verdict={verification.data} />}
          </Stack>
        )}
      </Dialog>
    </>
  )
}

function TrailVerdict({ verdict }: { readonly verdict: Verdict }) {
  const words = useWords(auditWords)
  const { count } = useFormats()
  return (
    <>
      <Notice tone={verdict.isIntact ? 'calm' : 'bad'} isAnswer>
        {verdict.isIntact ? words.intact(count(verdict.eventCount)) : words.broken}{' '}
        {verdict.signedUpTo > 0 && words.signedUpTo(count(verdict.signedUpTo))}
      </Notice>
      {verdict.findings.map(({ sequence, message }) => (
        <Text key={`${sequence} ${message}`} size="sm" lang="en">
          {words.finding(String(sequence), message)}
        </Text>
      ))}
      <Text size="sm">{words.head(String(verdict.headSequence))}</Text>
      <CodeBlock label={words.head(String(verdict.headSequence))} text={verdict.headHash} />
      <Text size="xs" c="dimmed">
        {words.headHint}
      </Text>
    </>
  )
}
