// One POST, written to a socket at most once, with proof of whether it may have been written. undici calls
// onRequestStart immediately before it writes the first byte (client-h1.js, writeH1): before that call
// nothing has left, after it anything may have. Should undici ever start the same request again, on a
// connection that replaced a closed one, it is aborted before the write.

import type { Client } from 'undici'

import { undici } from './undici.ts'

export interface PostRequest {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Name look-up, TCP and TLS together. */
  readonly connectMs: number
  /** From the first byte out to the last byte in. */
  readonly readMs: number
}

export type Transmission =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly contentType: string | null
      readonly body: Buffer
    }
  /** No byte of the request has left. */
  | { readonly kind: 'unsent'; readonly error: string }
  /** Bytes may have left, and no whole answer came back. */
  | {
      readonly kind: 'lost'
      readonly cause: 'timeout' | 'reset' | 'unparseable'
      readonly error: string
    }

/** An answer is a few hundred bytes; a hundred times that is not the PG speaking. */
export const responseBytesMax = 64 * 1024

type Handler = Parameters<Client['dispatch']>[1]
type Controller = Parameters<NonNullable<Handler['onRequestStart']>>[0]

export type PostOnce = typeof postOnce

/** Sends the request over the client. Never rejects, never repeats, follows no redirect. */
export function postOnce(
  client: Pick<Client, 'dispatch'>,
  request: PostRequest,
): Promise<Transmission> {
  return new Promise((resolve) => {
    client.dispatch(
      {
        method: 'POST',
        path: request.url.pathname + request.url.search,
        headers: request.headers,
        body: request.body,
        idempotent: false,
      },
      createHandler(request, resolve),
    )
  })
}

/** Settles once, whichever comes first: the whole answer, a failure, or the end of the time for it. */
function createHandler(
  { connectMs, readMs }: PostRequest,
  resolve: (transmission: Transmission) => void,
): Handler {
  const { errors } = undici()
  let controller: Controller | null = null
  let isSettled = false
  const settle = (transmission: Transmission): void => {
    if (isSettled) return
    isSettled = true
    clearTimeout(timer)
    resolve(transmission)
  }
  const giveUp = (transmission: Transmission): void => {
    settle(transmission)
    controller?.abort(new errors.RequestAbortedError())
  }
  let timer = setTimeout(() => {
    giveUp({ kind: 'unsent', error: `no connection within ${connectMs} ms` })
  }, connectMs)
  return {
    onRequestStart: (starting) => {
      if (isSettled || controller !== null) {
        starting.abort(new errors.RequestAbortedError())
        settle({ kind: 'lost', cause: 'reset', error: 'the connection was replaced' })
        return
      }
      controller = starting
      clearTimeout(timer)
      timer = setTimeout(() => {
        giveUp({ kind: 'lost', cause: 'timeout', error: `no answer within ${readMs} ms` })
      }, readMs)
    },
    onResponseError: (_controller, error) => {
      settle(failure(error, controller !== null))
    },
    ...collectAnswer(settle, giveUp),
  }
}

type Settle = (transmission: Transmission) => void

function collectAnswer(settle: Settle, giveUp: Settle): Handler {
  let status = 0
  let contentType: string | null = null
  let receivedBytes = 0
  const chunks: Buffer[] = []
  return {
    // Called for 1xx too; the last call is the answer's own.
    onResponseStart: (_controller, statusCode, headers) => {
      status = statusCode
      contentType = headers['content-type']?.toString() ?? null
    },
    onResponseData: (_controller, chunk) => {
      receivedBytes += chunk.length
      if (receivedBytes <= responseBytesMax) {
        chunks.push(chunk)
        return
      }
      giveUp({ kind: 'lost', cause: 'unparseable', error: 'the answer is too large' })
    },
    onResponseEnd: () => {
      settle({ kind: 'answered', status, contentType, body: Buffer.concat(chunks) })
    },
  }
}

function failure(error: Error, hasStarted: boolean): Transmission {
  const text = words(error)
  if (!hasStarted) return { kind: 'unsent', error: text }
  const isGarbage = error instanceof undici().errors.HTTPParserError
  return { kind: 'lost', cause: isGarbage ? 'unparseable' : 'reset', error: text }
}

function words(error: Error): string {
  return 'code' in error && typeof error.code === 'string'
    ? `${error.code}: ${error.message}`
    : error.message
}
