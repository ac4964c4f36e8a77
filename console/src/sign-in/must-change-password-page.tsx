import { Anchor } from '@mantine/core'

import { useSignOut } from '../api/sign-out.ts'
import { useWords } from '../language/language.tsx'
import { ChangePasswordForm } from './change-password-form.tsx'
import { SignInFrame } from './sign-in-frame.tsx'
import { signInWords } from './sign-in-words.ts'

/** Shown until a password that somebody else gave has been replaced: the server refuses all else. */
export function MustChangePasswordPage() {
  const words = useWords(signInWords)
  const signOut = useSignOut()
  return (
    <SignInFrame title={words.mustChangeTitle} hint={words.mustChangeHint}>
      <ChangePasswordForm />
      <Anchor component="button" type="button" size="sm" mt="sm" onClick={signOut}>
        {words.signOut}
      </Anchor>
    </SignInFrame>
  )
}
