// The HTTP server without any feature: routing, bodies, failures, log lines and limits as V1's clients need
// them. Four of Fastify's defaults break published clients (empty JSON body, trailing slash, nested form
// names, names with a leading space); each is replaced here.

import type { IncomingMessage, ServerResponse } from 'node:http'
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RawServerDefault,
} from 'fastify'
import type { Logger } from 'pino'
import type { IdSource } from '../primitives/ids.ts'
import { beginRequest } from '../telemetry/activity.ts'
import { countAnswersDue, watchAnswers } from './answers-due.ts'
import { watchRoutes } from './allowed-methods.ts'
import { answerFailure, answerUnrouted, requestIdHeader } from './answer-failure.ts'
import { answerClientError } from './client-error.ts'
import { jsonContentType, renderFailure } from './envelope.ts'
import { compilersFactory } from './lazy-serializers.ts'
import { parsePhpQuery } from './php-form.ts'
import { bodyBytesMax, parseBody } from './request-body.ts'
import { activityOf, declareMerchant, merchantOf, setActivity } from './request-merchant.ts'
import { repairTarget } from './request-target.ts'
import { type SecurityHeaders, securityHeaders } from './security-headers.ts'

export interface HttpServerOptions {
  readonly logger: Logger
  readonly ids: IdSource
  /** Addresses or CIDRs whose X-Forwarded-For is believed; none by default. */
  readonly trustedProxies?: readonly string[]
  /** How long browsers shall insist on TLS; 0, the default, says nothing of it. */
  readonly hstsDays?: number
  readonly timeouts?: HttpTimeouts
  readonly observer?: HttpObserver
}

export interface HttpObserver {
  requestBegun(): void
  /** `route` is a pattern, never a URL. Told once for each that begun, answered or not. */
  requestEnded(answer: AnsweredRequest): void
}

export interface AnsweredRequest {
  readonly method: string
  readonly route: string
  readonly status: number
  readonly ms: number
}

export interface HttpTimeouts {
  /** For the whole request to arrive. */
  readonly requestMs: number
  /** For its headers to arrive. */
  readonly headersMs: number
  /** For the next request on an idle connection. Longer than the 60 s of common load balancers, which
   * otherwise send a request into a connection that we are closing. */
  readonly keepAliveMs: number
}

const defaultTimeouts: HttpTimeouts = { requestMs: 30_000, headersMs: 15_000, keepAliveMs: 65_000 }

/** Request line and headers together; a longer one is 431. */
const headerBytesMax = 16 * 1024

/** The server, not yet listening. Register routes on it, then `listen`; stop it with `closeHttpServer`. */
export function createHttpServer(options: HttpServerOptions): FastifyInstance {
  const headers = securityHeaders(options.hstsDays ?? 0)
  const app = Fastify(fastifyOptions(options, headers))
  declareMerchant(app)
  const allowedMethods = watchRoutes(app)
  acceptEveryBody(app)
  addHooks(app, options, headers)
  app.setErrorHandler((error, request, reply) =>
    answerError(options.logger, error, { request, reply }),
  )
  app.setNotFoundHandler((request, reply) => {
    answerUnrouted(allowedMethods(pathOf(request.url)), reply)
  })
  app.server.on('checkExpectation', refuseExpectation(headers))
  watchAnswers(app.server)
  return app
}

/** Servers that are about to stop. */
const closing = new WeakSet<object>()

/** From now on every answer closes its connection, so that its client opens the next one elsewhere. */
export function beginDraining(app: FastifyInstance): void {
  closing.add(app.server)
}

/** Stops accepting, lets requests in flight finish for `graceMs`, then cuts what is left. */
export async function closeHttpServer(app: FastifyInstance, graceMs: number): Promise<void> {
  beginDraining(app)
  const cut = setTimeout(() => app.server.closeAllConnections(), graceMs)
  try {
    await app.close()
  } finally {
    clearTimeout(cut)
  }
}

function fastifyOptions(
  { logger, ids, trustedProxies = [], timeouts = defaultTimeouts }: HttpServerOptions,
  headers: SecurityHeaders,
): FastifyHttpOptions<RawServerDefault> {
  // A random part per process and a counter: unique across processes without randomness per request.
  const processId = ids.hex(8)
  let requestCount = 0
  return {
    loggerInstance: logger,
    // Fastify's own two lines per request show the URL; ours is written in onResponse.
    logController: new LogController({ disableRequestLogging: true }),
    // A child logger per request costs more than the line it would decorate; the line names the request.
    childLoggerFactory: (parent: FastifyBaseLogger) => parent,
    genReqId: () => `${processId}.${(requestCount += 1).toString(36)}`,
    rewriteUrl: (request: IncomingMessage) => repairTarget(request.url ?? '/'),
    routerOptions: {
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
      // No parameter can be longer than the request line; its own schema limits it, with a message.
      maxParamLength: headerBytesMax,
      querystringParser: parsePhpQuery,
    },
    schemaController: { compilersFactory },
    bodyLimit: bodyBytesMax,
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    requestTimeout: timeouts.requestMs,
    keepAliveTimeout: timeouts.keepAliveMs,
    http: {
      headersTimeout: timeouts.headersMs,
      maxHeaderSize: headerBytesMax,
      // Node answers a missing Host with an empty body, and nothing here depends on the header.
      requireHostHeader: false,
    },
    // While draining, a request that still arrives is served; refusing it would cost a merchant a sale.
    return503OnClosing: false,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      setCommonHeaders(headers, request, reply)
      answerError(logger, error, { request, reply })
    },
    clientErrorHandler: (
      error: Error & { code?: string },
      socket: Parameters<typeof answerClientError>[1],
    ) => {
      const status = answerClientError(error, socket, headers)
      if (status !== undefined) logger.info({ status, cause: error.code }, 'unreadable request')
    },
  }
}

function refuseExpectation(headers: SecurityHeaders) {
  return (_request: IncomingMessage, response: ServerResponse): void => {
    const body = renderFailure(-1, '지원하지 않는 Expect 헤더입니다.')
    response.writeHead(417, {
      ...headers,
      'content-type': jsonContentType,
      'content-length': Buffer.byteLength(body),
      connection: 'close',
    })
    response.end(body)
  }
}

function acceptEveryBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, (request, bytes, done) => {
    try {
      done(null, parseBody(bytes, request.headers['content-type']))
    } catch (error) {
      done(error as Error)
    }
  })
}

function addHooks(
  app: FastifyInstance,
  { logger, observer }: HttpServerOptions,
  headers: SecurityHeaders,
): void {
  app.addHook('onRequest', (request, reply, done) => {
    observer?.requestBegun()
    setCommonHeaders(headers, request, reply)
    // Fastify refuses a type without a slash before our parser sees the body; such a type says nothing.
    const sent = request.raw.headers
    if (sent['content-type']?.includes('/') === false) delete sent['content-type']
    const activity = beginRequest(request.id, sent)
    setActivity(request, activity)
    activity.enter(done)
  })
  // The body came in by events of the connection, which know nothing of the request.
  app.addHook('preHandler', (request, _reply, done) => activityOf(request).enter(done))
  app.addHook('onSend', (request, reply, _payload, done) => {
    // The last answer of this connection: kept alive, it would hold up the stop until it is cut.
    const isLast = closing.has(app.server) && countAnswersDue(request.raw.socket) <= 1
    if (isLast) reply.header('connection', 'close')
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { method } = request
    const status = reply.statusCode
    // The pattern, not the URL: that may hold a token and names customers.
    const route = request.routeOptions.url ?? null
    const answer = { method, route: route ?? 'none', status }
    observer?.requestEnded({ ...answer, ms: reply.elapsedTime })
    activityOf(request).end(answer)
    const line = {
      method,
      route,
      status,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      requestId: request.id,
      merchantId: merchantOf(request)?.merchantId ?? null,
    }
    // Probes come every few seconds and say nothing, unless they fail.
    if (route !== null && probes.has(route) && status < 400) logger.debug(line, 'request')
    else logger.info(line, 'request')
    done()
  })
}

const probes = new Set(['/healthz', '/readyz', '/metrics'])

function setCommonHeaders(
  headers: SecurityHeaders,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  reply.headers(headers)
  reply.header(requestIdHeader, request.id)
}

function answerError(
  logger: Logger,
  error: unknown,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
): void {
  const isUnexpected = answerFailure(error, request, reply)
  if (!isUnexpected) return
  const route = request.routeOptions.url ?? null
  logger.error({ err: error, requestId: request.id, route }, 'request failed unexpectedly')
}

function pathOf(url: string): string {
  const queryAt = url.indexOf('?')
  return queryAt === -1 ? url : url.slice(0, queryAt)
}
