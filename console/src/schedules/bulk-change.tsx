// Changing many schedules: first what and how, then a preview of what it applies to, then the run with its progress.

import { Button, Group, Progress, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'

import { koreanMinute, useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { ShortTable } from '../parts/short-table.tsx'
import { tableWords } from '../parts/table-words.ts'
import { BulkForm } from './bulk-form.tsx'
import { type BulkAnswer, type BulkRequest, fetchBulkPreview, useBulkRun } from './bulk-run.ts'
import { changeWords } from './change-words.ts'
import type { ScheduleFilter } from './schedule-search.ts'
import { ScheduleState } from './schedule-state.tsx'

export type BulkTarget = { readonly scheduleIds: string[] } | { readonly filter: ScheduleFilter }

interface BulkChangeProps {
  /** Null: the dialog is closed. */
  readonly target: BulkTarget | null
  readonly close: () => void
  readonly onDone: () => void
}

export function BulkChange({ target, close, onDone }: BulkChangeProps) {
  const words = useWords(changeWords)
  return (
    <Dialog title={words.bulkTitle} isOpen={target !== null} close={close} size={600}>
      {() => target !== null && <BulkSteps target={target} close={close} onDone={onDone} />}
    </Dialog>
  )
}

type StepsProps = BulkChangeProps & { readonly target: BulkTarget }

function BulkSteps({ target, close, onDone }: StepsProps) {
  const [request, setRequest] = useState<BulkRequest | null>(null)
  const preview = useMutation({ mutationFn: fetchBulkPreview })
  if (request === null || preview.data === undefined) {
    return (
      <>
        <BulkForm
          target={target}
          isPending={preview.isPending}
          onPreview={(next) => {
            setRequest(next)
            preview.mutate(next)
          }}
        />
        <FailureNotice error={preview.error} />
      </>
    )
  }
  return (
    <BulkPreview
      request={request}
      preview={preview.data}
      goBack={() => {
        preview.reset()
        setRequest(null)
      }}
      close={() => {
        onDone()
        close()
      }}
    />
  )
}

interface BulkPreviewProps {
  readonly request: BulkRequest
  readonly preview: BulkAnswer
  readonly goBack: () => void
  readonly close: () => void
}

function BulkPreview({ request, preview, goBack, close }: BulkPreviewProps) {
  const words = useWords(changeWords)
  const common = useWords(tableWords)
  const { count, won } = useFormats()
  const { run, progress, stop } = useBulkRun()
  const { matched, eligible, sample } = preview
  const matchedText = matched.isExact ? count(matched.count) : common.atLeast(count(matched.count))
  if (!run.isIdle) {
    return <BulkProgressView {...{ run, progress, stop, close }} total={eligible.count} />
  }
  return (
    <Stack gap="sm">
      <Text size="sm">
        {eligible.count === 0
          ? words.previewNone
          : words.previewed(count(eligible.count), won(eligible.amountWon), matchedText)}
      </Text>
      {sample.length > 0 && (
        <>
          <Text size="xs" c="dimmed">
            {words.sample(count(sample.length))}
          </Text>
          <ShortTable
            label={words.preview}
            rows={sample.map((schedule) => ({
              key: schedule.scheduleId,
              cells: [
                koreanMinute(schedule.scheduleAt),
                won(schedule.amountWon),
                <ScheduleState key="state" state={schedule.state} />,
                schedule.merchantUid,
              ],
            }))}
          />
        </>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={goBack}>
          {words.back}
        </Button>
        <Button
          color={request.act === 'reschedule' ? 'accent' : 'red'}
          disabled={eligible.count === 0}
          onClick={() => run.mutate(request)}
        >
          {words.confirm(words.acts[request.act], count(eligible.count))}
        </Button>
      </Group>
    </Stack>
  )
}

interface BulkProgressViewProps extends ReturnType<typeof useBulkRun> {
  readonly total: number
  readonly close: () => void
}

function BulkProgressView({ run, progress, stop, total, close }: BulkProgressViewProps) {
  const words = useWords(changeWords)
  const { count } = useFormats()
  const { doneCount, failures, isStopped } = progress
  const handled = doneCount + failures.length
  const ended = isStopped ? words.stopped : words.finished
  return (
    <Stack gap="sm">
      <Progress
        value={run.isPending ? (100 * handled) / Math.max(total, handled, 1) : 100}
        animated={run.isPending}
        aria-label={words.bulkTitle}
      />
      <output className="numeric">
        {run.isPending ? words.working(count(handled), count(total)) : ended(count(doneCount))}
      </output>
      <FailureNotice error={run.error} />
      {failures.length > 0 && (
        <>
          <Text size="sm">{words.failuresOf(count(failures.length))}</Text>
          <ShortTable
            label={words.failuresOf(count(failures.length))}
            rows={failures.slice(0, 50).map((failure) => ({
              key: failure.scheduleId,
              cells: [failure.merchantUid, words.failures[failure.code]],
            }))}
          />
        </>
      )}
      <Group justify="flex-end">
        {run.isPending ? (
          <Button variant="default" onClick={stop}>
            {words.stop}
          </Button>
        ) : (
          <Button variant="default" onClick={close}>
            {words.close}
          </Button>
        )}
      </Group>
    </Stack>
  )
}
