// POST /users/getToken: proves an API key's secret and gives its one live token.

import { hash } from 'node:crypto'

import type { Queryable } from '../db/database.ts'
import type { Clock } from '../primitives/clock.ts'
import type { IdSource } from '../primitives/ids.ts'
import { isSameSecret } from '../primitives/same-secret.ts'
import { decideGrant, deriveToken, type TokenGrant, tokenHash } from './access-token.ts'
import { type ApiKey, extendGrant, findApiKey, findGrant, insertGrant } from './accounts.store.ts'

export interface TokenDependencies {
  readonly db: Queryable
  readonly clock: Clock
  readonly ids: IdSource
  /** Derived from the master key; makes tokens. */
  readonly tokenKey: Buffer
}

export interface AccessToken {
  readonly token: string
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

/** What is stored of an API secret. Secrets are long and random, so one round of SHA-256 is enough. */
export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}

/** The API key when the secret is its own, else undefined. Takes the same work whether the key exists or not. */
export async function verifySecret(
  db: Queryable,
  impKey: string,
  secret: string,
): Promise<ApiKey | undefined> {
  const given = hashSecret(secret)
  const key = await findApiKey(db, impKey)
  const isRight = isSameSecret(given, key?.secretHash ?? hashSecret(''))
  return isRight ? key : undefined
}

// Another process may change the grant between our read and our write; each round reads its result.
const roundsMax = 4

/** The key's live token: the same one until it expires, extended in its last minute (V1). */
export async function issueAccessToken(
  { db, clock, ids, tokenKey }: TokenDependencies,
  key: Pick<ApiKey, 'merchantId' | 'impKey'>,
): Promise<AccessToken> {
  const tokenOf = (grant: TokenGrant) => deriveToken(tokenKey, key.merchantId, key.impKey, grant)
  for (let round = 0; round < roundsMax; round += 1) {
    const nowMs = clock.now(key.merchantId)
    const stored = await findGrant(db, key.merchantId, key.impKey)
    // Made under another master key: its token cannot be given again, so it is as good as expired.
    const isLost = stored !== undefined && !isSameSecret(stored.hash, tokenHash(tokenOf(stored)))
    const current = isLost ? undefined : stored
    const decision = decideGrant(current, nowMs)
    if (current !== undefined && decision.kind === 'reuse') return reveal(current)
    if (current !== undefined && decision.kind === 'extend') {
      const isExtended = await extendGrant(db, key, current.expiresAtMs, decision.expiresAtMs)
      if (isExtended) return reveal({ ...current, expiresAtMs: decision.expiresAtMs })
    }
    if (decision.kind === 'issue') {
      const nonce = Buffer.from(ids.hex(32), 'hex')
      const grant = { nonce, issuedAtMs: nowMs, expiresAtMs: decision.expiresAtMs }
      const hash = tokenHash(tokenOf(grant))
      const lost = isLost ? stored.hash : null
      if (await insertGrant(db, key, { ...grant, hash }, lost)) return reveal(grant)
    }
  }
  throw new Error('the token of this API key kept changing under us')

  function reveal(grant: TokenGrant): AccessToken {
    return {
      token: tokenOf(grant),
      issuedAtMs: grant.issuedAtMs,
      expiresAtMs: grant.expiresAtMs,
    }
  }
}
