// Which rows of a list are chosen. A row that is no longer loaded is no longer chosen.

import { useState } from 'react'

import type { Selection } from './data-table.tsx'

interface SelectionNames<Row> {
  readonly keyOf: (row: Row) => string
  readonly nameOf: (row: Row) => string
}

export interface ChosenRows<Row> extends Selection<Row> {
  readonly keys: readonly string[]
  readonly clear: () => void
}

export function useSelection<Row>(
  rows: readonly Row[],
  { keyOf, nameOf }: SelectionNames<Row>,
): ChosenRows<Row> {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const keys = chosen.size === 0 ? [] : rows.map(keyOf).filter((key) => chosen.has(key))
  const isAll = keys.length > 0 && keys.length === rows.length
  return {
    keys,
    nameOf,
    isSelected: (row) => chosen.has(keyOf(row)),
    toggle: (row) => {
      const next = new Set(chosen)
      if (!next.delete(keyOf(row))) next.add(keyOf(row))
      setChosen(next)
    },
    state: keys.length === 0 ? 'none' : isAll ? 'all' : 'some',
    toggleAll: () => setChosen(isAll ? new Set() : new Set(rows.map(keyOf))),
    clear: () => setChosen(new Set()),
  }
}
