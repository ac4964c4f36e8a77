// The calendar's own words in the language of the page. It stands around what picks dates, so that dayjs and its
// locales are loaded with that and not before.

import '@mantine/dates/styles.css'
import 'dayjs/locale/ko'

import { DatesProvider } from '@mantine/dates'
import type { ReactNode } from 'react'

import { useLanguage } from '../language/language.tsx'

export function DateWords({ children }: { readonly children: ReactNode }) {
  const { language } = useLanguage()
  return <DatesProvider settings={{ locale: language }}>{children}</DatesProvider>
}
