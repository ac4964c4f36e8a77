// One POST to a merchant's server, within V1's time limits. The status decides, and it is known with the headers:
// a body that never ends, or a connection that breaks after them, changes nothing.

import type { LookupAddress } from 'node:dns'
import { Agent as PlainAgent, type IncomingMessage, request as requestPlain } from 'node:http'
import { Agent as TlsAgent, request as requestTls } from 'node:https'
import type { LookupFunction } from 'node:net'

import type { GuardRuling, OutboundGuard } from './outbound-guard.ts'

/** How long a delivery may take. V1: connect 10 s and read 30 s at first, 15 s in all for a re-send. */
export type TimeLimit =
  | { readonly kind: 'by_phase'; readonly connectMs: number; readonly readMs: number }
  | { readonly kind: 'in_all'; readonly totalMs: number }

export interface PostLimits {
  readonly first: TimeLimit
  readonly resend: TimeLimit
  /** How long to wait for the body that is kept as evidence. */
  readonly bodyMs: number
}

export const v1PostLimits: PostLimits = {
  first: { kind: 'by_phase', connectMs: 10_000, readMs: 30_000 },
  resend: { kind: 'in_all', totalMs: 15_000 },
  bodyMs: 1_000,
}

/** What is kept of an answer's body. */
export const responseBytesKept = 2_048

export interface PostRequest {
  readonly url: string
  readonly sandbox: boolean
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface PostOptions {
  readonly guard: OutboundGuard
  readonly limit: TimeLimit
  readonly bodyMs: number
  /** Cuts the request off: the process stops. */
  readonly signal: AbortSignal
}

export type PostResult =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly retryAfter: string | null
      readonly body: string
    }
  | {
      readonly kind: 'refused'
      readonly cause: 'bad_url' | 'unresolvable' | 'inside'
      readonly error: string
    }
  | { readonly kind: 'failed'; readonly error: string }
  /** We cut it off ourselves. */
  | { readonly kind: 'interrupted' }

export type PostWebhook = typeof postWebhook

/** Never rejects, follows no redirect, connects to no address that the guard has not seen. */
export async function postWebhook(request: PostRequest, options: PostOptions): Promise<PostResult> {
  const deadline = startDeadline(options.limit, options.signal)
  try {
    const ruling = await deadline.race(options.guard.check(request.url, request))
    if (ruling.kind === 'refused')
      return { kind: 'refused', cause: ruling.cause, error: ruling.message }
    const response = await deadline.race(send(request, ruling, deadline))
    const body = await readSomeBody(response, options.bodyMs)
    return {
      kind: 'answered',
      status: response.statusCode ?? 0,
      retryAfter: response.headers['retry-after'] ?? null,
      body,
    }
  } catch (error) {
    deadline.cutOff()
    if (options.signal.aborted) return { kind: 'interrupted' }
    return { kind: 'failed', error: describe(error) }
  } finally {
    deadline.end()
  }
}

class TooSlow extends Error {
  override name = 'TooSlow'
}

interface Deadline {
  /** Aborted when the time is over. */
  readonly signal: AbortSignal
  /** Rejects when the time is over before the work is. */
  race<T>(work: Promise<T>): Promise<T>
  /** The connection stands: what follows is reading. */
  connected(): void
  /** Ends what is still under way. */
  cutOff(): void
  end(): void
}

function startDeadline(limit: TimeLimit, stop: AbortSignal): Deadline {
  const controller = new AbortController()
  const expire = (what: string, ms: number) =>
    setTimeout(() => controller.abort(new TooSlow(`${what} within ${ms} ms`)), ms)
  let timer =
    limit.kind === 'by_phase'
      ? expire('no connection', limit.connectMs)
      : expire('no answer', limit.totalMs)
  const { signal } = controller
  const onStop = () => controller.abort(stop.reason)
  if (stop.aborted) onStop()
  // Not AbortSignal.any: what it makes lives as long as `stop` does, which is as long as the process.
  stop.addEventListener('abort', onStop, { once: true })
  const over = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    if (signal.aborted) reject(signal.reason as Error)
  })
  // It may come when nobody races it.
  over.catch(() => undefined)
  return {
    signal,
    race: (work) => Promise.race([work, over]),
    connected() {
      if (limit.kind === 'in_all') return
      clearTimeout(timer)
      timer = expire('no answer', limit.readMs)
    },
    cutOff: () => controller.abort(new Error('the delivery is over')),
    end() {
      clearTimeout(timer)
      stop.removeEventListener('abort', onStop)
    },
  }
}

type Allowed = Extract<GuardRuling, { kind: 'allowed' }>

// Kept as long as most servers keep theirs, for the next delivery to the same server under the same ruling: another
// address that a name has come to stand for gets connections of its own. Proxies of the environment are not for these
// agents.
const idleMs = 4_000
const plainAgent = keptByRuling(new PlainAgent({ keepAlive: true, timeout: idleMs }))
const tlsAgent = keptByRuling(new TlsAgent({ keepAlive: true, timeout: idleMs }))

function keptByRuling<A extends PlainAgent>(agent: A): A {
  const nameOf = agent.getName.bind(agent)
  agent.getName = (options) => `${nameOf(options)} ${(options as { ruling?: string }).ruling ?? ''}`
  return agent
}

// A server may close a connection just when it is used again. Whether it has taken the webhook then is not known; it
// is sent once more at once, as it would be later: at least once.
async function send(
  request: PostRequest,
  ruling: Allowed,
  deadline: Deadline,
): Promise<IncomingMessage> {
  try {
    return await sendOnce(request, ruling, { deadline, mayReuse: true })
  } catch (error) {
    if (!(error instanceof ClosedMeanwhile) || deadline.signal.aborted) throw error
    return sendOnce(request, ruling, { deadline, mayReuse: false })
  }
}

class ClosedMeanwhile extends Error {
  override name = 'ClosedMeanwhile'
}

function sendOnce(
  { headers, body }: PostRequest,
  { url, host, addresses }: Allowed,
  { deadline, mayReuse }: { readonly deadline: Deadline; readonly mayReuse: boolean },
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const isTls = url.protocol === 'https:'
    const kept = isTls ? tlsAgent : plainAgent
    const options = {
      method: 'POST',
      agent: mayReuse ? kept : false,
      host,
      port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
      path: url.pathname + url.search,
      headers: { ...headers, host: url.host, 'content-length': Buffer.byteLength(body) },
      lookup: pinned(addresses),
      ruling: addresses.map(({ address }) => address).join(),
      // Stated, so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch it off.
      ...(isTls ? { rejectUnauthorized: true } : {}),
      signal: deadline.signal,
    }
    const request = (isTls ? requestTls : requestPlain)(options)
    request.on('socket', (socket) => {
      if (request.reusedSocket) deadline.connected()
      else socket.once(isTls ? 'secureConnect' : 'connect', () => deadline.connected())
    })
    request.on('response', resolve)
    request.on('upgrade', (_, socket) => {
      socket.destroy()
      reject(new Error('the answer asks to switch protocols'))
    })
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isClosed = error.code === 'ECONNRESET' || error.code === 'EPIPE'
      reject(request.reusedSocket && isClosed ? new ClosedMeanwhile() : error)
    })
    request.end(body)
  })
}

/** Answers every question with the addresses the guard has judged. */
function pinned(addresses: readonly LookupAddress[]): LookupFunction {
  return (_, options, callback) => {
    const [first] = addresses
    if (options.all === true) callback(null, [...addresses])
    else callback(null, first?.address ?? '', first?.family)
  }
}

// Undoes nothing: whatever happens here, the status stands.
function readSomeBody(response: IncomingMessage, limitMs: number): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const finish = (): void => {
      clearTimeout(timer)
      response.destroy()
      resolve(asText(Buffer.concat(chunks).subarray(0, responseBytesKept)))
    }
    const timer = setTimeout(finish, limitMs)
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes >= responseBytesKept) finish()
    })
    response.on('end', finish)
    response.on('error', finish)
    response.on('close', finish)
  })
}

/** PostgreSQL text holds everything but NUL. */
function asText(bytes: Buffer): string {
  return bytes.toString('utf8').replaceAll('\0', '\uFFFD')
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const code = (error as NodeJS.ErrnoException).code
  const text = error instanceof AggregateError ? (error.errors as Error[])[0]?.message : undefined
  const message = text ?? error.message
  const full = code === undefined || message.includes(code) ? message : `${code}: ${message}`
  return asText(Buffer.from(full)).slice(0, 500).toWellFormed()
}
