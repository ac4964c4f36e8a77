// Sessions begin and are found again. A token names its merchant and carries 256 random bits; it is made here only, never
// taken from a browser, and kept as its hash.

import { createHash, randomBytes } from 'node:crypto'

import type { Queryable } from '../db/database.ts'
import type { Clock } from '../primitives/clock.ts'
import { type IdSource, type MerchantId, merchantId } from '../primitives/ids.ts'
import type { OperatorName } from './operator.ts'
import {
  absoluteMs,
  idleMs,
  type LiveSession,
  mustDoOf,
  oldTokenMs,
  rotateAfterMs,
  secondProofMs,
} from './session.ts'
import {
  type FoundSession,
  findSessionByToken,
  insertSession,
  noteSessionSeen,
  rotateSession,
} from './sessions.store.ts'

export interface SessionDependencies {
  readonly db: Queryable
  readonly clock: Clock
  readonly ids: IdSource
}

/** Where somebody signs in from. */
export interface Browser {
  readonly clientIp: string
  readonly userAgent: string | null
}

export interface StartedSession {
  readonly sessionId: string
  /** For the cookie. */
  readonly token: string
}

/** Begins a session under a token of its own. `awaitsTotp`: good for nothing but the second proof. */
export async function startSession(
  { db, clock, ids }: SessionDependencies,
  { merchantId, operatorId }: OperatorName,
  { clientIp, userAgent }: Browser,
  awaitsTotp: boolean,
): Promise<StartedSession> {
  const token = newToken(merchantId)
  const sessionId = ids.uuid()
  const tokenHash = hashToken(token)
  const csrfToken = randomBytes(24).toString('base64url')
  const session = { merchantId, operatorId, sessionId, tokenHash, csrfToken, awaitsTotp }
  await insertSession(db, { ...session, clientIp, userAgent }, clock.now())
  return { sessionId, token }
}

// What is noted of being seen, at most: it must not cost a write per request.
const noteSeenEveryMs = 60_000

export interface Sighting {
  /** A page that asks by itself does not keep its session alive. */
  readonly isBackground: boolean
}

/** The session behind a token; undefined when there is none, it has ended, or its second proof is awaited. */
export async function findLiveSession(
  { db, clock }: SessionDependencies,
  token: string,
  { isBackground }: Sighting,
): Promise<LiveSession | undefined> {
  const found = await findByToken(db, token)
  const nowMs = clock.now()
  if (found === undefined || found.awaitsTotp || !isAlive(found, nowMs)) return undefined
  const { mustChangePassword, hasTotp, requiresTotp, isByOldToken, rotatedAtMs, ...session } = found
  const mustDo = mustDoOf({ mustChangePassword, hasTotp, requiresTotp })
  const live = { ...session, mustDo, nextToken: null }
  if (isBackground) return live
  if (!isByOldToken && rotatedAtMs <= nowMs - rotateAfterMs) {
    const nextToken = newToken(found.merchantId)
    const change = { from: hashToken(token), to: hashToken(nextToken) }
    const isRotated = await rotateSession(db, found, change, nowMs)
    return isRotated ? { ...live, seenAtMs: nowMs, nextToken } : live
  }
  if (found.seenAtMs <= nowMs - noteSeenEveryMs) {
    await noteSessionSeen(db, found, nowMs)
    return { ...live, seenAtMs: nowMs }
  }
  return live
}

/** The half-open session behind a token: its password was right, its second proof is awaited. */
export async function findAwaitingTotp(
  { db, clock }: SessionDependencies,
  token: string,
): Promise<FoundSession | undefined> {
  const found = await findByToken(db, token)
  const isWaiting = found?.awaitsTotp === true && found.startedAtMs > clock.now() - secondProofMs
  return isWaiting ? found : undefined
}

function isAlive(
  { startedAtMs, seenAtMs, isByOldToken, rotatedAtMs }: FoundSession,
  nowMs: number,
): boolean {
  if (startedAtMs <= nowMs - absoluteMs || seenAtMs <= nowMs - idleMs) return false
  return !isByOldToken || rotatedAtMs > nowMs - oldTokenMs
}

/** Whatever session a token names, alive or not. */
export async function findByToken(db: Queryable, token: string): Promise<FoundSession | undefined> {
  const owner = /^(\d{1,15})\.[A-Za-z0-9_-]{43}$/.exec(token)?.[1]
  if (owner === undefined) return undefined
  return findSessionByToken(db, merchantId(Number(owner)), hashToken(token))
}

function newToken(owner: MerchantId): string {
  return `${owner}.${randomBytes(32).toString('base64url')}`
}

function hashToken(token: string): Buffer {
  return createHash('sha256').update(`console session\n${token}`).digest()
}
