// A new password for who is signed in; their other sessions end.

import { Button, Stack } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'

import { answerOf, api } from '../api/client.ts'
import { useSessionChange } from '../api/session.ts'
import { useWords } from '../language/language.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { SecretInput } from '../parts/secret-input.tsx'
import { signInWords } from './sign-in-words.ts'

interface Passwords {
  readonly current: string
  readonly next: string
}

/** Of an operator who is signed in; other sessions of theirs end. */
export function ChangePasswordForm({ onChanged }: { readonly onChanged?: () => void }) {
  const words = useWords(signInWords)
  const changeSession = useSessionChange()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const [again, setAgain] = useState('')
  const change = useMutation({
    mutationFn: (body: Passwords) => answerOf(api.PUT('/session/password', { body })),
    onSuccess: (session) => {
      changeSession(session)
      setCurrent('')
      setNext('')
      setAgain('')
      onChanged?.()
    },
  })
  const isSame = next === again
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isSame) change.mutate({ current, next })
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <FailureNotice error={change.error} />
        <SecretInput
          label={words.currentPassword}
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <SecretInput
          label={words.newPassword}
          description={words.newPasswordHint}
          autoComplete="new-password"
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        <SecretInput
          label={words.newPasswordAgain}
          autoComplete="new-password"
          error={again !== '' && !isSame ? words.notTheSame : null}
          value={again}
          onChange={(event) => setAgain(event.currentTarget.value)}
        />
        <Button
          type="submit"
          loading={change.isPending}
          disabled={current === '' || next === '' || !isSame}
        >
          {words.change}
        </Button>
      </Stack>
    </form>
  )
}
