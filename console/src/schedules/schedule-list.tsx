// The list of schedules: filters, choosing rows, and changing what was chosen or all that match.

import { Button, Group, NativeSelect, Pill } from '@mantine/core'
import { CalendarIcon, SearchIcon } from '@primer/octicons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useCallback, useMemo, useState } from 'react'

import { useIsAtLeast } from '../api/session.ts'
import { useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import type { Column } from '../parts/columns.ts'
import { DataTable } from '../parts/data-table.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { useEndlessList } from '../parts/endless-list.ts'
import { FailureNotice } from '../parts/failure-notice.tsx'
import barClasses from '../parts/filter-bar.module.css'
import { PeriodFilter } from '../parts/period-filter.tsx'
import { SearchBox } from '../parts/search-box.tsx'
import { present } from '../parts/search-params.ts'
import { SearchProgress } from '../parts/search-progress.tsx'
import { useSelection } from '../parts/selection.ts'
import { tableWords } from '../parts/table-words.ts'
import { BulkChange, type BulkTarget } from './bulk-change.tsx'
import {
  fetchSchedules,
  scheduleCountQuery,
  scheduleListKey,
  type ScheduleSummary,
} from './schedule-queries.ts'
import {
  filterOf,
  type ScheduleFilter,
  type ScheduleSearch,
  scheduleStates,
} from './schedule-search.ts'
import { scheduleWords } from './schedule-words.ts'

interface ScheduleListProps {
  readonly search: ScheduleSearch
  readonly columns: readonly Column<ScheduleSummary>[]
  readonly onChange: (search: ScheduleSearch) => void
}

export function ScheduleList({ search, columns, onChange }: ScheduleListProps) {
  const words = useWords(scheduleWords)
  const common = useWords(tableWords)
  const navigate = useNavigate()
  const mayAct = useIsAtLeast('operator')
  const filter = useMemo(() => filterOf(search), [search])
  const list = useEndlessList(
    scheduleListKey(filter),
    useCallback((cursor) => fetchSchedules(filter, cursor), [filter]),
  )
  const selection = useSelection(list.rows, {
    keyOf: ({ scheduleId }) => scheduleId,
    nameOf: ({ merchantUid }) => merchantUid,
  })
  return (
    <>
      <ScheduleFilters search={search} onChange={onChange} />
      <ChangeBar filter={filter} chosen={selection.keys} forget={selection.clear} />
      <FailureNotice error={list.error} retry={list.reload} />
      <SearchProgress search={list.search} />
      <DataTable
        label={words.title}
        columns={columns}
        rows={list.rows}
        keyOf={({ scheduleId }) => scheduleId}
        open={({ scheduleId }) =>
          void navigate({ to: '/schedules/$scheduleId', params: { scheduleId } })
        }
        {...(mayAct && { selection })}
        isLoading={list.isLoading}
        hasMore={list.hasMore}
        loadMore={list.loadMore}
        empty={
          list.isEmpty &&
          (Object.keys(filter).length > 0 ? (
            <EmptyState icon={SearchIcon} title={common.noMatch}>
              {common.noMatchHint}
            </EmptyState>
          ) : (
            <EmptyState icon={CalendarIcon} title={words.emptyTitle}>
              {words.emptyHint}
            </EmptyState>
          ))
        }
      />
    </>
  )
}

type FiltersProps = Pick<ScheduleListProps, 'search' | 'onChange'>

function ScheduleFilters({ search, onChange }: FiltersProps) {
  const words = useWords(scheduleWords)
  const common = useWords(tableWords)
  const change = (changed: { readonly [Name in keyof ScheduleSearch]: unknown }) =>
    onChange(present({ ...search, ...changed } as ScheduleSearch))
  const { customerUid } = search
  const isFiltered = Object.keys(filterOf(search)).length > 0
  return (
    <search className={barClasses['bar']} aria-label={common.filters}>
      <SearchBox value={search.q ?? ''} hint={words.searchHint} onChange={(q) => change({ q })} />
      <NativeSelect
        aria-label={words.state}
        value={search.state ?? ''}
        onChange={(event) => change({ state: event.currentTarget.value })}
        data={[
          { value: '', label: `${words.state}: ${common.all}` },
          ...scheduleStates.map((value) => ({ value, label: words.states[value] })),
        ]}
      />
      <PeriodFilter {...search} onChange={({ from, to }) => change({ from, to })} />
      {customerUid !== undefined && (
        <Pill
          size="md"
          withRemoveButton
          removeButtonProps={{
            'aria-label': words.removeFilter(words.customerFilter(customerUid)),
            tabIndex: 0,
          }}
          onRemove={() => change({ customerUid: undefined })}
        >
          {words.customerFilter(customerUid)}
        </Pill>
      )}
      {isFiltered && (
        <Button variant="subtle" color="gray" c="dimmed" px="xs" onClick={() => onChange({})}>
          {common.clearFilters}
        </Button>
      )}
    </search>
  )
}

interface ChangeBarProps {
  readonly filter: ScheduleFilter
  readonly chosen: readonly string[]
  readonly forget: () => void
}

/** How many match, how many are chosen, and what can be done with either. */
function ChangeBar({ filter, chosen, forget }: ChangeBarProps) {
  const words = useWords(scheduleWords)
  const { count, won } = useFormats()
  const mayAct = useIsAtLeast('operator')
  const { data } = useQuery(scheduleCountQuery(filter))
  const [target, setTarget] = useState<BulkTarget | null>(null)
  const counted = data?.isExact === false ? words.countAtLeast : words.count
  const hasChosen = chosen.length > 0
  return (
    <div className={barClasses['foot']}>
      <output className="numeric">
        {hasChosen
          ? words.choose(count(chosen.length))
          : data && counted(count(data.count), won(data.amountWon))}
      </output>
      {mayAct && (
        <Group gap="xs">
          {hasChosen && (
            <Button size="compact-sm" variant="subtle" color="gray" c="dimmed" onClick={forget}>
              {words.forget}
            </Button>
          )}
          <Button
            size="compact-sm"
            variant="default"
            disabled={!hasChosen && (data?.count ?? 0) === 0}
            onClick={() => setTarget(hasChosen ? { scheduleIds: [...chosen] } : { filter })}
          >
            {hasChosen ? words.changeChosen : words.changeAll}
          </Button>
        </Group>
      )}
      <BulkChange target={target} close={() => setTarget(null)} onDone={forget} />
    </div>
  )
}
