// All cancels of a payment; one whose outcome is unknown can be resolved.

import { Button } from '@mantine/core'
import { useState } from 'react'

import { useIsAtLeast } from '../api/session.ts'
import { koreanMinute, useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { ShortTable } from '../parts/short-table.tsx'
import { StateMark, type Tone } from '../parts/state-mark.tsx'
import { paymentPageWords } from './payment-page-words.ts'
import type { Payment } from './payment-queries.ts'
import { paymentWords } from './payment-words.ts'
import { ResolveCancelDialog } from './resolve-dialog.tsx'

type Cancel = Payment['cancels'][number]

const tones: Readonly<Record<Cancel['state'], Tone>> = {
  sending: 'calm',
  unknown: 'warn',
  done: 'good',
  failed: 'bad',
}

export function CancelList({ payment }: { readonly payment: Payment }) {
  const words = useWords(paymentPageWords)
  const short = useWords(paymentWords)
  const { won } = useFormats()
  const mayAct = useIsAtLeast('operator')
  const [resolving, setResolving] = useState<Cancel | null>(null)
  return (
    <>
      <ShortTable
        label={words.cancels}
        head={[short.startedAt, short.amount, short.state, words.reason, words.transaction]}
        rows={payment.cancels.map((cancel) => ({
          key: cancel.cancelId,
          cells: [
            koreanMinute(cancel.startedAt),
            won(cancel.amountWon),
            <StateMark
              key="state"
              tone={tones[cancel.state]}
              label={words.cancelStates[cancel.state]}
            />,
            cancel.failReason ?? cancel.reason,
            cancel.resolvable && mayAct ? (
              <Button
                key="resolve"
                size="compact-sm"
                variant="default"
                onClick={() => setResolving(cancel)}
              >
                {words.resolve}
              </Button>
            ) : (
              cancel.pgTid
            ),
          ],
        }))}
      />
      <ResolveCancelDialog payment={payment} cancel={resolving} close={() => setResolving(null)} />
    </>
  )
}
