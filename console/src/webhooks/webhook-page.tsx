// One event: what it tells of, and every attempt with what was sent and what was answered.

import { Button, Stack, Text } from '@mantine/core'
import { ChevronLeftIcon } from '@primer/octicons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'

import { answerOf, api, type Schemas } from '../api/client.ts'
import { useIsAtLeast } from '../api/session.ts'
import { PageLoader } from '../app/page-loader.tsx'
import { koreanSecond, useFormats } from '../language/formats.ts'
import { useWords } from '../language/language.tsx'
import { CodeBlock } from '../parts/code-block.tsx'
import { Facts } from '../parts/facts.tsx'
import { FailureNotice } from '../parts/failure-notice.tsx'
import { TextLink } from '../parts/links.tsx'
import { NeedsRole } from '../parts/needs-role.tsx'
import { Page } from '../parts/page.tsx'
import { Panel } from '../parts/panel.tsx'
import { toast } from '../parts/toast.ts'
import { DeliveryState } from './delivery-state.tsx'
import { deliveryQuery } from './webhook-queries.ts'
import { webhookWords } from './webhook-words.ts'

const route = getRouteApi('/webhooks/$webhookId')

export function WebhookPage() {
  const words = useWords(webhookWords)
  const { webhookId } = route.useParams()
  const event = useQuery(deliveryQuery(webhookId))
  const above = (
    <TextLink to="/webhooks" fz="inherit">
      <ChevronLeftIcon size={12} /> {words.title}
    </TextLink>
  )
  if (event.isPending) return <PageLoader />
  if (event.data === undefined) {
    return (
      <Page title={words.title} above={above}>
        <FailureNotice error={event.error} retry={() => void event.refetch()} />
      </Page>
    )
  }
  const { delivery, attempts } = event.data
  return (
    <Page
      title={`${words.facts[delivery.status]} · ${delivery.merchantUid}`}
      above={above}
      mark={<DeliveryState state={delivery.state} />}
      actions={<Replay webhookId={webhookId} />}
    >
      <Stack gap="md">
        <DeliveryFacts delivery={delivery} />
        {delivery.archiveId !== null && <Text size="sm">{words.archived(delivery.archiveId)}</Text>}
        {attempts.length === 0 && delivery.archiveId === null && (
          <Text size="sm">{words.noAttempt}</Text>
        )}
        {attempts.map((attempt) => (
          <AttemptPanel key={attempt.attempt} attempt={attempt} />
        ))}
      </Stack>
    </Page>
  )
}

function DeliveryFacts({ delivery }: { readonly delivery: Schemas['WebhookDelivery'] }) {
  const words = useWords(webhookWords)
  const { impUid, createdAt, nextAttemptAt, webhookId } = delivery
  return (
    <Facts
      facts={[
        {
          label: words.payment,
          value: (
            <TextLink to="/payments/$impUid" params={{ impUid }} fz="inherit">
              {impUid}
            </TextLink>
          ),
        },
        { label: words.at, value: koreanSecond(createdAt) },
        { label: words.next, value: nextAttemptAt === null ? null : koreanSecond(nextAttemptAt) },
        { label: 'webhook_id', value: webhookId, copies: webhookId },
      ]}
    />
  )
}

function Replay({ webhookId }: { readonly webhookId: string }) {
  const words = useWords(webhookWords)
  const queryClient = useQueryClient()
  const mayAct = useIsAtLeast('operator')
  const replay = useMutation({
    mutationFn: () =>
      answerOf(
        api.POST('/webhooks/deliveries/{webhookId}/replay', { params: { path: { webhookId } } }),
      ),
    onSuccess: async () => {
      toast(words.replayed)
      await queryClient.invalidateQueries({ queryKey: ['webhooks'] })
    },
  })
  return (
    <>
      <FailureNotice error={replay.error} />
      <NeedsRole least="operator">
        <Button disabled={!mayAct} loading={replay.isPending} onClick={() => replay.mutate()}>
          {words.replay}
        </Button>
      </NeedsRole>
    </>
  )
}

interface Attempt {
  readonly attempt: number
  readonly url: string | null
  readonly requestBody: string | null
  readonly httpStatus: number | null
  readonly responseBody: string | null
  readonly error: string | null
  readonly startedAt: string
  readonly durationMs: number | null
}

function AttemptPanel({ attempt }: { readonly attempt: Attempt }) {
  const words = useWords(webhookWords)
  const { count } = useFormats()
  const { httpStatus, error, durationMs, requestBody, responseBody } = attempt
  const hint = [
    koreanSecond(attempt.startedAt),
    attempt.url,
    error ?? (httpStatus === null ? null : `HTTP ${httpStatus}`),
    durationMs === null ? null : `${count(durationMs)} ms`,
  ].filter(Boolean)
  return (
    <Panel title={words.attempt(String(attempt.attempt))} hint={hint.join(' · ')}>
      <Stack gap="xs">
        {requestBody !== null && (
          <>
            <Text size="sm">{words.request}</Text>
            <CodeBlock label={words.request} text={requestBody} />
          </>
        )}
        {responseBody !== null && responseBody !== '' && (
          <>
            <Text size="sm">{words.response}</Text>
            <CodeBlock label={words.response} text={responseBody} />
          </>
        )}
      </Stack>
    </Panel>
  )
}
