// Schedules as a list with filters, or as a calendar.

import { ActionIcon, SegmentedControl } from '@mantine/core'
import { SyncIcon } from '@primer/octicons-react'
import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'

import { useWords } from '../language/language.tsx'
import { ColumnMenu } from '../parts/column-menu.tsx'
import { useColumnChoice } from '../parts/columns.ts'
import { Page } from '../parts/page.tsx'
import { present } from '../parts/search-params.ts'
import { tableWords } from '../parts/table-words.ts'
import { QueueNotice } from './queue-notice.tsx'
import { ScheduleCalendar } from './schedule-calendar.tsx'
import { useScheduleColumns } from './schedule-columns.tsx'
import { ScheduleList } from './schedule-list.tsx'
import type { ScheduleSearch } from './schedule-search.ts'
import { scheduleWords } from './schedule-words.ts'

const route = getRouteApi('/schedules')

export function SchedulesPage() {
  const words = useWords(scheduleWords)
  const common = useWords(tableWords)
  const queryClient = useQueryClient()
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/schedules' })
  const choice = useColumnChoice('schedules', useScheduleColumns())
  const change = (next: ScheduleSearch) => void navigate({ search: next, replace: true })
  const isCalendar = search.view === 'calendar'
  return (
    <Page
      title={words.title}
      isFilled={!isCalendar}
      actions={
        <>
          <SegmentedControl
            size="sm"
            aria-label={words.view}
            value={isCalendar ? 'calendar' : 'list'}
            onChange={(value) =>
              change(present({ ...search, view: value === 'calendar' ? 'calendar' : undefined }))
            }
            data={[
              { value: 'list', label: words.list },
              { value: 'calendar', label: words.calendar },
            ]}
          />
          <ActionIcon
            variant="default"
            size={34}
            aria-label={common.refresh}
            onClick={() => void queryClient.resetQueries({ queryKey: ['schedules'] })}
          >
            <SyncIcon />
          </ActionIcon>
          {!isCalendar && <ColumnMenu choice={choice} />}
        </>
      }
    >
      <QueueNotice />
      {isCalendar ? (
        <ScheduleCalendar search={search} onChange={change} />
      ) : (
        <ScheduleList search={search} columns={choice.visible} onChange={change} />
      )}
    </Page>
  )
}
