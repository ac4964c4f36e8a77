// Where the operator is signed in, with a way to end each of those sessions.

import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'

import { answerOf, api } from '../api/client.ts'
import { useSessionChange } from '../api/session.ts'
import { useWords } from '../language/language.tsx'
import { ConfirmDialog } from '../parts/confirm-dialog.tsx'
import { dialogWords } from '../parts/dialog-words.ts'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { Instant } from '../parts/instant.tsx'
import { Panel } from '../parts/panel.tsx'
import { ShortTable } from '../parts/short-table.tsx'
import { Tag } from '../parts/state-mark.tsx'
import { toast } from '../parts/toast.ts'
import { browserName } from './browser-name.ts'
import { securityWords } from './security-words.ts'

const queryKey = ['own-sessions']

/** Where the operator is signed in; any of the others can be ended, or all at once. */
export function OwnSessions() {
  const words = useWords(securityWords)
  const acts = useWords(dialogWords).acts
  const changeSession = useSessionChange()
  const sessions = useQuery({ queryKey, queryFn: () => answerOf(api.GET('/sessions')) })
  const end = useSessionEnd()
  const [isAsking, asking] = useDisclosure(false)
  const endAll = async () => {
    await answerOf(api.DELETE('/session', { params: { query: { everywhere: true } } }))
    changeSession(null)
  }
  const rows = (sessions.data?.items ?? []).map((one) => ({
    key: one.sessionId,
    cells: [
      one.userAgent === null ? (
        '–'
      ) : (
        <span key="device" title={one.userAgent}>
          {browserName(one.userAgent)}
        </span>
      ),
      one.clientIp,
      <Instant key="since" at={one.startedAt} />,
      <Instant key="seen" at={one.lastSeenAt} />,
      one.isThisOne ? (
        <Tag key="act" label={words.thisOne} />
      ) : (
        <Button
          key="act"
          size="compact-sm"
          variant="default"
          aria-label={words.endOf(one.clientIp)}
          onClick={() => end.mutate(one.sessionId)}
        >
          {words.end}
        </Button>
      ),
    ],
  }))
  return (
    <Panel
      title={words.sessions}
      actions={
        <Button variant="default" size="compact-sm" onClick={asking.open}>
          {words.everywhere}
        </Button>
      }
    >
      <FailureNotice error={sessions.error ?? end.error} />
      <ShortTable
        label={words.sessions}
        hasActs
        head={[words.device, words.address, words.startedAt, words.lastSeenAt, acts]}
        rows={rows}
      />
      <ConfirmDialog
        title={words.everywhere}
        hint={words.everywhereHint}
        act={words.everywhere}
        isOpen={isAsking}
        close={asking.close}
        run={endAll}
      />
    </Panel>
  )
}

function useSessionEnd() {
  const words = useWords(securityWords)
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (sessionId: string) =>
      answerOf(api.DELETE('/sessions/{sessionId}', { params: { path: { sessionId } } })),
    onSuccess: async () => {
      toast(words.ended)
      await queryClient.invalidateQueries({ queryKey })
    },
  })
}
