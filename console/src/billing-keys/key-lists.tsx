// The newest payments and the nearest schedules of one billing key, with the way to all of them.

import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { answerOf, api } from '../api/client.ts'
import { koreanMinute, useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { TextLink } from '../parts/links.tsx'
import { Panel } from '../parts/panel.tsx'
import { ShortTable } from '../parts/short-table.tsx'
import { PaymentState } from '../payments/payment-state.tsx'
import { ScheduleState } from '../schedules/schedule-state.tsx'
import { billingKeyWords } from './billing-key-words.ts'

const shown = 10

export function KeyPayments({ customerUid }: { readonly customerUid: string }) {
  const words = useWords(billingKeyWords)
  const { won } = useFormats()
  const { data, error } = useQuery({
    queryKey: ['payments', 'of-key', customerUid],
    queryFn: () =>
      answerOf(api.GET('/payments', { params: { query: { customerUid, limit: shown } } })),
  })
  return (
    <Panel
      title={words.payments}
      hint={words.paymentsHint}
      actions={
        <TextLink to="/payments" search={{ customerUid }} fz="sm">
          {words.allPayments}
        </TextLink>
      }
    >
      <ListOf
        name={words.payments}
        error={error}
        rows={data?.items.map((payment) => ({
          key: payment.impUid,
          cells: [
            <TextLink
              key="at"
              to="/payments/$impUid"
              params={{ impUid: payment.impUid }}
              fz="inherit"
            >
              {koreanMinute(payment.startedAt)}
            </TextLink>,
            won(payment.amountWon),
            <PaymentState key="state" payment={payment} />,
          ],
        }))}
        none={words.noPayments}
      />
    </Panel>
  )
}

export function KeySchedules({ customerUid }: { readonly customerUid: string }) {
  const words = useWords(billingKeyWords)
  const { won } = useFormats()
  const { data, error } = useQuery({
    queryKey: ['schedules', 'of-key', customerUid],
    queryFn: () =>
      answerOf(
        api.GET('/schedules', {
          params: { query: { customerUid, state: 'scheduled', order: 'oldest', limit: shown } },
        }),
      ),
  })
  return (
    <Panel
      title={words.schedules}
      hint={words.schedulesHint}
      actions={
        <TextLink to="/schedules" search={{ customerUid }} fz="sm">
          {words.allSchedules}
        </TextLink>
      }
    >
      <ListOf
        name={words.schedules}
        error={error}
        rows={data?.items.map((schedule) => ({
          key: schedule.scheduleId,
          cells: [
            <TextLink
              key="at"
              to="/schedules/$scheduleId"
              params={{ scheduleId: schedule.scheduleId }}
              fz="inherit"
            >
              {koreanMinute(schedule.scheduleAt)}
            </TextLink>,
            won(schedule.amountWon),
            <ScheduleState key="state" state={schedule.state} />,
          ],
        }))}
        none={words.noSchedules}
      />
    </Panel>
  )
}

interface ListOfProps {
  readonly name: string
  readonly error: unknown
  /** Undefined: not there yet. */
  readonly rows:
    | readonly { readonly key: string; readonly cells: readonly ReactNode[] }[]
    | undefined
  readonly none: string
}

function ListOf({ name, error, rows, none }: ListOfProps) {
  if (error !== null) return <FailureNotice error={error} />
  if (rows?.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {none}
      </Text>
    )
  }
  return <ShortTable label={name} rows={rows ?? []} />
}
