// Sends again what the filters show, after saying how much that is.

import { Button, Group, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { useIsAtLeast } from '../api/session.ts'
import { useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { dialogWords } from '../parts/dialog-words.ts'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { NeedsRole } from '../parts/needs-role.tsx'
import { toast } from '../parts/toast.ts'
import { previewReplay, replayAll } from './webhook-queries.ts'
import type { WebhookSearch } from './webhook-search.ts'
import { webhookWords } from './webhook-words.ts'

interface ReplayManyProps {
  readonly search: WebhookSearch
}

export function ReplayMany({ search }: ReplayManyProps) {
  const words = useWords(webhookWords)
  const mayAct = useIsAtLeast('operator')
  const [isOpen, dialog] = useDisclosure(false)
  return (
    <>
      <NeedsRole least="operator">
        <Button variant="default" disabled={!mayAct} onClick={dialog.open}>
          {words.replayMany}
        </Button>
      </NeedsRole>
      <Dialog title={words.replayMany} isOpen={isOpen} close={dialog.close}>
        {() => <ReplayForm search={search} close={dialog.close} />}
      </Dialog>
    </>
  )
}

function ReplayForm({ search, close }: ReplayManyProps & { readonly close: () => void }) {
  const words = useWords(webhookWords)
  const common = useWords(dialogWords)
  const { count } = useFormats()
  const queryClient = useQueryClient()
  const [doneCount, setDoneCount] = useState(0)
  const preview = useQuery({
    queryKey: ['webhooks', 'replay', search],
    queryFn: () => previewReplay(search),
    gcTime: 0,
    staleTime: 0,
  })
  const replay = useMutation({
    mutationFn: () => replayAll(search, setDoneCount),
    onSuccess: async (done) => {
      toast(words.replayedMany(count(done)))
      close()
      await queryClient.resetQueries({ queryKey: ['webhooks', 'list'] })
    },
  })
  const matched = preview.data?.matched
  return (
    <Stack gap="sm">
      <FailureNotice error={preview.error ?? replay.error} />
      {matched !== undefined && (
        <Text size="sm" fw={500}>
          {words.replayCount(`${count(matched.count)}${matched.isExact ? '' : '+'}`)}
        </Text>
      )}
      <Text size="sm">{words.replayHint}</Text>
      {replay.isPending && <output>{words.sending(count(doneCount))}</output>}
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          {common.cancel}
        </Button>
        <Button
          loading={replay.isPending}
          disabled={matched === undefined || matched.count === 0}
          onClick={() => replay.mutate()}
        >
          {words.replay}
        </Button>
      </Group>
    </Stack>
  )
}
