// How far a list has been searched through when few rows match, and the way to stop that or go on.

import { Button, Group } from '@mantine/core'

import { koreanMinute } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import type { ListSearch } from './endless-list.ts'
import { tableWords } from './table-words.ts'

/** Shows nothing while pages come in full. */
export function SearchProgress({ search }: { readonly search: ListSearch | null }) {
  const words = useWords(tableWords)
  if (search === null) return null
  const { isRunning, stop, goOn } = search
  const at = koreanMinute(search.searchedTo)
  return (
    <Group gap="sm">
      <output>{isRunning ? words.searching(at) : words.searchedTo(at)}</output>
      {isRunning ? (
        <Button size="compact-sm" variant="default" onClick={stop}>
          {words.stopSearch}
        </Button>
      ) : (
        <Button size="compact-sm" variant="default" onClick={goOn}>
          {words.searchOn}
        </Button>
      )}
    </Group>
  )
}
