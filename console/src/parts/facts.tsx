// Names and values of one thing, as a description list. What is not there is not shown.

import { ActionIcon, CopyButton, Tooltip } from '@mantine/core'
import { CheckIcon, CopyIcon } from '@primer/octicons-react'
import type { ReactNode } from 'react'

import { useWords } from '../language/language.tsx'
import classes from './facts.module.css'
import { tableWords } from './table-words.ts'

export interface Fact {
  readonly label: string
  readonly value: ReactNode
  /** Set: a button beside it copies this. */
  readonly copies?: string
}

export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  const shown = facts.filter(({ value }) => value !== null && value !== undefined && value !== '')
  return (
    <dl className={classes['facts']}>
      {shown.map(({ label, value, copies }) => (
        <div key={label} className={classes['fact']}>
          <dt>{label}</dt>
          <dd>
            {value}
            {copies !== undefined && <CopyValue what={label} text={copies} />}
          </dd>
        </div>
      ))}
    </dl>
  )
}

interface CopyValueProps {
  readonly what: string
  readonly text: string
}

export function CopyValue({ what, text }: CopyValueProps) {
  const words = useWords(tableWords)
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? words.copied : words.copy(what)}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="xs"
            ml={4}
            c={copied ? 'var(--good)' : 'dimmed'}
            aria-label={copied ? words.copied : words.copy(what)}
            onClick={copy}
          >
            {copied ? <CheckIcon size={12} /> : <CopyIcon size={12} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  )
}
