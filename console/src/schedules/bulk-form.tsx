// What to do with many schedules and when, before the preview.

import {
  Button,
  Group,
  NumberInput,
  Radio,
  SegmentedControl,
  Stack,
  Text,
  TextInput,
} from '@mantine/core'
import { type FormEvent, useState } from 'react'

import { useNow } from '../api/session.ts'
import { useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { KoreanTimeInput } from '../parts/korean-time-input.tsx'
import type { BulkTarget } from './bulk-change.tsx'
import type { BulkAct, BulkRequest } from './bulk-run.ts'
import { changeWords } from './change-words.ts'

const acts: readonly BulkAct[] = ['reschedule', 'revoke', 'retry']

interface BulkFormProps {
  readonly target: BulkTarget
  readonly isPending: boolean
  readonly onPreview: (request: BulkRequest) => void
}

interface NewTime {
  readonly isShift: boolean
  readonly shiftDays: number
  readonly dueAt: string | null
}

/** What to do with many, and when. */
export function BulkForm({ target, isPending, onPreview }: BulkFormProps) {
  const words = useWords(changeWords)
  const { count } = useFormats()
  const [act, setAct] = useState<BulkAct>('reschedule')
  const [time, setTime] = useState<NewTime>({ isShift: true, shiftDays: 1, dueAt: null })
  const [reason, setReason] = useState('')
  const isMoving = act === 'reschedule'
  const isWhole = !isMoving || (time.isShift ? time.shiftDays !== 0 : time.dueAt !== null)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const { isShift, shiftDays, dueAt } = time
    onPreview({
      act,
      ...target,
      ...(isMoving && isShift && { shiftDays }),
      ...(isMoving && !isShift && dueAt !== null && { dueAt }),
      ...(reason.trim() !== '' && { reason: reason.trim() }),
    })
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {'filter' in target
            ? words.bulkOfFilter
            : words.bulkOfChosen(count(target.scheduleIds.length))}
        </Text>
        <Radio.Group label={words.what} value={act} onChange={(value) => setAct(value)}>
          <Stack gap="xs" mt="xs">
            {acts.map((one) => (
              <Radio
                key={one}
                value={one}
                label={words.acts[one]}
                description={words.actHints[one]}
              />
            ))}
          </Stack>
        </Radio.Group>
        {isMoving && <NewTimeInput time={time} onChange={setTime} />}
        <TextInput
          label={words.reason}
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={isPending} disabled={!isWhole}>
            {words.preview}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

interface NewTimeInputProps {
  readonly time: NewTime
  readonly onChange: (time: NewTime) => void
}

function NewTimeInput({ time, onChange }: NewTimeInputProps) {
  const words = useWords(changeWords)
  const now = useNow()
  return (
    <>
      <SegmentedControl
        aria-label={words.how}
        value={time.isShift ? 'shift' : 'same'}
        onChange={(value) => onChange({ ...time, isShift: value === 'shift' })}
        data={[
          { value: 'shift', label: words.shift },
          { value: 'same', label: words.sameTime },
        ]}
      />
      {time.isShift ? (
        <NumberInput
          label={words.days}
          min={-366}
          max={366}
          allowDecimal={false}
          value={time.shiftDays}
          onChange={(value) =>
            onChange({ ...time, shiftDays: typeof value === 'number' ? value : 0 })
          }
        />
      ) : (
        <KoreanTimeInput
          label={words.newTime}
          from={now}
          value={time.dueAt}
          onChange={(dueAt) => onChange({ ...time, dueAt })}
        />
      )}
    </>
  )
}
