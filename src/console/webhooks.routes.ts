// Where a merchant is told of payments, what it was told, and telling it again: parse, call, render.

import type { Static } from 'typebox'

import { newAct } from '../audit/audit-event.ts'
import { recordAct } from '../audit/audit-events.store.ts'
import { instant, instantOrNull } from '../db/database.ts'
import { countMax, type Place } from '../db/walk-rows.ts'
import type { DeliverDependencies } from '../webhooks/deliver-webhook.ts'
import { findEndpoint } from '../webhooks/endpoints.store.ts'
import { prepareEndpoint } from '../webhooks/prepare-endpoint.ts'
import { removeEndpointAddress } from '../webhooks/remove-endpoint-address.ts'
import { replayBite, replayWebhook } from '../webhooks/replay-webhooks.ts'
import { resumeEndpoint } from '../webhooks/resume-endpoint.ts'
import {
  dropOldWebhookSecret,
  readWebhookSecrets,
  rotateWebhookSecret,
} from '../webhooks/rotate-webhook-secret.ts'
import { sendTestWebhook } from '../webhooks/send-test-webhook.ts'
import { setEndpoint } from '../webhooks/set-endpoint.ts'
import {
  countWaiting,
  listAttempts,
  type WebhookFilter,
} from '../webhooks/webhook-queries.store.ts'
import {
  countEndedWebhooks,
  type ListedWebhook,
  searchWebhook,
  searchWebhooks,
} from '../webhooks/webhook-search.store.ts'
import type { PostResult } from '../webhooks/post-webhook.ts'
import type { Endpoint, EndpointName } from '../webhooks/webhook.ts'
import { type ConsoleCaller, signedIn } from './console-caller.ts'
import { type ConsoleRoute, consoleRoute } from './console-call.ts'
import { consoleRefusal, notFound } from './console-error.ts'
import { done, modes } from './console-schema.ts'
import { readBiteCursor, readUuidCursor, walkedPageOf, writeBiteCursor } from './page.ts'
import { modeOf } from './payment-answers.ts'
import { periodOf, sandboxOf } from './read-filter.ts'
import { refuseReplay } from './replay-answer.ts'
import {
  type deliveryFilter,
  type deliverySchema,
  type endpointSchema,
  webhookCalls,
} from './webhooks-view.ts'

export function webhookRoutes(deps: DeliverDependencies): ConsoleRoute[] {
  return [
    ...endpointRoutes(deps),
    ...secretRoutes(deps),
    ...deliveryRoutes(deps),
    ...replayRoutes(deps),
  ]
}

type Mode = (typeof modes)[number]

function nameOf(caller: ConsoleCaller, mode: Mode): EndpointName {
  return { merchantId: signedIn(caller).merchantId, sandbox: mode === 'sandbox' }
}

async function showEndpoint(
  { db }: DeliverDependencies,
  { merchantId, sandbox }: EndpointName,
  endpoint: Endpoint = { ...noEndpoint, merchantId, sandbox },
): Promise<Static<typeof endpointSchema>> {
  const count = await countWaiting(db, { merchantId, sandbox }, countMax)
  return {
    mode: modeOf(sandbox),
    url: endpoint.url,
    format: endpoint.format,
    sendsFailures: endpoint.sendsFailures,
    secretCount: [endpoint.secretSealed, endpoint.secretPreviousSealed].filter(isThere).length,
    failingSince: instantOrNull(endpoint.failingSinceMs),
    pausedAt: instantOrNull(endpoint.pausedAtMs),
    pauseReason: endpoint.pauseReason,
    waiting: { count: Math.min(count, countMax), isExact: count < countMax },
  }
}

const isThere = (sealed: Buffer | null): boolean => sealed !== null && sealed.length > 0

/** Of a mode in which nothing was sent or set so far. */
const noEndpoint = {
  mode: '',
  url: null,
  format: 'json',
  sendsFailures: false,
  secretSealed: Buffer.alloc(0),
  secretPreviousSealed: null,
  failingSinceMs: null,
  pausedAtMs: null,
  pauseReason: null,
} as const

async function endpointNow(deps: DeliverDependencies, name: EndpointName) {
  return showEndpoint(deps, name, await findEndpoint(deps.db, name))
}

function endpointRoutes(deps: DeliverDependencies): ConsoleRoute[] {
  return [
    consoleRoute(webhookCalls.listEndpoints, async (_, caller) => ({
      items: await Promise.all(modes.map((mode) => endpointNow(deps, nameOf(caller, mode)))),
    })),
    consoleRoute(webhookCalls.setEndpoint, async (input, caller) => {
      const { mode, url, format, sendsFailures } = input
      const name = nameOf(caller, mode)
      const wanted = { url: url.trim(), format, sendsFailures, actor: signedIn(caller).actor }
      const result = await setEndpoint(deps, name, wanted)
      if (result.kind === 'refused') {
        throw consoleRefusal('webhook_address_refused', result.message)
      }
      const endpoint = await showEndpoint(deps, name, result.endpoint)
      return { endpoint, releasedCount: result.released }
    }),
    consoleRoute(webhookCalls.removeEndpointAddress, async ({ mode }, caller) => {
      const name = nameOf(caller, mode)
      const isRemoved = await removeEndpointAddress(deps, name, signedIn(caller).actor)
      if (!isRemoved) throw noAddress()
      return { endpoint: await endpointNow(deps, name) }
    }),
    consoleRoute(webhookCalls.resumeEndpoint, async ({ mode }, caller) => {
      const name = nameOf(caller, mode)
      const result = await resumeEndpoint(deps, name, { actor: signedIn(caller).actor })
      if (result.kind === 'not_paused') {
        throw consoleRefusal('webhook_endpoint_not_paused', 'The endpoint is not paused.')
      }
      return { endpoint: await endpointNow(deps, name), releasedCount: result.released }
    }),
    consoleRoute(webhookCalls.testEndpoint, async ({ mode }, caller) => {
      const name = nameOf(caller, mode)
      const { merchantId, actor } = signedIn(caller)
      const tested = { action: 'webhook_endpoint.tested', subject: mode, detail: {} }
      const known = await findEndpoint(deps.db, name)
      if (known !== undefined && known.url !== null) {
        await recordAct(deps.db, merchantId, tested, newAct(deps, actor))
      }
      // The limits of a delivery end it by themselves.
      const sent = await sendTestWebhook(deps, name, new AbortController().signal)
      if (sent.kind === 'no_address') throw noAddress()
      return { url: sent.url, ...showResult(sent.result) }
    }),
  ]
}

const noAddress = () => consoleRefusal('webhook_no_address', 'No address is set.')

function showResult(result: PostResult) {
  if (result.kind === 'answered') {
    const { status, body } = result
    const isTaken = status >= 200 && status < 300
    return { isTaken, httpStatus: status, responseBody: body, error: null }
  }
  const error = result.kind === 'interrupted' ? 'It was cut off.' : result.error
  return { isTaken: false, httpStatus: null, responseBody: null, error }
}

function secretRoutes(deps: DeliverDependencies): ConsoleRoute[] {
  return [
    consoleRoute(webhookCalls.revealEndpointSecrets, async ({ mode }, caller) => {
      const name = nameOf(caller, mode)
      const { merchantId, actor } = signedIn(caller)
      await prepareEndpoint(deps, name)
      const shown = { action: 'webhook_endpoint.secret_shown', subject: mode, detail: {} }
      await recordAct(deps.db, merchantId, shown, newAct(deps, actor))
      const secrets = await readWebhookSecrets(deps, name)
      return { secrets: secrets.map((secret) => secret.reveal()) }
    }),
    consoleRoute(webhookCalls.rotateEndpointSecret, async ({ mode }, caller) => {
      const name = nameOf(caller, mode)
      const result = await rotateWebhookSecret(deps, name, signedIn(caller).actor)
      if (result.kind === 'old_secret_live') {
        throw consoleRefusal(
          'webhook_old_secret_live',
          'An older secret signs along still: drop it first.',
        )
      }
      return { secret: result.secret.reveal(), endpoint: await endpointNow(deps, name) }
    }),
    consoleRoute(webhookCalls.dropOldEndpointSecret, async ({ mode }, caller) => {
      const name = nameOf(caller, mode)
      if (!(await dropOldWebhookSecret(deps, name, signedIn(caller).actor))) {
        throw consoleRefusal('webhook_no_old_secret', 'No older secret signs along.')
      }
      return endpointNow(deps, name)
    }),
  ]
}

type FilterInput = {
  [Name in keyof typeof deliveryFilter]?: Static<(typeof deliveryFilter)[Name]> | undefined
}

function filterOf(input: FilterInput): WebhookFilter {
  const { fromMs, toMs } = periodOf(input)
  return {
    sandbox: sandboxOf(input.mode),
    state: input.state ?? null,
    status: input.status ?? null,
    impUid: input.impUid ?? null,
    sinceMs: fromMs,
    untilMs: toMs,
  }
}

function showDelivery(webhook: ListedWebhook): Static<typeof deliverySchema> {
  return {
    webhookId: webhook.webhookId,
    mode: modeOf(webhook.sandbox),
    impUid: webhook.impUid,
    merchantUid: webhook.merchantUid,
    status: webhook.status,
    cancellationId: webhook.cancellationId,
    state: webhook.state,
    attemptCount: webhook.attemptCount,
    toNoticeUrl: webhook.urlOverride,
    createdAt: instant(webhook.createdAtMs),
    nextAttemptAt: instantOrNull(webhook.dueAtMs),
    deliveredAt: instantOrNull(webhook.deliveredAtMs),
    lastHttpStatus: webhook.lastStatus,
    lastError: webhook.lastError,
    archiveId: webhook.archiveId,
  }
}

function deliveryRoutes({ db }: DeliverDependencies): ConsoleRoute[] {
  return [
    consoleRoute(webhookCalls.listDeliveries, async (input, caller) => {
      const { merchantId } = signedIn(caller)
      const { limit, cursor } = input
      const search = { order: 'newest', after: readUuidCursor(cursor), limit } as const
      return walkedPageOf(
        await searchWebhooks(db, merchantId, filterOf(input), search),
        showDelivery,
      )
    }),
    consoleRoute(webhookCalls.getDelivery, async ({ webhookId }, caller) => {
      const { merchantId } = signedIn(caller)
      const webhook = await searchWebhook(db, merchantId, webhookId)
      if (webhook === undefined) throw notFound('event')
      const attempts = await listAttempts(db, webhook)
      return {
        delivery: showDelivery(webhook),
        attempts: attempts.map(({ status, startedAtMs, ...attempt }) =>
          Object.assign(attempt, { httpStatus: status, startedAt: instant(startedAtMs) }),
        ),
      }
    }),
  ]
}

function replayRoutes(deps: DeliverDependencies): ConsoleRoute[] {
  return [
    consoleRoute(webhookCalls.replayDelivery, async ({ webhookId }, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const result = await replayWebhook(deps, { merchantId, webhookId, actor })
      if (result.kind !== 'due') throw refuseReplay(result)
      return done
    }),
    consoleRoute(webhookCalls.replayDeliveries, async ({ isPreview, filter, cursor }, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const wanted = filterOf(filter)
      const start = readBiteCursor(cursor, deps.clock.now(merchantId))
      const { count, isExact } = await countEndedWebhooks(deps.db, merchantId, wanted)
      const matched = { count, isExact }
      if (isPreview) return { matched, doneCount: 0, nextCursor: null }
      const bite = await replayBite(deps, { merchantId, actor, filter: wanted }, start)
      return { matched, doneCount: bite.done, nextCursor: cursorOf(bite.next, start.begunMs) }
    }),
  ]
}

function cursorOf(next: Place | null, begunMs: number): string | null {
  return next === null ? null : writeBiteCursor(next, begunMs)
}
