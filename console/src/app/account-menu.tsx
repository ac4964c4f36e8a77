// Who is signed in, as what, and the way out.

import { Menu, Text, UnstyledButton } from '@mantine/core'
import { ShieldLockIcon, SignOutIcon } from '@primer/octicons-react'

import { useSession } from '../api/session.ts'
import { useSignOut } from '../api/sign-out.ts'
import { useWords } from '../language/language.tsx'
import { MenuLink } from '../parts/links.tsx'
import classes from './frame.module.css'
import { frameWords } from './frame-words.ts'

export function AccountMenu() {
  const words = useWords(frameWords)
  const { operator } = useSession()
  const signOut = useSignOut()
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <UnstyledButton className={classes['account'] ?? ''}>
          <span className={classes['initial']} aria-hidden="true">
            {operator.name.slice(0, 1).toUpperCase()}
          </span>
          <span className={classes['accountName']}>
            <span className="only-read-aloud">{words.account}: </span>
            {operator.name}
          </span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" c="var(--ink)" truncate>
            {operator.email}
          </Text>
          <Text size="xs">{words.roles[operator.role]}</Text>
        </Menu.Label>
        <Menu.Divider />
        <MenuLink to="/security" leftSection={<ShieldLockIcon />}>
          {words.security}
        </MenuLink>
        <Menu.Item leftSection={<SignOutIcon />} onClick={signOut}>
          {words.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
