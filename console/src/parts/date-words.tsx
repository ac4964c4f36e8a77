// The calendar's own words in the language of the page. It stands around what picks dates, so that dayjs and its
// locales are loaded with that and not before.

import '@mantine/dates/styles.css'
import 'dayjs/locale/ko'

import { type CalendarAriaLabels, DatesProvider } from '@mantine/dates'
import type { ReactNode } from 'react'

import { useLanguage, useWords } from '../language/language.tsx'
import { tableWords } from './table-words.ts'

export function DateWords({ children }: { readonly children: ReactNode }) {
  const { language } = useLanguage()
  return <DatesProvider settings={{ locale: language }}>{children}</DatesProvider>
}

/** What the arrows and the headings of a calendar are called. */
export function useCalendarLabels(): CalendarAriaLabels {
  const words = useWords(tableWords)
  return {
    monthLevelControl: words.chooseMonth,
    yearLevelControl: words.chooseYear,
    previousMonth: words.previousMonth,
    nextMonth: words.nextMonth,
    previousYear: words.previousYears,
    nextYear: words.nextYears,
    previousDecade: words.previousYears,
    nextDecade: words.nextYears,
  }
}
