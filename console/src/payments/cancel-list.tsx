import { Button, Table } from '@mantine/core'
import { useState } from 'react'

import { useIsAtLeast } from '../api/session.ts'
import { koreanMinute, useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
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
    <Table.ScrollContainer minWidth={520}>
      <Table aria-label={words.cancels} verticalSpacing={8}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{short.startedAt}</Table.Th>
            <Table.Th scope="col" ta="end">
              {short.amount}
            </Table.Th>
            <Table.Th scope="col">{short.state}</Table.Th>
            <Table.Th scope="col">{words.reason}</Table.Th>
            <Table.Th scope="col">{words.transaction}</Table.Th>
            <Table.Th scope="col">
              <span className="only-read-aloud">{words.resolve}</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {payment.cancels.map((cancel) => (
            <Table.Tr key={cancel.cancelId}>
              <Table.Td className="numeric">{koreanMinute(cancel.startedAt)}</Table.Td>
              <Table.Td className="numeric" ta="end">
                {won(cancel.amountWon)}
              </Table.Td>
              <Table.Td>
                <StateMark tone={tones[cancel.state]} label={words.cancelStates[cancel.state]} />
              </Table.Td>
              <Table.Td>{cancel.failReason ?? cancel.reason}</Table.Td>
              <Table.Td>{cancel.pgTid}</Table.Td>
              <Table.Td ta="end">
                {cancel.resolvable && mayAct && (
                  <Button size="compact-sm" variant="default" onClick={() => setResolving(cancel)}>
                    {words.resolve}
                  </Button>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <ResolveCancelDialog payment={payment} cancel={resolving} close={() => setResolving(null)} />
    </Table.ScrollContainer>
  )
}
