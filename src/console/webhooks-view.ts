// Where a merchant is told of payments, what it was told, and telling it again.

import { Type } from '../http/json-schema.ts'
import { consoleCall } from './console-call.ts'
import {
  choice,
  countSchema,
  doneSchema,
  idParam,
  instantText,
  maybe,
  modes,
  noParams,
  pageParams,
  periodParams,
  text,
  walkedListOf,
} from './console-schema.ts'

const formats = ['json', 'form'] as const
const webhookStates = ['pending', 'held', 'delivered', 'given_up'] as const
const webhookStatuses = ['ready', 'paid', 'failed', 'cancelled'] as const

export const endpointSchema = Type.Object({
  mode: choice(modes),
  url: maybe(text('Null: none was set; only a notice_url is told.')),
  format: choice(formats),
  sendsFailures: Type.Boolean({
    description: 'Also ordinary failures, which V1 does not tell of.',
  }),
  secretCount: Type.Integer({ description: '2: an older secret signs along.' }),
  failingSince: maybe(instantText()),
  pausedAt: maybe(instantText()),
  pauseReason: maybe(choice(['failing', 'gone'])),
  waiting: countSchema,
})

export const deliverySchema = Type.Object({
  webhookId: text(),
  mode: choice(modes),
  impUid: text(),
  merchantUid: text(),
  status: choice(webhookStatuses, { description: 'The fact it tells of.' }),
  cancellationId: maybe(text()),
  state: choice(webhookStates),
  attemptCount: Type.Integer(),
  toNoticeUrl: maybe(text("The payment's own address; null: the endpoint's.")),
  createdAt: instantText(),
  nextAttemptAt: maybe(instantText()),
  deliveredAt: maybe(instantText()),
  lastHttpStatus: maybe(Type.Integer()),
  lastError: maybe(text()),
  archiveId: maybe(text('Where its attempts are now, but for those of a later replay.')),
})

const attemptSchema = Type.Object({
  attempt: Type.Integer(),
  url: maybe(text()),
  requestBody: maybe(text()),
  httpStatus: maybe(Type.Integer()),
  responseBody: maybe(text('Its first 2 KB.')),
  error: maybe(text()),
  startedAt: instantText(),
  durationMs: maybe(Type.Integer({ description: 'Null: no end was recorded.' })),
})

export const deliveryFilter = {
  state: Type.Optional(choice(webhookStates)),
  status: Type.Optional(choice(webhookStatuses)),
  mode: Type.Optional(choice(modes)),
  impUid: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
  ...periodParams,
}

const modeParam = { mode: choice(modes) }

export const webhookCalls = {
  listEndpoints: consoleCall({
    name: 'listEndpoints',
    method: 'GET',
    url: '/webhooks/endpoints',
    summary: 'The endpoint of each mode',
    access: 'viewer',
    params: noParams,
    response: Type.Object({ items: Type.Array(endpointSchema) }),
  }),
  setEndpoint: consoleCall({
    name: 'setEndpoint',
    method: 'PUT',
    url: '/webhooks/endpoints/:mode',
    summary: 'Set where webhooks of a mode go; ends a pause',
    access: 'owner',
    params: Type.Object({
      ...modeParam,
      url: Type.String({ minLength: 1, maxLength: 2_000 }),
      format: choice(formats),
      sendsFailures: Type.Boolean(),
    }),
    response: Type.Object({
      endpoint: endpointSchema,
      releasedCount: Type.Integer({ description: 'Events that had waited and are due now.' }),
    }),
  }),
  removeEndpointAddress: consoleCall({
    name: 'removeEndpointAddress',
    method: 'DELETE',
    url: '/webhooks/endpoints/:mode',
    summary: 'Tell nobody of payments of a mode any more but their notice_url; what waits is held',
    access: 'owner',
    params: Type.Object(modeParam),
    response: Type.Object({ endpoint: endpointSchema }),
  }),
  revealEndpointSecrets: consoleCall({
    name: 'revealEndpointSecrets',
    method: 'POST',
    url: '/webhooks/endpoints/:mode/reveal-secret',
    summary: 'Show what the receiver verifies with, newest first; audited',
    access: 'owner',
    params: Type.Object(modeParam),
    response: Type.Object({ secrets: Type.Array(text()) }),
  }),
  rotateEndpointSecret: consoleCall({
    name: 'rotateEndpointSecret',
    method: 'POST',
    url: '/webhooks/endpoints/:mode/rotate-secret',
    summary: 'Make a new secret; both sign until the old one is dropped',
    access: 'owner',
    params: Type.Object(modeParam),
    response: Type.Object({ secret: text(), endpoint: endpointSchema }),
  }),
  dropOldEndpointSecret: consoleCall({
    name: 'dropOldEndpointSecret',
    method: 'POST',
    url: '/webhooks/endpoints/:mode/drop-old-secret',
    summary: 'Let the older secret sign no more',
    access: 'owner',
    params: Type.Object(modeParam),
    response: endpointSchema,
  }),
  resumeEndpoint: consoleCall({
    name: 'resumeEndpoint',
    method: 'POST',
    url: '/webhooks/endpoints/:mode/resume',
    summary: 'End a pause; what was held is due now',
    access: 'operator',
    params: Type.Object(modeParam),
    response: Type.Object({ endpoint: endpointSchema, releasedCount: Type.Integer() }),
  }),
  testEndpoint: consoleCall({
    name: 'testEndpoint',
    method: 'POST',
    url: '/webhooks/endpoints/:mode/test',
    summary: "Send V1's test event to the saved address and show the answer",
    access: 'operator',
    params: Type.Object(modeParam),
    response: Type.Object({
      url: text(),
      isTaken: Type.Boolean({ description: 'It answered 2xx.' }),
      httpStatus: maybe(Type.Integer()),
      responseBody: maybe(text()),
      error: maybe(text()),
    }),
  }),
  listDeliveries: consoleCall({
    name: 'listDeliveries',
    method: 'GET',
    url: '/webhooks/deliveries',
    summary: 'Events, newest first',
    access: 'viewer',
    params: Type.Object({ ...pageParams, ...deliveryFilter }),
    response: walkedListOf(deliverySchema),
  }),
  getDelivery: consoleCall({
    name: 'getDelivery',
    method: 'GET',
    url: '/webhooks/deliveries/:webhookId',
    summary: 'One event with all attempts and their bodies',
    access: 'viewer',
    params: Type.Object({ webhookId: idParam() }),
    response: Type.Object({ delivery: deliverySchema, attempts: Type.Array(attemptSchema) }),
  }),
  replayDelivery: consoleCall({
    name: 'replayDelivery',
    method: 'POST',
    url: '/webhooks/deliveries/:webhookId/replay',
    summary: 'Send an event again, whatever became of it',
    access: 'operator',
    params: Type.Object({ webhookId: idParam() }),
    response: doneSchema,
  }),
  replayDeliveries: consoleCall({
    name: 'replayDeliveries',
    method: 'POST',
    url: '/webhooks/replay',
    summary: 'Send many again, in bites: repeat with nextCursor until it is null',
    access: 'operator',
    params: Type.Object({
      isPreview: Type.Boolean({ description: 'Only count.' }),
      filter: Type.Object(deliveryFilter, {
        additionalProperties: false,
        description: 'Of events that were delivered or given up.',
      }),
      cursor: Type.Optional(Type.String({ maxLength: 512 })),
    }),
    response: Type.Object({
      matched: countSchema,
      doneCount: Type.Integer({ description: 'In this bite; 0 in a preview.' }),
      nextCursor: maybe(text()),
    }),
  }),
}
