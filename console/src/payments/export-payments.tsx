// Saves the payments that match the filters as CSV, with its progress; it can be stopped.

import { Button, Group, Modal, Progress, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { DownloadIcon } from '@primer/octicons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useRef, useState } from 'react'

import { useToday } from '../api/session.ts'
import { useFormats } from '../language/formats.ts'
import { useLanguage, useWords } from '../language/language.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { tableWords } from '../parts/table-words.ts'
import { BrokenExport, fetchExport, saveFile } from './export-file.ts'
import { paymentCountQuery } from './payment-queries.ts'
import type { PaymentFilter } from './payment-search.ts'
import { paymentWords } from './payment-words.ts'

export function ExportPayments({ filter }: { readonly filter: PaymentFilter }) {
  const words = useWords(paymentWords)
  const [isOpen, dialog] = useDisclosure(false)
  return (
    <>
      <Button variant="default" leftSection={<DownloadIcon />} onClick={dialog.open}>
        {words.export}
      </Button>
      <Modal
        opened={isOpen}
        onClose={dialog.close}
        title={words.exportTitle}
        closeButtonProps={{ 'aria-label': words.close }}
      >
        {isOpen && <ExportDialog filter={filter} close={dialog.close} />}
      </Modal>
    </>
  )
}

interface ExportDialogProps {
  readonly filter: PaymentFilter
  readonly close: () => void
}

function ExportDialog({ filter, close }: ExportDialogProps) {
  const words = useWords(paymentWords)
  const formats = useFormats()
  const today = useToday()
  const { language } = useLanguage()
  const [rows, setRows] = useState(0)
  const stopping = useRef(new AbortController())
  const { data: total } = useQuery(paymentCountQuery(filter))
  const save = useMutation({
    mutationFn: () => {
      stopping.current = new AbortController()
      return fetchExport({ filter, language, signal: stopping.current.signal, onRows: setRows })
    },
    onSuccess: ({ file }) => saveFile(file, `payments-${today}.csv`),
  })
  const wasStopped = save.error instanceof DOMException && save.error.name === 'AbortError'
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        {words.exportHint}
      </Text>
      {save.error instanceof BrokenExport ? (
        <Text size="sm" c="red" role="alert">
          {words.exportBroken}
        </Text>
      ) : (
        <FailureNotice error={wasStopped ? null : save.error} />
      )}
      {save.isPending && <ExportProgress rows={rows} total={total} />}
      {save.isSuccess && <output>{words.exportDone(formats.count(save.data.rows))}</output>}
      <Group justify="flex-end">
        {save.isPending ? (
          <Button variant="default" onClick={() => stopping.current.abort()}>
            {words.stop}
          </Button>
        ) : (
          <Button variant="default" onClick={close}>
            {words.close}
          </Button>
        )}
        {!save.isSuccess && (
          <Button loading={save.isPending} onClick={() => save.mutate()}>
            {words.exportStart}
          </Button>
        )}
      </Group>
    </Stack>
  )
}

interface ExportProgressProps {
  readonly rows: number
  readonly total: { readonly count: number; readonly isExact: boolean } | undefined
}

function ExportProgress({ rows, total }: ExportProgressProps) {
  const words = useWords(paymentWords)
  const common = useWords(tableWords)
  const formats = useFormats()
  const count = total?.count ?? 0
  // Of more than were counted nobody knows how far it is; the bar moves without a measure then.
  const isMeasured = total?.isExact === true && count > 0
  const of = formats.count(count)
  return (
    <output>
      <Progress
        value={isMeasured ? Math.min(100, (100 * rows) / count) : 100}
        animated={!isMeasured}
        striped={!isMeasured}
        aria-label={words.exportTitle}
      />
      <Text size="xs" c="dimmed" mt={6} className="numeric">
        {words.exporting(formats.count(rows), isMeasured ? of : common.atLeast(of))}
      </Text>
    </output>
  )
}
