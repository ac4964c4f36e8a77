// The axes that all charts share.

import { AxisBottom, AxisLeft } from '@visx/axis'
import type { scaleBand, scaleLinear } from '@visx/scale'

import classes from './chart.module.css'
import { chartMargin, type ChartPoint, ticksWithRoom } from './chart-frame.tsx'

interface AxesProps {
  readonly x: ReturnType<typeof scaleBand<string>>
  readonly y: ReturnType<typeof scaleLinear<number>>
  readonly yTicks: readonly number[]
  readonly formatTick: (value: number) => string
  readonly points: readonly ChartPoint<unknown>[]
  readonly widthPx: number
  readonly heightPx: number
}

/** Names below and at the left, and a quiet line for each value named at the left. */
export function Axes({ x, y, yTicks, formatTick, points, widthPx, heightPx }: AxesProps) {
  const ticks = new Map(points.map(({ key, tick }) => [key, tick]))
  const inner = widthPx - chartMargin.left - chartMargin.right
  return (
    <>
      {yTicks.map((value) => (
        <line
          key={value}
          className={classes[value === 0 ? 'zero' : 'grid']}
          x1={chartMargin.left}
          x2={widthPx - chartMargin.right}
          y1={y(value)}
          y2={y(value)}
        />
      ))}
      <AxisLeft
        scale={y}
        left={chartMargin.left}
        tickValues={[...yTicks]}
        tickFormat={(value) => formatTick(Number(value))}
        hideAxisLine
        hideTicks
        tickLabelProps={{ className: classes['tick'] ?? '', textAnchor: 'end', dx: -2, dy: 4 }}
      />
      <AxisBottom
        scale={x}
        top={heightPx - chartMargin.bottom}
        tickValues={ticksWithRoom([...ticks.keys()], inner)}
        tickFormat={(key) => ticks.get(key) ?? ''}
        hideAxisLine
        hideTicks
        tickLabelProps={{ className: classes['tick'] ?? '', textAnchor: 'middle', dy: 4 }}
      />
    </>
  )
}
