// A session: an operator who has proved who they are, for as long as they keep working. Pure rules: how long it lives,
// when its token changes, and what has to be done before anything else.

import type { MerchantId } from '../primitives/ids.ts'
import type { OperatorRole } from './role.ts'

/** Nothing was done for so long: it has ended. */
export const idleMs = 30 * 60_000
/** Whatever is done, it has ended. */
export const absoluteMs = 12 * 3_600_000
/** Its token is replaced when it is older than that. */
export const rotateAfterMs = 15 * 60_000
/** Requests that were on their way when the token was replaced still carry the old one. */
export const oldTokenMs = 60_000
/** A first proof (the password) waits so long for the second (TOTP). */
export const secondProofMs = 5 * 60_000

/** The operator behind a live session. */
export interface SessionOperator {
  readonly merchantId: MerchantId
  readonly sessionId: string
  readonly operatorId: string
  readonly email: string
  readonly role: OperatorRole
}

/** What has to be done before any other call is taken. */
export type MustDo = 'change_password' | 'set_up_totp'

export interface LiveSession extends SessionOperator {
  readonly csrfToken: string
  readonly mustDo: MustDo | null
  readonly startedAtMs: number
  readonly seenAtMs: number
  /** Replaces the token from now on; null: it stays. */
  readonly nextToken: string | null
}

export function mustDoOf(operator: {
  readonly mustChangePassword: boolean
  readonly hasTotp: boolean
  readonly requiresTotp: boolean
}): MustDo | null {
  if (operator.mustChangePassword) return 'change_password'
  return operator.requiresTotp && !operator.hasTotp ? 'set_up_totp' : null
}
