// Says whether the chain of the audit trail is whole, and gives the hash that proves it later.

import { Button, Group, Progress, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'

import { useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { CodeBlock } from '../parts/code-block.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { Notice } from '../parts/notice.tsx'
import { auditWords } from './audit-words.ts'
import { type TrailCheck, useTrailCheck } from './trail-check.ts'

/** Goes through the whole chain, which takes a while when it is long. */
export function VerifyTrail() {
  const words = useWords(auditWords)
  const [isOpen, dialog] = useDisclosure(false)
  const { check, progress, stop } = useTrailCheck()
  const begin = () => {
    dialog.open()
    check.mutate()
  }
  // What nobody looks at any more need not go on.
  const close = () => {
    stop()
    dialog.close()
  }
  return (
    <>
      <Button variant="default" loading={check.isPending} onClick={begin}>
        {words.verify}
      </Button>
      <Dialog title={words.verify} isOpen={isOpen} close={close} size={640}>
        {() => (
          <Stack gap="sm">
            {check.isPending && <TrailProgress progress={progress} stop={stop} />}
            <FailureNotice error={check.error} />
            {check.data !== undefined && <TrailVerdict verdict={check.data} />}
          </Stack>
        )}
      </Dialog>
    </>
  )
}

interface TrailProgressProps {
  readonly progress: TrailCheck
  readonly stop: () => void
}

function TrailProgress({ progress, stop }: TrailProgressProps) {
  const words = useWords(auditWords)
  const { count } = useFormats()
  const { headSequence, length } = progress
  return (
    <>
      <Progress
        value={length === 0 ? 0 : Math.min(100, (100 * headSequence) / length)}
        aria-label={words.verify}
      />
      <Group justify="space-between">
        <output>{words.verifying(count(headSequence), count(length))}</output>
        <Button size="compact-sm" variant="default" onClick={stop}>
          {words.stop}
        </Button>
      </Group>
    </>
  )
}

function TrailVerdict({ verdict }: { readonly verdict: TrailCheck }) {
  const words = useWords(auditWords)
  const { count } = useFormats()
  const { isIntact, isStopped, eventCount, signedUpTo, headSequence } = verdict
  const good = isStopped ? words.intactSoFar(count(headSequence)) : words.intact(count(eventCount))
  return (
    <>
      <Notice tone={isIntact ? 'calm' : 'bad'} isAnswer>
        {isIntact ? good : words.broken} {signedUpTo > 0 && words.signedUpTo(count(signedUpTo))}
      </Notice>
      {verdict.findings.map(({ sequence, message }) => (
        <Text key={`${sequence} ${message}`} size="sm" lang="en">
          {words.finding(String(sequence), message)}
        </Text>
      ))}
      <Text size="sm">{words.head(String(headSequence))}</Text>
      <CodeBlock label={words.head(String(headSequence))} text={verdict.headHash} />
      <Text size="xs" c="dimmed">
        {words.headHint}
      </Text>
    </>
  )
}
