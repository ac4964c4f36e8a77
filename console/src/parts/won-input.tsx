import { NumberInput } from '@mantine/core'

interface WonInputProps {
  readonly label: string
  readonly value: number | null
  readonly onChange: (value: number | null) => void
  readonly error?: string | null
}

/** Whole won; null: nothing was entered. */
export function WonInput({ label, value, onChange, error = null }: WonInputProps) {
  return (
    <NumberInput
      label={label}
      inputMode="numeric"
      hideControls
      thousandSeparator=","
      allowNegative={false}
      allowDecimal={false}
      max={9_999_999_999}
      error={error}
      value={value ?? ''}
      onChange={(next) => onChange(typeof next === 'number' ? next : null)}
    />
  )
}
