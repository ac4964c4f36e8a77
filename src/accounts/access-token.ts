// The life of an access token (V1 /users/getToken): 30 minutes; asking again gives the same token and the
// same expiry; in its last minute it is extended by five; after expiry a new one is issued.

import { createHmac, createSecretKey, hash } from 'node:crypto'

import { type MerchantId, merchantId } from '../primitives/ids.ts'

export const tokenLifeMs = 30 * 60_000
export const tokenExtensionMs = 5 * 60_000
export const tokenLastMinuteMs = 60_000

/** What is stored of the one live token of an API key. The token itself is derived when it is asked for. */
export interface TokenGrant {
  readonly nonce: Buffer
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

export type GrantDecision =
  | { readonly kind: 'reuse' }
  | { readonly kind: 'extend'; readonly expiresAtMs: number }
  | { readonly kind: 'issue'; readonly expiresAtMs: number }

/** Decides what asking for a token at `nowMs` gives, from what is stored for the API key. */
export function decideGrant(
  current: Pick<TokenGrant, 'expiresAtMs'> | undefined,
  nowMs: number,
): GrantDecision {
  if (current === undefined || current.expiresAtMs <= nowMs) {
    return { kind: 'issue', expiresAtMs: nowMs + tokenLifeMs }
  }
  if (current.expiresAtMs - nowMs <= tokenLastMinuteMs) {
    return { kind: 'extend', expiresAtMs: current.expiresAtMs + tokenExtensionMs }
  }
  return { kind: 'reuse' }
}

/**
 * The token of a grant: 40 hex characters, as V1's. The first ten are the merchant's number, so that a look-up
 * names its merchant; the rest are 120 bits of HMAC that nobody without the master key can make.
 */
export function deriveToken(
  tokenKey: Buffer,
  owner: MerchantId,
  impKey: string,
  grant: TokenGrant,
): string {
  const prefix = owner.toString(16).padStart(10, '0')
  const mac = createHmac('sha256', createSecretKey(tokenKey))
    .update(`${prefix}\n${impKey}\n${grant.issuedAtMs}\n`)
    .update(grant.nonce)
    .digest('hex')
  return prefix + mac.slice(0, 30)
}

/** The merchant a token names, or undefined when it cannot be one of ours. Proves nothing by itself. */
export function merchantNamedBy(token: string): MerchantId | undefined {
  if (!/^[0-9a-f]{40}$/.test(token)) return undefined
  return merchantId(Number.parseInt(token.slice(0, 10), 16))
}

/** What is stored to find a token by. */
export function tokenHash(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}
