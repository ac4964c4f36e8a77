// One attempt to deliver one event that was taken up: sign, send, and write down what came of it. 2xx is delivered
// (V1 wants 200 and ignores the body); 410 ends it; everything else, redirects included, is tried again later.

import type { Logger } from 'pino'

import type { Database } from '../db/database.ts'
import { traceHeaders, within } from '../telemetry/activity.ts'
import { noteEndpointFailure } from './endpoints.store.ts'
import { type OutboundGuard, parseOutboundUrl } from './outbound-guard.ts'
import type { PostLimits, PostResult, PostWebhook } from './post-webhook.ts'
import { type EndpointDependencies, openSecrets, prepareEndpoint } from './prepare-endpoint.ts'
import { nextTry, pauseAfterMs, readRetryAfterMs } from './retry-schedule.ts'
import { signatureHeaders } from './sign-webhook.ts'
import { type WebhookBody, webhookBody } from './webhook-body.ts'
import type { Endpoint, PauseReason, Webhook } from './webhook.ts'
import {
  type AttemptEnd,
  type FailedEnd,
  recordDelivered,
  recordFailure,
} from './webhooks.store.ts'

export interface DeliverDependencies extends EndpointDependencies {
  readonly db: Database
  readonly log: Logger
  readonly guard: OutboundGuard
  readonly limits: PostLimits
  readonly postWebhook: PostWebhook
  readonly observer: WebhookObserver
  /** Of billkey, for the User-Agent header. */
  readonly version: string
}

export interface WebhookObserver {
  webhookAttempted(attempt: {
    /** Null: no answer came, or none was asked for. */
    readonly status: number | null
    readonly became: 'delivered' | FailedEnd['state'] | 'interrupted'
    readonly ms: number
  }): void
  endpointPaused(reason: PauseReason): void
}

/** `interrupted`: we stopped; the event is due again at once. */
export type DeliveryEnd = 'delivered' | 'failed' | 'interrupted'

/** Rejects only when the database does; the event is then sent again once its lease has ended. */
export function deliverWebhook(
  deps: DeliverDependencies,
  webhook: Webhook,
  signal: AbortSignal,
): Promise<DeliveryEnd> {
  const { merchantId, webhookId, impUid, merchantUid } = webhook
  const about = { merchantId, webhookId, impUid, merchantUid }
  return within('deliver webhook', about, () => deliver(deps, webhook, signal))
}

async function deliver(
  deps: DeliverDependencies,
  webhook: Webhook,
  signal: AbortSignal,
): Promise<DeliveryEnd> {
  const startedAtMs = deps.clock.now(webhook.merchantId)
  const endpoint = await prepareEndpoint(deps, webhook)
  const url = webhook.urlOverride ?? endpoint.url
  const body = webhookBody(webhook, endpoint.format)
  const result: PostResult =
    url === null
      ? { kind: 'failed', error: 'the endpoint has no address' }
      : await sendSigned(deps, { webhook, endpoint, url, body, signal })
  const endedAtMs = deps.clock.now(webhook.merchantId)
  const end: AttemptEnd = {
    url,
    requestBody: body.text,
    ...evidenceOf(result),
    endedAtMs,
    durationMs: endedAtMs - startedAtMs,
  }
  const endpointUrl = webhook.urlOverride === null ? url : null
  const attempted = (became: Parameters<WebhookObserver['webhookAttempted']>[0]['became']) =>
    deps.observer.webhookAttempted({ status: end.status, became, ms: end.durationMs })
  if (isTaken(result)) {
    await recordDelivered(deps.db, webhook, end, endpointUrl)
    attempted('delivered')
    deps.log.info(factsOf(webhook, end), 'a webhook was delivered')
    return 'delivered'
  }
  if (result.kind === 'interrupted') {
    await recordFailure(deps.db, webhook, end, dueAgain(webhook, endedAtMs))
    attempted('interrupted')
    return 'interrupted'
  }
  attempted(await recordFailedAttempt(deps, { webhook, endpoint, end, endpointUrl, result }))
  return 'failed'
}

export interface SignedRequest {
  readonly webhook: Pick<Webhook, 'webhookId' | 'sandbox' | 'attemptCount'>
  readonly endpoint: Endpoint
  readonly url: string
  readonly body: WebhookBody
  readonly signal: AbortSignal
}

/** Signs with every live secret and sends. */
export async function sendSigned(
  {
    vault,
    clock,
    guard,
    limits,
    postWebhook,
    version,
  }: Omit<DeliverDependencies, 'db' | 'ids' | 'log' | 'observer'>,
  { webhook, endpoint, url, body, signal }: SignedRequest,
): Promise<PostResult> {
  const secrets = await openSecrets(vault, endpoint)
  // Receivers hold the timestamp against real time, also where the merchant's clock stands still.
  const signable = { webhookId: webhook.webhookId, atMs: clock.now(), body: body.text }
  return postWebhook(
    {
      url,
      sandbox: webhook.sandbox,
      headers: {
        'content-type': body.contentType,
        'user-agent': `billkey/${version}`,
        accept: '*/*',
        ...signatureHeaders(signable, secrets),
        ...traceHeaders(),
      },
      body: body.text,
    },
    {
      guard,
      limit: webhook.attemptCount === 1 ? limits.first : limits.resend,
      bodyMs: limits.bodyMs,
      signal,
    },
  )
}

export function isTaken(result: PostResult): boolean {
  return result.kind === 'answered' && result.status >= 200 && result.status < 300
}

function evidenceOf(result: PostResult): Pick<AttemptEnd, 'status' | 'responseBody' | 'error'> {
  switch (result.kind) {
    case 'answered':
      return { status: result.status, responseBody: result.body, error: null }
    case 'refused':
    case 'failed':
      return { status: null, responseBody: null, error: result.error }
    case 'interrupted':
      return { status: null, responseBody: null, error: 'cut off: the process was stopping' }
  }
}

/** The attempt does not count; another process, or this one after its start, sends the event again. */
function dueAgain({ retryStep }: Webhook, nowMs: number): FailedEnd {
  return { state: 'pending', dueAtMs: nowMs, retryStep }
}

interface FailedAttempt {
  readonly webhook: Webhook
  readonly endpoint: Endpoint
  readonly end: AttemptEnd
  /** Null for a notice_url: its failures say nothing about the endpoint. */
  readonly endpointUrl: string | null
  readonly result: Exclude<PostResult, { kind: 'interrupted' }>
}

async function recordFailedAttempt(
  deps: DeliverDependencies,
  { webhook, end, endpointUrl, result }: FailedAttempt,
): Promise<FailedEnd['state']> {
  const atMs = end.endedAtMs
  const isGone = result.kind === 'answered' && result.status === 410
  const eventId = deps.ids.uuid()
  const failure = { isGone, atMs, failingBeforeMs: atMs - pauseAfterMs, eventId }
  const { pausedFor, became } = await deps.db.transaction(async (tx) => {
    const paused =
      endpointUrl === null
        ? null
        : await noteEndpointFailure(tx, webhook, { ...failure, url: endpointUrl })
    const next = afterFailure(deps, { webhook, end, result, paused })
    await recordFailure(tx, webhook, end, next)
    return { pausedFor: paused, became: next.state }
  })
  const facts = factsOf(webhook, end)
  deps.log.info({ ...facts, error: end.error, became }, 'a webhook was not taken')
  if (pausedFor !== null) {
    deps.observer.endpointPaused(pausedFor)
    deps.log.warn({ ...facts, reason: pausedFor }, pauseWarning)
  }
  return became
}

function factsOf(
  { merchantId, webhookId, sandbox, attemptCount }: Webhook,
  { url, status, durationMs: ms }: AttemptEnd,
) {
  return {
    merchantId,
    webhookId,
    sandbox,
    attempt: attemptCount,
    origin: originOf(url),
    status,
    ms,
  }
}

const pauseWarning =
  "a webhook endpoint is paused: its events are held until 'billkey webhooks endpoint resume'"

function afterFailure(
  { ids }: Pick<DeliverDependencies, 'ids'>,
  failed: {
    readonly webhook: Webhook
    readonly end: AttemptEnd
    readonly result: FailedAttempt['result']
    readonly paused: PauseReason | null
  },
): FailedEnd {
  const { webhook, end, result, paused } = failed
  const isFinal =
    (result.kind === 'answered' && result.status === 410) ||
    (result.kind === 'refused' && result.cause === 'bad_url')
  if (isFinal) return { state: 'given_up' }
  if (paused !== null) return { state: 'held' }
  const next = nextTry(webhook.retryStep, {
    nowMs: end.endedAtMs,
    retryAfterMs:
      result.kind === 'answered' ? readRetryAfterMs(result.retryAfter, end.endedAtMs) : null,
    fraction: Number(ids.digits(6)) / 1_000_000,
  })
  return next.kind === 'retry' ? { state: 'pending', ...next } : { state: 'given_up' }
}

/** The rest of an address may hold a token of the merchant's. */
function originOf(url: string | null): string | null {
  const parsed = url === null ? null : parseOutboundUrl(url)
  return parsed?.kind === 'parsed' ? parsed.url.origin : null
}
