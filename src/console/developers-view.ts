// What developers need: API keys, the log of V1 requests, test cards, and the guide's commands with their values.

import { Type } from '../http/json-schema.ts'
import { consoleCall } from './console-call.ts'
import {
  choice,
  instantText,
  maybe,
  noParams,
  periodParams,
  text,
  walkedListOf,
} from './console-schema.ts'

export const apiKeySchema = Type.Object({
  impKey: text(),
  createdAt: instantText(),
  revokedAt: maybe(instantText()),
})

const newApiKeySchema = Type.Object({
  impKey: text(),
  impSecret: text('Shown once; only its hash is kept.'),
})

const impKeyParam = { impKey: Type.String({ minLength: 1, maxLength: 200 }) }

export const apiKeyCalls = {
  listApiKeys: consoleCall({
    name: 'listApiKeys',
    method: 'GET',
    url: '/api-keys',
    summary: 'API keys, revoked ones too, oldest first',
    access: 'viewer',
    params: noParams,
    response: Type.Object({ items: Type.Array(apiKeySchema) }),
  }),
  createApiKey: consoleCall({
    name: 'createApiKey',
    method: 'POST',
    url: '/api-keys',
    summary: 'Make an API key',
    access: 'owner',
    params: noParams,
    response: newApiKeySchema,
  }),
  rotateApiKey: consoleCall({
    name: 'rotateApiKey',
    method: 'POST',
    url: '/api-keys/:impKey/rotate',
    summary: 'Give a key a new secret; the old secret and its token end',
    access: 'owner',
    params: Type.Object(impKeyParam),
    response: newApiKeySchema,
  }),
  revokeApiKey: consoleCall({
    name: 'revokeApiKey',
    method: 'DELETE',
    url: '/api-keys/:impKey',
    summary: 'Revoke a key; its token ends within five seconds',
    access: 'owner',
    params: Type.Object(impKeyParam),
    response: apiKeySchema,
  }),
}

export const requestSchema = Type.Object({
  requestId: text(),
  at: instantText(),
  method: text(),
  route: text('The pattern, not the address.'),
  status: Type.Integer({ description: 'HTTP.' }),
  code: maybe(Type.Integer({ description: "The envelope's code." })),
  message: maybe(text("The envelope's message, when it refused.")),
  durationMs: Type.Integer(),
  impUid: maybe(text()),
  merchantUid: maybe(text()),
  customerUid: maybe(text()),
  impKey: maybe(text('The API key it was made with, or that it asked a token for.')),
  clientIp: text(),
})

export const developerCalls = {
  listRequests: consoleCall({
    name: 'listRequests',
    method: 'GET',
    url: '/requests',
    summary: 'The log of V1 requests, newest first, a second or two old; poll with `after`',
    access: 'viewer',
    params: Type.Object({
      limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
      cursor: Type.Optional(Type.String({ maxLength: 512, description: 'For older ones.' })),
      after: Type.Optional(
        Type.String({
          maxLength: 512,
          description:
            'newestCursor of before: only newer ones, and again those of the minute before it, since lines are written late; told apart by requestId.',
        }),
      ),
      result: Type.Optional(choice(['succeeded', 'refused', 'failed'])),
      impUid: Type.Optional(Type.String({ maxLength: 40 })),
      ...periodParams,
    }),
    response: Type.Object({
      ...walkedListOf(requestSchema).properties,
      newestCursor: maybe(text('For `after`; null: nothing was ever logged.')),
    }),
  }),
  listTestCards: consoleCall({
    name: 'listTestCards',
    method: 'GET',
    url: '/test-cards',
    summary: 'Cards of the simulator and what they do; only in a sandbox',
    access: 'viewer',
    params: noParams,
    response: Type.Object({
      items: Type.Array(
        Type.Object({
          cardNumber: text(),
          key: text('A stable name, to translate by.'),
          effect: text('What it does, in English.'),
          outcome: choice(['approved', 'declined', 'unsent', 'unknown', 'late', 'varies']),
          resultCode: maybe(text()),
        }),
      ),
    }),
  }),
  getGuide: consoleCall({
    name: 'getGuide',
    method: 'GET',
    url: '/guide',
    summary: "The guide's commands with this merchant's values",
    access: 'viewer',
    params: noParams,
    response: Type.Object({
      apiUrl: text(),
      impKey: maybe(text('A live key; null: there is none yet.')),
      steps: Type.Array(
        Type.Object({
          key: choice(['token', 'onetime', 'billing_key', 'onetime_with_key', 'again', 'schedule']),
          method: text(),
          path: text(),
          body: Type.Unknown({ description: 'The JSON that is sent.' }),
          command: text('For a shell; $TOKEN stands for the access token.'),
        }),
      ),
    }),
  }),
}
