// What can be done to a contract as a whole; disabling it stops charges, never cancels.

import { Button, Group } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'

import { answerOf, api } from '../api/client.ts'
import { useIsAtLeast } from '../api/session.ts'
import { useWords } from '../language/language.tsx'
import { ConfirmDialog } from '../parts/confirm-dialog.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { NeedsRole } from '../parts/needs-role.tsx'
import { toast } from '../parts/toast.ts'
import { type Channel, channelsQuery } from './channel-queries.ts'
import { channelWords } from './channel-words.ts'

/** Default, disable, and taking a gateway for answering again. */
export function ChannelActs({ channel }: { readonly channel: Channel }) {
  const words = useWords(channelWords)
  const queryClient = useQueryClient()
  const mayAct = useIsAtLeast('owner')
  const mayRetry = useIsAtLeast('operator')
  const [isAsking, asking] = useDisclosure(false)
  const params = { path: { channelKey: channel.channelKey } }
  const tell = async (message: string) => {
    toast(message)
    await queryClient.invalidateQueries({ queryKey: channelsQuery.queryKey })
  }
  const makeDefault = useMutation({
    mutationFn: () => answerOf(api.POST('/channels/{channelKey}/default', { params })),
    onSuccess: () => tell(words.madeDefault),
  })
  const retry = useMutation({
    mutationFn: () => answerOf(api.POST('/channels/{channelKey}/retry-gateway', { params })),
    onSuccess: () => tell(words.retried),
  })
  const disable = async () => {
    await answerOf(api.POST('/channels/{channelKey}/disable', { params }))
    await tell(words.disabledDone)
  }
  if (channel.disabledAt !== null) return null
  return (
    <>
      <FailureNotice error={makeDefault.error ?? retry.error} />
      <NeedsRole least="owner">
        <Group gap="xs">
          {channel.gateway.state === 'down' && (
            <Button variant="default" disabled={!mayRetry} onClick={() => retry.mutate()}>
              {words.retryGateway}
            </Button>
          )}
          {!channel.isDefault && (
            <Button variant="default" disabled={!mayAct} onClick={() => makeDefault.mutate()}>
              {words.makeDefault}
            </Button>
          )}
          <Button variant="default" c="var(--bad)" disabled={!mayAct} onClick={asking.open}>
            {words.disable}
          </Button>
        </Group>
      </NeedsRole>
      <ConfirmDialog
        title={words.disable}
        hint={words.disableHint}
        act={words.disable}
        isOpen={isAsking}
        close={asking.close}
        run={disable}
      />
    </>
  )
}
