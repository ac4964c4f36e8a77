// What every chart has: a line above it that says the value one points at, an area that measures itself, and the same
// numbers as a table for who does not see it.

import { useElementSize } from '@mantine/hooks'
import { type ReactNode, useState } from 'react'

import classes from './chart.module.css'

export interface ChartPoint<Value> {
  readonly key: string
  /** As it is said above the chart and in the table. */
  readonly label: string
  /** As it stands below the chart. */
  readonly tick: string
  readonly value: Value
}

interface ChartFrameProps<Value> {
  readonly name: string
  /** Said when nothing is pointed at. */
  readonly whole: { readonly label: string; readonly value: string }
  readonly points: readonly ChartPoint<Value>[]
  readonly format: (value: Value) => string
  /** Draws the values, as SVG. */
  readonly children: (size: ChartSize) => ReactNode
}

export interface ChartSize {
  readonly widthPx: number
  readonly heightPx: number
  readonly pointed: number | null
}

const heightPx = 200

export function ChartFrame<Value>(props: ChartFrameProps<Value>) {
  const { name, whole, points, format, children } = props
  const { ref, width } = useElementSize()
  const [pointed, setPointed] = useState<number | null>(null)
  const point = pointed === null ? undefined : points[pointed]
  const share = 100 / points.length
  return (
    <figure className={classes['chart']}>
      <figcaption className={classes['said']}>
        <span className={classes['saidLabel']}>{point?.label ?? whole.label}</span>
        <span className={classes['saidValue']}>
          {point === undefined ? whole.value : format(point.value)}
        </span>
      </figcaption>
      <div ref={ref} className={classes['area']} aria-hidden="true">
        {width > 0 && (
          <svg width={width} height={heightPx} onPointerLeave={() => setPointed(null)}>
            {children({ widthPx: width, heightPx, pointed })}
            <svg x={chartMargin.left} width={width - chartMargin.left - chartMargin.right}>
              {points.map(({ key }, index) => (
                <rect
                  key={key}
                  x={`${index * share}%`}
                  width={`${share}%`}
                  height={heightPx}
                  fill="transparent"
                  onPointerEnter={() => setPointed(index)}
                />
              ))}
            </svg>
          </svg>
        )}
      </div>
      <table className="only-read-aloud">
        <caption>{name}</caption>
        <tbody>
          {points.map(({ key, label, value }) => (
            <tr key={key}>
              <th scope="row">{label}</th>
              <td>{format(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  )
}

export const chartMargin = { top: 8, right: 18, bottom: 22, left: 52 } as const

/** How many of the ticks below a chart have room. */
export function ticksWithRoom(keys: readonly string[], widthPx: number): string[] {
  const step = Math.max(1, Math.ceil((keys.length * 52) / Math.max(1, widthPx)))
  // Counted from the end, so that the newest is always there.
  return keys.filter((_, index) => (keys.length - 1 - index) % step === 0)
}
