// A table of a few rows that are all in the page; data-table.tsx is for long ones.

import type { ReactNode } from 'react'

import classes from './short-table.module.css'

interface ShortTableProps {
  readonly label: string
  readonly head?: readonly string[]
  /** The last column holds buttons, which stand at the end of their row. */
  readonly hasActs?: boolean
  readonly rows: readonly { readonly key: string; readonly cells: readonly ReactNode[] }[]
}

/** A few rows within a panel; the first cell names its row. */
export function ShortTable({ label, head, hasActs = false, rows }: ShortTableProps) {
  return (
    // Reached by the keyboard, since it may have to be scrolled.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- the way to scroll it without a mouse
    <section className={classes['scroller']} aria-label={label} tabIndex={0}>
      <table className={classes['table']} aria-label={label} data-acts={hasActs || undefined}>
        {head !== undefined && (
          <thead>
            <tr>
              {head.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {rows.map(({ key, cells: [first, ...others] }) => (
            <tr key={key}>
              <th scope="row">{first}</th>
              {others.map((cell, index) => (
                // oxlint-disable-next-line react/no-array-index-key -- a cell is its column
                <td key={index}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
