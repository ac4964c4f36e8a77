// Who makes a call of the console's API, as far as a handler may know.

import type { LiveSession } from '../operators/session.ts'
import { assert } from '../primitives/assert.ts'

export interface ConsoleCaller {
  readonly requestId: string
  readonly clientIp: string
  readonly userAgent: string | null
  /** Scheme and host under which the browser reached us. */
  readonly origin: string
  /** A password may travel: over TLS, or to this machine by its own name. */
  readonly isConfidential: boolean
  /** The session's cookie as it came; a handler that signs in or out looks at it. */
  readonly token: string | null
  /** Null: nobody is signed in. Only calls of access `anyone` see that. */
  readonly session: LiveSession | null
  /** Gives the browser another session; null: none. */
  setToken(token: string | null): void
}

/** The operator behind a call. */
export interface SignedIn extends LiveSession {
  /** As the audit trail names it: `operator:<e-mail>`. */
  readonly actor: string
}

/** The operator behind a call that demands one: whose rows it may see, and who is said to have done it. */
export function signedIn({ session }: ConsoleCaller): SignedIn {
  assert(session !== null, 'a call without an operator reached a handler that needs one')
  return { ...session, actor: `operator:${session.email}` }
}
