import { DatePickerInput } from '@mantine/dates'
import { CalendarIcon } from '@primer/octicons-react'

import { DateWords, useCalendarLabels } from './date-words.tsx'

interface KoreanDayInputProps {
  readonly label: string
  /** A day in Korea, as 2026-11-28; null: none was picked. */
  readonly value: string | null
  readonly onChange: (day: string | null) => void
}

/** Picks a day, written alike whatever the browser's own language is. */
export function KoreanDayInput({ label, value, onChange }: KoreanDayInputProps) {
  const labels = useCalendarLabels()
  return (
    <DateWords>
      <DatePickerInput
        label={label}
        ariaLabels={labels}
        leftSection={<CalendarIcon />}
        valueFormat="YYYY-MM-DD"
        firstDayOfWeek={0}
        popoverProps={{ withinPortal: true }}
        value={value}
        onChange={onChange}
      />
    </DateWords>
  )
}
