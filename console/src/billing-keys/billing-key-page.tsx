// One billing key: its card, its customer, its payments and schedules, and whether something is wrong with it.

import { SimpleGrid, Stack } from '@mantine/core'
import { ChevronLeftIcon } from '@primer/octicons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { PageLoader } from '../app/page-loader.tsx'
import { ChannelName } from '../channels/channel-name.tsx'
import { koreanMinute, useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { type Fact, Facts } from '../parts/facts.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { TextLink } from '../parts/links.tsx'
import { Notice } from '../parts/notice.tsx'
import { Page } from '../parts/page.tsx'
import { Panel } from '../parts/panel.tsx'
import { Tag } from '../parts/state-mark.tsx'
import { tableWords } from '../parts/table-words.ts'
import { BillingKeyActs } from './billing-key-acts.tsx'
import { type BillingKey, billingKeyQuery } from './billing-key-queries.ts'
import { billingKeyWords } from './billing-key-words.ts'
import { KeyPayments, KeySchedules } from './key-lists.tsx'

const route = getRouteApi('/billing-keys/$customerUid')

export function BillingKeyPage() {
  const { customerUid } = route.useParams()
  return <BillingKeyView key={customerUid} customerUid={customerUid} />
}

function BillingKeyView({ customerUid }: { readonly customerUid: string }) {
  const words = useWords(billingKeyWords)
  const { data: billingKey, error, refetch } = useQuery(billingKeyQuery(customerUid))
  const above = (
    <TextLink to="/billing-keys" fz="sm">
      <ChevronLeftIcon size={14} /> {words.title}
    </TextLink>
  )
  if (billingKey === undefined) {
    return (
      <Page title={customerUid} above={above}>
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
      title={customerUid}
      above={above}
      mark={billingKey.mode === 'sandbox' && <Tag label={words.modes.sandbox} tone="warn" />}
      actions={<BillingKeyActs billingKey={billingKey} />}
    >
      <Stack gap="md">
        <Warnings billingKey={billingKey} />
        <Panel title={words.details}>
          <KeyFacts billingKey={billingKey} />
        </Panel>
        <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
          <KeyPayments customerUid={customerUid} />
          <KeySchedules customerUid={customerUid} />
        </SimpleGrid>
      </Stack>
    </Page>
  )
}

/** From so many failures in a row on, the card is worth a look. */
const worryingFailures = 2

function Warnings({ billingKey }: { readonly billingKey: BillingKey }) {
  const words = useWords(billingKeyWords)
  const { count } = useFormats()
  const { isChannelEnabled, failuresInARow } = billingKey
  const warnings = [
    !isChannelEnabled && words.channelDisabled,
    failuresInARow >= worryingFailures && words.failing(count(failuresInARow)),
  ].filter((warning) => warning !== false)
  return warnings.map((warning) => (
    <Notice key={warning} tone="warn">
      <p>{warning}</p>
    </Notice>
  ))
}

function KeyFacts({ billingKey }: { readonly billingKey: BillingKey }) {
  const facts = [...useCardFacts(billingKey), ...useCustomerFacts(billingKey)]
  return <Facts facts={facts} />
}

function useCardFacts(key: BillingKey): readonly Fact[] {
  const words = useWords(billingKeyWords)
  const common = useWords(tableWords)
  const { won, count } = useFormats()
  const plus = ({ count: number, isExact }: BillingKey['paymentCount']) =>
    isExact ? count(number) : common.atLeast(count(number))
  const type =
    key.cardType === null ? null : words.cardTypes[key.cardType === 0 ? 'credit' : 'debit']
  const { lastPayment } = key
  const wasReplaced = key.updatedAt !== key.insertedAt
  return [
    {
      label: words.card,
      value: [key.cardName, key.cardNumberMasked, type].filter(Boolean).join(' '),
    },
    { label: words.replacedCard, value: key.replacedCardNumberMasked },
    { label: words.firstIssuedAt, value: koreanMinute(key.insertedAt) },
    { label: words.replacedAt, value: wasReplaced ? koreanMinute(key.updatedAt) : null },
    { label: words.paid, value: words.paidOf(won(key.paidWon), plus(key.paymentCount)) },
    { label: words.pending, value: plus(key.pendingScheduleCount) },
    {
      label: words.lastPayment,
      value: lastPayment && (
        <TextLink to="/payments/$impUid" params={{ impUid: lastPayment.impUid }} fz="inherit">
          {won(lastPayment.amountWon)}, {koreanMinute(lastPayment.startedAt)}
        </TextLink>
      ),
    },
  ]
}

function useCustomerFacts(key: BillingKey): readonly Fact[] {
  const words = useWords(billingKeyWords)
  return [
    { label: 'customer_uid', value: key.customerUid, copies: key.customerUid },
    { label: 'customer_id', value: key.customerId },
    { label: words.name, value: key.customerName },
    { label: words.tel, value: key.customerTel },
    { label: words.email, value: key.customerEmail },
    {
      label: words.address,
      value: [key.customerPostcode, key.customerAddr].filter(Boolean).join(' '),
    },
    { label: words.channel, value: <ChannelName channelKey={key.channelKey} /> },
    { label: words.contract, value: key.pgId },
  ]
}
