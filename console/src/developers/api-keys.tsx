// API keys: made, given a new secret, revoked. A secret is in this page until one leaves it, and nowhere else.

import { Button, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { answerOf, api, type Schemas } from '../api/client.ts'
import { useIsAtLeast } from '../api/session.ts'
import { useWords } from '../language/language.tsx'
import { ConfirmDialog } from '../parts/confirm-dialog.tsx'
import { dialogWords } from '../parts/dialog-words.ts'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { Instant } from '../parts/instant.tsx'
import { NeedsRole } from '../parts/needs-role.tsx'
import { Panel } from '../parts/panel.tsx'
import { SecretOnce } from '../parts/secret-once.tsx'
import { ShortTable } from '../parts/short-table.tsx'
import { StateMark } from '../parts/state-mark.tsx'
import { toast } from '../parts/toast.ts'
import { developerWords } from './developer-words.ts'

type ApiKey = Schemas['ApiKey']

interface Asked {
  readonly act: 'rotate' | 'revoke'
  readonly impKey: string
}

const queryKey = ['api-keys']

export function ApiKeys() {
  const words = useWords(developerWords)
  const mayAct = useIsAtLeast('owner')
  const keys = useQuery({ queryKey, queryFn: () => answerOf(api.GET('/api-keys')) })
  const deeds = useKeyDeeds()
  const items = keys.data?.items ?? []
  return (
    <Panel
      title={words.keys}
      hint={words.keysHint}
      actions={
        <NeedsRole least="owner">
          <Button
            size="compact-sm"
            disabled={!mayAct}
            loading={deeds.creation.isPending}
            onClick={() => deeds.creation.mutate()}
          >
            {words.create}
          </Button>
        </NeedsRole>
      }
    >
      <Stack gap="sm">
        <FailureNotice error={keys.error ?? deeds.creation.error} />
        {deeds.shown !== null && (
          <SecretOnce
            secrets={[
              { label: 'imp_key', value: deeds.shown.impKey },
              { label: 'imp_secret', value: deeds.shown.impSecret },
            ]}
          />
        )}
        {keys.isSuccess && items.length === 0 && <Text size="sm">{words.noKeys}</Text>}
        {items.length > 0 && <KeyTable items={items} mayAct={mayAct} ask={deeds.ask} />}
      </Stack>
      <ConfirmDialog
        title={deeds.asked?.act === 'revoke' ? words.revoke : words.rotate}
        hint={deeds.asked?.act === 'revoke' ? words.revokeHint : words.rotateHint}
        act={deeds.asked?.act === 'revoke' ? words.revoke : words.rotate}
        isOpen={deeds.asked !== null}
        close={() => deeds.ask(null)}
        run={deeds.run}
      />
    </Panel>
  )
}

function useKeyDeeds() {
  const words = useWords(developerWords)
  const queryClient = useQueryClient()
  const [shown, setShown] = useState<{ impKey: string; impSecret: string } | null>(null)
  const [asked, ask] = useState<Asked | null>(null)
  const reload = async () => {
    await queryClient.invalidateQueries({ queryKey })
    // Its commands name a key that is in use.
    await queryClient.invalidateQueries({ queryKey: ['guide'] })
  }
  const creation = useMutation({
    mutationFn: () => answerOf(api.POST('/api-keys')),
    onSuccess: async (made) => {
      setShown(made)
      await reload()
    },
  })
  const run = async () => {
    if (asked === null) return
    const params = { path: { impKey: asked.impKey } }
    if (asked.act === 'rotate') {
      setShown(await answerOf(api.POST('/api-keys/{impKey}/rotate', { params })))
    } else {
      await answerOf(api.DELETE('/api-keys/{impKey}', { params }))
      toast(words.wasRevoked)
    }
    await reload()
  }
  return { shown, asked, ask, creation, run }
}

interface KeyTableProps {
  readonly items: readonly ApiKey[]
  readonly mayAct: boolean
  readonly ask: (asked: Asked) => void
}

function KeyTable({ items, mayAct, ask }: KeyTableProps) {
  const words = useWords(developerWords)
  const acts = useWords(dialogWords).acts
  return (
    <ShortTable
      label={words.keys}
      hasActs
      head={['imp_key', words.createdAt, words.state, acts]}
      rows={items.map(({ impKey, createdAt, revokedAt }) => ({
        key: impKey,
        cells: [
          impKey,
          <Instant key="at" at={createdAt} />,
          <StateMark
            key="state"
            tone={revokedAt === null ? 'good' : 'quiet'}
            label={revokedAt === null ? words.live : words.revoked}
          />,
          revokedAt === null && (
            <Group key="acts" gap="xs" wrap="nowrap" justify="flex-end">
              <Button
                size="compact-sm"
                variant="default"
                disabled={!mayAct}
                aria-label={words.rotateOf(impKey)}
                onClick={() => ask({ act: 'rotate', impKey })}
              >
                {words.rotate}
              </Button>
              <Button
                size="compact-sm"
                variant="default"
                c="var(--bad)"
                disabled={!mayAct}
                aria-label={words.revokeOf(impKey)}
                onClick={() => ask({ act: 'revoke', impKey })}
              >
                {words.revoke}
              </Button>
            </Group>
          ),
        ],
      }))}
    />
  )
}
