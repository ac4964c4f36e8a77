// Puts the console's API on the server, under /console/api: guards, reading, answering and failing are done once, here.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'

import { clientIp } from '../http/request-merchant.ts'
import type { LiveSession } from '../operators/session.ts'
import type { Sighting } from '../operators/start-session.ts'
import { type ConsoleFile, type ConsoleRoute } from './console-call.ts'
import type { ConsoleCaller } from './console-caller.ts'
import { ConsoleError, type ConsoleRefusal, renderConsoleError } from './console-error.ts'
import { consoleApiPath, sendsBody } from './describe-console.ts'
import { compileInput } from './read-input.ts'
import {
  notSignedIn,
  originOf,
  refuseOtherSites,
  refuseUnfit,
  refuseWithoutCsrfToken,
} from './request-guard.ts'
import { mayCarrySecrets, readSessionCookie, writeSessionCookie } from './session-cookie.ts'

/** More is no call of a person: the largest names five hundred schedules. */
const bodyBytesMax = 128 * 1024

/** On what a page asks by itself, again and again: it does not keep the session alive. */
const backgroundHeader = 'x-billkey-background'

const jsonType = 'application/json; charset=utf-8'

export interface ConsoleServer {
  readonly routes: readonly ConsoleRoute[]
  /** Undefined: no session has this token, or it has ended. */
  readonly findSession: (token: string, by: Sighting) => Promise<LiveSession | undefined>
  /** What GET /console/api/openapi.json gives. */
  readonly document: object
  readonly log: Logger
}

/** Registers all routes. Call before the server listens. */
export function registerConsole(app: FastifyInstance, server: ConsoleServer): void {
  void app.register(
    async (scope) => {
      acceptJsonOnly(scope)
      scope.setErrorHandler((error, request, reply) => {
        answerFailure(server.log, error, { request, reply })
      })
      scope.setNotFoundHandler((request, reply) => {
        const refusal = {
          status: 404,
          code: 'not_found',
          message: 'There is no such call.',
        } as const
        sendRefusal(refusal, request, reply)
      })
      const document = JSON.stringify(server.document)
      scope.get('/openapi.json', async (_, reply) => reply.type(jsonType).send(document))
      for (const route of server.routes) addRoute(scope, server, route)
      // Or the pages, which answer every other address, would answer here too.
      scope.get('/*', async (_, reply) => reply.callNotFound())
    },
    { prefix: consoleApiPath },
  )
}

function acceptJsonOnly(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit: bodyBytesMax },
    (_, body, done) => {
      try {
        done(null, body === '' ? undefined : (JSON.parse(body as string) as unknown))
      } catch {
        done(
          new ConsoleError({
            status: 400,
            code: 'bad_request',
            message: 'The body is not readable as JSON.',
          }),
        )
      }
    },
  )
}

/** Remembered between the guard and the handler. */
const sessions = new WeakMap<FastifyRequest, LiveSession>()

function addRoute(scope: FastifyInstance, server: ConsoleServer, route: ConsoleRoute): void {
  const { call } = route
  const read = compileInput(call.params)
  scope.route({
    method: call.method,
    url: call.url,
    schema: call.file === undefined ? { response: { 200: call.response } } : {},
    // Before the body is read, so that a stranger cannot make us parse one.
    onRequest: async (request, reply) => {
      refuseOtherSites(request)
      if (call.access === 'anyone') return
      const token = readSessionCookie(request)
      const isBackground = request.headers[backgroundHeader] !== undefined
      const session = token === null ? undefined : await server.findSession(token, { isBackground })
      // The cookie stays: it may be that of a sign-in whose second proof is still to come.
      if (session === undefined) throw notSignedIn()
      refuseWithoutCsrfToken(request, session)
      if (session.nextToken !== null) writeSessionCookie(request, reply, session.nextToken)
      refuseUnfit(call, session)
      sessions.set(request, session)
    },
    handler: async (request, reply) => {
      const input = await read({
        path: request.params,
        query: queryOf(request),
        body: sendsBody(call) ? request.body : undefined,
      })
      const answer = await route.handle(input, callerOf(request, reply))
      if (call.file === undefined) return reply.type(jsonType).send(answer)
      return sendFile(call.file, answer as ConsoleFile, reply)
    },
  })
}

function queryOf({ url }: FastifyRequest): URLSearchParams {
  const at = url.indexOf('?')
  return new URLSearchParams(at === -1 ? '' : url.slice(at))
}

function callerOf(request: FastifyRequest, reply: FastifyReply): ConsoleCaller {
  return {
    requestId: request.id,
    clientIp: clientIp(request),
    userAgent: request.headers['user-agent']?.slice(0, 400) ?? null,
    origin: originOf(request),
    isConfidential: mayCarrySecrets(request),
    token: readSessionCookie(request),
    session: sessions.get(request) ?? null,
    setToken: (token) => writeSessionCookie(request, reply, token),
  }
}

function sendFile(type: string, file: ConsoleFile, reply: FastifyReply): FastifyReply {
  return reply
    .type(`${type}; charset=utf-8`)
    .header('content-disposition', `attachment; filename="${file.fileName}"`)
    .send(file.content)
}

function answerFailure(
  log: Logger,
  error: unknown,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): void {
  const refusal = refusalOf(error)
  if (refusal !== undefined) return sendRefusal(refusal, request, reply)
  const route = request.routeOptions.url ?? null
  log.error({ err: error, requestId: request.id, route }, 'request failed unexpectedly')
  const message = 'Something went wrong here. Its log line carries the requestId.'
  sendRefusal({ status: 500, code: 'internal_error', message }, request, reply)
}

/** Undefined: nobody foresaw it. */
function refusalOf(error: unknown): ConsoleRefusal | undefined {
  if (error instanceof ConsoleError) return error.refusal
  if (!(error instanceof Error)) return undefined
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return { status: 413, code: 'too_large', message: 'The body is too large.' }
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return {
      status: 415,
      code: 'unsupported_media_type',
      message: 'The body must be application/json.',
    }
  }
  const isTheirs = typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
  if (!isTheirs) return undefined
  return { status: 400, code: 'bad_request', message: 'The request is not readable.' }
}

function sendRefusal(refusal: ConsoleRefusal, request: FastifyRequest, reply: FastifyReply): void {
  void reply
    .code(refusal.status)
    .headers(refusal.headers ?? {})
    .type(jsonType)
    .send(renderConsoleError(refusal, request.id))
}
