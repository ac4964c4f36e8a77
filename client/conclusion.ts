// What the last sending proves about the whole call. After a sending that may have arrived, only an answer that knows
// of it is a refusal; anything else leaves the outcome open.

import {
  type BillkeyError,
  NotFoundError,
  RefusedError,
  TransportError,
  UnauthorizedError,
} from './errors.ts'
import type { Exchange, HttpAnswer } from './exchange.ts'
import { isOpen, type Sendings } from './repetition.ts'

/** What the exchange failed with, or null for an answer with code 0. */
export function failureOf(exchange: Exchange): BillkeyError | null {
  if (exchange.kind === 'unsent') {
    return new TransportError(`the request did not leave: ${wordsOf(exchange.cause)}`, {
      cause: exchange.cause,
    })
  }
  if (exchange.kind === 'lost') {
    return new TransportError(`the answer was lost: ${wordsOf(exchange.cause)}`, {
      cause: exchange.cause,
    })
  }
  const { answer } = exchange
  if (isOpen(exchange)) return new TransportError(unreadable(answer))
  return answer.envelope?.code === 0 && answer.status < 400 ? null : refusalOf(answer)
}

/** True when the call may have been carried out and nobody said so. */
export function isOutcomeOpen({ last, mayHaveArrived }: Sendings): boolean {
  if (isOpen(last)) return true
  return mayHaveArrived && !knowsOfEarlier(last)
}

// A server that honours keys looks the key up before it acts. What it says before that, of tokens and of haste, is
// said without having looked; what a proxy says is no evidence at all.
function knowsOfEarlier(exchange: Exchange): boolean {
  if (exchange.kind !== 'answered') return false
  const { status, isBillkey, envelope } = exchange.answer
  return isBillkey && envelope !== null && status !== 401 && status !== 429
}

function refusalOf(answer: HttpAnswer): RefusedError {
  const { status, envelope, requestId, retryAfterMs } = answer
  const message = envelope?.message ?? `HTTP ${status}`
  const refusal = { message, status, code: envelope?.code ?? null, requestId, retryAfterMs }
  if (status === 401) return new UnauthorizedError(refusal)
  return status === 404 ? new NotFoundError(refusal) : new RefusedError(refusal)
}

function unreadable({ status, envelope, requestId }: HttpAnswer): string {
  if (status >= 300 && status < 400) {
    return `HTTP ${status}: redirects are not followed; correct baseUrl`
  }
  const said = envelope?.message ?? 'the body is not an answer of V1'
  return `HTTP ${status}: ${said}${requestId === null ? '' : ` (request ${requestId})`}`
}

// fetch says only "fetch failed"; what failed is in its cause.
function wordsOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const inner = cause.cause
  return inner instanceof Error && inner.message !== '' ? inner.message : cause.message
}
