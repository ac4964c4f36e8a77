// What a merchant may change of a reservation: its time while it is scheduled, a new time or an attempt at once after
// it has failed or was revoked. A change and an attempt of the worker meet on the row; the loser is told what won.

import type { Act } from '../audit/audit-event.ts'
import { recordAct } from '../audit/audit-events.store.ts'
import { isUniqueViolation } from '../db/pg-errors.ts'
import type { Queryable } from '../db/database.ts'
import type { ChargeDependencies, ChargeResult } from '../payments/charge.ts'
import type { Clock } from '../primitives/clock.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { chargeSchedule } from './execute-schedule.ts'
import { mayBeRepeated, type Schedule } from './schedule.ts'
import { findSchedule, findScheduleById, findTakenUids } from './schedule-queries.store.ts'
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
  deps: ChangeDependencies,
  { merchantId, merchantUid }: NamedSchedule,
  scheduleAtMs: number,
): Promise<ChangeResult> {
  const known = await findSchedule(deps.db, merchantId, merchantUid)
  return known === undefined ? { kind: 'absent' } : moveKnown(deps, known, scheduleAtMs, null)
}

/** The same for one in hand. `act`: a person wants it. */
export async function moveKnown(
  { db, clock }: ChangeDependencies,
  known: Schedule,
  scheduleAtMs: number,
  act: Act | null,
): Promise<ChangeResult> {
  const { merchantId, scheduleId } = known
  const time = { scheduleAtMs, nowMs: clock.now(merchantId), act }
  const moved = await moveSchedule(db, known, time)
  if (moved !== undefined) return { kind: 'changed', schedule: moved }
  return { kind: 'unfit', schedule: (await findScheduleById(db, merchantId, scheduleId)) ?? known }
}

/** POST …/reschedule: a new time for one that has failed or was revoked. */
export async function reserveAnew(
  deps: ChangeDependencies,
  { merchantId, merchantUid }: NamedSchedule,
  scheduleAtMs: number,
): Promise<ChangeResult> {
  const known = await findSchedule(deps.db, merchantId, merchantUid)
  return known === undefined
    ? { kind: 'absent' }
    : reserveKnownAnew(deps, known, scheduleAtMs, null)
}

/** The same for one in hand. `act`: a person wants it. */
export async function reserveKnownAnew(
  { db, clock }: ChangeDependencies,
  known: Schedule,
  scheduleAtMs: number,
  act: Act | null,
): Promise<ChangeResult> {
  try {
    const time = { scheduleAtMs, nowMs: clock.now(known.merchantId), act }
    const revived = await reviveSchedule(db, known, time)
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
  return known === undefined ? { kind: 'absent' } : retryKnown(deps, known, { callId, act: null })
}

/** The same for one in hand. `act`: a person wants it. */
export async function retryKnown(
  deps: ChargeDependencies,
  known: Schedule,
  { callId, act }: { readonly callId: string | null; readonly act: Act | null },
): Promise<ChargeResult | Unchangeable> {
  if (!mayBeRepeated(known)) return { kind: 'unfit', schedule: known }
  const { merchantId, merchantUid, scheduleId } = known
  if (act !== null) {
    // Before the money moves, so that no attempt is without its event.
    const retried = { action: 'schedule.retried', subject: scheduleId, detail: { merchantUid } }
    await recordAct(deps.db, merchantId, retried, act)
  }
  const result = await chargeSchedule(deps, known, { by: 'retry', callId })
  if (result.kind === 'not_claimed') return whyNotRepeated(deps.db, known)
  return result.kind === 'duplicate' ? { kind: 'taken' } : result
}

async function whyNotRepeated(db: Queryable, known: Schedule): Promise<Unchangeable> {
  const { merchantId, merchantUid, scheduleId } = known
  const [current = known, taken] = await Promise.all([
    findScheduleById(db, merchantId, scheduleId),
    findTakenUids(db, merchantId, [merchantUid]),
  ])
  if (mayBeRepeated(current) && taken.has(merchantUid)) return { kind: 'taken' }
  return { kind: 'unfit', schedule: current }
}
