// A search that lives in the address and follows it.

import { TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { SearchIcon } from '@primer/octicons-react'
import { useState } from 'react'

import { useWords } from '../language/language.tsx'
import { tableWords } from './table-words.ts'

interface SearchBoxProps {
  readonly value: string
  readonly hint: string
  readonly onChange: (value: string) => void
}

/** Says what was typed when the typing pauses. */
export function SearchBox({ value, hint, onChange }: SearchBoxProps) {
  const words = useWords(tableWords)
  const [typed, setTyped] = useState(value)
  // The address has changed without typing, by a link or by "back".
  const [known, setKnown] = useState(value)
  if (value !== known) {
    setKnown(value)
    if (value !== typed.trim()) setTyped(value)
  }
  const say = useDebouncedCallback((text: string) => onChange(text.trim()), 300)
  return (
    <TextInput
      type="search"
      aria-label={words.search}
      placeholder={hint}
      leftSection={<SearchIcon />}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value)
        say(event.currentTarget.value)
      }}
      style={{ flex: '1 1 260px', maxWidth: 420 }}
    />
  )
}
