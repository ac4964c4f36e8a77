// Setting up TOTP: the password, then a secret for the app and its first code, then the recovery codes. The new session
// is taken over only when the codes were kept, since the pages behind it would take their place.

import { Anchor, Button, Center, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, lazy, Suspense, useState } from 'react'

import { answerOf, api, keepTokenOf } from '../api/client.ts'
import { useSessionChange } from '../api/session.ts'
import { useWords } from '../language/language.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { SecretInput } from '../parts/secret-input.tsx'
import { SecretOnce } from '../parts/secret-once.tsx'
import { RecoveryCodes } from './recovery-codes.tsx'
import { securityWords } from './security-words.ts'

// Every first load has this file, and hardly anyone sets up TOTP.
const QrCode = lazy(async () => ({ default: (await import('./qr-code.tsx')).QrCode }))
/** About its height, so that the form below does not jump. */
const qrCodePx = 244

export function TotpSetup({ onDone }: { readonly onDone?: () => void }) {
  const changeSession = useSessionChange()
  const begin = useMutation({
    mutationFn: (password: string) =>
      answerOf(api.POST('/session/totp-setup', { body: { password } })),
  })
  const confirm = useMutation({
    mutationFn: (code: string) => answerOf(api.POST('/session/totp-confirm', { body: { code } })),
    onSuccess: ({ session }) => keepTokenOf(session),
  })
  if (confirm.data !== undefined) {
    const { recoveryCodes, session } = confirm.data
    const finish = () => {
      changeSession(session)
      onDone?.()
    }
    return <RecoveryCodes codes={recoveryCodes} onKept={finish} />
  }
  if (begin.data === undefined) {
    return (
      <PasswordStep
        isBusy={begin.isPending}
        error={begin.error}
        onNext={(it) => begin.mutate(it)}
      />
    )
  }
  return (
    <CodeStep
      setup={begin.data}
      isBusy={confirm.isPending}
      error={confirm.error}
      onNext={(code) => confirm.mutate(code)}
    />
  )
}

interface StepProps {
  readonly isBusy: boolean
  readonly error: unknown
  readonly onNext: (entered: string) => void
}

function PasswordStep({ isBusy, error, onNext }: StepProps) {
  const words = useWords(securityWords)
  const [password, setPassword] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onNext(password)
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <FailureNotice error={error} />
        <SecretInput
          label={words.password}
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" loading={isBusy} disabled={password === ''}>
          {words.next}
        </Button>
      </Stack>
    </form>
  )
}

interface CodeStepProps extends StepProps {
  readonly setup: { readonly secret: string; readonly otpauthUri: string }
}

function CodeStep({ setup, isBusy, error, onNext }: CodeStepProps) {
  const words = useWords(securityWords)
  const [code, setCode] = useState('')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onNext(code.replaceAll(' ', ''))
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Text size="sm">{words.secretHint}</Text>
        <Center mih={qrCodePx}>
          <Suspense>
            <QrCode label={words.qrCode} text={setup.otpauthUri} />
          </Suspense>
        </Center>
        <SecretOnce secrets={[{ label: words.secret, value: setup.secret }]} />
        <Anchor href={setup.otpauthUri} size="sm">
          {words.openApp}
        </Anchor>
        <FailureNotice error={error} />
        <TextInput
          label={words.code}
          description={words.codeHint}
          autoComplete="one-time-code"
          inputMode="numeric"
          maxLength={7}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        <Button type="submit" loading={isBusy} disabled={code.length < 6}>
          {words.switchOn}
        </Button>
      </Stack>
    </form>
  )
}
