// The list of payments. Its filters live in the address, its columns in this browser.

import { ActionIcon } from '@mantine/core'
import { CreditCardIcon, SearchIcon, SyncIcon } from '@primer/octicons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'

import { useSession } from '../api/session.ts'
import { useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { ColumnMenu } from '../parts/column-menu.tsx'
import { useColumnChoice } from '../parts/columns.ts'
import { DataTable } from '../parts/data-table.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { useEndlessList } from '../parts/endless-list.ts'
import { FailureNotice } from '../parts/failure-notice.tsx'
import barClasses from '../parts/filter-bar.module.css'
import { Page } from '../parts/page.tsx'
import { SearchProgress } from '../parts/search-progress.tsx'
import { tableWords } from '../parts/table-words.ts'
import { ExportPayments } from './export-payments.tsx'
import { usePaymentColumns } from './payment-columns.tsx'
import { PaymentFilters } from './payment-filters.tsx'
import {
  fetchPayments,
  paymentCountQuery,
  paymentListKey,
  type PaymentSummary,
} from './payment-queries.ts'
import { filterOf, type PaymentFilter } from './payment-search.ts'
import { paymentWords } from './payment-words.ts'

const route = getRouteApi('/payments')

export function PaymentsPage() {
  const words = useWords(paymentWords)
  const common = useWords(tableWords)
  const search = route.useSearch()
  const navigate = useNavigate({ from: '/payments' })
  const showsMode = useSession().mode === 'both'
  const choice = useColumnChoice('payments', usePaymentColumns(showsMode))
  const filter = useMemo(() => filterOf(search), [search])
  const list = useEndlessList(
    paymentListKey(filter),
    useCallback((cursor) => fetchPayments(filter, cursor), [filter]),
  )
  const open = ({ impUid }: PaymentSummary) =>
    void navigate({ to: '/payments/$impUid', params: { impUid } })
  const isFiltered = Object.keys(search).length > 0
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
          <ExportPayments filter={filter} />
        </>
      }
    >
      <PaymentFilters
        search={search}
        showsMode={showsMode}
        onChange={(next) => void navigate({ search: next, replace: true })}
      />
      <div className={barClasses['foot']}>
        <CountOf filter={filter} />
      </div>
      <FailureNotice error={list.error} retry={list.reload} />
      <SearchProgress search={list.search} />
      <DataTable
        label={words.title}
        columns={choice.visible}
        rows={list.rows}
        keyOf={({ impUid }) => impUid}
        open={open}
        isLoading={list.isLoading}
        hasMore={list.hasMore}
        loadMore={list.loadMore}
        empty={
          list.isEmpty &&
          (isFiltered ? (
            <EmptyState icon={SearchIcon} title={common.noMatch}>
              {common.noMatchHint}
            </EmptyState>
          ) : (
            <EmptyState icon={CreditCardIcon} title={words.emptyTitle}>
              {words.emptyHint}
            </EmptyState>
          ))
        }
      />
    </Page>
  )
}

function CountOf({ filter }: { readonly filter: PaymentFilter }) {
  const words = useWords(paymentWords)
  const formats = useFormats()
  const { data } = useQuery(paymentCountQuery(filter))
  if (data === undefined) return null
  const counted = data.isExact ? words.count : words.countAtLeast
  return (
    <output className="numeric">
      {counted(formats.count(data.count), formats.won(data.amountWon))}
    </output>
  )
}
