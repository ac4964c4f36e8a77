// Who makes a call of the console's API, as far as a handler may know.

import { assert } from '../primitives/assert.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { SessionOperator } from '../operators/session.ts'

export interface ConsoleCaller {
  readonly requestId: string
  readonly clientIp: string
  readonly userAgent: string | null
  /** Null: nobody is signed in; only calls of access `anyone` see that. */
  readonly session: SessionOperator | null
  /** Sets the session's cookie, or ends it with null. */
  setSession(token: string | null): void
  /** The cookie as it came. */
  readonly token: string | null
  /** Scheme and host under which the browser reached us. */
  readonly origin: string
}

/** The merchant whose rows a call may see, and the operator as the audit trail names it. */
export interface SignedIn extends SessionOperator {
  readonly merchantId: MerchantId
  /** `operator:<e-mail>`. */
  readonly actor: string
}

/** The operator behind a call that demands one. */
export function signedIn({ session }: ConsoleCaller): SignedIn {
  assert(session !== null, 'a call without an operator reached a handler that needs one')
  return { ...session, actor: `operator:${session.email}` }
}
