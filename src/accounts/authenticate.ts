// Turns a token into its merchant. Answers are remembered for a few seconds, since clients send the same token
// with every call; a revoked key therefore works for at most that long.

import type { Queryable } from '../db/database.ts'
import type { Clock } from '../primitives/clock.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { merchantNamedBy, tokenHash } from './access-token.ts'
import { findToken } from './accounts.store.ts'

export interface Caller {
  readonly merchantId: MerchantId
  readonly impKey: string
}

interface Remembered extends Caller {
  /** In the merchant's own time. */
  readonly expiresAtMs: number
  readonly untilMs: number
}

// Long enough to spare a query per call, short enough for a revocation to bite.
const rememberMs = 5_000
const rememberedMax = 10_000

/** Makes the look-up. An unknown, expired or malformed token gives undefined. */
export function createAuthenticator(
  db: Queryable,
  clock: Clock,
): (token: string) => Promise<Caller | undefined> {
  const remembered = new Map<string, Remembered>()
  const isLive = (caller: Remembered) => caller.expiresAtMs > clock.now(caller.merchantId)
  return async (token) => {
    const nowMs = clock.now()
    const hash = tokenHash(token)
    // By its digest: neither does a look-up take longer for a better guess, nor are live tokens kept in memory.
    const name = hash.toString('base64')
    const known = remembered.get(name)
    if (known !== undefined && known.untilMs > nowMs && isLive(known)) return known
    remembered.delete(name)
    const merchantId = merchantNamedBy(token)
    if (merchantId === undefined) return undefined
    const live = await findToken(db, merchantId, hash)
    if (live === undefined) return undefined
    const caller = { merchantId, ...live, untilMs: nowMs + rememberMs }
    if (!isLive(caller)) return undefined
    if (remembered.size >= rememberedMax) remembered.clear()
    remembered.set(name, caller)
    return caller
  }
}
