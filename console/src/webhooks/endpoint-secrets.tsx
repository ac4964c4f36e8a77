// What a receiver verifies with. It is shown when it is asked for, which the audit trail keeps.

import { Button, Group, Stack } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { answerOf, api } from '../api/client.ts'
import { useIsAtLeast } from '../api/session.ts'
import { useWords } from '../language/language.tsx'
import { ConfirmDialog } from '../parts/confirm-dialog.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { NeedsRole } from '../parts/needs-role.tsx'
import { SecretOnce } from '../parts/secret-once.tsx'
import { toast } from '../parts/toast.ts'
import { endpointsQuery, type WebhookEndpoint } from './webhook-queries.ts'
import { webhookWords } from './webhook-words.ts'

export function EndpointSecrets({ endpoint }: { readonly endpoint: WebhookEndpoint }) {
  const words = useWords(webhookWords)
  const queryClient = useQueryClient()
  const mayAct = useIsAtLeast('owner')
  const [secrets, setSecrets] = useState<readonly string[]>([])
  const [isRotating, rotating] = useDisclosure(false)
  const [isDropping, dropping] = useDisclosure(false)
  const params = { path: { mode: endpoint.mode } }
  const reload = () => queryClient.invalidateQueries({ queryKey: endpointsQuery.queryKey })
  const reveal = useMutation({
    mutationFn: () => answerOf(api.POST('/webhooks/endpoints/{mode}/reveal-secret', { params })),
    onSuccess: (shown) => setSecrets(shown.secrets),
  })
  const rotate = async () => {
    const { secret } = await answerOf(
      api.POST('/webhooks/endpoints/{mode}/rotate-secret', { params }),
    )
    setSecrets([secret])
    await reload()
  }
  const drop = async () => {
    await answerOf(api.POST('/webhooks/endpoints/{mode}/drop-old-secret', { params }))
    toast(words.dropped)
    setSecrets([])
    await reload()
  }
  return (
    <Stack gap="sm">
      <NeedsRole least="owner">
        <Group gap="xs">
          <Button variant="default" disabled={!mayAct} onClick={() => reveal.mutate()}>
            {words.reveal}
          </Button>
          {endpoint.secretCount < 2 ? (
            <Button variant="default" disabled={!mayAct} onClick={rotating.open}>
              {words.rotate}
            </Button>
          ) : (
            <Button variant="default" disabled={!mayAct} onClick={dropping.open}>
              {words.drop}
            </Button>
          )}
        </Group>
      </NeedsRole>
      <FailureNotice error={reveal.error} />
      {secrets.length > 0 && (
        <SecretOnce
          hint={words.secret}
          secrets={secrets.map((value) => ({ label: words.secret, value }))}
        />
      )}
      <ConfirmDialog
        title={words.rotate}
        hint={words.rotateHint}
        act={words.rotate}
        isOpen={isRotating}
        close={rotating.close}
        run={rotate}
      />
      <ConfirmDialog
        title={words.drop}
        hint={words.dropHint}
        act={words.drop}
        isOpen={isDropping}
        close={dropping.close}
        run={drop}
      />
    </Stack>
  )
}
