// Tells somebody of every answer a V1 route gives, as much of it as may be kept: names of things, never a body.

import type { FastifyReply, FastifyRequest } from 'fastify'

import { clientIp, type Merchant, merchantOf } from './request-merchant.ts'

export interface WatchedAnswer {
  /** Null: the request bore no live token. */
  readonly merchant: Merchant | null
  /** What a request for a token says it is. */
  readonly claimedKey: string | null
  readonly requestId: string
  readonly method: string
  /** The pattern, not the address. */
  readonly route: string
  readonly status: number
  /** Of the envelope; null: the answer is none. */
  readonly code: number | null
  readonly message: string | null
  readonly durationMs: number
  readonly impUid: string | null
  readonly merchantUid: string | null
  readonly customerUid: string | null
  readonly clientIp: string
}

/** Must neither throw nor wait: it is called before the answer leaves. */
export type WatchAnswers = (answer: WatchedAnswer) => void

/** An onSend hook. `isOne`: the answer is about one thing, which it names. */
export function watchHook(watch: WatchAnswers, isOne: boolean) {
  return (
    request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
    done: (error: null, payload: unknown) => void,
  ): void => {
    const body = typeof payload === 'string' ? payload : ''
    const isSuccess = body.startsWith(successStart)
    const sources = [request.params, request.body, request.query]
    const named = (name: string) => nameIn(sources, name)
    watch({
      merchant: merchantOf(request),
      claimedKey: named('imp_key'),
      requestId: request.id,
      method: request.method,
      route: request.routeOptions.url ?? '',
      status: reply.statusCode,
      ...(isSuccess ? success : refusalIn(body)),
      durationMs: Math.round(reply.elapsedTime),
      impUid: named('imp_uid') ?? (isSuccess && isOne ? impUidIn(body) : null),
      merchantUid: named('merchant_uid'),
      customerUid: named('customer_uid'),
      clientIp: clientIp(request),
    })
    done(null, payload)
  }
}

const successStart = '{"code":0,'
const success = { code: 0, message: null }
const messageLengthMax = 300

// Refusals are short; anything longer is no envelope of ours.
function refusalIn(body: string): {
  readonly code: number | null
  readonly message: string | null
} {
  const parts = /^\{"code":(-?\d+),"message":("(?:[^"\\]|\\.){0,2000}")/.exec(body)
  if (parts === null) return { code: null, message: null }
  const message = JSON.parse(parts[2] as string) as string
  return { code: Number(parts[1]), message: storable(message.slice(0, messageLengthMax)) }
}

// A quote inside a value is escaped, so only the field itself is found.
function impUidIn(body: string): string | null {
  return /"imp_uid":"(\w{1,40})"/.exec(body)?.[1] ?? null
}

const nameLengthMax = 80

function nameIn(sources: readonly unknown[], name: string): string | null {
  for (const source of sources) {
    if (typeof source !== 'object' || source === null) continue
    const value = (source as Readonly<Record<string, unknown>>)[name]
    if (typeof value === 'string' && value !== '') return storable(value.slice(0, nameLengthMax))
  }
  return null
}

// PostgreSQL takes neither U+0000 nor half a character.
function storable(text: string): string {
  return (text.includes('\0') ? text.replaceAll('\0', '') : text).toWellFormed()
}
