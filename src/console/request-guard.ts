// What is checked before a call of the console's API is read: that it comes from the console's own pages, from whom, and
// whether they may. A refusal says no more than is needed to mend it.

import type { FastifyRequest } from 'fastify'

import { isSameSecret } from '../primitives/same-secret.ts'
import { mayActAs } from '../operators/role.ts'
import type { LiveSession } from '../operators/session.ts'
import { ConsoleError } from './console-error.ts'
import type { ConsoleAccess, ConsoleCall } from './console-call.ts'
import { isSecure } from './session-cookie.ts'

export const csrfHeader = 'x-billkey-csrf'

/** Scheme and host under which the browser reached us. */
export function originOf(request: FastifyRequest): string {
  return `${isSecure(request) ? 'https' : 'http'}://${request.host}`
}

/**
 * Refuses a change that another site has made the browser send. Browsers say where it comes from; a program that says
 * nothing has no cookie that it was not given.
 */
export function refuseOtherSites(request: FastifyRequest): void {
  if (request.method === 'GET') return
  const { origin } = request.headers
  const site = request.headers['sec-fetch-site']
  const isOwn =
    (origin === undefined || origin === originOf(request)) &&
    (site === undefined || site === 'same-origin')
  if (!isOwn) throw csrfRefused("The request was not made by the console's own pages.")
}

/** Refuses a change without the session's own token, which only pages of this origin can have read. */
export function refuseWithoutCsrfToken(request: FastifyRequest, session: LiveSession): void {
  if (request.method === 'GET') return
  const sent = request.headers[csrfHeader]
  if (typeof sent === 'string' && isSameSecret(sent, session.csrfToken)) return
  throw csrfRefused(`The header ${csrfHeader} is not the csrfToken of GET /session.`)
}

function csrfRefused(message: string): ConsoleError {
  return new ConsoleError({ status: 403, code: 'csrf_refused', message })
}

export function notSignedIn(): ConsoleError {
  return new ConsoleError({ status: 401, code: 'not_signed_in', message: 'Sign in first.' })
}

/** Refuses an operator whose role is too small, or who has something else to do first. */
export function refuseUnfit(call: ConsoleCall, { role, mustDo }: LiveSession): void {
  if (call.access === 'anyone' || call.access === 'signed_in') return
  if (mustDo === 'change_password') {
    throw forbidden('password_change_required', 'Change the password first.')
  }
  if (mustDo === 'set_up_totp') throw forbidden('totp_setup_required', 'Set up TOTP first.')
  if (!mayActAs(role, call.access)) {
    throw forbidden('forbidden', `This needs the role ${roleNames[call.access]}; yours is ${role}.`)
  }
}

const roleNames: Record<Exclude<ConsoleAccess, 'anyone' | 'signed_in'>, string> = {
  viewer: 'viewer',
  operator: 'operator',
  owner: 'owner',
}

function forbidden(
  code: 'forbidden' | 'password_change_required' | 'totp_setup_required',
  message: string,
): ConsoleError {
  return new ConsoleError({ status: 403, code, message })
}
