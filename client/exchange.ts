// One request and what came of it. The four kinds are told apart by one question: can the server have acted on it?

/** The part of `fetch` that is used, so that the types need neither the DOM's nor Node's. */
export type Fetch = (
  url: string,
  init: {
    method: string
    headers: Record<string, string>
    body?: string
    redirect: 'manual'
    signal: AbortSignal
  },
) => Promise<{
  readonly status: number
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
}>

export interface Envelope {
  readonly code: number
  readonly message: string | null
  readonly response: unknown
}

export interface HttpAnswer {
  readonly status: number
  readonly requestId: string | null
  readonly retryAfterMs: number | null
  /** Of a billkey server: it honours Idempotency-Key. */
  readonly isBillkey: boolean
  /** The server says that it does not know the outcome. */
  readonly isOutcomeOpen: boolean
  /** Null when the body is not V1's. */
  readonly envelope: Envelope | null
}

export type Exchange =
  | { readonly kind: 'answered'; readonly answer: HttpAnswer }
  /** No connection was made: nothing left. */
  | { readonly kind: 'unsent'; readonly cause: unknown }
  /** Anything else that went wrong on the way. */
  | { readonly kind: 'lost'; readonly cause: unknown }

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

/** Sends it once. Never throws. */
export async function exchange(fetch: Fetch, request: HttpRequest): Promise<Exchange> {
  const { method, url, headers, body, timeoutMs, signal } = request
  if (signal?.aborted === true) return { kind: 'unsent', cause: signal.reason }
  const limit = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, {
      method,
      headers: { ...headers },
      ...(body === null ? {} : { body }),
      // A followed redirect would send the card and the token to an address that nobody configured.
      redirect: 'manual',
      signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
    })
    const text = await response.text()
    return { kind: 'answered', answer: readAnswer(response.status, response.headers, text) }
  } catch (cause) {
    return { kind: isUnsent(cause) ? 'unsent' : 'lost', cause }
  }
}

// Node's names of what is raised before a connection exists. Everything else counts as having left, a broken TLS
// handshake and other runtimes' errors included: a wrong guess in that direction costs a look-up, one in the other a
// second charge.
const codesBeforeConnection = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
])

function isUnsent(error: unknown): boolean {
  const { code, cause } = (error ?? {}) as { code?: unknown; cause?: { code?: unknown } }
  return [code, cause?.code].some((name) => codesBeforeConnection.has(String(name)))
}

function readAnswer(
  status: number,
  headers: { get(name: string): string | null },
  text: string,
): HttpAnswer {
  return {
    status,
    requestId: headers.get('x-request-id'),
    retryAfterMs: readRetryAfterMs(headers.get('retry-after')),
    isBillkey: headers.get('billkey-version') !== null,
    isOutcomeOpen: headers.get('billkey-outcome') !== null,
    envelope: readEnvelope(text),
  }
}

// Only the seconds form: billkey sends no dates, and a date would be judged by this machine's clock.
function readRetryAfterMs(text: string | null): number | null {
  return text !== null && /^\d{1,6}$/.test(text) ? Number(text) * 1000 : null
}

function readEnvelope(text: string): Envelope | null {
  try {
    const parsed: unknown = JSON.parse(text)
    return isEnvelope(parsed) ? parsed : null
  } catch {
    return null
  }
}

// V1 sends its code as a number always; a text "0" is no success.
function isEnvelope(parsed: unknown): parsed is Envelope {
  if (typeof parsed !== 'object' || parsed === null) return false
  const { code, message, response } = parsed as Partial<Record<string, unknown>>
  return (
    Number.isInteger(code) &&
    (message === null || typeof message === 'string') &&
    response !== undefined
  )
}
