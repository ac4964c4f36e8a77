// One schedule: its facts, its attempts, and what can be done about it.

import { Stack, Text } from '@mantine/core'
import { ChevronLeftIcon } from '@primer/octicons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { PageLoader } from '../app/page-loader.tsx'
import { koreanMinute, koreanSecond, useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { type Fact, Facts } from '../parts/facts.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { TextLink } from '../parts/links.tsx'
import { Notice } from '../parts/notice.tsx'
import { Page } from '../parts/page.tsx'
import { Panel } from '../parts/panel.tsx'
import { ShortTable } from '../parts/short-table.tsx'
import { PaymentState } from '../payments/payment-state.tsx'
import { changeWords } from './change-words.ts'
import { ScheduleActs } from './schedule-acts.tsx'
import { type Schedule, scheduleQuery } from './schedule-queries.ts'
import { ScheduleState } from './schedule-state.tsx'
import { scheduleWords } from './schedule-words.ts'

const route = getRouteApi('/schedules/$scheduleId')

export function SchedulePage() {
  const { scheduleId } = route.useParams()
  return <ScheduleView key={scheduleId} scheduleId={scheduleId} />
}

function ScheduleView({ scheduleId }: { readonly scheduleId: string }) {
  const words = useWords(scheduleWords)
  const details = useWords(changeWords)
  const { data: schedule, error, refetch } = useQuery(scheduleQuery(scheduleId))
  const above = (
    <TextLink to="/schedules" fz="sm">
      <ChevronLeftIcon size={14} /> {words.title}
    </TextLink>
  )
  if (schedule === undefined) {
    return (
      <Page title={words.title} above={above}>
        {error === null ? (
          <PageLoader />
        ) : (
          <FailureNotice error={error} retry={() => void refetch()} />
        )}
      </Page>
    )
  }
  return (
    <Page
      title={schedule.name}
      above={above}
      mark={<ScheduleState state={schedule.state} />}
      actions={<ScheduleActs schedule={schedule} />}
    >
      <Stack gap="md">
        <Warnings schedule={schedule} />
        <Panel title={details.details}>
          <ScheduleFacts schedule={schedule} />
        </Panel>
        <Panel title={details.attempts} hint={details.attemptsHint}>
          <Attempts attempts={schedule.attempts} />
        </Panel>
      </Stack>
    </Page>
  )
}

function Warnings({ schedule: { state, hasBillingKey } }: { readonly schedule: Schedule }) {
  const words = useWords(changeWords)
  const warning =
    (state === 'executing' && words.executing) ||
    (state === 'scheduled' && !hasBillingKey && words.noKey)
  if (warning === false) return null
  return (
    <Notice tone="warn">
      <p>{warning}</p>
    </Notice>
  )
}

function Attempts({ attempts }: { readonly attempts: Schedule['attempts'] }) {
  const words = useWords(changeWords)
  const { won } = useFormats()
  if (attempts.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {words.noAttempts}
      </Text>
    )
  }
  return (
    <ShortTable
      label={words.attempts}
      rows={attempts.map((payment) => ({
        key: payment.impUid,
        cells: [
          <TextLink
            key="at"
            to="/payments/$impUid"
            params={{ impUid: payment.impUid }}
            fz="inherit"
          >
            {koreanSecond(payment.startedAt)}
          </TextLink>,
          won(payment.amountWon),
          <PaymentState key="state" payment={payment} />,
          payment.failReason,
        ],
      }))}
    />
  )
}

function ScheduleFacts({ schedule }: { readonly schedule: Schedule }) {
  const facts = [...useScheduleFacts(schedule), ...useBuyerFacts(schedule)]
  return <Facts facts={facts} />
}

function useScheduleFacts(schedule: Schedule): readonly Fact[] {
  const words = useWords(scheduleWords)
  const details = useWords(changeWords)
  const { won, count } = useFormats()
  const at = (instant: string | null) => instant && koreanMinute(instant)
  const { customerUid, merchantUid, dueAt, scheduleAt, unsentAttempts } = schedule
  return [
    { label: words.scheduleAt, value: at(scheduleAt) },
    { label: words.dueAt, value: dueAt === scheduleAt ? null : at(dueAt) },
    { label: words.amount, value: won(schedule.amountWon) },
    { label: 'merchant_uid', value: merchantUid, copies: merchantUid },
    {
      label: words.customer,
      value: (
        <TextLink to="/billing-keys/$customerUid" params={{ customerUid }} fz="inherit">
          {customerUid}
        </TextLink>
      ),
    },
    { label: words.failReason, value: schedule.failReason },
    { label: words.unsent, value: unsentAttempts === 0 ? null : count(unsentAttempts) },
    { label: words.executedAt, value: at(schedule.executedAt) },
    { label: words.revokedAt, value: at(schedule.revokedAt) },
    { label: details.createdAt, value: at(schedule.createdAt) },
  ]
}

function useBuyerFacts(schedule: Schedule): readonly Fact[] {
  return [
    { label: 'buyer_name', value: schedule.buyerName },
    { label: 'buyer_email', value: schedule.buyerEmail },
    { label: 'buyer_tel', value: schedule.buyerTel },
    {
      label: 'buyer_addr',
      value: [schedule.buyerPostcode, schedule.buyerAddr].filter(Boolean).join(' '),
    },
    { label: 'custom_data', value: schedule.customData },
    { label: 'notice_url', value: schedule.noticeUrl },
  ]
}
