// The columns of the list of billing keys: first those that are shown, then those that can be chosen.

import { useMemo } from 'react'

import { useWords } from '../language/language.tsx'
import type { Column } from '../parts/columns.ts'
import { Instant } from '../parts/instant.tsx'
import { TextLink } from '../parts/links.tsx'
import { Tag } from '../parts/state-mark.tsx'
import type { BillingKeySummary } from './billing-key-queries.ts'
import { billingKeyWords } from './billing-key-words.ts'

/** `showsMode`: the merchant has both live and test contracts. */
export function useBillingKeyColumns(showsMode: boolean): readonly Column<BillingKeySummary>[] {
  const words = useWords(billingKeyWords)
  return useMemo(
    () => [
      {
        id: 'customerUid',
        label: 'customer_uid',
        widthPx: 220,
        presence: 'always',
        isOnPhone: true,
        cell: ({ customerUid }) => (
          <TextLink
            to="/billing-keys/$customerUid"
            params={{ customerUid }}
            fz="inherit"
            title={customerUid}
          >
            {customerUid}
          </TextLink>
        ),
      },
      {
        id: 'card',
        label: words.card,
        widthPx: 240,
        isOnPhone: true,
        cell: ({ cardName, cardNumberMasked }) => (
          <span className="numeric">
            {cardName} {cardNumberMasked}
          </span>
        ),
      },
      { id: 'name', label: words.name, widthPx: 140, cell: ({ customerName }) => customerName },
      {
        id: 'channel',
        label: words.channel,
        widthPx: 300,
        presence: 'offered',
        cell: ({ channelKey }) => channelKey,
      },
      {
        id: 'mode',
        label: words.mode,
        widthPx: 90,
        ...(!showsMode && { presence: 'offered' as const }),
        cell: ({ mode }) => (
          <Tag label={words.modes[mode]} tone={mode === 'sandbox' ? 'warn' : 'quiet'} />
        ),
      },
      {
        id: 'updatedAt',
        label: words.issuedAt,
        widthPx: 160,
        cell: ({ updatedAt }) => <Instant at={updatedAt} />,
      },
      ...offeredColumns(words),
    ],
    [words, showsMode],
  )
}

function offeredColumns(
  words: (typeof billingKeyWords)['en'],
): readonly Column<BillingKeySummary>[] {
  return [
    {
      id: 'email',
      label: words.email,
      widthPx: 200,
      presence: 'offered',
      cell: ({ customerEmail }) => customerEmail,
    },
    {
      id: 'tel',
      label: words.tel,
      widthPx: 140,
      presence: 'offered',
      cell: ({ customerTel }) => customerTel,
    },
    {
      id: 'contract',
      label: words.contract,
      widthPx: 120,
      presence: 'offered',
      cell: ({ pgId }) => pgId,
    },
  ]
}
