// The endpoints of the merchant, and what was sent to them. The filters of the log live in the address.

import { ActionIcon, NativeSelect, SimpleGrid, Stack } from '@mantine/core'
import { SearchIcon, SyncIcon, WebhookIcon } from '@primer/octicons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'

import { useSession } from '../api/session.ts'
import { useWords } from '../language/language.tsx'
import { DataTable } from '../parts/data-table.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { useEndlessList } from '../parts/endless-list.ts'
import { FailureNotice } from '../parts/failure-notice.tsx'
import barClasses from '../parts/filter-bar.module.css'
import { Page } from '../parts/page.tsx'
import { Panel } from '../parts/panel.tsx'
import { PeriodFilter } from '../parts/period-filter.tsx'
import { SearchBox } from '../parts/search-box.tsx'
import { SearchProgress } from '../parts/search-progress.tsx'
import { tableWords } from '../parts/table-words.ts'
import { useDeliveryColumns } from './delivery-columns.tsx'
import { EndpointPanel } from './endpoint-panel.tsx'
import { ReplayMany } from './replay-many.tsx'
import { endpointsQuery, fetchDeliveries } from './webhook-queries.ts'
import { deliveryStates, readWebhookSearch, type WebhookSearch } from './webhook-search.ts'
import { webhookWords } from './webhook-words.ts'
import classes from './webhooks.module.css'

const route = getRouteApi('/webhooks')

export function WebhooksPage() {
  const words = useWords(webhookWords)
  const { mode } = useSession()
  const endpoints = useQuery(endpointsQuery)
  // An endpoint of a mode without a contract is shown only when it was set.
  const shown = (endpoints.data?.items ?? []).filter(
    (one) => one.url !== null || mode === 'both' || mode === 'none' || one.mode === mode,
  )
  return (
    <Page title={words.title} hint={words.hint}>
      <Stack gap="md">
        <FailureNotice error={endpoints.error} retry={() => void endpoints.refetch()} />
        <SimpleGrid cols={{ base: 1, lg: shown.length > 1 ? 2 : 1 }}>
          {shown.map((endpoint) => (
            <EndpointPanel key={endpoint.mode} endpoint={endpoint} />
          ))}
        </SimpleGrid>
        <DeliveryLog />
      </Stack>
    </Page>
  )
}

function DeliveryLog() {
  const words = useWords(webhookWords)
  const common = useWords(tableWords)
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/webhooks' })
  const columns = useDeliveryColumns()
  const list = useEndlessList(
    ['webhooks', 'list', search],
    useCallback((cursor) => fetchDeliveries(search, cursor), [search]),
  )
  return (
    <Panel
      title={words.log}
      actions={
        <>
          <ActionIcon variant="default" size={34} aria-label={common.refresh} onClick={list.reload}>
            <SyncIcon />
          </ActionIcon>
          <ReplayMany search={search} />
        </>
      }
    >
      <DeliveryFilters search={search} />
      <FailureNotice error={list.error} retry={list.reload} />
      <SearchProgress search={list.search} />
      <div className={classes['log']}>
        <DataTable
          label={words.log}
          columns={columns}
          rows={list.rows}
          keyOf={({ webhookId }) => webhookId}
          open={({ webhookId }) =>
            void navigate({ to: '/webhooks/$webhookId', params: { webhookId } })
          }
          isLoading={list.isLoading}
          hasMore={list.hasMore}
          loadMore={list.loadMore}
          empty={list.isEmpty && <NoDeliveries isFiltered={Object.keys(search).length > 0} />}
        />
      </div>
    </Panel>
  )
}

function NoDeliveries({ isFiltered }: { readonly isFiltered: boolean }) {
  const words = useWords(webhookWords)
  const common = useWords(tableWords)
  return isFiltered ? (
    <EmptyState icon={SearchIcon} title={common.noMatch}>
      {common.noMatchHint}
    </EmptyState>
  ) : (
    <EmptyState icon={WebhookIcon} title={words.emptyTitle}>
      {words.emptyHint}
    </EmptyState>
  )
}

function DeliveryFilters({ search }: { readonly search: WebhookSearch }) {
  const words = useWords(webhookWords)
  const common = useWords(tableWords)
  const navigate = useNavigate({ from: '/webhooks' })
  const change = (changed: object) =>
    void navigate({ search: readWebhookSearch({ ...search, ...changed }), replace: true })
  return (
    <search className={barClasses['bar']} aria-label={common.filters}>
      <SearchBox
        value={search.impUid ?? ''}
        hint={words.impUid}
        onChange={(impUid) => change({ impUid })}
      />
      <NativeSelect
        aria-label={words.state}
        value={search.state ?? ''}
        onChange={(event) => change({ state: event.currentTarget.value })}
        data={[
          { value: '', label: `${words.state}: ${common.all}` },
          ...deliveryStates.map((value) => ({ value, label: words.states[value] })),
        ]}
      />
      <PeriodFilter
        {...(search.from !== undefined && { from: search.from })}
        {...(search.to !== undefined && { to: search.to })}
        onChange={(period) => change({ from: undefined, to: undefined, ...period })}
      />
    </search>
  )
}
