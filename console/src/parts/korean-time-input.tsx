import { DateTimePicker } from '@mantine/dates'
import { CalendarIcon } from '@primer/octicons-react'

import { instantInKorea, koreanSecond } from '../language/formats.ts'
import { DateWords, useCalendarLabels } from './date-words.tsx'

interface KoreanTimeInputProps {
  readonly label: string
  readonly description?: string
  /** An instant; null: nothing was picked. */
  readonly value: string | null
  readonly onChange: (instant: string | null) => void
  readonly error?: string | null
  /** No earlier one can be picked. */
  readonly from?: string
}

/** Picks an instant as a clock in Korea shows it, whatever the browser's own time is. */
export function KoreanTimeInput(props: KoreanTimeInputProps) {
  const { label, description, value, onChange, error = null, from } = props
  const labels = useCalendarLabels()
  return (
    <DateWords>
      <DateTimePicker
        label={label}
        description={description}
        leftSection={<CalendarIcon />}
        valueFormat="YYYY-MM-DD HH:mm"
        firstDayOfWeek={0}
        ariaLabels={labels}
        {...(from !== undefined && { minDate: koreanSecond(from) })}
        popoverProps={{ withinPortal: true }}
        error={error}
        value={value === null ? null : koreanSecond(value)}
        onChange={(text) => onChange(text === null ? null : instantInKorea(text))}
      />
    </DateWords>
  )
}
