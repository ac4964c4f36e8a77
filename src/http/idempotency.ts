// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a call under a key is carried out at most once, and
// the same call again gives the same answer, for 15 days. What was answered with 2xx is kept; a 4xx frees the key, so
// that the request can be mended; after anything else the next call looks up what was begun before it does anything.

import { createHmac, createSecretKey } from 'node:crypto'

import type { Database } from '../db/database.ts'
import { mayPassWithTime, wasNothingSent } from '../db/pg-errors.ts'
import type { Clock } from '../primitives/clock.ts'
import type { IdSource, MerchantId } from '../primitives/ids.ts'
import type { Timers } from '../primitives/timers.ts'
import { insist } from '../work/insist.ts'
import {
  claimCall,
  deleteExpiredKeys,
  endLease,
  findCall,
  findExpiredKeys,
  freeKey,
  type KnownCall,
  storeAnswer,
} from './idempotency.store.ts'
import { badRequest, V1Error } from './v1-error.ts'

export interface Idempotency {
  readonly db: Database
  readonly clock: Clock
  readonly ids: IdSource
  /** Of the HMAC: without a key, a card number could be guessed from its plain hash. */
  readonly fingerprintKey: Buffer
  /** Longer than any request takes; a first request that is silent for longer is taken for dead. */
  readonly leaseMs: number
  readonly log: {
    error(fields: object, message: string): void
    warn(fields: object, message: string): void
  }
  readonly timers: Timers
}

export interface KeyedCall {
  readonly merchantId: MerchantId
  readonly key: string
  readonly method: string
  /** The pattern of the route. */
  readonly url: string
  /** The parameters as the normaliser gives them, so that JSON and form agree. */
  readonly input: unknown
}

export interface KeptAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** As sent, byte for byte. */
  readonly body: string
  /** It says that the outcome is not known yet. */
  readonly isProvisional: boolean
}

export interface CallWork {
  /** Throws V1Error where it refuses with a status other than 200, and anything else where it failed. */
  carryOut(callId: string): Promise<KeptAnswer>
  /** What an earlier request of the same call began, as it stands now; undefined when it began nothing. */
  revisit(callId: string): Promise<KeptAnswer | undefined>
}

/** A call under a key, claimed. */
export interface CallPlace {
  readonly merchantId: MerchantId
  readonly key: string
  readonly callId: string
}

export const keptForMs = 15 * 24 * 60 * 60 * 1000

const keyForm = /^[\x21-\x7E]{1,255}$/

/** The key as sent. Throws V1Error 400 for one that cannot be a key: its sender must not go unprotected. */
export function readIdempotencyKey(header: string | readonly string[]): string {
  const key = typeof header === 'string' ? header : header.join(', ')
  if (keyForm.test(key)) return key
  throw badRequest('Idempotency-Key는 공백 없는 ASCII 문자 1~255자여야 합니다.')
}

/**
 * Carries the call out, or gives the answer it had. `isReplay` says that nothing was begun by this request.
 * Throws V1Error 409 while the first request is under way, 422 when the key belongs to another request.
 */
export async function answerOnce(
  deps: Idempotency,
  call: KeyedCall,
  work: CallWork,
): Promise<{ readonly answer: KeptAnswer; readonly isReplay: boolean }> {
  const { merchantId, key } = call
  const fingerprint = fingerprintOf(deps.fingerprintKey, call)
  const nowMs = deps.clock.now()
  const newCallId = deps.ids.uuid()
  const newPlace = { merchantId, key, callId: newCallId }
  const claimedCallId = await claimCall(deps.db, {
    place: newPlace,
    fingerprint,
    nowMs,
    leaseUntilMs: nowMs + deps.leaseMs,
    expiresAtMs: nowMs + keptForMs,
  }).catch((error: unknown) => {
    // It may be ours all the same. Nothing was begun under it, so nobody need wait for its lease.
    const write = () => endLease(deps.db, newPlace, deps.clock.now())
    if (!wasNothingSent(error)) writeLater(deps, newPlace, error, write)
    throw error
  })
  if (claimedCallId === undefined) {
    const known = await findCall(deps.db, merchantId, key, fingerprint)
    return { answer: await answerKnown(deps, { merchantId, key }, known, work), isReplay: true }
  }
  const place = { merchantId, key, callId: claimedCallId }
  const isTakenOver = claimedCallId !== newCallId
  const found = isTakenOver ? await revisit(deps, place, work) : undefined
  if (found !== undefined) return { answer: found, isReplay: true }
  return { answer: await carryOut(deps, place, work), isReplay: false }
}

function fingerprintOf(hmacKey: Buffer, { merchantId, method, url, input }: KeyedCall): Buffer {
  const text = JSON.stringify([merchantId, method, url, input])
  return createHmac('sha256', createSecretKey(hmacKey)).update(text).digest()
}

async function answerKnown(
  deps: Idempotency,
  { merchantId, key }: Pick<CallPlace, 'merchantId' | 'key'>,
  known: KnownCall | undefined,
  work: CallWork,
): Promise<KeptAnswer> {
  if (known?.isSameRequest === false) throw otherRequest()
  // Freed between two statements: its first request has just been refused, and the next try begins anew.
  if (known === undefined || known.answer === null) throw underWay()
  if (!known.answer.isProvisional) return known.answer
  const place = { merchantId, key, callId: known.callId }
  return (await revisit(deps, place, work)) ?? known.answer
}

/** Looks up what was begun. The first final answer is the one that is kept. */
async function revisit(
  deps: Idempotency,
  place: CallPlace,
  work: CallWork,
): Promise<KeptAnswer | undefined> {
  const answer = await work.revisit(place.callId)
  if (answer !== undefined) await keepAnswer(deps, place, answer)
  return answer
}

async function carryOut(deps: Idempotency, place: CallPlace, work: CallWork): Promise<KeptAnswer> {
  let answer: KeptAnswer
  try {
    answer = await work.carryOut(place.callId)
  } catch (error) {
    await letGo(deps, place, error)
    throw error
  }
  await keepAnswer(deps, place, answer)
  return answer
}

// The deed is done and its answer must leave, whatever becomes of the copy: without one the lease lapses and the next
// call looks up what was begun.
async function keepAnswer(deps: Idempotency, place: CallPlace, answer: KeptAnswer): Promise<void> {
  const write = () => storeAnswer(deps.db, place, answer)
  try {
    await write()
  } catch (error) {
    deps.log.error({ err: error, callId: place.callId }, 'an answer under a key was not kept')
    writeLater(deps, place, error, write)
  }
}

// The caller need not wait for a database that is away; whoever repeats the call should not have to wait for the lease
// once it is back.
function writeLater(
  { log, timers }: Idempotency,
  { callId }: CallPlace,
  failure: unknown,
  write: () => Promise<void>,
): void {
  if (!mayPassWithTime(failure)) return
  insist({ log, timers }, { deed: 'a key', callId }, write).catch((error: unknown) => {
    log.error({ err: error, callId }, 'a key was not freed before its lease')
  })
}

// A refusal with 4xx is said before anything is begun. After any other failure something may have been.
async function letGo(deps: Idempotency, place: CallPlace, failure: unknown): Promise<void> {
  const beganNothing = failure instanceof V1Error && failure.status >= 400 && failure.status < 500
  const write = () =>
    beganNothing ? freeKey(deps.db, place) : endLease(deps.db, place, deps.clock.now())
  try {
    await write()
  } catch (error) {
    deps.log.error({ err: error, callId: place.callId }, 'a key was not freed yet')
    writeLater(deps, place, error, write)
  }
}

function underWay(): V1Error {
  return new V1Error({
    status: 409,
    code: -1,
    message: '같은 Idempotency-Key의 요청을 아직 처리하고 있습니다. 잠시 후 다시 시도하세요.',
    headers: { 'retry-after': '2' },
  })
}

function otherRequest(): V1Error {
  return new V1Error({
    status: 422,
    code: -1,
    message:
      '다른 요청에 이미 사용된 Idempotency-Key입니다. 새로운 요청에는 새로운 키를 사용하세요.',
  })
}

const expiryBatch = 500

/** Removes keys whose 15 days are over, of all merchants. Gives how many; call again while it is not 0. */
export async function expireIdempotencyKeys(
  deps: Pick<Idempotency, 'db' | 'clock'>,
): Promise<number> {
  const nowMs = deps.clock.now()
  const expired = Map.groupBy(
    await findExpiredKeys(deps.db, nowMs, expiryBatch),
    (place) => place.merchantId,
  )
  let removed = 0
  for (const [merchantId, places] of expired) {
    const keys = places.map(({ key }) => key)
    removed += await deleteExpiredKeys(deps.db, merchantId, keys, nowMs)
  }
  return removed
}
