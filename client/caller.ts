// A call from its parameters to its answer: token, key, sendings, conclusion. Every method of the client goes through
// here, so what is sent again and what is not is decided in one place.

import { failureOf, isOutcomeOpen } from './conclusion.ts'
import { TransportError, UnknownOutcomeError } from './errors.ts'
import { exchange, type Fetch, type HttpAnswer } from './exchange.ts'
import { type Repeater, type Sendings, sendRepeatedly } from './repetition.ts'
import type { Token, TokenKeeper } from './token.ts'
import type { MutationOptions } from './v1-requests.ts'

export type QueryValue = string | number | readonly string[] | undefined

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Made with `pathOf`. */
  readonly path: string
  readonly query?: Readonly<Record<string, QueryValue>>
  readonly body?: object
  readonly options?: MutationOptions | undefined
}

/** A successful answer; what `response` holds is V1's to keep. */
export interface Answered<Response> {
  readonly response: Response
  /** The server says that the outcome is not known yet. */
  readonly isOutcomeOpen: boolean
  readonly idempotencyKey: string
}

export interface Caller {
  /** The `response` of an answer with code 0. Throws what errors.ts names. */
  call<Response>(call: Call): Promise<Response>
  /** The same with what else the answer said. */
  callForOutcome<Response>(call: Call): Promise<Answered<Response>>
}

export interface CallerParts {
  readonly baseUrl: string
  readonly fetch: Fetch
  readonly timeoutMs: number
  readonly headers: Readonly<Record<string, string>>
  readonly repeater: Repeater
  readonly newKey: () => string
  readonly tokens: TokenKeeper
}

export function createCaller(parts: CallerParts): Caller {
  async function callForOutcome<Response>(call: Call): Promise<Answered<Response>> {
    const isMutation = call.method !== 'GET'
    const idempotencyKey = call.options?.idempotencyKey ?? parts.newKey()
    const send = sender(parts, call, idempotencyKey)
    const sendings = await sendRepeatedly(
      parts.repeater,
      call.options?.signal,
      async (mayHaveArrived) => {
        try {
          return await send(mayHaveArrived)
        } catch (cause) {
          // There is no token to send with. That says nothing of what has left before.
          if (mayHaveArrived && isMutation) throw lostOutcome(idempotencyKey, cause)
          throw cause
        }
      },
    )
    const answer = concluded(sendings, isMutation ? idempotencyKey : null)
    const response = answer.envelope?.response as Response
    return { response, isOutcomeOpen: answer.isOutcomeOpen, idempotencyKey }
  }
  return {
    callForOutcome,
    call: async <Response>(call: Call) => (await callForOutcome<Response>(call)).response,
  }
}

function concluded(sendings: Sendings, idempotencyKey: string | null): HttpAnswer {
  const failure = failureOf(sendings.last)
  if (idempotencyKey !== null && isOutcomeOpen(sendings)) {
    throw lostOutcome(idempotencyKey, failure)
  }
  if (failure !== null) throw failure
  if (sendings.last.kind !== 'answered') throw new Error('an answer without an answer')
  return sendings.last.answer
}

function lostOutcome(idempotencyKey: string, cause: unknown): UnknownOutcomeError {
  const words = cause instanceof Error ? cause.message : String(cause)
  const message = `it may have been carried out, and the answer is missing: ${words}`
  return new UnknownOutcomeError(message, idempotencyKey, { cause })
}

function sender(parts: CallerParts, call: Call, idempotencyKey: string) {
  const { method, path, query = {}, options } = call
  const body = call.body === undefined ? null : bodyOf(call.body)
  const isMutation = method !== 'GET'
  const url = parts.baseUrl + path + queryText(query)
  const sendUnder = (token: Token) =>
    exchange(parts.fetch, {
      method,
      url,
      headers: {
        ...parts.headers,
        authorization: `Bearer ${token.text}`,
        ...(body === null ? {} : { 'content-type': 'application/json' }),
        ...(isMutation ? { 'idempotency-key': idempotencyKey } : {}),
      },
      body,
      timeoutMs: parts.timeoutMs,
      signal: options?.signal,
    })
  const tokenFor = async (mayHaveArrived: boolean) => {
    const token = await parts.tokens.current()
    // The address leads to another server than the one that may have carried it out, and this one has no key to
    // know it by.
    if (mayHaveArrived && isMutation && !token.honoursKeys) {
      throw new TransportError('the server has changed')
    }
    return token
  }
  return async (mayHaveArrived: boolean) => {
    let token = await tokenFor(mayHaveArrived)
    let sent = await sendUnder(token)
    // A token that ended between check and use, or a new server. 401 is said before anything is done.
    if (sent.kind === 'answered' && sent.answer.status === 401) {
      parts.tokens.drop(token)
      token = await tokenFor(mayHaveArrived)
      sent = await sendUnder(token)
    }
    return { exchange: sent, isRepeatable: !isMutation || token.honoursKeys }
  }
}

/**
 * JSON turns NaN and Infinity into null, and null is absent to V1: a refund of NaN won would be a refund of everything.
 */
function bodyOf(fields: object): string {
  return JSON.stringify(fields, (name, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new TypeError(`${name} is ${value}`)
    }
    return value
  })
}

/** The brackets of arrays are PHP's, as V1 spells them. */
function queryText(query: Readonly<Record<string, QueryValue>>): string {
  const pairs = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (typeof value === 'object') value.forEach((item) => pairs.append(`${name}[]`, item))
    else if (value !== undefined) pairs.append(name, String(value))
  }
  const text = pairs.toString()
  return text === '' ? '' : `?${text}`
}

/**
 * A path with names of the merchant's in it. Throws TypeError for one that would turn it into another path: nothing,
 * `.` and `..`, which no escaping protects.
 */
export function pathOf(parts: TemplateStringsArray, ...names: string[]): string {
  return parts.reduce((path, part, index) => {
    const name = names[index - 1] ?? ''
    if (typeof name !== 'string' || /^\.{0,2}$/.test(name)) {
      throw new TypeError(`${JSON.stringify(name)} cannot name anything`)
    }
    return path + encodeURIComponent(name) + part
  })
}
