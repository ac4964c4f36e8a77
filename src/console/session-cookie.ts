// The cookie that carries a session. Over TLS its name keeps other hosts and subdomains from setting it (RFC 6265bis
// §4.1.3.2); over plain HTTP, which only a browser on this machine may use, browsers would refuse that name.

import type { FastifyReply, FastifyRequest } from 'fastify'

import { absoluteMs } from '../operators/session.ts'

const secureName = '__Host-billkey'
const plainName = 'billkey'

/** True behind TLS: of our own, or of a trusted proxy that says so with X-Forwarded-Proto. */
export function isSecure(request: FastifyRequest): boolean {
  return request.protocol === 'https'
}

/** The token as the browser sent it. */
export function readSessionCookie(request: FastifyRequest): string | null {
  const name = isSecure(request) ? secureName : plainName
  for (const pair of (request.headers.cookie ?? '').split(';')) {
    const [key = '', ...value] = pair.split('=')
    if (key.trim() === name) return value.join('=').trim()
  }
  return null
}

/** Sets it, or takes it away with null. */
export function writeSessionCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  token: string | null,
): void {
  const maxAge = token === null ? 0 : absoluteMs / 1000
  const common = `Max-Age=${maxAge}; HttpOnly; SameSite=Strict`
  reply.header(
    'set-cookie',
    isSecure(request)
      ? `${secureName}=${token ?? ''}; Path=/; Secure; ${common}`
      : `${plainName}=${token ?? ''}; Path=/console; ${common}`,
  )
}

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i

/**
 * True where a password may travel: over TLS, or to a server that the browser itself knows as its own machine. The name
 * in the address bar counts, not the address of the connection, which behind a container's port is another one.
 */
export function mayCarrySecrets(request: FastifyRequest): boolean {
  return isSecure(request) || loopback.test(request.host)
}
