// A server with a few routes that echo what they read, for the tests of this folder.

import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { merchantId, randomIds } from '../primitives/ids.ts'
import { createLogger } from '../telemetry/logger.ts'
import { nullable, pageOf, paged, partial, value } from './envelope.ts'
import { Type } from './json-schema.ts'
import { createHttpServer, type HttpTimeouts } from './server.ts'
import { notFound, refused } from './v1-error.ts'
import { registerV1Routes, v1Route, type V1Route } from './v1-routes.ts'

export const liveToken = '0123456789abcdef0123456789abcdef01234567'

export interface ServerUnderTest {
  readonly app: FastifyInstance
  /** Log lines so far, parsed. */
  readonly lines: Record<string, unknown>[]
}

export function startServerUnderTest(timeouts?: HttpTimeouts): ServerUnderTest {
  const lines: Record<string, unknown>[] = []
  const destination = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)) as Record<string, unknown>)
      done()
    },
  })
  const logger = createLogger({ level: 'info', destination })
  const app = createHttpServer({ logger, ids: randomIds, ...(timeouts ? { timeouts } : {}) })
  const authenticate = (token: string) =>
    Promise.resolve(
      token === liveToken ? { merchantId: merchantId(7), impKey: 'imp_key_7' } : undefined,
    )
  const routes = [...publicRoutes(), ...paymentRoutes()]
  registerV1Routes(app, { routes, authenticate, idempotency: null, watch: null })
  return { app, lines }
}

const anyJson = Type.Unsafe<unknown>({})

function publicRoutes(): V1Route[] {
  return [
    v1Route({
      method: 'POST',
      url: '/users/getToken',
      summary: 'token',
      auth: 'none',
      params: Type.Object({ imp_key: Type.String(), imp_secret: Type.String() }),
      response: anyJson,
      handler: (input) => Promise.resolve(value(input)),
    }),
    v1Route({
      method: 'GET',
      url: '/explode',
      summary: 'a bug',
      auth: 'none',
      params: Type.Object({}),
      response: anyJson,
      handler: () => Promise.reject(new Error('password is hunter2')),
    }),
    v1Route({
      method: 'GET',
      url: '/whoami',
      summary: 'the caller',
      auth: 'none',
      params: Type.Object({}),
      response: anyJson,
      handler: (_input, context) => {
        context.setHeader('billkey-outcome', 'unknown')
        const { clientIp, userAgent } = context
        return Promise.resolve(value({ clientIp, userAgent, tier: context.requestHeader('tier') }))
      },
    }),
  ]
}

function paymentRoutes(): V1Route[] {
  return [
    echo('GET', '/payments/:imp_uid', { imp_uid: Type.String() }),
    echo('GET', '/payments/find/:merchant_uid/:payment_status?', {
      merchant_uid: Type.String(),
      payment_status: Type.Optional(Type.String()),
    }),
    echo('POST', '/payments/cancel', { reason: Type.Optional(Type.String()) }),
    echo('POST', '/subscribe/payments/again', {
      customer_uid: Type.String({ maxLength: 80 }),
      merchant_uid: Type.String({ maxLength: 40 }),
      amount: Type.Integer({ minimum: 0 }),
      name: Type.Optional(Type.String()),
      currency: Type.Optional(Type.String()),
      extra: Type.Optional(Type.Object({ naverUseCfm: Type.Optional(Type.String()) })),
    }),
    echo('POST', '/subscribe/payments/unschedule', {
      customer_uid: Type.Optional(Type.String()),
      merchant_uid: Type.Optional(Type.Array(Type.String())),
    }),
    echo('POST', '/subscribe/payments/schedule/:merchant_uid/retry', {
      merchant_uid: Type.String(),
    }),
    echo('DELETE', '/subscribe/customers/:customer_uid', {
      customer_uid: Type.String(),
      reason: Type.Optional(Type.String()),
      extra: Type.Optional(Type.Object({ requester: Type.Optional(Type.String()) })),
    }),
    ...answerShapes(),
  ]
}

function answerShapes(): V1Route[] {
  return [
    v1Route({
      method: 'GET',
      url: '/subscribe/customers',
      summary: 'multi-get that knows only customer a',
      auth: 'token',
      params: Type.Object({ customer_uid: Type.Array(Type.String(), { minItems: 1 }) }),
      response: Type.Array(Type.Object({ customer_uid: Type.String() })),
      handler: ({ customer_uid: asked }) => {
        // `hidden` stands for a column that must not leave.
        const found = asked
          .filter((uid) => uid === 'a')
          .map((uid) => ({ customer_uid: uid, hidden: 'not for merchants' }))
        if (found.length === 0) throw notFound('없습니다.')
        return Promise.resolve(found.length === asked.length ? value(found) : partial(found))
      },
    }),
    v1Route({
      method: 'GET',
      url: '/subscribe/payments/schedule',
      summary: 'paged, with aliases',
      auth: 'token',
      params: Type.Object({
        schedule_from: Type.Integer(),
        schedule_to: Type.Integer(),
        schedule_status: Type.Optional(Type.String()),
        page: Type.Integer({ minimum: 1, default: 1 }),
      }),
      aliases: {
        schedule_from: ['from'],
        schedule_to: ['to'],
        schedule_status: ['schedule-status'],
      },
      response: pageOf(Type.Object({ name: nullable(Type.String()) })),
      handler: ({ page, schedule_status: name }) => {
        const list = [{ name: name ?? null, hidden: 'not for merchants' }]
        return Promise.resolve(paged({ total: 41, page, limit: 20, list }))
      },
    }),
    v1Route({
      method: 'GET',
      url: '/subscribe/customers/:customer_uid',
      summary: 'refuses',
      auth: 'token',
      params: Type.Object({ customer_uid: Type.String() }),
      response: anyJson,
      handler: () => Promise.reject(refused('등록된 정보를 찾을 수 없습니다.')),
    }),
  ]
}

function echo(
  method: V1Route['method'],
  url: string,
  properties: Parameters<typeof Type.Object>[0],
): V1Route {
  return v1Route({
    method,
    url,
    summary: 'echo',
    auth: 'token',
    params: Type.Object(properties),
    response: anyJson,
    handler: (input) => Promise.resolve(value(input)),
  })
}

export interface Envelope {
  code: number
  message: string | null
  response: unknown
}

export interface Sent {
  readonly method: string
  readonly url: string
  readonly headers?: Record<string, string>
  readonly payload?: string | Buffer | object
}

/** Sends with a live token and parses the answer, which must be JSON. */
export async function send(app: FastifyInstance, { method, url, headers = {}, payload }: Sent) {
  const answer = await app.inject({
    method: method as 'GET',
    url,
    headers: { authorization: liveToken, ...headers },
    ...(payload === undefined ? {} : { payload }),
  })
  return { answer, envelope: answer.json<Envelope>() }
}

/** The response of a request that must succeed. */
export async function responseOf(app: FastifyInstance, sent: Sent): Promise<unknown> {
  const { answer, envelope } = await send(app, sent)
  assert.equal(answer.statusCode, 200, answer.body)
  assert.equal(envelope.code, 0)
  return envelope.response
}
