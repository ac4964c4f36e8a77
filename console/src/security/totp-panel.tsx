// Whether TOTP is on, and what can be done about it. Switching it off or replacing the codes needs a code of the app.

import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'

import { answerOf, api } from '../api/client.ts'
import { sessionQuery, useSession, useSessionChange } from '../api/session.ts'
import { useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { Panel } from '../parts/panel.tsx'
import { SecretInput } from '../parts/secret-input.tsx'
import { StateMark } from '../parts/state-mark.tsx'
import { toast } from '../parts/toast.ts'
import { RecoveryCodes } from './recovery-codes.tsx'
import { securityWords } from './security-words.ts'
import { TotpSetup } from './totp-setup.tsx'

export function TotpPanel() {
  const words = useWords(securityWords)
  const { count } = useFormats()
  const { hasTotp, recoveryCodesLeft } = useSession().operator
  const [isSettingUp, settingUp] = useDisclosure(false)
  const [isReplacing, replacing] = useDisclosure(false)
  const [isEnding, ending] = useDisclosure(false)
  return (
    <Panel title={words.totp} hint={words.totpHint}>
      <Group gap="sm">
        <StateMark tone={hasTotp ? 'good' : 'warn'} label={hasTotp ? words.on : words.off} />
        {hasTotp && <Text size="sm">{words.codesLeft(count(recoveryCodesLeft))}</Text>}
      </Group>
      <Group gap="xs" mt="sm">
        {!hasTotp && <Button onClick={settingUp.open}>{words.setUp}</Button>}
        {hasTotp && (
          <>
            <Button variant="default" onClick={replacing.open}>
              {words.replaceCodes}
            </Button>
            <Button variant="default" c="var(--bad)" onClick={ending.open}>
              {words.switchOff}
            </Button>
          </>
        )}
      </Group>
      <Dialog title={words.mustTitle} isOpen={isSettingUp} close={settingUp.close}>
        {() => <TotpSetup onDone={settingUp.close} />}
      </Dialog>
      <Dialog title={words.replaceCodes} isOpen={isReplacing} close={replacing.close}>
        {() => <ReplaceCodes close={replacing.close} />}
      </Dialog>
      <Dialog title={words.switchOff} isOpen={isEnding} close={ending.close}>
        {() => <SwitchOff close={ending.close} />}
      </Dialog>
    </Panel>
  )
}

function ReplaceCodes({ close }: { readonly close: () => void }) {
  const words = useWords(securityWords)
  const queryClient = useQueryClient()
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const replace = useMutation({
    mutationFn: () => answerOf(api.POST('/session/recovery-codes', { body: { password, code } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey }),
  })
  if (replace.data !== undefined) {
    return <RecoveryCodes codes={replace.data.recoveryCodes} onKept={close} />
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    replace.mutate()
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Text size="sm">{words.replaceHint}</Text>
        <SecretInput
          label={words.password}
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <CodeInput code={code} onChange={setCode} />
        <FailureNotice error={replace.error} />
        <Button
          type="submit"
          loading={replace.isPending}
          disabled={password === '' || code.length !== 6}
        >
          {words.replaceCodes}
        </Button>
      </Stack>
    </form>
  )
}

function SwitchOff({ close }: { readonly close: () => void }) {
  const words = useWords(securityWords)
  const changeSession = useSessionChange()
  const [code, setCode] = useState('')
  const switchOff = useMutation({
    mutationFn: () => answerOf(api.DELETE('/session/totp-setup', { params: { query: { code } } })),
    onSuccess: (session) => {
      changeSession(session)
      toast(words.switchedOff)
      close()
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    switchOff.mutate()
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Text size="sm">{words.switchOffHint}</Text>
        <CodeInput code={code} onChange={setCode} />
        <FailureNotice error={switchOff.error} />
        <Button
          type="submit"
          color="red"
          loading={switchOff.isPending}
          disabled={code.length !== 6}
        >
          {words.switchOff}
        </Button>
      </Stack>
    </form>
  )
}

interface CodeInputProps {
  readonly code: string
  readonly onChange: (code: string) => void
}

function CodeInput({ code, onChange }: CodeInputProps) {
  const words = useWords(securityWords)
  return (
    <TextInput
      label={words.code}
      description={words.codeHint}
      autoComplete="one-time-code"
      inputMode="numeric"
      maxLength={6}
      value={code}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
