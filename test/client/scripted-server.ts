// A V1 server that says what a test tells it to, over real HTTP: tokens by itself, every other answer by a script.

import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface ReceivedRequest {
  readonly method: string
  /** Path and query, as sent. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Gets the response to do with as it likes, the socket included. */
export type Step = (response: ServerResponse, request: ReceivedRequest) => void

export interface ScriptedServer {
  readonly url: string
  /** Requests for a token. */
  readonly logins: ReceivedRequest[]
  /** All other requests. */
  readonly requests: ReceivedRequest[]
  /** The next answers, in turn; the last is given again and again. */
  script(...steps: readonly Step[]): void
  /** How tokens are given from now on. */
  login(step: Step): void
  /** Forgets what it received. */
  forget(): void
  close(): Promise<void>
}

export interface EnvelopeFields {
  readonly status?: number
  readonly code?: unknown
  readonly message?: string | null
  readonly response?: unknown
  readonly headers?: Record<string, string>
}

/** An answer in V1's envelope; success when nothing else is said. */
export function says(fields: EnvelopeFields = {}): Step {
  const { status = 200, code = 0, message = null, response = null, headers = {} } = fields
  return (reply) => {
    reply.writeHead(status, { 'content-type': 'application/json; charset=UTF-8', ...headers })
    reply.end(JSON.stringify({ code, message, response }))
  }
}

/** Bytes as they are. */
export function saysRaw(status: number, body: string, headers: Record<string, string> = {}): Step {
  return (reply) => {
    reply.writeHead(status, headers)
    reply.end(body)
  }
}

/** The connection ends with a reset, the request having been read in full. */
export const resets: Step = (reply) => {
  ;(reply.socket as Socket).resetAndDestroy()
}

/** Half an answer, then a reset. */
export const breaksOff: Step = (reply) => {
  reply.writeHead(200, { 'content-length': '1000' })
  reply.write('{"code":0,', () => (reply.socket as Socket).resetAndDestroy())
}

export const neverAnswers: Step = () => undefined

export const billkeyHeaders = { 'billkey-version': '0.1.0' }

/** A token as a server gives it; `billkey` tells whether it honours Idempotency-Key. */
export function token(
  text: string,
  options: { readonly livesSeconds?: number; readonly billkey?: boolean } = {},
): Step {
  // Years away from this machine's clock, as a server with a wrong clock would say.
  const now = 1_000_000
  const response = {
    access_token: text,
    now,
    expired_at: now + (options.livesSeconds ?? 1800),
  }
  return says({ response, headers: options.billkey === true ? billkeyHeaders : {} })
}

export async function startScriptedServer(): Promise<ScriptedServer> {
  const logins: ReceivedRequest[] = []
  const requests: ReceivedRequest[] = []
  let login: Step = token('token-1')
  let steps: readonly Step[] = [says()]
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { method = '', url: target = '', headers } = incoming
      const request = { method, target, headers, body: Buffer.concat(chunks).toString() }
      const isLogin = target === '/users/getToken'
      ;(isLogin ? logins : requests).push(request)
      if (isLogin) return login(response, request)
      const [step = says(), ...rest] = steps
      if (rest.length > 0) steps = rest
      step(response, request)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    logins,
    requests,
    script: (...next) => void (steps = next),
    login: (step) => void (login = step),
    forget() {
      logins.length = 0
      requests.length = 0
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
