// The merchant's test clock: stopped, moved, let run again. Whatever it does, every other page may look different
// afterwards, so all that was loaded is asked for anew.

import { Button, Group, Stack } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'

import { answerOf, api, type Schemas } from '../api/client.ts'
import { useIsAtLeast } from '../api/session.ts'
import { koreanSecond } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { Facts } from '../parts/facts.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { KoreanTimeInput } from '../parts/korean-time-input.tsx'
import { NeedsRole } from '../parts/needs-role.tsx'
import { Notice } from '../parts/notice.tsx'
import { Page } from '../parts/page.tsx'
import { Panel } from '../parts/panel.tsx'
import { StateMark } from '../parts/state-mark.tsx'
import { clockWords } from './clock-words.ts'

type Clock = Schemas['Clock']

const queryKey = ['clock']

export function ClockPage() {
  const words = useWords(clockWords)
  const clock = useQuery({
    queryKey,
    queryFn: () => answerOf(api.GET('/clock')),
    // Quickly while it moves; else so that it is seen to run.
    refetchInterval: ({ state }) => ((state.data?.advancingTo ?? null) === null ? 5_000 : 1_000),
  })
  return (
    <Page title={words.title} hint={words.hint}>
      <FailureNotice error={clock.error} retry={() => void clock.refetch()} />
      {clock.data !== undefined && (
        <Stack gap="md" maw={720}>
          <ClockFace clock={clock.data} />
          {clock.data.isFrozen ? (
            <MovePanel clock={clock.data} />
          ) : (
            <StopPanel clock={clock.data} />
          )}
        </Stack>
      )}
    </Page>
  )
}

function ClockFace({ clock }: { readonly clock: Clock }) {
  const words = useWords(clockWords)
  const state = clock.isFrozen ? words.stopped : words.runs
  const label =
    clock.advancingTo === null ? state : words.advancing(koreanSecond(clock.advancingTo))
  return (
    <Panel title={words.title}>
      <Facts
        facts={[
          { label: words.now, value: koreanSecond(clock.now) },
          {
            label: words.state,
            value: <StateMark tone={clock.isFrozen ? 'warn' : 'good'} label={label} />,
          },
          {
            label: words.next,
            value: clock.nextEventAt === null ? null : koreanSecond(clock.nextEventAt),
          },
        ]}
      />
    </Panel>
  )
}

function useClockDeed<Wanted>(call: (wanted: Wanted) => Promise<Clock>) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: call,
    onSuccess: async (clock) => {
      queryClient.setQueryData(queryKey, clock)
      await queryClient.invalidateQueries()
    },
  })
}

function StopPanel({ clock }: { readonly clock: Clock }) {
  const words = useWords(clockWords)
  const mayAct = useIsAtLeast('operator')
  const [at, setAt] = useState<string | null>(null)
  const stop = useClockDeed((instant: string | null) =>
    answerOf(api.POST('/clock/freeze', { body: instant === null ? {} : { at: instant } })),
  )
  return (
    <Panel title={words.stop}>
      <Stack gap="sm">
        {!clock.mayFreeze && <Notice tone="warn">{words.mayNot}</Notice>}
        <KoreanTimeInput label={words.stopAt} value={at} onChange={setAt} from={clock.now} />
        <FailureNotice error={stop.error} />
        <NeedsRole least="operator">
          <Group>
            <Button
              loading={stop.isPending}
              disabled={!mayAct || !clock.mayFreeze}
              onClick={() => stop.mutate(at)}
            >
              {words.stop}
            </Button>
          </Group>
        </NeedsRole>
      </Stack>
    </Panel>
  )
}

interface Step {
  readonly hours?: number
  readonly days?: number
  readonly to?: string
  readonly toNextEvent?: boolean
}

function MovePanel({ clock }: { readonly clock: Clock }) {
  const words = useWords(clockWords)
  const mayAct = useIsAtLeast('operator')
  const [to, setTo] = useState<string | null>(null)
  const move = useClockDeed((body: Step) => answerOf(api.POST('/clock/advance', { body })))
  const release = useClockDeed(() => answerOf(api.POST('/clock/release')))
  const isClosed = !mayAct || clock.advancingTo !== null || move.isPending
  const steps: readonly [string, Step][] = [
    [words.hour, { hours: 1 }],
    [words.day, { days: 1 }],
    [words.month, { days: 30 }],
  ]
  return (
    <Panel title={words.move} hint={words.moveHint}>
      <Stack gap="sm">
        <Group gap="xs">
          {steps.map(([label, step]) => (
            <Button
              key={label}
              variant="default"
              disabled={isClosed}
              onClick={() => move.mutate(step)}
            >
              {label}
            </Button>
          ))}
          <Button
            variant="default"
            disabled={isClosed || clock.nextEventAt === null}
            onClick={() => move.mutate({ toNextEvent: true })}
          >
            {words.toNext}
          </Button>
        </Group>
        <KoreanTimeInput label={words.to} value={to} onChange={setTo} from={clock.now} />
        <FailureNotice error={move.error ?? release.error} />
        <Group>
          <Button
            loading={move.isPending}
            disabled={isClosed || to === null}
            onClick={() => to !== null && move.mutate({ to })}
          >
            {words.go}
          </Button>
          <Button
            variant="default"
            disabled={isClosed}
            title={words.releaseHint}
            onClick={() => release.mutate(undefined)}
          >
            {words.release}
          </Button>
        </Group>
      </Stack>
    </Panel>
  )
}
