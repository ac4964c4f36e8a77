// The columns of the audit trail.

import { Button } from '@mantine/core'
import { useMemo } from 'react'

import type { Schemas } from '../api/client.ts'
import { koreanSecond } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import type { Column } from '../parts/columns.ts'
import { auditWords } from './audit-words.ts'

export type AuditEvent = Schemas['AuditEvent']

export function useAuditColumns(show: (event: AuditEvent) => void): readonly Column<AuditEvent>[] {
  const words = useWords(auditWords)
  return useMemo(
    () => [
      {
        id: 'at',
        label: words.at,
        widthPx: 170,
        isOnPhone: true,
        cell: ({ at }) => <span className="numeric">{koreanSecond(at)}</span>,
      },
      { id: 'actor', label: words.actor, widthPx: 240, cell: ({ actor }) => actor },
      { id: 'action', label: words.act, widthPx: 180, isOnPhone: true, cell: (one) => one.action },
      { id: 'subject', label: words.subject, widthPx: 240, cell: ({ subject }) => subject },
      {
        id: 'detail',
        label: words.detail,
        widthPx: 100,
        isOnPhone: true,
        cell: (event) => (
          <Button
            size="compact-xs"
            variant="default"
            aria-label={words.showOf(String(event.sequence ?? event.eventId))}
            onClick={() => show(event)}
          >
            {words.show}
          </Button>
        ),
      },
    ],
    [words, show],
  )
}
