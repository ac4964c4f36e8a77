// The list of billing keys. Its filters live in the address.

import { ActionIcon, NativeSelect } from '@mantine/core'
import { KeyIcon, SearchIcon, SyncIcon } from '@primer/octicons-react'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'

import { useSession } from '../api/session.ts'
import { useWords } from '../language/language.tsx'
import { ColumnMenu } from '../parts/column-menu.tsx'
import { useColumnChoice } from '../parts/columns.ts'
import { DataTable } from '../parts/data-table.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { useEndlessList } from '../parts/endless-list.ts'
import { FailureNotice } from '../parts/failure-notice.tsx'
import barClasses from '../parts/filter-bar.module.css'
import { Page } from '../parts/page.tsx'
import { SearchBox } from '../parts/search-box.tsx'
import { SearchProgress } from '../parts/search-progress.tsx'
import { readBillingKeySearch } from './billing-key-search.ts'
import { tableWords } from '../parts/table-words.ts'
import { useBillingKeyColumns } from './billing-key-columns.tsx'
import { billingKeyListKey, fetchBillingKeys } from './billing-key-queries.ts'
import { billingKeyWords } from './billing-key-words.ts'

const route = getRouteApi('/billing-keys')

export function BillingKeysPage() {
  const words = useWords(billingKeyWords)
  const common = useWords(tableWords)
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/billing-keys' })
  const showsMode = useSession().mode === 'both'
  const choice = useColumnChoice('billing-keys', useBillingKeyColumns(showsMode))
  const list = useEndlessList(
    billingKeyListKey(search),
    useCallback((cursor) => fetchBillingKeys(search, cursor), [search]),
  )
  const change = (changed: object) =>
    void navigate({ search: readBillingKeySearch({ ...search, ...changed }), replace: true })
  return (
    <Page
      title={words.title}
      isFilled
      actions={
        <>
          <ActionIcon variant="default" size={34} aria-label={common.refresh} onClick={list.reload}>
            <SyncIcon />
          </ActionIcon>
          <ColumnMenu choice={choice} />
        </>
      }
    >
      <search className={barClasses['bar']} aria-label={common.filters}>
        <SearchBox value={search.q ?? ''} hint={words.searchHint} onChange={(q) => change({ q })} />
        {showsMode && (
          <NativeSelect
            aria-label={words.mode}
            value={search.mode ?? ''}
            onChange={(event) => change({ mode: event.currentTarget.value })}
            data={[
              { value: '', label: `${words.mode}: ${common.all}` },
              { value: 'live', label: words.modes.live },
              { value: 'sandbox', label: words.modes.sandbox },
            ]}
          />
        )}
      </search>
      <FailureNotice error={list.error} retry={list.reload} />
      <SearchProgress search={list.search} />
      <DataTable
        label={words.title}
        columns={choice.visible}
        rows={list.rows}
        keyOf={({ customerUid }) => customerUid}
        open={({ customerUid }) =>
          void navigate({ to: '/billing-keys/$customerUid', params: { customerUid } })
        }
        isLoading={list.isLoading}
        hasMore={list.hasMore}
        loadMore={list.loadMore}
        empty={
          list.isEmpty &&
          (Object.keys(search).length > 0 ? (
            <EmptyState icon={SearchIcon} title={common.noMatch}>
              {common.noMatchHint}
            </EmptyState>
          ) : (
            <EmptyState icon={KeyIcon} title={words.emptyTitle}>
              {words.emptyHint}
            </EmptyState>
          ))
        }
      />
    </Page>
  )
}
