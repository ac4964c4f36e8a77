import { notifications } from '@mantine/notifications'

/** Says that something was done; it goes by itself and is read out. */
export function toast(message: string): void {
  notifications.show({ message, autoClose: 6_000, withBorder: true })
}
