// What may be done about a payment: what its state allows and the operator's role includes. Money moves only after a
// dialog that names the amount.

import { Button, Group, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'

import { answerOf, api } from '../api/client.ts'
import { useIsAtLeast } from '../api/session.ts'
import { useWords } from '../language/language.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { NeedsRole } from '../parts/needs-role.tsx'
import { toast } from '../parts/toast.ts'
import { CancelForm } from './cancel-form.tsx'
import { paymentPageWords } from './payment-page-words.ts'
import { type Payment, timelineQuery } from './payment-queries.ts'
import { ResolvePaymentDialog } from './resolve-dialog.tsx'

export function PaymentActs({ payment }: { readonly payment: Payment }) {
  const words = useWords(paymentPageWords)
  const mayAct = useIsAtLeast('operator')
  const [isCancelling, cancelling] = useDisclosure(false)
  const [isResolving, resolving] = useDisclosure(false)
  const [isResending, resending] = useDisclosure(false)
  const { acts } = payment
  const buttons = (
    <Group gap="xs">
      {acts.resendWebhook && (
        <Button variant="default" disabled={!mayAct} onClick={resending.open}>
          {words.resend}
        </Button>
      )}
      {acts.resolve && (
        <Button disabled={!mayAct} onClick={resolving.open}>
          {words.resolve}
        </Button>
      )}
      {acts.cancel && (
        <Button variant="default" c="var(--bad)" disabled={!mayAct} onClick={cancelling.open}>
          {words.cancel}
        </Button>
      )}
    </Group>
  )
  return (
    <>
      <NeedsRole least="operator">{buttons}</NeedsRole>
      <Dialog title={words.cancelTitle} isOpen={isCancelling} close={cancelling.close}>
        {() => <CancelForm payment={payment} close={cancelling.close} />}
      </Dialog>
      <ResolvePaymentDialog payment={payment} isOpen={isResolving} close={resolving.close} />
      <Dialog title={words.resendTitle} isOpen={isResending} close={resending.close}>
        {() => <ResendForm impUid={payment.impUid} close={resending.close} />}
      </Dialog>
    </>
  )
}

interface ResendFormProps {
  readonly impUid: string
  readonly close: () => void
}

function ResendForm({ impUid, close }: ResendFormProps) {
  const words = useWords(paymentPageWords)
  const queryClient = useQueryClient()
  const resend = useMutation({
    mutationFn: () =>
      answerOf(api.POST('/payments/{impUid}/webhooks/resend', { params: { path: { impUid } } })),
    onSuccess: () => {
      toast(words.resent)
      void queryClient.invalidateQueries({ queryKey: timelineQuery(impUid).queryKey })
      close()
    },
  })
  return (
    <Stack gap="md">
      <Text size="sm">{words.resendHint}</Text>
      <FailureNotice error={resend.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          {words.back}
        </Button>
        <Button loading={resend.isPending} onClick={() => resend.mutate()}>
          {words.resend}
        </Button>
      </Group>
    </Stack>
  )
}
