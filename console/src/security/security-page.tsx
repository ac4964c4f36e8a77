// How the operator signs in, and where they are signed in now.

import { SimpleGrid, Stack } from '@mantine/core'

import { useWords } from '../language/language.tsx'
import { Page } from '../parts/page.tsx'
import { Panel } from '../parts/panel.tsx'
import { toast } from '../parts/toast.ts'
import { ChangePasswordForm } from '../sign-in/change-password-form.tsx'
import { MerchantSwitch } from './merchant-switch.tsx'
import { OwnSessions } from './own-sessions.tsx'
import { securityWords } from './security-words.ts'
import { TotpPanel } from './totp-panel.tsx'

export function SecurityPage() {
  const words = useWords(securityWords)
  return (
    <Page title={words.title}>
      <Stack gap="md">
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <TotpPanel />
          <Panel title={words.passwordTitle} hint={words.passwordHint}>
            <ChangePasswordForm onChanged={() => toast(words.passwordChanged)} />
          </Panel>
        </SimpleGrid>
        <OwnSessions />
        <MerchantSwitch />
      </Stack>
    </Page>
  )
}
