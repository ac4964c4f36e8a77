// What a merchant may change of a reservation: its time while it is scheduled, a new time or an attempt at once after
// it has failed or was revoked. A change and an attempt of the worker meet on the row; the loser is told what won.

import { isUniqueViolation } from '../db/pg-errors.ts'
import type { Queryable } from '../db/database.ts'
import type { ChargeDependencies, ChargeResult } from '../payments/charge.ts'
import type { Clock } from '../primitives/clock.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { chargeSchedule } from './execute-schedule.ts'
import { mayBeRepeated, type Schedule } from './schedule.ts'
import { findSchedule, findTakenUids } from './schedule-queries.store.ts'
import { moveSchedule, reviveSchedule, scheduleUidTaken } from './schedules.store.ts'

export interface ChangeDependencies {
  readonly db: Queryable
  readonly clock: Clock
}

export interface NamedSchedule {
  readonly merchantId: MerchantId
  readonly merchantUid: string
}

export type Unchangeable =
  | { readonly kind: 'absent' }
  /** As it stands, and why that is in the way. */
  | { readonly kind: 'unfit'; readonly schedule: Schedule }
  /** Its merchant_uid was paid or reserved otherwise. */
  | { readonly kind: 'taken' }

export type ChangeResult = { readonly kind: 'changed'; readonly schedule: Schedule } | Unchangeable

/** PUT: another time, while it is scheduled. */
export async function moveReservation(
  { db, clock }: ChangeDependencies,
  { merchantId, merchantUid }: NamedSchedule,
  scheduleAtMs: number,
): Promise<ChangeResult> {
  const known = await findSchedule(db, merchantId, merchantUid)
  if (known === undefined) return { kind: 'absent' }
  const moved = await moveSchedule(db, known, scheduleAtMs, clock.now(merchantId))
  if (moved !== undefined) return { kind: 'changed', schedule: moved }
  return { kind: 'unfit', schedule: (await findSchedule(db, merchantId, merchantUid)) ?? known }
}

/** POST …/reschedule: a new time for one that has failed or was revoked. */
export async function reserveAnew(
  { db, clock }: ChangeDependencies,
  { merchantId, merchantUid }: NamedSchedule,
  scheduleAtMs: number,
): Promise<ChangeResult> {
  const known = await findSchedule(db, merchantId, merchantUid)
  if (known === undefined) return { kind: 'absent' }
  try {
    const revived = await reviveSchedule(db, known, scheduleAtMs, clock.now(merchantId))
    if (revived !== undefined) return { kind: 'changed', schedule: revived }
  } catch (error) {
    if (!isUniqueViolation(error, scheduleUidTaken)) throw error
  }
  return whyNotRepeated(db, known)
}

/** POST …/retry: an attempt at once. The result of the charge, or why there was none. */
export async function retrySchedule(
  deps: ChargeDependencies,
  { merchantId, merchantUid, callId }: NamedSchedule & { readonly callId: string | null },
): Promise<ChargeResult | Unchangeable> {
  const known = await findSchedule(deps.db, merchantId, merchantUid)
  if (known === undefined) return { kind: 'absent' }
  if (!mayBeRepeated(known)) return { kind: 'unfit', schedule: known }
  const result = await chargeSchedule(deps, known, { by: 'retry', callId })
  if (result.kind === 'not_claimed') return whyNotRepeated(deps.db, known)
  return result.kind === 'duplicate' ? { kind: 'taken' } : result
}

async function whyNotRepeated(
  db: Queryable,
  { merchantId, merchantUid, ...known }: Schedule,
): Promise<Unchangeable> {
  const [current, taken] = await Promise.all([
    findSchedule(db, merchantId, merchantUid),
    findTakenUids(db, merchantId, [merchantUid]),
  ])
  const schedule = current ?? { ...known, merchantId, merchantUid }
  if (mayBeRepeated(schedule) && taken.has(merchantUid)) return { kind: 'taken' }
  return { kind: 'unfit', schedule }
}
