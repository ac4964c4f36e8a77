// What holds for the whole merchant: its name, what a deleted billing key leaves, and who needs TOTP.

import { Button, Checkbox, Group, Radio, Stack, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'

import { answerOf, api, type Schemas } from '../api/client.ts'
import { sessionQuery, useIsAtLeast } from '../api/session.ts'
import { useWords } from '../language/language.tsx'
import { dialogWords } from '../parts/dialog-words.ts'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { NeedsRole } from '../parts/needs-role.tsx'
import { Page } from '../parts/page.tsx'
import { Panel } from '../parts/panel.tsx'
import { toast } from '../parts/toast.ts'
import { operatorWords } from './operator-words.ts'

type Settings = Schemas['Settings']

/** Of the merchant. */
export function SettingsPage() {
  const words = useWords(operatorWords)
  const settings = useQuery({
    queryKey: ['settings'],
    queryFn: () => answerOf(api.GET('/settings')),
  })
  return (
    <Page title={words.settings}>
      <FailureNotice error={settings.error} retry={() => void settings.refetch()} />
      {settings.data !== undefined && <SettingsForm settings={settings.data} />}
    </Page>
  )
}

function SettingsForm({ settings }: { readonly settings: Settings }) {
  const words = useWords(operatorWords)
  const common = useWords(dialogWords)
  const queryClient = useQueryClient()
  const mayAct = useIsAtLeast('owner')
  const [merchantName, setName] = useState(settings.merchantName)
  const [pendingSchedulesOnDelete, setPolicy] = useState(settings.pendingSchedulesOnDelete)
  const [requireTotp, setRequireTotp] = useState(settings.requireTotp)
  const save = useMutation({
    mutationFn: () =>
      answerOf(
        api.PATCH('/settings', {
          body: { merchantName: merchantName.trim(), pendingSchedulesOnDelete, requireTotp },
        }),
      ),
    onSuccess: async () => {
      toast(common.saved)
      await queryClient.invalidateQueries({ queryKey: ['settings'] })
      // Its name stands on every page, and TOTP may have become due.
      await queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <Panel title={settings.merchantName}>
      <form onSubmit={submit}>
        <Stack gap="md" maw={560}>
          <TextInput
            label={words.merchantName}
            maxLength={100}
            value={merchantName}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Radio.Group
            label={words.pendingSchedules}
            value={pendingSchedulesOnDelete}
            onChange={(value) => setPolicy(value)}
          >
            <Stack gap="xs" mt="xs">
              {(['leave', 'refuse', 'revoke'] as const).map((one) => (
                <Radio key={one} value={one} label={words.policies[one]} />
              ))}
            </Stack>
          </Radio.Group>
          <Checkbox
            label={words.requireTotp}
            checked={requireTotp}
            onChange={(event) => setRequireTotp(event.currentTarget.checked)}
          />
          <FailureNotice error={save.error} />
          <NeedsRole least="owner">
            <Group>
              <Button
                type="submit"
                loading={save.isPending}
                disabled={!mayAct || merchantName.trim() === ''}
              >
                {common.save}
              </Button>
            </Group>
          </NeedsRole>
        </Stack>
      </form>
    </Panel>
  )
}
