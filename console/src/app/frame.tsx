// What stands around every page: the mark of test mode, the navigation, who is signed in.

import { ActionIcon, Drawer } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { ThreeBarsIcon } from '@primer/octicons-react'
import { Outlet } from '@tanstack/react-router'

import { useSession } from '../api/session.ts'
import { useWords } from '../language/language.tsx'
import { Mark } from '../parts/mark.tsx'
import { AccountMenu } from './account-menu.tsx'
import classes from './frame.module.css'
import { frameWords } from './frame-words.ts'
import { LanguageMenu } from './language-menu.tsx'
import { ModeStrip } from './mode-strip.tsx'
import { Navigation } from './navigation.tsx'
import { ThemeMenu } from './theme-menu.tsx'

export function Frame() {
  const words = useWords(frameWords)
  const [isMenuOpen, menu] = useDisclosure(false)
  return (
    <>
      <a className={classes['skip']} href="#content">
        {words.skip}
      </a>
      <div className={classes['shell']}>
        <div className={classes['strip']}>
          <ModeStrip />
        </div>
        <nav className={classes['side']} aria-label={words.navigation}>
          <MerchantName />
          <Navigation onLeave={menu.close} />
        </nav>
        <div className={classes['content']}>
          <header className={classes['bar']}>
            <ActionIcon
              className={classes['burger'] ?? ''}
              variant="subtle"
              color="gray"
              size="lg"
              aria-label={words.openMenu}
              aria-expanded={isMenuOpen}
              onClick={menu.open}
            >
              <ThreeBarsIcon />
            </ActionIcon>
            <LanguageMenu />
            <ThemeMenu />
            <AccountMenu />
          </header>
          <main id="content" tabIndex={-1} className={classes['main']}>
            <Outlet />
          </main>
        </div>
      </div>
      <Drawer
        opened={isMenuOpen}
        onClose={menu.close}
        size={280}
        title={<MerchantName />}
        closeButtonProps={{ 'aria-label': words.closeMenu }}
      >
        <nav aria-label={words.navigation}>
          <Navigation onLeave={menu.close} />
        </nav>
      </Drawer>
    </>
  )
}

function MerchantName() {
  const { merchant } = useSession()
  return (
    <div className={classes['merchant']}>
      <Mark size={24} />
      <span className={classes['merchantName']} title={merchant.name}>
        {merchant.name}
      </span>
    </div>
  )
}
