// The audit trail: who did what, and whether the chain is whole.

import { Stack } from '@mantine/core'
import { SearchIcon, ShieldCheckIcon } from '@primer/octicons-react'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useCallback, useState } from 'react'

import { answerOf, api } from '../api/client.ts'
import { addDays, startOfKoreanDay } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { CodeBlock } from '../parts/code-block.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { useEndlessList } from '../parts/endless-list.ts'
import { Facts } from '../parts/facts.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import barClasses from '../parts/filter-bar.module.css'
import { Page } from '../parts/page.tsx'
import { PeriodFilter } from '../parts/period-filter.tsx'
import { SearchBox } from '../parts/search-box.tsx'
import { tableWords } from '../parts/table-words.ts'
import { type AuditEvent, useAuditColumns } from './audit-columns.tsx'
import { type AuditSearch, readAuditSearch } from './audit-search.ts'
import { auditWords } from './audit-words.ts'
import { VerifyTrail } from './verify-trail.tsx'

const route = getRouteApi('/audit')

function fetchEvents({ from, to, ...filter }: AuditSearch, cursor: string | undefined) {
  const query = {
    ...filter,
    limit: 100,
    ...(from !== undefined && { from: startOfKoreanDay(from) }),
    ...(to !== undefined && { to: startOfKoreanDay(addDays(to, 1)) }),
    ...(cursor !== undefined && { cursor }),
  }
  return answerOf(api.GET('/audit', { params: { query } }))
}

export function AuditPage() {
  const words = useWords(auditWords)
  const search = route.useSearch()
  const [shown, setShown] = useState<AuditEvent | null>(null)
  const columns = useAuditColumns(setShown)
  const list = useEndlessList(
    ['audit', search],
    useCallback((cursor) => fetchEvents(search, cursor), [search]),
  )
  return (
    <Page title={words.title} hint={words.hint} isFilled actions={<VerifyTrail />}>
      <AuditFilters search={search} />
      <FailureNotice error={list.error} retry={list.reload} />
      <DataTable
        label={words.title}
        columns={columns}
        rows={list.rows}
        keyOf={({ eventId }) => eventId}
        isLoading={list.isLoading}
        hasMore={list.hasMore}
        loadMore={list.loadMore}
        empty={list.isEmpty && <NoEvents isFiltered={Object.keys(search).length > 0} />}
      />
      <Dialog
        title={shown?.action ?? ''}
        isOpen={shown !== null}
        close={() => setShown(null)}
        size={640}
      >
        {() => shown && <EventDetails event={shown} />}
      </Dialog>
    </Page>
  )
}

function AuditFilters({ search }: { readonly search: AuditSearch }) {
  const words = useWords(auditWords)
  const common = useWords(tableWords)
  const navigate = useNavigate({ from: '/audit' })
  const change = (changed: object) =>
    void navigate({ search: readAuditSearch({ ...search, ...changed }), replace: true })
  return (
    <search className={barClasses['bar']} aria-label={common.filters}>
      <SearchBox
        value={search.actor ?? ''}
        hint={words.searchHint}
        onChange={(actor) => change({ actor })}
      />
      <SearchBox
        value={search.action ?? ''}
        hint={words.actHint}
        onChange={(action) => change({ action })}
      />
      <PeriodFilter
        {...(search.from !== undefined && { from: search.from })}
        {...(search.to !== undefined && { to: search.to })}
        onChange={(period) => change({ from: undefined, to: undefined, ...period })}
      />
    </search>
  )
}

function NoEvents({ isFiltered }: { readonly isFiltered: boolean }) {
  const words = useWords(auditWords)
  const common = useWords(tableWords)
  return isFiltered ? (
    <EmptyState icon={SearchIcon} title={common.noMatch}>
      {common.noMatchHint}
    </EmptyState>
  ) : (
    <EmptyState icon={ShieldCheckIcon} title={words.emptyTitle}>
      {words.emptyHint}
    </EmptyState>
  )
}

function EventDetails({ event }: { readonly event: AuditEvent }) {
  const words = useWords(auditWords)
  return (
    <Stack gap="sm">
      <Facts
        facts={[
          { label: words.actor, value: event.actor },
          { label: words.act, value: event.action },
          { label: words.subject, value: event.subject },
        ]}
      />
      <CodeBlock label={words.detail} text={JSON.stringify(event.detail, null, 2)} />
    </Stack>
  )
}
