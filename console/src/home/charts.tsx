// The charts of the home page. What a bar or a point stands for is said above the chart when one points at it, and
// stands in a table for who does not see it.

import { SimpleGrid, Text } from '@mantine/core'

import { useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { BarChart } from '../parts/bar-chart.tsx'
import { LineChart } from '../parts/line-chart.tsx'
import { Panel } from '../parts/panel.tsx'
import { homeWords } from './home-words.ts'
import type { Overview, OverviewPeriod } from './overview-query.ts'

interface OverviewChartsProps {
  readonly series: Overview['series']
  readonly period: OverviewPeriod
}

export function OverviewCharts({ series, period }: OverviewChartsProps) {
  const words = useWords(homeWords)
  const { won, shortWon, share } = useFormats()
  const revenue = series.reduce((sum, { revenueWon }) => sum + revenueWon, 0)
  const approved = series.reduce((sum, { approvedCount }) => sum + approvedCount, 0)
  const failed = series.reduce((sum, { failedCount }) => sum + failedCount, 0)
  const label = (start: string) => (period === 'month' ? start.slice(0, 7) : start)
  const tick = (start: string) => (period === 'month' ? start.slice(2, 7) : start.slice(5))
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      <Panel title={words.revenue} hint={words.revenueHint}>
        <BarChart
          name={words.revenue}
          whole={{ label: words.total, value: won(revenue) }}
          points={series.map(({ start, revenueWon }) => ({
            key: start,
            label: label(start),
            tick: tick(start),
            value: revenueWon,
          }))}
          format={won}
          formatTick={shortWon}
        />
      </Panel>
      <Panel title={words.approvalRate} hint={words.approvalRateHint}>
        <LineChart
          name={words.approvalRate}
          whole={{
            label: words.average,
            value: approved + failed === 0 ? words.noRate : share(approved / (approved + failed)),
          }}
          points={series.map(({ start, approvalRate }) => ({
            key: start,
            label: label(start),
            tick: tick(start),
            value: approvalRate,
          }))}
          format={(rate) => (rate === null ? words.noRate : share(rate))}
        />
      </Panel>
    </SimpleGrid>
  )
}

export function UpcomingChart({ upcoming }: { readonly upcoming: Overview['upcoming'] }) {
  const words = useWords(homeWords)
  const { won, shortWon, count } = useFormats()
  const total = upcoming.reduce((sum, { amountWon }) => sum + amountWon, 0)
  const payments = upcoming.reduce((sum, day) => sum + day.count, 0)
  if (payments === 0) {
    return (
      <Text size="sm" c="dimmed">
        {words.noUpcoming}
      </Text>
    )
  }
  return (
    <BarChart
      name={words.upcoming}
      whole={{ label: words.payments(count(payments)), value: won(total) }}
      points={upcoming.map((day) => ({
        key: day.day,
        label: `${day.day} · ${words.payments(count(day.count))}`,
        tick: day.day.slice(5),
        value: day.amountWon,
      }))}
      format={won}
      formatTick={shortWon}
    />
  )
}
