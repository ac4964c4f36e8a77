// What the merchant's developers need: keys, first calls, test cards, and what was called.

import { Button, Stack } from '@mantine/core'

import { useSession } from '../api/session.ts'
import { useWords } from '../language/language.tsx'
import { Page } from '../parts/page.tsx'
import { ApiKeys } from './api-keys.tsx'
import { developerWords } from './developer-words.ts'
import { GuidePanel, TestCards } from './guide-panel.tsx'
import { RequestLog } from './request-log.tsx'

export function DevelopersPage() {
  const words = useWords(developerWords)
  const { isSandbox } = useSession()
  return (
    <Page
      title={words.title}
      actions={
        <Button component="a" href="/docs" target="_blank" rel="noreferrer" variant="default">
          {words.reference}
        </Button>
      }
    >
      <Stack gap="md">
        <ApiKeys />
        <GuidePanel />
        {isSandbox && <TestCards />}
        <RequestLog />
      </Stack>
    </Page>
  )
}
