// A V1 route is data: what it takes, what it answers, who may call it, and the function between. Parsing,
// authentication and rendering are done once, here, so that a feature's route is parse, call, render.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Static, TObject, TSchema } from 'typebox'
import { type WatchAnswers, watchHook } from './answer-watch.ts'
import { readAccessToken } from './access-token-header.ts'
import { envelopeOf, isList, jsonContentType, type V1Answer } from './envelope.ts'
import { type Idempotency, readIdempotencyKey } from './idempotency.ts'
import { answerUnderKey, type SetHeader } from './idempotency-answer.ts'
import {
  clientIp,
  merchantOf,
  setMerchant,
  type Authenticate,
  type Merchant,
} from './request-merchant.ts'
import { unauthorized } from './v1-error.ts'
import { compileParameters, type ParameterAliases, type ParameterSources } from './v1-parameters.ts'

/** What a handler may know of the request besides its parameters. */
export interface PublicContext {
  readonly requestId: string
  /** IPv4 where the connection is IPv4, also when it arrived on an IPv6 socket. */
  readonly clientIp: string
  readonly userAgent: string | null
  /** `name` in lower case; the first value when it was sent several times. */
  requestHeader(name: string): string | undefined
  setHeader(name: string, value: string): void
}

export interface MerchantContext extends PublicContext {
  readonly merchant: Merchant
  /**
   * Of a call under an Idempotency-Key, else null. A deed that may not be done twice writes it on the row it begins,
   * where it is unique.
   */
  readonly callId: string | null
}

export type V1Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
export type V1Auth = 'token' | 'none'
export type ContextFor<Auth extends V1Auth> = Auth extends 'token' ? MerchantContext : PublicContext

export interface V1RouteDefinition<
  Auth extends V1Auth,
  Params extends TObject,
  Response extends TSchema,
> {
  readonly method: V1Method
  /** Fastify's spelling: `/payments/find/:merchant_uid/:status?`. */
  readonly url: string
  /** One line for the OpenAPI document. */
  readonly summary: string
  readonly auth: Auth
  /** Query, body and path parameters together, under their V1 names. */
  readonly params: Params
  /** Other spellings of a parameter: `{ schedule_status: ['schedule-status'] }`. */
  readonly aliases?: ParameterAliases<Params>
  /** Of the `response` member only; the envelope is added. Fields it does not name are not sent. */
  readonly response: Response
  readonly handler: (
    input: Static<Params>,
    context: ContextFor<Auth>,
  ) => Promise<V1Answer<Static<Response>>>
  /**
   * Asked when a call under an Idempotency-Key is repeated and its answer was lost, or left the outcome open: what it
   * began, as that stands now. Undefined when it began nothing; the handler runs then. A route without this runs its
   * handler again after a lost answer, so doing it twice must be harmless.
   */
  readonly revisit?: (
    callId: string,
    context: ContextFor<Auth>,
  ) => Promise<V1Answer<Static<Response>> | undefined>
}

/** A route with its types erased, ready to be registered or described. */
export interface V1Route {
  readonly method: V1Method
  readonly url: string
  readonly summary: string
  readonly auth: V1Auth
  readonly params: TObject
  readonly aliases: Readonly<Record<string, readonly string[]>>
  readonly response: TSchema
  /** Throws V1Error 400 when the parameters cannot be read. */
  readonly read: (sources: ParameterSources) => unknown
  /** `input` is what `read` gave. */
  readonly handle: (input: unknown, context: MerchantContext) => Promise<V1Answer<unknown>>
  readonly revisit: (
    callId: string,
    context: MerchantContext,
  ) => Promise<V1Answer<unknown> | undefined>
}

/**
 * Declares a route. The normaliser is compiled here, at start-up.
 *
 *     export function paymentsRoutes(deps: PaymentsDeps): V1Route[] {
 *       return [
 *         v1Route({
 *           method: 'GET',
 *           url: '/payments/:imp_uid',
 *           summary: '결제내역 단건조회 API',
 *           auth: 'token',
 *           params: Type.Object({ imp_uid: Type.String({ maxLength: 32 }) }),
 *           response: paymentSchema,
 *           handler: async ({ imp_uid }, { merchant }) => {
 *             const payment = await findPayment(deps.db, merchant.merchantId, imp_uid)
 *             if (payment === undefined) throw notFound('존재하지 않는 결제정보입니다.')
 *             return value(renderPayment(payment))
 *           },
 *         }),
 *       ]
 *     }
 *
 * Paged lists return `paged({ total, page, limit, list })` with `response: pageOf(itemSchema)`; an
 * incomplete multi-get returns `partial(found)`. A refusal is thrown: `refused`, `notFound`, `badRequest`.
 */
export function v1Route<
  const Auth extends V1Auth,
  Params extends TObject,
  Response extends TSchema,
>(definition: V1RouteDefinition<Auth, Params, Response>): V1Route {
  const { handler, revisit, params, aliases } = definition
  return {
    method: definition.method,
    url: definition.url,
    summary: definition.summary,
    auth: definition.auth,
    params,
    aliases: (aliases ?? {}) as Record<string, readonly string[]>,
    response: definition.response,
    read: compileParameters(params, aliases ?? {}),
    // A context that knows its merchant is also a public one; the erased type asks for the larger.
    handle: async (input, context) => handler(input as Static<Params>, context),
    revisit: async (callId, context) => revisit?.(callId, context),
  }
}

export interface V1RoutesOptions {
  readonly routes: readonly V1Route[]
  readonly authenticate: Authenticate
  /** Null: Idempotency-Key is not honoured, and no `Billkey-Version` says that it is. */
  readonly idempotency: (Idempotency & { readonly version: string }) | null
  /** Told of every answer. Null: nobody wants to know. */
  readonly watch: WatchAnswers | null
}

/** On every answer of these routes; a client tells by it that Idempotency-Key is honoured here. */
export const versionHeader = 'Billkey-Version'

/** Registers the routes of all features. Call before the server listens. */
export function registerV1Routes(app: FastifyInstance, options: V1RoutesOptions): void {
  const { idempotency, watch } = options
  const requireMerchant = merchantGuard(options.authenticate)
  // Of the kind that calls back: a promise per request would cost more than the header.
  const showVersion = (_: FastifyRequest, reply: FastifyReply, done: () => void) => {
    if (idempotency !== null) reply.header(versionHeader, idempotency.version)
    done()
  }
  for (const route of options.routes) {
    const envelope = envelopeOf(route.response)
    const takesKeys = route.auth === 'token' && route.method !== 'GET'
    app.route({
      method: route.method,
      url: route.url,
      // Only the answer's schema: parameters are read by our own normaliser, not by Ajv.
      schema: {
        response: isList(route.response) ? { 200: envelope, 207: envelope } : { 200: envelope },
      },
      onRequest: route.auth === 'token' ? [showVersion, requireMerchant] : showVersion,
      ...(watch !== null && { onSend: watchHook(watch, !isList(route.response)) }),
      handler:
        takesKeys && idempotency !== null
          ? (request, reply) => answerMutation(route, idempotency, request, reply)
          : (request, reply) => answer(route, request, reply),
    })
  }
}

// Runs before the body is read, so that a stranger cannot make us parse a megabyte.
function merchantGuard(authenticate: Authenticate) {
  return async (request: FastifyRequest): Promise<void> => {
    const token = readAccessToken(request.headers, request.query)
    const merchant = token === undefined ? undefined : await authenticate(token)
    if (merchant === undefined) throw unauthorized()
    setMerchant(request, merchant)
  }
}

async function answerMutation(
  route: V1Route,
  idempotency: Idempotency,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const header = request.headers['idempotency-key']
  if (header === undefined) return answer(route, request, reply)
  const key = readIdempotencyKey(header)
  const input = route.read(sourcesOf(request))
  const { merchantId } = merchantOf(request) as Merchant
  const context = (callId: string, setHeader: SetHeader) => ({
    ...contextOf(request, reply),
    callId,
    setHeader,
  })
  return answerUnderKey(
    idempotency,
    { merchantId, key, method: route.method, url: route.url, input },
    {
      carryOut: (callId, setHeader) => route.handle(input, context(callId, setHeader)),
      revisit: (callId, setHeader) => route.revisit(callId, context(callId, setHeader)),
    },
    reply,
  )
}

async function answer(route: V1Route, request: FastifyRequest, reply: FastifyReply) {
  const input = route.read(sourcesOf(request))
  const { status, response } = await route.handle(input, contextOf(request, reply))
  reply.code(status).header('content-type', jsonContentType)
  return { code: 0, message: null, response }
}

function sourcesOf(request: FastifyRequest): ParameterSources {
  return { query: request.query, body: request.body, path: request.params }
}

function contextOf(request: FastifyRequest, reply: FastifyReply): MerchantContext {
  return {
    // Null on a public route, whose handler's type does not show it.
    merchant: merchantOf(request) as Merchant,
    callId: null,
    requestId: request.id,
    clientIp: clientIp(request),
    userAgent: request.headers['user-agent'] ?? null,
    requestHeader: (name) => {
      const sent = request.headers[name]
      return Array.isArray(sent) ? sent[0] : sent
    },
    setHeader: (name, text) => void reply.header(name, text),
  }
}
