import { notifications } from '@mantine/notifications'

import { dialogWords } from './dialog-words.ts'

/** Says that something was done; it goes by itself and is read out. */
export function toast(message: string): void {
  // Called by what has ended, where no language is at hand but the page's.
  const { close } = dialogWords[document.documentElement.lang === 'ko' ? 'ko' : 'en']
  notifications.show({
    message,
    autoClose: 6_000,
    withBorder: true,
    closeButtonProps: { 'aria-label': close },
  })
}
