// One payment: its facts, its cancels, all that happened to it, and what can be done about it.

import { Anchor, Stack, Text } from '@mantine/core'
import { ChevronLeftIcon } from '@primer/octicons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { PageLoader } from '../app/page-loader.tsx'
import { ChannelName } from '../channels/channel-name.tsx'
import { koreanSecond, useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { type Fact, Facts } from '../parts/facts.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { TextLink } from '../parts/links.tsx'
import { Notice } from '../parts/notice.tsx'
import { Page } from '../parts/page.tsx'
import { Panel } from '../parts/panel.tsx'
import { Tag } from '../parts/state-mark.tsx'
import { CancelList } from './cancel-list.tsx'
import { PaymentActs } from './payment-acts.tsx'
import { paymentPageWords } from './payment-page-words.ts'
import { type Payment, paymentQuery, timelineQuery } from './payment-queries.ts'
import { PaymentState } from './payment-state.tsx'
import { paymentWords } from './payment-words.ts'
import { Timeline } from './timeline.tsx'

const route = getRouteApi('/payments/$impUid')

export function PaymentPage() {
  const { impUid } = route.useParams()
  // The parameter of the page changes without the page: another payment is another page to whoever listens.
  return <PaymentView key={impUid} impUid={impUid} />
}

function PaymentView({ impUid }: { readonly impUid: string }) {
  const words = useWords(paymentPageWords)
  const short = useWords(paymentWords)
  const { won } = useFormats()
  const { data: payment, error, refetch } = useQuery(paymentQuery(impUid))
  const above = (
    <TextLink to="/payments" fz="sm">
      <ChevronLeftIcon size={14} /> {words.payments}
    </TextLink>
  )
  if (payment === undefined) {
    return (
      <Page title={impUid} above={above}>
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
      title={words.title(won(payment.amountWon))}
      above={above}
      mark={
        <>
          <PaymentState payment={payment} />
          {payment.mode === 'sandbox' && <Tag label={short.modes.sandbox} tone="warn" />}
        </>
      }
      actions={<PaymentActs payment={payment} />}
    >
      <Stack gap="md">
        {payment.state === 'unknown' && (
          <Notice tone="warn" title={words.unknownTitle}>
            <p>{words.unknownHint}</p>
          </Notice>
        )}
        <Panel title={words.details}>
          <PaymentFacts payment={payment} />
        </Panel>
        {payment.cancels.length > 0 && (
          <Panel title={words.cancels}>
            <CancelList payment={payment} />
          </Panel>
        )}
        <TimelinePanel impUid={impUid} />
      </Stack>
    </Page>
  )
}

function TimelinePanel({ impUid }: { readonly impUid: string }) {
  const words = useWords(paymentPageWords)
  const { data, error, refetch } = useQuery(timelineQuery(impUid))
  return (
    <Panel title={words.timeline} hint={words.timelineHint}>
      <FailureNotice error={error} retry={() => void refetch()} />
      {data === undefined ? (
        error === null && <PageLoader />
      ) : (
        <>
          <Timeline entries={data.entries} />
          {!data.isComplete && (
            <Text size="sm" c="dimmed">
              {words.timelineCut}
            </Text>
          )}
        </>
      )}
    </Panel>
  )
}

function PaymentFacts({ payment }: { readonly payment: Payment }) {
  const facts = [
    ...useOrderFacts(payment),
    ...useMoneyFacts(payment),
    ...useCustomerFacts(payment),
    ...useGatewayFacts(payment),
  ]
  return <Facts facts={facts} />
}

function useOrderFacts(payment: Payment): readonly Fact[] {
  const words = useWords(paymentWords)
  const at = (instant: string | null) => instant && koreanSecond(instant)
  return [
    { label: 'imp_uid', value: payment.impUid, copies: payment.impUid },
    { label: 'merchant_uid', value: payment.merchantUid, copies: payment.merchantUid },
    {
      label: words.order,
      value: payment.purpose === 'card_check' ? words.cardCheck : payment.name,
    },
    { label: words.startedAt, value: at(payment.startedAt) },
    { label: words.paidAt, value: at(payment.paidAt) },
    { label: words.cancelledAt, value: at(payment.cancelledAt) },
    { label: words.failReason, value: payment.failReason },
  ]
}

function useMoneyFacts(payment: Payment): readonly Fact[] {
  const words = useWords(paymentPageWords)
  const short = useWords(paymentWords)
  const { won, count } = useFormats()
  const unlessZero = (amountWon: number | null) => (amountWon ? won(amountWon) : null)
  const { cardQuota } = payment
  return [
    { label: short.amount, value: won(payment.amountWon) },
    { label: words.taxFree, value: unlessZero(payment.taxFreeWon) },
    { label: words.vat, value: payment.vatWon === null ? null : won(payment.vatWon) },
    { label: short.cancelledAmount, value: unlessZero(payment.cancelledWon) },
    { label: words.reserved, value: unlessZero(payment.reservedWon) },
    { label: words.balance, value: unlessZero(payment.cancellableWon) },
    {
      label: words.instalments,
      value: cardQuota === 0 ? words.lumpSum : words.months(count(cardQuota)),
    },
  ]
}

function useCustomerFacts(payment: Payment): readonly Fact[] {
  const words = useWords(paymentPageWords)
  const short = useWords(paymentWords)
  const { customerUid, scheduleId } = payment
  return [
    {
      label: short.customer,
      value:
        customerUid === null || !payment.hasBillingKey ? (
          customerUid
        ) : (
          <TextLink to="/billing-keys/$customerUid" params={{ customerUid }} fz="inherit">
            {customerUid}
          </TextLink>
        ),
    },
    { label: short.card, value: [payment.cardName, payment.cardNumberMasked].join(' ').trim() },
    { label: short.method, value: short.methods[payment.method] },
    {
      label: words.schedule,
      value:
        scheduleId === null ? null : (
          <TextLink to="/schedules/$scheduleId" params={{ scheduleId }} fz="inherit">
            {words.openSchedule}
          </TextLink>
        ),
    },
    { label: short.buyer, value: payment.buyerName },
    { label: words.email, value: payment.buyerEmail },
    { label: words.tel, value: payment.buyerTel },
    {
      label: words.address,
      value: [payment.buyerPostcode, payment.buyerAddr].filter(Boolean).join(' '),
    },
  ]
}

function useGatewayFacts(payment: Payment): readonly Fact[] {
  const words = useWords(paymentPageWords)
  const short = useWords(paymentWords)
  const { pgTid, receiptUrl } = payment
  return [
    { label: words.transaction, value: pgTid, ...(pgTid !== null && { copies: pgTid }) },
    { label: words.approvalNumber, value: payment.applyNum },
    { label: short.channel, value: <ChannelName channelKey={payment.channelKey} /> },
    { label: words.contract, value: payment.pgId },
    { label: words.v1Status, value: payment.v1Status },
    { label: words.customData, value: payment.customData },
    { label: words.noticeUrl, value: payment.noticeUrl },
    {
      label: words.receipt,
      value:
        receiptUrl === null ? null : (
          <Anchor href={receiptUrl} target="_blank" rel="noreferrer" fz="inherit">
            {words.openReceipt}
          </Anchor>
        ),
    },
  ]
}
