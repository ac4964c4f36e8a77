// The form of who resolves: what is there at PAYJOA, its numbers, and where one looked.

import { Button, Group, Radio, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'

import { koreanMinute } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { FailureNotice, useFieldFaults } from '../parts/failure-notice.tsx'
import { toast } from '../parts/toast.ts'
import { paymentPageWords } from './payment-page-words.ts'
import { type Payment, usePaymentChange } from './payment-queries.ts'

export type Verdict = 'charged' | 'not_charged' | 'cancelled' | 'not_cancelled'

export interface Evidence<Given extends Verdict> {
  readonly verdict: Given
  readonly transactionId?: string
  readonly approvalNumber?: string
  readonly reason: string
}

interface ResolveFormProps<Happened extends Verdict, DidNot extends Verdict> {
  readonly happened: Happened
  readonly didNot: DidNot
  /** Null: it may be said now. */
  readonly didNotFrom: string | null
  readonly hasApprovalNumber: boolean
  readonly orderNumber: string | null
  readonly send: (evidence: Evidence<Happened | DidNot>) => Promise<Payment>
  readonly close: () => void
}

export function ResolveForm<Happened extends Verdict, DidNot extends Verdict>(
  props: ResolveFormProps<Happened, DidNot>,
) {
  const { happened, hasApprovalNumber, orderNumber, send, close } = props
  const words = useWords(paymentPageWords)
  const [verdict, setVerdict] = useState<Happened | DidNot | null>(null)
  const [transactionId, setTransactionId] = useState('')
  const [approvalNumber, setApprovalNumber] = useState('')
  const [reason, setReason] = useState('')
  const resolve = useResolve(send, close)
  const faultOf = useFieldFaults(resolve.error)
  const isPositive = verdict === happened
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (verdict === null) return
    resolve.mutate({
      verdict,
      ...(isPositive && transactionId !== '' && { transactionId: transactionId.trim() }),
      ...(isPositive && approvalNumber !== '' && { approvalNumber: approvalNumber.trim() }),
      reason: reason.trim(),
    })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {words.resolveHint}
        </Text>
        {orderNumber !== null && (
          <Text size="sm">
            {words.orderAtPayjoa} <code>{orderNumber}</code>
          </Text>
        )}
        <VerdictChoice {...props} verdict={verdict} onChange={setVerdict} />
        {isPositive && (
          <TextInput
            label={words.transaction}
            description={words.transactionHint}
            error={faultOf('transactionId')}
            value={transactionId}
            onChange={(event) => setTransactionId(event.currentTarget.value)}
          />
        )}
        {isPositive && hasApprovalNumber && (
          <TextInput
            label={words.approvalNumber}
            error={faultOf('approvalNumber')}
            value={approvalNumber}
            onChange={(event) => setApprovalNumber(event.currentTarget.value)}
          />
        )}
        <ReasonInput value={reason} onChange={setReason} error={faultOf('reason')} />
        <FailureNotice error={resolve.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {words.back}
          </Button>
          <Button
            type="submit"
            loading={resolve.isPending}
            disabled={verdict === null || reason.trim() === ''}
          >
            {words.resolve}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function useResolve<Given extends Verdict>(
  send: (evidence: Evidence<Given>) => Promise<Payment>,
  close: () => void,
) {
  const words = useWords(paymentPageWords)
  const changePayment = usePaymentChange()
  return useMutation({
    mutationFn: send,
    onSuccess: (payment) => {
      changePayment(payment)
      toast(words.resolved)
      close()
    },
  })
}

interface VerdictChoiceProps<Happened extends Verdict, DidNot extends Verdict> {
  readonly happened: Happened
  readonly didNot: DidNot
  readonly didNotFrom: string | null
  readonly verdict: Happened | DidNot | null
  readonly onChange: (verdict: Happened | DidNot) => void
}

function VerdictChoice<Happened extends Verdict, DidNot extends Verdict>(
  props: VerdictChoiceProps<Happened, DidNot>,
) {
  const { happened, didNot, didNotFrom, verdict, onChange } = props
  const words = useWords(paymentPageWords)
  const verdicts: Readonly<Record<Verdict, string>> = words.verdicts
  const effects: Readonly<Record<Verdict, string>> = words.verdictEffects
  const tooEarly = didNotFrom === null ? null : words.notBefore(koreanMinute(didNotFrom))
  return (
    <Radio.Group
      value={verdict ?? ''}
      onChange={(value) => onChange(value as Happened | DidNot)}
      aria-label={words.resolve}
    >
      <Stack gap="xs">
        <Radio value={happened} label={verdicts[happened]} description={effects[happened]} />
        <Radio
          value={didNot}
          disabled={tooEarly !== null}
          label={verdicts[didNot]}
          description={tooEarly ?? effects[didNot]}
        />
      </Stack>
    </Radio.Group>
  )
}

interface ReasonInputProps {
  readonly value: string
  readonly error: string | null
  readonly onChange: (value: string) => void
}

function ReasonInput({ value, error, onChange }: ReasonInputProps) {
  const words = useWords(paymentPageWords)
  return (
    <Textarea
      label={words.evidenceReason}
      autosize
      minRows={2}
      maxLength={500}
      required
      error={error}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
