import { Button, Stack, Text } from '@mantine/core'

import { useWords } from '../language/language.tsx'
import { CodeBlock } from '../parts/code-block.tsx'
import { securityWords } from './security-words.ts'

interface RecoveryCodesProps {
  readonly codes: readonly string[]
  readonly onKept: () => void
}

/** Shown once. */
export function RecoveryCodes({ codes, onKept }: RecoveryCodesProps) {
  const words = useWords(securityWords)
  return (
    <Stack gap="sm">
      <Text size="sm" fw={600}>
        {words.recoveryTitle}
      </Text>
      <Text size="sm">{words.recoveryHint}</Text>
      <CodeBlock label={words.copyCodes} text={codes.join('\n')} />
      <Button onClick={onKept}>{words.kept}</Button>
    </Stack>
  )
}
