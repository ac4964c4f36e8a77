// What may be done about one schedule: another time, revoking it, charging it now.

import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, type ReactNode, useState } from 'react'

import { answerOf, api } from '../api/client.ts'
import { useIsAtLeast, useNow } from '../api/session.ts'
import { useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FailureNotice, useFieldFaults } from '../parts/failure-notice.tsx'
import { KoreanTimeInput } from '../parts/korean-time-input.tsx'
import { NeedsRole } from '../parts/needs-role.tsx'
import { toast } from '../parts/toast.ts'
import { changeWords } from './change-words.ts'
import { type Schedule, useScheduleChange } from './schedule-queries.ts'

/** What may be done about a schedule: what its state allows and the operator's role includes. */
export function ScheduleActs({ schedule }: { readonly schedule: Schedule }) {
  const words = useWords(changeWords)
  const { won } = useFormats()
  const mayAct = useIsAtLeast('operator')
  const [isMoving, moving] = useDisclosure(false)
  const [isRevoking, revoking] = useDisclosure(false)
  const [isRetrying, retrying] = useDisclosure(false)
  const { acts } = schedule
  return (
    <>
      <NeedsRole least="operator">
        <Group gap="xs">
          {acts.reschedule && (
            <Button variant="default" disabled={!mayAct} onClick={moving.open}>
              {words.acts.reschedule}
            </Button>
          )}
          {acts.retry && (
            <Button disabled={!mayAct} onClick={retrying.open}>
              {words.acts.retry}
            </Button>
          )}
          {acts.revoke && (
            <Button variant="default" c="var(--bad)" disabled={!mayAct} onClick={revoking.open}>
              {words.acts.revoke}
            </Button>
          )}
        </Group>
      </NeedsRole>
      <Dialog title={words.rescheduleTitle} isOpen={isMoving} close={moving.close}>
        {() => <RescheduleForm schedule={schedule} close={moving.close} />}
      </Dialog>
      <Dialog title={words.revokeTitle} isOpen={isRevoking} close={revoking.close}>
        {() => <RevokeForm scheduleId={schedule.scheduleId} close={revoking.close} />}
      </Dialog>
      <Dialog
        title={words.retryTitle(won(schedule.amountWon))}
        isOpen={isRetrying}
        close={retrying.close}
      >
        {() => <RetryForm scheduleId={schedule.scheduleId} close={retrying.close} />}
      </Dialog>
    </>
  )
}

interface ActFormProps {
  readonly scheduleId: string
  readonly close: () => void
}

function RescheduleForm({ schedule, close }: { schedule: Schedule; close: () => void }) {
  const words = useWords(changeWords)
  const now = useNow()
  const { scheduleId, dueAt: presentDueAt } = schedule
  const [dueAt, setDueAt] = useState<string | null>(presentDueAt > now ? presentDueAt : null)
  const act = useAct(words.rescheduled, close, (at: string) =>
    answerOf(
      api.POST('/schedules/{scheduleId}/reschedule', {
        params: { path: { scheduleId } },
        body: { dueAt: at },
      }),
    ),
  )
  const faultOf = useFieldFaults(act.error)
  return (
    <ActForm
      error={act.error}
      isPending={act.isPending}
      confirm={words.acts.reschedule}
      isWhole={dueAt !== null && dueAt !== presentDueAt}
      close={close}
      onSubmit={() => {
        if (dueAt !== null) act.mutate(dueAt)
      }}
    >
      <KoreanTimeInput
        label={words.newTime}
        description={words.rescheduleHint}
        from={now}
        value={dueAt}
        onChange={setDueAt}
        error={faultOf('dueAt')}
      />
    </ActForm>
  )
}

function RevokeForm({ scheduleId, close }: ActFormProps) {
  const words = useWords(changeWords)
  const [reason, setReason] = useState('')
  const act = useAct(words.revoked, close, (given: string) =>
    answerOf(
      api.POST('/schedules/{scheduleId}/revoke', {
        params: { path: { scheduleId } },
        body: given === '' ? {} : { reason: given },
      }),
    ),
  )
  return (
    <ActForm
      error={act.error}
      isPending={act.isPending}
      confirm={words.acts.revoke}
      color="red"
      close={close}
      onSubmit={() => act.mutate(reason.trim())}
    >
      <Text size="sm">{words.revokeHint}</Text>
      <TextInput
        label={words.reason}
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </ActForm>
  )
}

function RetryForm({ scheduleId, close }: ActFormProps) {
  const words = useWords(changeWords)
  const act = useAct(words.retried, close, () =>
    answerOf(api.POST('/schedules/{scheduleId}/retry', { params: { path: { scheduleId } } })),
  )
  return (
    <ActForm
      error={act.error}
      isPending={act.isPending}
      confirm={words.acts.retry}
      close={close}
      onSubmit={() => act.mutate()}
    >
      <Text size="sm">{words.retryHint}</Text>
    </ActForm>
  )
}

function useAct<Given = void>(
  done: string,
  close: () => void,
  send: (given: Given) => Promise<Schedule>,
) {
  const changeSchedule = useScheduleChange()
  return useMutation({
    mutationFn: send,
    onSuccess: (schedule) => {
      changeSchedule(schedule)
      toast(done)
      close()
    },
  })
}

interface ActFormFrameProps {
  readonly error: unknown
  readonly isPending: boolean
  readonly confirm: string
  readonly color?: string
  readonly isWhole?: boolean
  readonly close: () => void
  readonly onSubmit: () => void
  readonly children: ReactNode
}

function ActForm(props: ActFormFrameProps) {
  const { error, isPending, confirm, color = 'accent', isWhole = true, close, children } = props
  const words = useWords(changeWords)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    props.onSubmit()
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {children}
        <FailureNotice error={error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {words.keep}
          </Button>
          <Button type="submit" color={color} loading={isPending} disabled={!isWhole}>
            {confirm}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
