// A month of schedules, day by day in Korea, and the schedules of the day that was chosen.

import { ActionIcon, Button, Group, SegmentedControl, Text } from '@mantine/core'
import { ChevronLeftIcon, ChevronRightIcon } from '@primer/octicons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'

import { PageLoader } from '../app/page-loader.tsx'
import { useToday } from '../api/session.ts'
import { useWords } from '../language/language.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { present } from '../parts/search-params.ts'
import { type CalendarMeasure, MonthGrid } from './month-grid.tsx'
import { ScheduleDay } from './schedule-day.tsx'
import { calendarQuery } from './schedule-queries.ts'
import type { ScheduleSearch } from './schedule-search.ts'
import { scheduleWords } from './schedule-words.ts'

interface ScheduleCalendarProps {
  readonly search: ScheduleSearch
  readonly onChange: (search: ScheduleSearch) => void
}

export function ScheduleCalendar({ search, onChange }: ScheduleCalendarProps) {
  const words = useWords(scheduleWords)
  const today = useToday()
  const [measure, setMeasure] = useState<CalendarMeasure>('count')
  const month = search.month ?? search.day?.slice(0, 7) ?? today.slice(0, 7)
  const { data, error, refetch } = useQuery(calendarQuery(month))
  const go = (changed: Partial<ScheduleSearch>) =>
    onChange(present({ ...search, month, ...changed }))
  return (
    <>
      <Group justify="space-between" mb="sm">
        <Group gap="xs">
          <ActionIcon
            variant="default"
            size={30}
            aria-label={words.previousMonth}
            onClick={() => go({ month: monthsFrom(month, -1) })}
          >
            <ChevronLeftIcon />
          </ActionIcon>
          <Text component="h2" fw={600} miw={76} ta="center" className="numeric" aria-live="polite">
            {month}
          </Text>
          <ActionIcon
            variant="default"
            size={30}
            aria-label={words.nextMonth}
            onClick={() => go({ month: monthsFrom(month, 1) })}
          >
            <ChevronRightIcon />
          </ActionIcon>
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            onClick={() => go({ month: today.slice(0, 7), day: today })}
          >
            {words.today}
          </Button>
        </Group>
        <SegmentedControl
          size="xs"
          aria-label={words.show}
          value={measure}
          onChange={setMeasure}
          data={[
            { value: 'count', label: words.showCount },
            { value: 'amountWon', label: words.showAmount },
          ]}
        />
      </Group>
      <FailureNotice error={error} retry={() => void refetch()} />
      {data === undefined ? (
        error === null && <PageLoader />
      ) : (
        <MonthGrid
          month={month}
          days={data.days}
          measure={measure}
          today={today}
          chosen={search.day ?? null}
          onChoose={(day) => go({ day })}
        />
      )}
      {search.day !== undefined && <ScheduleDay key={search.day} day={search.day} />}
    </>
  )
}

/** `2026-11` moved by months. */
function monthsFrom(month: string, months: number): string {
  const [year = 0, ofYear = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, ofYear - 1 + months, 1)).toISOString().slice(0, 7)
}
