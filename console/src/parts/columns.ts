// Columns of a table, and which of them the operator wants to see. That is kept in this browser, by table.

import { useLocalStorage } from '@mantine/hooks'
import type { ReactNode } from 'react'

export interface Column<Row> {
  readonly id: string
  readonly label: string
  /** The least; what is left over is shared out in proportion. */
  readonly widthPx: number
  readonly cell: (row: Row) => ReactNode
  readonly align?: 'end'
  /** `always` cannot be hidden, `offered` is shown when it was chosen. Absent: shown until it is hidden. */
  readonly presence?: 'always' | 'offered'
  /** Shown on a screen as narrow as a phone. */
  readonly isOnPhone?: boolean
}

export interface ColumnChoice<Row> {
  readonly all: readonly Column<Row>[]
  readonly visible: readonly Column<Row>[]
  readonly isVisible: (column: Column<Row>) => boolean
  readonly toggle: (column: Column<Row>) => void
  readonly reset: () => void
}

export function useColumnChoice<Row>(
  table: string,
  all: readonly Column<Row>[],
): ColumnChoice<Row> {
  // Only what differs from the beginning is kept, so that a new column shows itself to who has chosen before.
  const [kept, setKept, forget] = useLocalStorage<Readonly<Record<string, boolean>>>({
    key: `billkey.columns.${table}`,
    defaultValue: {},
  })
  const isVisible = ({ id, presence }: Column<Row>) =>
    presence === 'always' || (kept[id] ?? presence !== 'offered')
  return {
    all,
    visible: all.filter(isVisible),
    isVisible,
    toggle: (column) => setKept({ ...kept, [column.id]: !isVisible(column) }),
    reset: forget,
  }
}
