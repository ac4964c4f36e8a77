// A table of any length: only the rows in sight are in the page, the next ones are fetched as the end comes near. Rows
// all have one height, so that the scrollbar is true.

import { Checkbox, Loader } from '@mantine/core'
import { useElementScrollRestoration } from '@tanstack/react-router'
import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, type MouseEvent, type ReactNode, useEffect, useRef } from 'react'

import { useWords } from '../language/language.tsx'
import type { Column } from './columns.ts'
import classes from './data-table.module.css'
import { tableWords } from './table-words.ts'

const rowHeightPx = 41
/** The next page is asked for when so few rows are left below. */
const rowsAhead = 40

export interface Selection<Row> {
  readonly isSelected: (row: Row) => boolean
  readonly toggle: (row: Row) => void
  readonly state: 'none' | 'some' | 'all'
  readonly toggleAll: () => void
  readonly nameOf: (row: Row) => string
}

export interface DataTableProps<Row> {
  /** Names the table for screen readers, and its place when one comes back to it. */
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  /** What a click on a row does besides the links in it. */
  readonly open?: (row: Row) => void
  readonly selection?: Selection<Row>
  readonly isLoading: boolean
  readonly hasMore: boolean
  readonly loadMore: () => void
  /** Shown when there is no row. */
  readonly empty: ReactNode
}

export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, isLoading, hasMore, loadMore, selection } = props
  const scroller = useRef<HTMLDivElement>(null)
  const remembered = useElementScrollRestoration({ id: label })
  // oxlint-disable-next-line react/incompatible-library -- no React compiler here, which could not keep up with it
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeightPx,
    overscan: 16,
    initialOffset: remembered?.scrollY ?? 0,
  })
  const inSight = virtualizer.getVirtualItems()
  const lastIndex = inSight.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && !isLoading && lastIndex >= rows.length - rowsAhead) loadMore()
  }, [hasMore, isLoading, lastIndex, rows.length, loadMore])

  const before = inSight[0]?.start ?? 0
  const after = virtualizer.getTotalSize() - (inSight.at(-1)?.end ?? 0)
  return (
    <div
      ref={scroller}
      className={classes['scroller']}
      data-scroll-restoration-id={label}
      tabIndex={-1}
    >
      <table
        className={classes['table']}
        aria-label={label}
        aria-rowcount={hasMore ? -1 : rows.length + 1}
        aria-busy={isLoading}
      >
        <TableHead columns={columns} selection={selection} />
        <tbody>
          <Gap heightPx={before} />
          {inSight.map(({ index }) => {
            const row = rows[index]
            return row === undefined ? null : (
              <TableRow key={props.keyOf(row)} {...{ props, row, index }} />
            )
          })}
          <Gap heightPx={after} />
        </tbody>
      </table>
      {rows.length === 0 && !isLoading && props.empty}
      <TableFoot rowCount={rows.length} isLoading={isLoading} hasMore={hasMore} />
    </div>
  )
}

interface TableFootProps {
  readonly rowCount: number
  readonly isLoading: boolean
  readonly hasMore: boolean
}

function TableFoot({ rowCount, isLoading, hasMore }: TableFootProps) {
  const words = useWords(tableWords)
  if (!isLoading) {
    const isLongAndWhole = !hasMore && rowCount > 20
    return <output className={classes['foot']}>{isLongAndWhole && words.endOfList}</output>
  }
  return (
    <output className={classes['foot']}>
      <Loader size={14} mr={8} aria-hidden="true" />
      {rowCount === 0 ? words.loading : words.loadingMore}
    </output>
  )
}

interface TableHeadProps<Row> {
  readonly columns: readonly Column<Row>[]
  readonly selection: Selection<Row> | undefined
}

function TableHead<Row>({ columns, selection }: TableHeadProps<Row>) {
  const words = useWords(tableWords)
  return (
    <>
      <colgroup>
        {selection !== undefined && <col style={{ width: 52 }} data-check />}
        {columns.map(({ id, widthPx, isOnPhone }) => (
          <col key={id} style={{ width: widthPx }} data-on-phone={isOnPhone === true} />
        ))}
      </colgroup>
      <thead>
        <tr aria-rowindex={1}>
          {selection !== undefined && (
            <th scope="col" className={classes['check']} data-on-phone>
              <Checkbox
                size="xs"
                aria-label={words.selectLoaded}
                checked={selection.state === 'all'}
                indeterminate={selection.state === 'some'}
                onChange={selection.toggleAll}
              />
            </th>
          )}
          {columns.map(({ id, label, align, isOnPhone }) => (
            <th key={id} scope="col" data-align={align} data-on-phone={isOnPhone === true}>
              {label}
            </th>
          ))}
        </tr>
      </thead>
    </>
  )
}

interface TableRowProps<Row> {
  readonly props: DataTableProps<Row>
  readonly row: Row
  readonly index: number
}

// Scrolling leaves the table's own properties as they are: rows that stay in sight are not made anew.
const TableRow = memo(PlainRow) as typeof PlainRow

function PlainRow<Row>({ props, row, index }: TableRowProps<Row>) {
  const words = useWords(tableWords)
  const { columns, open, selection } = props
  const openUnlessMeant = (event: MouseEvent) => {
    const isOnControl = (event.target as Element).closest('a, button, input, label') !== null
    const isSelectingText = window.getSelection()?.toString() !== ''
    if (!isOnControl && !isSelectingText) open?.(row)
  }
  return (
    <tr
      aria-rowindex={index + 2}
      aria-selected={selection?.isSelected(row)}
      data-opens={open !== undefined}
      onClick={openUnlessMeant}
    >
      {selection !== undefined && (
        <td className={classes['check']} data-on-phone>
          <Checkbox
            size="xs"
            aria-label={words.select(selection.nameOf(row))}
            checked={selection.isSelected(row)}
            onChange={() => selection.toggle(row)}
          />
        </td>
      )}
      {columns.map(({ id, align, cell, isOnPhone }) => (
        <td key={id} data-align={align} data-on-phone={isOnPhone === true}>
          {cell(row)}
        </td>
      ))}
    </tr>
  )
}

/** Stands for the rows that are not in the page. */
function Gap({ heightPx }: { readonly heightPx: number }) {
  return heightPx > 0 && <tr aria-hidden="true" style={{ height: heightPx }} />
}
