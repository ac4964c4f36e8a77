// What getToken gives: the secret is proved, then the key's live token. Most clients of V1 ask for it before every call,
// so a proof is remembered for a few seconds, as authenticate.ts remembers tokens. Only a token that lives is given from
// memory: a new one is made, and a wrong secret is told so, from what the database says now.

import type { MerchantId } from '../primitives/ids.ts'
import { isSameSecret } from '../primitives/same-secret.ts'
import { decideGrant } from './access-token.ts'
import {
  type AccessToken,
  hashSecret,
  issueAccessToken,
  type TokenDependencies,
  verifySecret,
} from './issue-access-token.ts'

export interface GivenToken extends AccessToken {
  readonly merchantId: MerchantId
}

interface Remembered extends GivenToken {
  readonly secretHash: Buffer
  readonly untilMs: number
}

// As long as a token is believed. What a revoked key is given in that time is the token that ended with it.
const rememberMs = 5_000
const rememberedMax = 10_000

export interface TokenGiver {
  /** Undefined: no such key, or not its secret. */
  give(impKey: string, secret: string): Promise<GivenToken | undefined>
  /** Its secret is another one now, or none: here it is known at once, in other processes after those seconds. */
  forget(impKey: string): void
}

export function createTokenGiver(deps: TokenDependencies): TokenGiver {
  const { clock } = deps
  const remembered = new Map<string, Remembered>()
  // What was read before a key was forgotten is given once and not remembered.
  let forgotten = 0

  function recall(impKey: string, given: Buffer): GivenToken | undefined {
    const known = remembered.get(impKey)
    if (known === undefined || known.untilMs <= clock.now()) return undefined
    if (!isSameSecret(given, known.secretHash)) return undefined
    return decideGrant(known, clock.now(known.merchantId)).kind === 'reuse' ? known : undefined
  }

  return {
    async give(impKey, secret) {
      const known = recall(impKey, hashSecret(secret))
      if (known !== undefined) return known
      const nowMs = clock.now()
      const forgottenBefore = forgotten
      const key = await verifySecret(deps.db, impKey, secret)
      if (key === undefined) return undefined
      const token = await issueAccessToken(deps, key)
      const given = { ...token, merchantId: key.merchantId }
      if (forgotten !== forgottenBefore) return given
      if (remembered.size >= rememberedMax) remembered.clear()
      remembered.set(impKey, { ...given, secretHash: key.secretHash, untilMs: nowMs + rememberMs })
      return given
    },
    forget(impKey) {
      forgotten += 1
      remembered.delete(impKey)
    },
  }
}
