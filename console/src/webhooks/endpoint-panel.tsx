// Where the events of a mode go, and whether they arrive.

import { Button, Checkbox, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'

import { answerOf, api } from '../api/client.ts'
import { useIsAtLeast } from '../api/session.ts'
import { useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { CodeBlock } from '../parts/code-block.tsx'
import { ConfirmDialog } from '../parts/confirm-dialog.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { NeedsRole } from '../parts/needs-role.tsx'
import { Notice } from '../parts/notice.tsx'
import { Panel } from '../parts/panel.tsx'
import { toast } from '../parts/toast.ts'
import { EndpointSecrets } from './endpoint-secrets.tsx'
import type { WebhookEndpoint } from './webhook-queries.ts'
import { webhookWords } from './webhook-words.ts'

export function EndpointPanel({ endpoint }: { readonly endpoint: WebhookEndpoint }) {
  const words = useWords(webhookWords)
  return (
    <Panel title={words.endpoints[endpoint.mode]}>
      <Stack gap="md">
        <EndpointHealth endpoint={endpoint} />
        <EndpointForm endpoint={endpoint} />
        {endpoint.url !== null && (
          <>
            <TestCall mode={endpoint.mode} />
            <EndpointSecrets endpoint={endpoint} />
          </>
        )}
      </Stack>
    </Panel>
  )
}

function EndpointHealth({ endpoint }: { readonly endpoint: WebhookEndpoint }) {
  const words = useWords(webhookWords)
  const { count } = useFormats()
  const queryClient = useQueryClient()
  const { mode, pausedAt, failingSince, waiting } = endpoint
  const resume = useMutation({
    mutationFn: () =>
      answerOf(api.POST('/webhooks/endpoints/{mode}/resume', { params: { path: { mode } } })),
    onSuccess: async ({ releasedCount }) => {
      toast(words.resumed(count(releasedCount)))
      await queryClient.invalidateQueries({ queryKey: ['webhooks'] })
    },
  })
  if (pausedAt === null && failingSince === null) return null
  return (
    <Notice tone={pausedAt === null ? 'warn' : 'bad'}>
      {pausedAt === null ? words.failing : words.paused} {words.waiting(count(waiting.count))}
      <FailureNotice error={resume.error} />
      {pausedAt !== null && (
        <Button size="compact-sm" loading={resume.isPending} onClick={() => resume.mutate()}>
          {words.resume}
        </Button>
      )}
    </Notice>
  )
}

function EndpointForm({ endpoint }: { readonly endpoint: WebhookEndpoint }) {
  const words = useWords(webhookWords)
  const { count } = useFormats()
  const queryClient = useQueryClient()
  const mayAct = useIsAtLeast('owner')
  const [url, setUrl] = useState(endpoint.url ?? '')
  const [format, setFormat] = useState(endpoint.format)
  const [sendsFailures, setSendsFailures] = useState(endpoint.sendsFailures)
  const save = useMutation({
    mutationFn: () =>
      answerOf(
        api.PUT('/webhooks/endpoints/{mode}', {
          params: { path: { mode: endpoint.mode } },
          body: { url: url.trim(), format, sendsFailures },
        }),
      ),
    onSuccess: async ({ releasedCount }) => {
      toast(words.saved(count(releasedCount)))
      await queryClient.invalidateQueries({ queryKey: ['webhooks'] })
      await queryClient.invalidateQueries({ queryKey: ['overview'] })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate()
  }
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <TextInput
          label={words.url}
          description={words.urlHint}
          type="url"
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
        <NativeSelect
          label={words.format}
          value={format}
          data={(['json', 'form'] as const).map((value) => ({
            value,
            label: words.formats[value],
          }))}
          onChange={(event) => setFormat(event.currentTarget.value === 'form' ? 'form' : 'json')}
        />
        <Checkbox
          label={words.sendsFailures}
          checked={sendsFailures}
          onChange={(event) => setSendsFailures(event.currentTarget.checked)}
        />
        <FailureNotice error={save.error} />
        <NeedsRole least="owner">
          <Group>
            <Button type="submit" loading={save.isPending} disabled={!mayAct || url.trim() === ''}>
              {words.save}
            </Button>
            {endpoint.url !== null && (
              <RemoveAddress mode={endpoint.mode} onRemoved={() => setUrl('')} />
            )}
          </Group>
        </NeedsRole>
      </Stack>
    </form>
  )
}

interface RemoveAddressProps {
  readonly mode: WebhookEndpoint['mode']
  readonly onRemoved: () => void
}

function RemoveAddress({ mode, onRemoved }: RemoveAddressProps) {
  const words = useWords(webhookWords)
  const mayAct = useIsAtLeast('owner')
  const queryClient = useQueryClient()
  const [isRemoving, removing] = useDisclosure(false)
  const remove = async () => {
    await answerOf(api.DELETE('/webhooks/endpoints/{mode}', { params: { path: { mode } } }))
    onRemoved()
    toast(words.removed)
    await queryClient.invalidateQueries({ queryKey: ['webhooks'] })
    await queryClient.invalidateQueries({ queryKey: ['overview'] })
  }
  return (
    <>
      <Button variant="default" disabled={!mayAct} onClick={removing.open}>
        {words.remove}
      </Button>
      <ConfirmDialog
        title={words.remove}
        hint={words.removeHint}
        act={words.remove}
        isOpen={isRemoving}
        close={removing.close}
        run={remove}
      />
    </>
  )
}

function TestCall({ mode }: { readonly mode: WebhookEndpoint['mode'] }) {
  const words = useWords(webhookWords)
  const mayAct = useIsAtLeast('operator')
  const test = useMutation({
    mutationFn: () =>
      answerOf(api.POST('/webhooks/endpoints/{mode}/test', { params: { path: { mode } } })),
  })
  const { isTaken, httpStatus, error, responseBody = null } = test.data ?? {}
  return (
    <Stack gap="xs">
      <Group>
        <Button
          variant="default"
          disabled={!mayAct}
          loading={test.isPending}
          onClick={() => test.mutate()}
        >
          {words.test}
        </Button>
      </Group>
      <FailureNotice error={test.error} />
      {test.data !== undefined && (
        <Notice tone={isTaken === true ? 'calm' : 'bad'} isAnswer>
          <Text size="sm">
            {isTaken === true
              ? words.testTaken(String(httpStatus))
              : words.testNotTaken(error ?? `HTTP ${httpStatus}`)}
          </Text>
        </Notice>
      )}
      {responseBody !== null && responseBody !== '' && (
        <CodeBlock label={words.answer} text={responseBody} />
      )}
    </Stack>
  )
}
