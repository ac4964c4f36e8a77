// The columns of every table of payments: first those that are shown, then those that can be chosen.

import { useMemo } from 'react'

import { type Formats, useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import type { Column } from '../parts/columns.ts'
import { Instant } from '../parts/instant.tsx'
import { TextLink } from '../parts/links.tsx'
import { Tag } from '../parts/state-mark.tsx'
import type { PaymentSummary } from './payment-queries.ts'
import { PaymentState } from './payment-state.tsx'
import { paymentWords } from './payment-words.ts'

type Words = (typeof paymentWords)['en']
type Columns = readonly Column<PaymentSummary>[]

/** `showsMode`: the merchant has both live and test contracts. */
export function usePaymentColumns(showsMode: boolean): Columns {
  const words = useWords(paymentWords)
  const formats = useFormats()
  return useMemo(
    () => [
      ...firstColumns(words, formats),
      ...orderColumns(words),
      {
        id: 'mode',
        label: words.mode,
        widthPx: 90,
        ...(!showsMode && { presence: 'offered' as const }),
        cell: ({ mode }) => (
          <Tag label={words.modes[mode]} tone={mode === 'sandbox' ? 'warn' : 'quiet'} />
        ),
      },
      ...offeredColumns(words, formats),
    ],
    [words, formats, showsMode],
  )
}

function firstColumns(words: Words, { won }: Formats): Columns {
  return [
    {
      id: 'startedAt',
      label: words.startedAt,
      widthPx: 172,
      presence: 'always',
      isOnPhone: true,
      cell: ({ startedAt, impUid }) => (
        <TextLink to="/payments/$impUid" params={{ impUid }} fz="inherit" c="inherit">
          <Instant at={startedAt} />
        </TextLink>
      ),
    },
    {
      id: 'amount',
      label: words.amount,
      widthPx: 112,
      align: 'end',
      presence: 'always',
      isOnPhone: true,
      cell: ({ amountWon }) => <b className="numeric">{won(amountWon)}</b>,
    },
    {
      id: 'state',
      label: words.state,
      widthPx: 144,
      presence: 'always',
      isOnPhone: true,
      cell: (payment) => <PaymentState payment={payment} />,
    },
  ]
}

function orderColumns(words: Words): Columns {
  return [
    {
      id: 'order',
      label: words.order,
      widthPx: 190,
      cell: ({ name, purpose }) => (purpose === 'card_check' ? words.cardCheck : name),
    },
    {
      id: 'merchantUid',
      label: 'merchant_uid',
      widthPx: 174,
      cell: ({ merchantUid }) => <span title={merchantUid}>{merchantUid}</span>,
    },
    {
      id: 'customer',
      label: words.customer,
      widthPx: 108,
      cell: ({ customerUid, buyerName }) => (
        <span title={customerUid ?? ''}>{customerUid ?? buyerName}</span>
      ),
    },
    {
      id: 'card',
      label: words.card,
      widthPx: 166,
      cell: ({ cardName, cardNumberMasked }) => (
        <span title={cardNumberMasked ?? ''}>
          {cardName ?? (cardNumberMasked && '····')}{' '}
          <span className="numeric">{cardNumberMasked?.slice(-4)}</span>
        </span>
      ),
    },
  ]
}

function offeredColumns(words: Words, { won }: Formats): Columns {
  return [
    {
      id: 'failReason',
      label: words.failReason,
      widthPx: 240,
      presence: 'offered',
      cell: ({ failReason }) => <span title={failReason ?? ''}>{failReason}</span>,
    },
    {
      id: 'cancelledWon',
      label: words.cancelledAmount,
      widthPx: 120,
      presence: 'offered',
      align: 'end',
      cell: ({ cancelledWon }) => (
        <span className="numeric">{cancelledWon === 0 ? '' : won(cancelledWon)}</span>
      ),
    },
    {
      id: 'method',
      label: words.method,
      widthPx: 110,
      presence: 'offered',
      cell: (row) => words.methods[row.method],
    },
    {
      id: 'impUid',
      label: 'imp_uid',
      widthPx: 170,
      presence: 'offered',
      cell: ({ impUid }) => impUid,
    },
    {
      id: 'buyer',
      label: words.buyer,
      widthPx: 120,
      presence: 'offered',
      cell: ({ buyerName }) => buyerName,
    },
    {
      id: 'paidAt',
      label: words.paidAt,
      widthPx: 150,
      presence: 'offered',
      cell: (row) => <Instant at={row.paidAt} />,
    },
    {
      id: 'cancelledAt',
      label: words.cancelledAt,
      widthPx: 150,
      presence: 'offered',
      cell: ({ cancelledAt }) => <Instant at={cancelledAt} />,
    },
    {
      id: 'channel',
      label: words.channel,
      widthPx: 150,
      presence: 'offered',
      cell: ({ channelKey }) => channelKey,
    },
  ]
}
