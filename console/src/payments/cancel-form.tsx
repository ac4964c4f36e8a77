// Gives money back. The form carries the balance it showed as a checksum: when another cancel came between, the server
// refuses. A cancel whose answer was lost is never sent again from here.

import { Button, Checkbox, Group, SegmentedControl, Stack, Text, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'

import { answerOf, api } from '../api/client.ts'
import { useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { FailureNotice, useFieldFaults } from '../parts/failure-notice.tsx'
import { Notice } from '../parts/notice.tsx'
import { toast } from '../parts/toast.ts'
import { WonInput } from '../parts/won-input.tsx'
import { paymentPageWords } from './payment-page-words.ts'
import { type Payment, usePaymentChange } from './payment-queries.ts'

interface CancelFormProps {
  readonly payment: Payment
  readonly close: () => void
}

interface CancelRequest {
  readonly amountWon?: number
  readonly taxFreeWon?: number
  readonly checksumWon: number
  readonly reason: string
  readonly tellMerchant: boolean
}

interface Amounts {
  readonly isWhole: boolean
  readonly partWon: number | null
  readonly taxFreeWon: number | null
}

export function CancelForm({ payment, close }: CancelFormProps) {
  const words = useWords(paymentPageWords)
  const { won } = useFormats()
  // The balance of the moment the dialog opened: it may change behind it, and that is what the checksum is for.
  const [shown] = useState(payment)
  const [amounts, setAmounts] = useState<Amounts>({
    isWhole: true,
    partWon: null,
    taxFreeWon: null,
  })
  const [reason, setReason] = useState('')
  const [tellMerchant, setTellMerchant] = useState(true)
  const cancel = useCancel(shown, close)
  const faultOf = useFieldFaults(cancel.error)
  const amountWon = amounts.isWhole ? shown.cancellableWon : (amounts.partWon ?? 0)
  const isPossible = amountWon > 0 && amountWon <= shown.cancellableWon
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const { isWhole, taxFreeWon } = amounts
    cancel.mutate({
      ...(!isWhole && { amountWon }),
      ...(!isWhole && taxFreeWon !== null && { taxFreeWon }),
      checksumWon: shown.cancellableWon,
      reason: reason.trim(),
      tellMerchant,
    })
  }
  if (cancel.data?.outcome === 'unknown') return <OutcomeUnknown close={close} />
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <AmountInputs {...{ shown, amounts, setAmounts, faultOf }} />
        <Textarea
          label={words.reason}
          description={words.reasonHint}
          autosize
          minRows={2}
          maxLength={500}
          required
          error={faultOf('reason')}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Checkbox
          label={words.tellMerchant}
          checked={tellMerchant}
          onChange={(event) => setTellMerchant(event.currentTarget.checked)}
        />
        <FailureNotice error={cancel.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {words.keep}
          </Button>
          <Button
            type="submit"
            color="red"
            loading={cancel.isPending}
            disabled={!isPossible || reason.trim() === ''}
          >
            {words.giveBack(won(amountWon))}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

interface AmountInputsProps {
  readonly shown: Payment
  readonly amounts: Amounts
  readonly setAmounts: (amounts: Amounts) => void
  readonly faultOf: (field: string) => string | null
}

function AmountInputs({ shown, amounts, setAmounts, faultOf }: AmountInputsProps) {
  const words = useWords(paymentPageWords)
  const { won } = useFormats()
  const { isWhole, partWon, taxFreeWon } = amounts
  const isOver = (partWon ?? 0) > shown.cancellableWon
  return (
    <>
      <Text size="sm" c="dimmed">
        {words.cancelHint(won(shown.cancellableWon))}
      </Text>
      <SegmentedControl
        aria-label={words.cancelAmount}
        value={isWhole ? 'whole' : 'part'}
        onChange={(value) => setAmounts({ ...amounts, isWhole: value === 'whole' })}
        data={[
          { value: 'whole', label: words.whole },
          { value: 'part', label: words.part },
        ]}
      />
      {!isWhole && (
        <WonInput
          label={words.cancelAmount}
          value={partWon}
          onChange={(value) => setAmounts({ ...amounts, partWon: value })}
          error={isOver ? words.overBalance(won(shown.cancellableWon)) : faultOf('amountWon')}
        />
      )}
      {!isWhole && shown.taxFreeCancellableWon > 0 && (
        <WonInput
          label={words.taxFreePart}
          value={taxFreeWon}
          onChange={(value) => setAmounts({ ...amounts, taxFreeWon: value })}
          error={faultOf('taxFreeWon')}
        />
      )}
    </>
  )
}

function useCancel({ impUid }: Payment, close: () => void) {
  const words = useWords(paymentPageWords)
  const { won } = useFormats()
  const changePayment = usePaymentChange()
  return useMutation({
    mutationFn: (body: CancelRequest) =>
      answerOf(api.POST('/payments/{impUid}/cancel', { params: { path: { impUid } }, body })),
    onSuccess: ({ outcome, cancelId, payment }) => {
      changePayment(payment)
      if (outcome === 'unknown') return
      const done = payment.cancels.find((one) => one.cancelId === cancelId)
      toast(words.cancelled(won(done?.amountWon ?? 0)))
      close()
    },
  })
}

function OutcomeUnknown({ close }: { readonly close: () => void }) {
  const words = useWords(paymentPageWords)
  return (
    <Stack gap="md">
      <Notice tone="warn" isAnswer>
        <p>{words.cancelUnknown}</p>
      </Notice>
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          {words.back}
        </Button>
      </Group>
    </Stack>
  )
}
