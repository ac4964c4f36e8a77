// Pages for addresses that lead nowhere and for pages that failed while they were shown.

import { Button, Stack, Text } from '@mantine/core'
import type { ErrorComponentProps } from '@tanstack/react-router'

import { ApiFailure } from '../api/client.ts'
import { failureFrameWords } from '../api/failure-words.ts'
import { useWords } from '../language/language.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { ButtonLink } from '../parts/links.tsx'
import { Page } from '../parts/page.tsx'
import { frameWords } from './frame-words.ts'

export function MissingPage() {
  const words = useWords(frameWords)
  return (
    <Page title={words.notFound}>
      <Stack align="flex-start">
        <Text c="dimmed">{words.notFoundHint}</Text>
        <ButtonLink to="/" variant="default">
          {words.goHome}
        </ButtonLink>
      </Stack>
    </Page>
  )
}

export function FailedPage({ error }: ErrorComponentProps) {
  const words = useWords(failureFrameWords)
  return (
    <Page title={words.broken}>
      <Stack align="flex-start">
        {error instanceof ApiFailure ? (
          <FailureNotice error={error} />
        ) : (
          <Text c="dimmed">{words.brokenHint}</Text>
        )}
        {/* A page of an older version asks for files that are gone; only the address finds the new ones. */}
        <Button variant="default" onClick={() => window.location.reload()}>
          {words.reload}
        </Button>
      </Stack>
    </Page>
  )
}
