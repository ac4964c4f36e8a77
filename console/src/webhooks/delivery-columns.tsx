// The columns of the log of deliveries.

import { useMemo } from 'react'

import { koreanSecond, useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import type { Column } from '../parts/columns.ts'
import { Instant } from '../parts/instant.tsx'
import { TextLink } from '../parts/links.tsx'
import { DeliveryState } from './delivery-state.tsx'
import type { WebhookDelivery } from './webhook-queries.ts'
import { webhookWords } from './webhook-words.ts'

export function useDeliveryColumns(): readonly Column<WebhookDelivery>[] {
  const words = useWords(webhookWords)
  const { count } = useFormats()
  return useMemo(
    () => [
      {
        id: 'at',
        label: words.at,
        widthPx: 204,
        isOnPhone: true,
        cell: ({ createdAt, webhookId }) => (
          <TextLink to="/webhooks/$webhookId" params={{ webhookId }} fz="inherit">
            <span className="numeric">{koreanSecond(createdAt)}</span>
          </TextLink>
        ),
      },
      { id: 'payment', label: words.payment, widthPx: 150, cell: ({ impUid }) => impUid },
      { id: 'fact', label: words.fact, widthPx: 100, cell: ({ status }) => words.facts[status] },
      {
        id: 'state',
        label: words.state,
        widthPx: 100,
        isOnPhone: true,
        cell: ({ state }) => <DeliveryState state={state} />,
      },
      {
        id: 'attempts',
        label: words.attempts,
        widthPx: 70,
        align: 'end',
        cell: ({ attemptCount }) => count(attemptCount),
      },
      {
        id: 'last',
        label: words.last,
        widthPx: 130,
        cell: ({ lastHttpStatus, lastError }) =>
          lastError ?? (lastHttpStatus === null ? '' : `HTTP ${lastHttpStatus}`),
      },
      {
        id: 'next',
        label: words.next,
        widthPx: 176,
        cell: ({ nextAttemptAt }) => <Instant at={nextAttemptAt} />,
      },
    ],
    [words, count],
  )
}
