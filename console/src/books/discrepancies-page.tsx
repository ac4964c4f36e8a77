// Where the books and PAYJOA disagree, and the daily files that show it.

import { Button, SegmentedControl, Stack, Textarea } from '@mantine/core'
import { CheckCircleIcon } from '@primer/octicons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { type FormEvent, useCallback, useState } from 'react'

import { answerOf, api, type Schemas } from '../api/client.ts'
import { useIsAtLeast } from '../api/session.ts'
import { useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { dialogWords } from '../parts/dialog-words.ts'
import { Dialog } from '../parts/dialog.tsx'
import { EmptyState } from '../parts/empty-state.tsx'
import { useEndlessList } from '../parts/endless-list.ts'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { Instant } from '../parts/instant.tsx'
import { TextLink } from '../parts/links.tsx'
import { Page } from '../parts/page.tsx'
import { Panel } from '../parts/panel.tsx'
import { ShortTable } from '../parts/short-table.tsx'
import { StateMark } from '../parts/state-mark.tsx'
import { tableWords } from '../parts/table-words.ts'
import { toast } from '../parts/toast.ts'
import { bookWords } from './book-words.ts'
import { DailyFiles } from './daily-files.tsx'

type Discrepancy = Schemas['Discrepancy']

const route = getRouteApi('/discrepancies')

export function DiscrepanciesPage() {
  const words = useWords(bookWords)
  const common = useWords(tableWords)
  const state = route.useSearch().state ?? 'open'
  const navigate = useNavigate({ from: '/discrepancies' })
  const [resolving, resolve] = useState<Discrepancy | null>(null)
  const list = useEndlessList(
    ['discrepancies', state],
    useCallback((cursor) => fetchDiscrepancies(state, cursor), [state]),
  )
  return (
    <Page title={words.title} hint={words.hint}>
      <Stack gap="md">
        <Panel
          title={words.title}
          actions={
            <SegmentedControl
              aria-label={words.state}
              size="xs"
              value={state}
              onChange={(value) =>
                void navigate({ search: value === 'all' ? { state: 'all' } : {}, replace: true })
              }
              data={[
                { value: 'open', label: words.open },
                { value: 'all', label: words.all },
              ]}
            />
          }
        >
          <FailureNotice error={list.error} retry={list.reload} />
          {list.isEmpty && (
            <EmptyState icon={CheckCircleIcon} title={words.emptyTitle}>
              {words.emptyHint}
            </EmptyState>
          )}
          {list.rows.length > 0 && <DiscrepancyTable rows={list.rows} resolve={resolve} />}
          {list.hasMore && (
            <Button variant="default" loading={list.isLoading} mt="sm" onClick={list.loadMore}>
              {common.more}
            </Button>
          )}
        </Panel>
        <DailyFiles />
      </Stack>
      <Dialog title={words.resolve} isOpen={resolving !== null} close={() => resolve(null)}>
        {() => resolving && <ResolveForm discrepancy={resolving} close={() => resolve(null)} />}
      </Dialog>
    </Page>
  )
}

function fetchDiscrepancies(state: 'open' | 'all', cursor: string | undefined) {
  const query = { state, limit: 50, ...(cursor !== undefined && { cursor }) }
  return answerOf(api.GET('/discrepancies', { params: { query } }))
}

interface DiscrepancyTableProps {
  readonly rows: readonly Discrepancy[]
  readonly resolve: (discrepancy: Discrepancy) => void
}

function DiscrepancyTable({ rows, resolve }: DiscrepancyTableProps) {
  const words = useWords(bookWords)
  const acts = useWords(dialogWords).acts
  const { won } = useFormats()
  const mayAct = useIsAtLeast('operator')
  return (
    <ShortTable
      label={words.title}
      hasActs
      head={[words.raisedAt, words.kind, words.order, words.amount, words.detail, acts]}
      rows={rows.map((one) => ({
        key: one.discrepancyId,
        cells: [
          <Instant key="at" at={one.raisedAt} />,
          words.kinds[one.kind],
          one.impUid === null ? (
            one.orderNumber
          ) : (
            <TextLink
              key="payment"
              to="/payments/$impUid"
              params={{ impUid: one.impUid }}
              fz="inherit"
            >
              {one.orderNumber}
            </TextLink>
          ),
          won(one.amountWon),
          <span key="detail" data-sentence>
            {one.resolution ?? words.detailOf(one.detail)}
          </span>,
          one.resolvedAt === null ? (
            <Button
              key="act"
              size="compact-sm"
              variant="default"
              disabled={!mayAct}
              aria-label={words.resolveOf(one.orderNumber)}
              onClick={() => resolve(one)}
            >
              {words.resolve}
            </Button>
          ) : (
            <StateMark key="act" tone="good" label={words.resolved} />
          ),
        ],
      }))}
    />
  )
}

interface ResolveFormProps {
  readonly discrepancy: Discrepancy
  readonly close: () => void
}

function ResolveForm({ discrepancy: { discrepancyId }, close }: ResolveFormProps) {
  const words = useWords(bookWords)
  const queryClient = useQueryClient()
  const [resolution, setResolution] = useState('')
  const resolve = useMutation({
    mutationFn: () =>
      answerOf(
        api.POST('/discrepancies/{discrepancyId}/resolve', {
          params: { path: { discrepancyId } },
          body: { resolution: resolution.trim() },
        }),
      ),
    onSuccess: async () => {
      toast(words.done)
      close()
      await queryClient.invalidateQueries({ queryKey: ['discrepancies'] })
      await queryClient.invalidateQueries({ queryKey: ['overview'] })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    resolve.mutate()
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Textarea
          label={words.resolution}
          description={words.resolutionHint}
          rows={3}
          maxLength={500}
          value={resolution}
          onChange={(event) => setResolution(event.currentTarget.value)}
        />
        <FailureNotice error={resolve.error} />
        <Button type="submit" loading={resolve.isPending} disabled={resolution.trim() === ''}>
          {words.resolve}
        </Button>
      </Stack>
    </form>
  )
}
