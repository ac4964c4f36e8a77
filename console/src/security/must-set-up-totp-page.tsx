import { Anchor } from '@mantine/core'

import { useSignOut } from '../api/sign-out.ts'
import { frameWords } from '../app/frame-words.ts'
import { useWords } from '../language/language.tsx'
import { SignInFrame } from '../sign-in/sign-in-frame.tsx'
import { securityWords } from './security-words.ts'
import { TotpSetup } from './totp-setup.tsx'

/** Shown while the merchant demands TOTP and the operator has none: the server refuses all else. */
export function MustSetUpTotpPage() {
  const words = useWords(securityWords)
  const frame = useWords(frameWords)
  const signOut = useSignOut()
  return (
    <SignInFrame title={words.mustTitle} hint={words.mustHint}>
      <TotpSetup />
      <Anchor component="button" type="button" size="sm" mt="sm" onClick={signOut}>
        {frame.signOut}
      </Anchor>
    </SignInFrame>
  )
}
