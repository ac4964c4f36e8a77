// A bar for each point; one below zero has the colour of what is bad.

import { scaleBand, scaleLinear } from '@visx/scale'

import { Axes } from './axes.tsx'
import classes from './chart.module.css'
import { ChartFrame, chartMargin, type ChartPoint, type ChartSize } from './chart-frame.tsx'

interface BarChartProps {
  readonly name: string
  readonly whole: { readonly label: string; readonly value: string }
  readonly points: readonly ChartPoint<number>[]
  readonly format: (value: number) => string
  readonly formatTick: (value: number) => string
}

export function BarChart(props: BarChartProps) {
  return (
    <ChartFrame name={props.name} whole={props.whole} points={props.points} format={props.format}>
      {(size) => <Bars {...props} {...size} />}
    </ChartFrame>
  )
}

function Bars({ points, formatTick, widthPx, heightPx, pointed }: BarChartProps & ChartSize) {
  const values = points.map(({ value }) => value)
  const x = scaleBand({
    domain: points.map(({ key }) => key),
    range: [chartMargin.left, widthPx - chartMargin.right],
    padding: 0.28,
    paddingOuter: 0.14,
  })
  const y = scaleLinear({
    // Without any value there is still an axis.
    domain: [Math.min(0, ...values), Math.max(1, ...values)],
    range: [heightPx - chartMargin.bottom, chartMargin.top],
    nice: 4,
  })
  const hasValues = values.some((value) => value !== 0)
  return (
    <>
      <Axes
        {...{ x, y, formatTick, points, widthPx, heightPx }}
        yTicks={hasValues ? y.ticks(4) : [0]}
      />
      {points.map(({ key, value }, index) => (
        <rect
          key={key}
          className={classes['bar']}
          data-pointed={pointed === index}
          data-negative={value < 0}
          x={x(key) ?? 0}
          y={Math.min(y(value), y(0))}
          width={x.bandwidth()}
          height={Math.abs(y(0) - y(value))}
          rx={Math.min(2, x.bandwidth() / 4)}
        />
      ))}
    </>
  )
}
