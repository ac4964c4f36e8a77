// Light, dark, or as the system is; kept in this browser.

import { ActionIcon, Menu, type MantineColorScheme, useMantineColorScheme } from '@mantine/core'
import { CheckIcon, DeviceDesktopIcon, MoonIcon, SunIcon } from '@primer/octicons-react'

import { useWords } from '../language/language.tsx'
import { frameWords } from './frame-words.ts'

const icons = { light: SunIcon, dark: MoonIcon, auto: DeviceDesktopIcon }

export function ThemeMenu() {
  const words = useWords(frameWords)
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const names: Readonly<Record<MantineColorScheme, string>> = {
    light: words.light,
    dark: words.dark,
    auto: words.system,
  }
  const Present = icons[colorScheme]
  return (
    <Menu position="bottom-end" width={180}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          c="dimmed"
          aria-label={`${words.theme}: ${names[colorScheme]}`}
        >
          <Present />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {(['light', 'dark', 'auto'] as const).map((one) => {
          const Icon = icons[one]
          return (
            <Menu.Item
              key={one}
              leftSection={<Icon />}
              aria-current={one === colorScheme}
              rightSection={one === colorScheme ? <CheckIcon /> : null}
              onClick={() => setColorScheme(one)}
            >
              {names[one]}
            </Menu.Item>
          )
        })}
      </Menu.Dropdown>
    </Menu>
  )
}
