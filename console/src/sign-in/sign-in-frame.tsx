// What stands around every page that comes before one is signed in for good.

import { Group, Paper, Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

import { LanguageMenu } from '../app/language-menu.tsx'
import { ThemeMenu } from '../app/theme-menu.tsx'
import { useDocumentTitle } from '../parts/document-title.tsx'
import { Mark } from '../parts/mark.tsx'
import classes from './sign-in.module.css'

interface SignInFrameProps {
  readonly title: string
  readonly hint?: string
  readonly children: ReactNode
}

export function SignInFrame({ title, hint, children }: SignInFrameProps) {
  useDocumentTitle(title)
  return (
    <div className={classes['page']}>
      <header className={classes['corner']}>
        <LanguageMenu />
        <ThemeMenu />
      </header>
      <main className={classes['main']}>
        <Stack gap="lg" w="100%" maw={380}>
          <Group gap="sm" justify="center">
            <Mark size={30} />
            <Text fz={20} fw={650} lts="-0.02em">
              billkey
            </Text>
          </Group>
          <Paper className={classes['card'] ?? ''} p="xl">
            <Title order={1} fz={18} mb={hint === undefined ? 'md' : 4}>
              {title}
            </Title>
            {hint !== undefined && (
              <Text size="sm" c="dimmed" mb="md">
                {hint}
              </Text>
            )}
            {children}
          </Paper>
        </Stack>
      </main>
    </div>
  )
}
