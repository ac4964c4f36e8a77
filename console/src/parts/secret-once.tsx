// A secret that the server shows once: to be copied now, since only its hash or its sealed form is kept.

import { Text } from '@mantine/core'

import { useWords } from '../language/language.tsx'
import { CopyValue } from './facts.tsx'
import { Notice } from './notice.tsx'
import { dialogWords } from './dialog-words.ts'

interface SecretOnceProps {
  readonly secrets: readonly { readonly label: string; readonly value: string }[]
  readonly hint?: string
}

export function SecretOnce({ secrets, hint }: SecretOnceProps) {
  const words = useWords(dialogWords)
  return (
    <Notice tone="warn" title={hint ?? words.shownOnce} isAnswer>
      {secrets.map(({ label, value }) => (
        <Text key={label + value} size="sm" component="div">
          {label}:{' '}
          <Text span ff="monospace" size="sm" style={{ overflowWrap: 'anywhere' }}>
            {value}
          </Text>
          <CopyValue what={label} text={value} />
        </Text>
      ))}
    </Notice>
  )
}
