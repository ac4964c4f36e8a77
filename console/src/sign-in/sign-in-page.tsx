// Password first, then a TOTP code where the operator has one. It stands in the place of the page that was asked for,
// so that signing in leads there.

import { Anchor, Button, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'

import { answerOf, api } from '../api/client.ts'
import { useSessionChange } from '../api/session.ts'
import { useWords } from '../language/language.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { Notice } from '../parts/notice.tsx'
import { SecretInput } from '../parts/secret-input.tsx'
import { signInWords } from './sign-in-words.ts'
import { SignInFrame } from './sign-in-frame.tsx'
import classes from './sign-in.module.css'

/** Why the operator has to sign in again; null: never was. */
export type EndOfSession = 'ended' | 'idle' | null

export function SignInPage({ end }: { readonly end: EndOfSession }) {
  const [needsTotp, setNeedsTotp] = useState(false)
  return needsTotp ? (
    <TotpStep goBack={() => setNeedsTotp(false)} />
  ) : (
    <PasswordStep end={end} onNeedsTotp={() => setNeedsTotp(true)} />
  )
}

interface Credentials {
  readonly email: string
  readonly password: string
}

interface PasswordStepProps {
  readonly end: EndOfSession
  readonly onNeedsTotp: () => void
}

function PasswordStep({ end, onNeedsTotp }: PasswordStepProps) {
  const words = useWords(signInWords)
  const changeSession = useSessionChange()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const signIn = useMutation({
    mutationFn: (body: Credentials) => answerOf(api.POST('/session', { body })),
    onSuccess: ({ needs, session }) => {
      if (needs === 'totp') onNeedsTotp()
      else changeSession(session)
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    signIn.mutate({ email: email.trim(), password })
  }
  return (
    <SignInFrame title={words.title} hint={words.subtitle}>
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          {end !== null && !signIn.isError && (
            <Notice tone="calm">
              <p>{words[end]}</p>
            </Notice>
          )}
          <FailureNotice error={signIn.error} />
          <TextInput
            label={words.email}
            type="email"
            autoComplete="username"
            required
            withAsterisk={false}
            // oxlint-disable-next-line jsx-a11y/no-autofocus -- the page is this one form
            autoFocus
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <SecretInput
            label={words.password}
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <Button
            type="submit"
            mt="xs"
            fullWidth
            loading={signIn.isPending}
            disabled={email.trim() === '' || password === ''}
          >
            {words.signIn}
          </Button>
          <Text size="xs" c="dimmed" mt="xs">
            {words.noAccount}
            <code className={classes['command']}>billkey operator add</code>
          </Text>
        </Stack>
      </form>
    </SignInFrame>
  )
}

function TotpStep({ goBack }: { readonly goBack: () => void }) {
  const words = useWords(signInWords)
  const changeSession = useSessionChange()
  const [isRecovery, setIsRecovery] = useState(false)
  const [code, setCode] = useState('')
  const confirm = useMutation({
    mutationFn: (body: { readonly code: string }) => answerOf(api.POST('/session/totp', { body })),
    onSuccess: ({ session }) => changeSession(session),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    confirm.mutate({ code: code.replaceAll(' ', '') })
  }
  return (
    <SignInFrame title={words.totpTitle} hint={isRecovery ? words.recoveryHint : words.totpHint}>
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <FailureNotice error={confirm.error} />
          <TextInput
            key={String(isRecovery)}
            label={isRecovery ? words.recoveryCode : words.code}
            autoComplete="one-time-code"
            inputMode={isRecovery ? 'text' : 'numeric'}
            maxLength={isRecovery ? 40 : 7}
            // oxlint-disable-next-line jsx-a11y/no-autofocus -- the page is this one form
            autoFocus
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
          <Button type="submit" fullWidth loading={confirm.isPending} disabled={code.length < 6}>
            {words.confirm}
          </Button>
          <Anchor
            component="button"
            type="button"
            size="sm"
            onClick={() => {
              setIsRecovery(!isRecovery)
              setCode('')
            }}
          >
            {isRecovery ? words.useApp : words.recovery}
          </Anchor>
          <Anchor component="button" type="button" size="sm" onClick={goBack}>
            {words.back}
          </Anchor>
        </Stack>
      </form>
    </SignInFrame>
  )
}
