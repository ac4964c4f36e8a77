// Asks before something that cannot be taken back; it stays open with the reason when that fails.

import { Button, Group, Stack, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { useWords } from '../language/language.tsx'
import { dialogWords } from './dialog-words.ts'
import { Dialog } from './dialog.tsx'
import { FailureNotice } from './failure-notice.tsx'

interface ConfirmDialogProps {
  readonly title: string
  readonly hint: ReactNode
  /** What is done, on the button. */
  readonly act: string
  readonly isOpen: boolean
  readonly close: () => void
  /** The dialog closes when it has succeeded, and stays with the failure when it has not. */
  readonly run: () => Promise<unknown>
}

/** Asks before something that cannot be taken back. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  return (
    <Dialog title={props.title} isOpen={props.isOpen} close={props.close}>
      {() => <ConfirmForm {...props} />}
    </Dialog>
  )
}

function ConfirmForm({ hint, act, close, run }: ConfirmDialogProps) {
  const words = useWords(dialogWords)
  const deed = useMutation({ mutationFn: run, onSuccess: close })
  return (
    <Stack gap="sm">
      <Text size="sm" component="div">
        {hint}
      </Text>
      <FailureNotice error={deed.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          {words.cancel}
        </Button>
        <Button color="red" loading={deed.isPending} onClick={() => deed.mutate()}>
          {act}
        </Button>
      </Group>
    </Stack>
  )
}
