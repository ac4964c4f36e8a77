// A period of days in Korea, both included: one of the usual ones, or picked in a calendar.

import { DatePickerInput, type DatesRangeValue } from '@mantine/dates'
import { CalendarIcon } from '@primer/octicons-react'

import { addDays } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { useToday } from '../api/session.ts'
import { DateWords, useCalendarLabels } from './date-words.tsx'
import { tableWords } from './table-words.ts'

export interface Period {
  readonly from?: string
  readonly to?: string
}

interface PeriodFilterProps extends Period {
  readonly onChange: (period: Period) => void
}

export function PeriodFilter({ from, to, onChange }: PeriodFilterProps) {
  const words = useWords(tableWords)
  const periods = useUsualPeriods()
  const labels = useCalendarLabels()
  const take = ([first, last]: DatesRangeValue<string>) => {
    // Between the two clicks there is a beginning without an end; the list waits for the second.
    if ((first === null) !== (last === null)) return
    onChange(first === null || last === null ? {} : { from: first, to: last })
  }
  return (
    <DateWords>
      <DatePickerInput
        type="range"
        allowSingleDateInRange
        clearable
        clearButtonProps={{ 'aria-label': words.clearPeriod }}
        ariaLabels={labels}
        aria-label={`${words.period}: ${from === undefined ? words.periodAny : `${from} – ${to}`}`}
        placeholder={words.periodAny}
        leftSection={<CalendarIcon />}
        valueFormat="YYYY-MM-DD"
        firstDayOfWeek={0}
        size="sm"
        miw={190}
        presets={periods.map(({ label, range }) => ({ label, value: range }))}
        key={`${from}/${to}`}
        defaultValue={[from ?? null, to ?? null]}
        onChange={take}
      />
    </DateWords>
  )
}

function useUsualPeriods(): readonly { label: string; range: [string, string] }[] {
  const words = useWords(tableWords)
  const today = useToday()
  const firstOfMonth = `${today.slice(0, 7)}-01`
  const lastOfPreviousMonth = addDays(firstOfMonth, -1)
  return [
    { label: words.today, range: [today, today] },
    { label: words.yesterday, range: [addDays(today, -1), addDays(today, -1)] },
    { label: words.last7, range: [addDays(today, -6), today] },
    { label: words.last30, range: [addDays(today, -29), today] },
    { label: words.thisMonth, range: [firstOfMonth, today] },
    {
      label: words.lastMonth,
      range: [`${lastOfPreviousMonth.slice(0, 7)}-01`, lastOfPreviousMonth],
    },
  ]
}
