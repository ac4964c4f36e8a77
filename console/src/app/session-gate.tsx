// Shows the console to who is signed in, and the sign-in page to everybody else, at whatever address: after signing in
// the page that was asked for is there.

import { Center, Loader } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Fragment, type ReactNode, useEffect, useState } from 'react'

import { whenSignedOut } from '../api/client.ts'
import { sessionQuery, useOtherTabs, useSessionChange } from '../api/session.ts'
import { useLanguage, useWords } from '../language/language.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { MustSetUpTotpPage } from '../security/must-set-up-totp-page.tsx'
import { MustChangePasswordPage } from '../sign-in/must-change-password-page.tsx'
import { type EndOfSession, SignInPage } from '../sign-in/sign-in-page.tsx'
import { frameWords } from './frame-words.ts'
import { useIdleSignOut } from './idle-sign-out.ts'

export function SessionGate({ children }: { readonly children: ReactNode }) {
  const words = useWords(frameWords)
  const session = useQuery(sessionQuery)
  const end = useEndOfSession()
  useOtherTabs()
  useLanguageOfOperator(session.data?.operator.language ?? null)
  useIdleSignOut(session.data ?? null, end.becomeIdle)
  if (session.isPending) {
    return (
      <Center h="100dvh">
        <Loader size="sm" aria-label={words.loading} />
      </Center>
    )
  }
  if (session.data === undefined) {
    return (
      <Center h="100dvh" p="lg">
        <FailureNotice error={session.error} retry={() => void session.refetch()} />
      </Center>
    )
  }
  if (session.data === null) return <SignInPage end={end.reason} />
  if (session.data.mustDo === 'change_password') return <MustChangePasswordPage />
  if (session.data.mustDo === 'set_up_totp') return <MustSetUpTotpPage />
  // Another operator or merchant begins anew: nothing that was typed or shown stays.
  return <Fragment key={session.data.operator.operatorId}>{children}</Fragment>
}

function useEndOfSession() {
  const changeSession = useSessionChange()
  const queryClient = useQueryClient()
  const [reason, setReason] = useState<EndOfSession>(null)
  useEffect(() => {
    whenSignedOut(() => {
      const wasSignedIn = Boolean(queryClient.getQueryData(sessionQuery.queryKey))
      if (!wasSignedIn) return
      setReason('ended')
      changeSession(null)
    })
  }, [queryClient, changeSession])
  return { reason, becomeIdle: () => setReason('idle') }
}

function useLanguageOfOperator(language: 'ko' | 'en' | null): void {
  const { choose } = useLanguage()
  useEffect(() => {
    if (language !== null) choose(language)
  }, [language, choose])
}
