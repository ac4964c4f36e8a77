// Changing over to another merchant of the same e-mail, with the password of that one.

import { Button, Group, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'

import { answerOf, api, type Session } from '../api/client.ts'
import { useSession, useSessionChange } from '../api/session.ts'
import { useWords } from '../language/language.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { Notice } from '../parts/notice.tsx'
import { Panel } from '../parts/panel.tsx'
import { SecretInput } from '../parts/secret-input.tsx'
import { securityWords } from './security-words.ts'

type OtherMerchant = Session['otherMerchants'][number]

/** Shown to an operator whose e-mail belongs to several merchants. */
export function MerchantSwitch() {
  const words = useWords(securityWords)
  const { otherMerchants } = useSession()
  const [chosen, setChosen] = useState<OtherMerchant | null>(null)
  if (otherMerchants.length === 0) return null
  return (
    <Panel title={words.merchants} hint={words.merchantsHint}>
      <Stack gap="xs">
        {otherMerchants.map((merchant) => (
          <Group key={merchant.merchantId} justify="space-between">
            <Text size="sm">{merchant.name}</Text>
            <Button size="compact-sm" variant="default" onClick={() => setChosen(merchant)}>
              {words.changeTo(merchant.name)}
            </Button>
          </Group>
        ))}
      </Stack>
      <Dialog
        title={words.changeTo(chosen?.name ?? '')}
        isOpen={chosen !== null}
        close={() => setChosen(null)}
      >
        {() => chosen && <SwitchForm merchant={chosen} />}
      </Dialog>
    </Panel>
  )
}

function SwitchForm({ merchant: { merchantId } }: { readonly merchant: OtherMerchant }) {
  const words = useWords(securityWords)
  const changeSession = useSessionChange()
  const [password, setPassword] = useState('')
  const change = useMutation({
    mutationFn: () => answerOf(api.PUT('/session/merchant', { body: { merchantId, password } })),
    onSuccess: ({ session }) => {
      if (session !== null) changeSession(session)
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate()
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Text size="sm">{words.changeHint}</Text>
        <SecretInput
          label={words.password}
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <FailureNotice error={change.error} />
        {change.data?.needs === 'totp' && (
          <Notice tone="warn" isAnswer>
            {words.needsTotp}
          </Notice>
        )}
        <Button type="submit" loading={change.isPending} disabled={password === ''}>
          {words.changeOver}
        </Button>
      </Stack>
    </form>
  )
}
