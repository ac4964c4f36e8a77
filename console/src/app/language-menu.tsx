// Chooses the language; kept for who is signed in, else in this browser.

import { Button, Menu } from '@mantine/core'
import { CheckIcon, GlobeIcon } from '@primer/octicons-react'

import { useLanguageKeeper } from '../api/language-keeper.ts'
import { useLanguage, useWords } from '../language/language.tsx'
import type { Language } from '../language/words.ts'
import { frameWords } from './frame-words.ts'

/** Each under its own name, so that who cannot read the page finds theirs. */
const names: Readonly<Record<Language, string>> = { ko: '한국어', en: 'English' }

export function LanguageMenu() {
  const words = useWords(frameWords)
  const { language, choose } = useLanguage()
  const keep = useLanguageKeeper()
  return (
    <Menu position="bottom-end" width={160}>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          c="dimmed"
          leftSection={<GlobeIcon />}
          aria-label={`${words.language}: ${names[language]}`}
        >
          {names[language]}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {(['ko', 'en'] as const).map((one) => (
          <Menu.Item
            key={one}
            lang={one}
            aria-current={one === language}
            rightSection={one === language ? <CheckIcon /> : null}
            onClick={() => {
              choose(one)
              keep(one)
            }}
          >
            {names[one]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
