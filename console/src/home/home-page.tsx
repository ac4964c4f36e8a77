// Today, what needs attention, how it went, what is to come.

import { SegmentedControl, SimpleGrid, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'

import { PageLoader } from '../app/page-loader.tsx'
import { useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { Page } from '../parts/page.tsx'
import { Panel } from '../parts/panel.tsx'
import { Attention } from './attention.tsx'
import { FailureReasons } from './failure-reasons.tsx'
import { FirstSteps } from './first-steps.tsx'
import { Health } from './health.tsx'
import { homeWords } from './home-words.ts'
import { type Overview, type OverviewPeriod, overviewQuery } from './overview-query.ts'
import { TodayTiles } from './today-tiles.tsx'

// Charts are drawn after what matters most is there.
const Charts = lazy(async () => ({ default: (await import('./charts.tsx')).OverviewCharts }))
const UpcomingChart = lazy(async () => ({ default: (await import('./charts.tsx')).UpcomingChart }))

const periods: readonly OverviewPeriod[] = ['day', 'week', 'month']

export function HomePage() {
  const words = useWords(homeWords)
  const [period, setPeriod] = useState<OverviewPeriod>('day')
  const { data, error, refetch } = useQuery(overviewQuery(period))
  return (
    <Page
      title={words.title}
      actions={
        <SegmentedControl
          size="xs"
          aria-label={words.period}
          value={period}
          onChange={(value) => setPeriod(value)}
          data={periods.map((value) => ({ value, label: words.periods[value] }))}
        />
      }
    >
      <FailureNotice error={error} retry={() => void refetch()} />
      {data === undefined ? error === null && <PageLoader /> : <HomeView overview={data} />}
    </Page>
  )
}

function HomeView({ overview }: { readonly overview: Overview }) {
  return (
    <Stack gap="md">
      <FirstSteps setUp={overview.setUp} />
      <TodayTiles today={overview.today} />
      <Attention overview={overview} />
      <Suspense fallback={<PageLoader />}>
        <Charts series={overview.series} period={overview.period} />
      </Suspense>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <UpcomingPanel overview={overview} />
        <FailureReasonsPanel overview={overview} />
      </SimpleGrid>
      <Health overview={overview} />
    </Stack>
  )
}

function UpcomingPanel({ overview: { upcoming } }: { readonly overview: Overview }) {
  const words = useWords(homeWords)
  return (
    <Panel title={words.upcoming} hint={words.upcomingHint}>
      <Suspense fallback={<PageLoader />}>
        <UpcomingChart upcoming={upcoming} />
      </Suspense>
    </Panel>
  )
}

function FailureReasonsPanel({ overview }: { readonly overview: Overview }) {
  const words = useWords(homeWords)
  const { count } = useFormats()
  const { failureReasons, failuresCounted } = overview
  const hint = failuresCounted.isComplete
    ? words.failureReasonsHint
    : words.failureReasonsCut(count(failuresCounted.count))
  return (
    <Panel title={words.failureReasons} hint={hint}>
      <FailureReasons reasons={failureReasons} />
    </Panel>
  )
}
