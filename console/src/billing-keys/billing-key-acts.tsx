// Deleting a billing key, and a test charge on it. What becomes of its schedules is asked, beginning with the
// merchant's setting.

import { Button, Group, Radio, Stack, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'

import { answerOf, api, type Schemas } from '../api/client.ts'
import { useIsAtLeast } from '../api/session.ts'
import { useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { dialogWords } from '../parts/dialog-words.ts'
import { Dialog } from '../parts/dialog.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { NeedsRole } from '../parts/needs-role.tsx'
import { toast } from '../parts/toast.ts'
import { WonInput } from '../parts/won-input.tsx'
import type { BillingKey } from './billing-key-queries.ts'
import { billingKeyWords } from './billing-key-words.ts'

type Policy = Schemas['Settings']['pendingSchedulesOnDelete']

const policies: readonly Policy[] = ['leave', 'refuse', 'revoke']

export function BillingKeyActs({ billingKey }: { readonly billingKey: BillingKey }) {
  const words = useWords(billingKeyWords)
  const mayAct = useIsAtLeast('operator')
  const [isDeleting, deleting] = useDisclosure(false)
  const [isCharging, charging] = useDisclosure(false)
  return (
    <>
      <NeedsRole least="operator">
        <Group gap="xs">
          {billingKey.mayTestCharge && (
            <Button variant="default" disabled={!mayAct} onClick={charging.open}>
              {words.testCharge}
            </Button>
          )}
          <Button variant="default" c="var(--bad)" disabled={!mayAct} onClick={deleting.open}>
            {words.delete}
          </Button>
        </Group>
      </NeedsRole>
      <Dialog title={words.deleteTitle} isOpen={isDeleting} close={deleting.close}>
        {() => <DeleteForm billingKey={billingKey} close={deleting.close} />}
      </Dialog>
      <Dialog title={words.testChargeTitle} isOpen={isCharging} close={charging.close}>
        {() => <TestChargeForm customerUid={billingKey.customerUid} close={charging.close} />}
      </Dialog>
    </>
  )
}

interface DeleteFormProps {
  readonly billingKey: BillingKey
  readonly close: () => void
}

function DeleteForm({ billingKey, close }: DeleteFormProps) {
  const words = useWords(billingKeyWords)
  const { count } = useFormats()
  const { customerUid, pendingScheduleCount } = billingKey
  const hasSchedules = pendingScheduleCount.count > 0
  const { data: settings } = useQuery({
    queryKey: ['settings'],
    queryFn: () => answerOf(api.GET('/settings')),
    enabled: hasSchedules,
  })
  const [chosen, setChosen] = useState<Policy | null>(null)
  const [reason, setReason] = useState('')
  const policy = chosen ?? settings?.pendingSchedulesOnDelete ?? null
  const deletion = useDeletion(customerUid)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    deletion.mutate({
      ...(hasSchedules && policy !== null && { pendingSchedules: policy }),
      ...(reason.trim() !== '' && { reason: reason.trim() }),
    })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Text size="sm">{words.deleteHint}</Text>
        {hasSchedules && (
          <Radio.Group
            label={words.pendingSchedules(count(pendingScheduleCount.count))}
            value={policy ?? ''}
            onChange={(value) => setChosen(value as Policy)}
          >
            <Stack gap="xs" mt="xs">
              {policies.map((one) => (
                <Radio key={one} value={one} label={words.policies[one]} />
              ))}
            </Stack>
          </Radio.Group>
        )}
        <TextInput
          label={words.reason}
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <FailureNotice error={deletion.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {words.keep}
          </Button>
          <Button
            type="submit"
            color="red"
            loading={deletion.isPending}
            disabled={hasSchedules && policy === null}
          >
            {words.delete}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

interface Deletion {
  readonly pendingSchedules?: Policy
  readonly reason?: string
}

function useDeletion(customerUid: string) {
  const words = useWords(billingKeyWords)
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: (query: Deletion) =>
      answerOf(
        api.DELETE('/billing-keys/{customerUid}', { params: { path: { customerUid }, query } }),
      ),
    onSuccess: async () => {
      toast(words.deleted(customerUid))
      await navigate({ to: '/billing-keys' })
      queryClient.removeQueries({ queryKey: ['billing-keys', 'one', customerUid] })
      await queryClient.resetQueries({ queryKey: ['billing-keys', 'list'] })
      await queryClient.invalidateQueries({ queryKey: ['schedules'] })
    },
  })
}

interface TestChargeFormProps {
  readonly customerUid: string
  readonly close: () => void
}

function TestChargeForm({ customerUid, close }: TestChargeFormProps) {
  const words = useWords(billingKeyWords)
  const common = useWords(dialogWords)
  const { won } = useFormats()
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const [amountWon, setAmountWon] = useState<number | null>(1_000)
  const [name, setName] = useState(words.orderNameDefault)
  const charge = useMutation({
    mutationFn: (body: { readonly amountWon: number; readonly name?: string }) =>
      answerOf(
        api.POST('/billing-keys/{customerUid}/test-charge', {
          params: { path: { customerUid } },
          body,
        }),
      ),
    onSuccess: async ({ impUid }) => {
      toast(words.charged)
      void queryClient.invalidateQueries({ queryKey: ['billing-keys', 'one', customerUid] })
      await navigate({ to: '/payments/$impUid', params: { impUid } })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (amountWon === null) return
    charge.mutate({ amountWon, ...(name.trim() !== '' && { name: name.trim() }) })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {words.testChargeHint}
        </Text>
        <WonInput label={words.amount} value={amountWon} onChange={setAmountWon} />
        <TextInput
          label={words.orderName}
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <FailureNotice error={charge.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {common.cancel}
          </Button>
          <Button
            type="submit"
            loading={charge.isPending}
            disabled={amountWon === null || amountWon < 1}
          >
            {words.charge(won(amountWon ?? 0))}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
