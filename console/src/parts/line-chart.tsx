// Shares of one over time, from 0 to 100 %.

import { scaleBand, scaleLinear } from '@visx/scale'
import { LinePath } from '@visx/shape'

import { useFormats } from '../language/formats.ts'
import { Axes } from './axes.tsx'
import classes from './chart.module.css'
import { ChartFrame, chartMargin, type ChartPoint, type ChartSize } from './chart-frame.tsx'

interface LineChartProps {
  readonly name: string
  readonly whole: { readonly label: string; readonly value: string }
  /** Shares of one; null leaves a gap. */
  readonly points: readonly ChartPoint<number | null>[]
  readonly format: (value: number | null) => string
}

export function LineChart(props: LineChartProps) {
  return (
    <ChartFrame name={props.name} whole={props.whole} points={props.points} format={props.format}>
      {(size) => <Curve {...props} {...size} />}
    </ChartFrame>
  )
}

function Curve({ points, widthPx, heightPx, pointed }: LineChartProps & ChartSize) {
  const { share } = useFormats()
  const x = scaleBand({
    domain: points.map(({ key }) => key),
    range: [chartMargin.left, widthPx - chartMargin.right],
  })
  const y = scaleLinear({
    domain: [0, 1],
    range: [heightPx - chartMargin.bottom, chartMargin.top],
  })
  const xOf = (key: string) => (x(key) ?? 0) + x.bandwidth() / 2
  return (
    <>
      <Axes
        {...{ x, y, points, widthPx, heightPx }}
        formatTick={share}
        yTicks={[0, 0.25, 0.5, 0.75, 1]}
      />
      <LinePath
        className={classes['curve'] ?? ''}
        data={[...points]}
        defined={({ value }) => value !== null}
        x={({ key }) => xOf(key)}
        y={({ value }) => y(value ?? 0)}
      />
      {points.map(({ key, value }, index) =>
        value === null ? null : (
          <circle
            key={key}
            className={classes['dot']}
            cx={xOf(key)}
            cy={y(value)}
            r={pointed === index ? 4.5 : 2}
          />
        ),
      )}
    </>
  )
}
