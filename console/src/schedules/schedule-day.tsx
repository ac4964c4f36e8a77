// The schedules of one day in the order of their times.

import { Button, Text } from '@mantine/core'
import { useCallback, useMemo } from 'react'

import { koreanTimeOfDay, useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { useEndlessList } from '../parts/endless-list.ts'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { TextLink } from '../parts/links.tsx'
import { Panel } from '../parts/panel.tsx'
import { SearchProgress } from '../parts/search-progress.tsx'
import { ShortTable } from '../parts/short-table.tsx'
import { tableWords } from '../parts/table-words.ts'
import { fetchScheduleDay } from './schedule-queries.ts'
import { filterOfDay } from './schedule-search.ts'
import { ScheduleState } from './schedule-state.tsx'
import { scheduleWords } from './schedule-words.ts'

export function ScheduleDay({ day }: { readonly day: string }) {
  const words = useWords(scheduleWords)
  const common = useWords(tableWords)
  const { won } = useFormats()
  const filter = useMemo(() => filterOfDay(day), [day])
  const list = useEndlessList(
    ['schedules', 'day', day],
    useCallback((cursor) => fetchScheduleDay(filter, cursor), [filter]),
  )
  const rows = list.rows.map((schedule) => ({
    key: schedule.scheduleId,
    cells: [
      <TextLink
        key="at"
        to="/schedules/$scheduleId"
        params={{ scheduleId: schedule.scheduleId }}
        fz="inherit"
      >
        {koreanTimeOfDay(schedule.scheduleAt).slice(0, 5)}
      </TextLink>,
      won(schedule.amountWon),
      <ScheduleState key="state" state={schedule.state} />,
      schedule.name,
      schedule.customerUid,
    ],
  }))
  return (
    <div style={{ marginTop: 16 }}>
      <Panel
        title={words.dayTitle(day)}
        actions={
          <TextLink to="/schedules" search={{ from: day, to: day }} fz="sm">
            {words.list}
          </TextLink>
        }
      >
        <FailureNotice error={list.error} retry={list.reload} />
        <SearchProgress search={list.search} />
        {rows.length === 0 ? (
          <Text size="sm" c="dimmed">
            {list.isLoading && common.loading}
            {list.isEmpty && words.dayEmpty}
          </Text>
        ) : (
          <ShortTable label={words.dayTitle(day)} rows={rows} />
        )}
        {list.hasMore && (
          <Button variant="default" mt="sm" loading={list.isLoading} onClick={list.loadMore}>
            {common.more}
          </Button>
        )}
      </Panel>
    </div>
  )
}
