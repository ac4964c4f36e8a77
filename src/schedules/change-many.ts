// One act on many schedules, in bites: a bite is small enough for one request, each schedule is changed by itself and
// leaves its own event, and what stood in the way of one does not stop the others.

import { type Act, newAct } from '../audit/audit-event.ts'
import { messageOfRefused } from '../billing-keys/refused-request.ts'
import type { Place, WalkOrder } from '../db/walk-rows.ts'
import { heldMessage } from '../payments/hold.ts'
import type { ChargeDependencies, ChargeResult } from '../payments/charge.ts'
import { type Payment, failReasonOf } from '../payments/payment.ts'
import type { MerchantId } from '../primitives/ids.ts'
import {
  type ChangeResult,
  moveKnown,
  reserveKnownAnew,
  retryKnown,
  type Unchangeable,
} from './change-schedule.ts'
import { noBillingKeyMessage } from './execute-schedule.ts'
import { mayBeRepeated, type Schedule } from './schedule.ts'
import { findScheduleById } from './schedule-queries.store.ts'
import {
  type BulkAct,
  type ScheduleSearchFilter,
  searchSchedules,
} from './schedule-search.store.ts'
import { revokeSchedule } from './schedules.store.ts'

export interface ManyChange {
  readonly merchantId: MerchantId
  readonly actor: string
  readonly act: BulkAct
  readonly reason: string | null
  /** Of `reschedule`. */
  readonly newTime: NewTimeOf | null
}

/** One time for all, or each so many days later or, below zero, earlier. */
export type NewTimeOf =
  | { readonly kind: 'at'; readonly atMs: number }
  | { readonly kind: 'shift'; readonly days: number }

export interface ChangeFailure {
  readonly scheduleId: string
  readonly merchantUid: string
  readonly code: FailureCode
  readonly message: string
}

export type FailureCode =
  | 'not_found'
  | 'schedule_not_scheduled'
  | 'schedule_not_repeatable'
  | 'schedule_uid_taken'
  | 'schedule_in_past'
  | 'charge_failed'
  | 'charge_unknown'
  | 'internal_error'

export interface BiteResult {
  readonly doneCount: number
  readonly failures: readonly ChangeFailure[]
  /** After which schedule the next bite begins; null: nothing is left. */
  readonly next: Place | null
}

// A charge may take as long as an answer may, and they are made side by side.
const biteOf: Record<BulkAct, number> = { revoke: 100, reschedule: 100, retry: 8 }

/** How many of a list of ids are taken at once. */
export function biteSizeOf(act: BulkAct): number {
  return biteOf[act]
}

const dayMs = 86_400_000

/**
 * The way in which no schedule is met twice: one that is moved to a later time goes where the walk from the newest to
 * the oldest has been already, and one that is moved to an earlier time where the other walk has been.
 */
function orderOf({ newTime }: ManyChange): WalkOrder {
  return newTime?.kind === 'shift' && newTime.days < 0 ? 'oldest' : 'newest'
}

/** The next bite of all that match and that the act fits. */
export async function changeMatching(
  deps: ChargeDependencies,
  wanted: ManyChange,
  filter: ScheduleSearchFilter,
  after: Place | undefined,
): Promise<BiteResult> {
  const { merchantId, act } = wanted
  const search = { order: orderOf(wanted), after, limit: biteOf[act] }
  const page = await searchSchedules(deps.db, merchantId, { ...filter, fitFor: act }, search)
  const outcomes = await changeEach(deps, wanted, page.rows)
  return { ...outcomes, next: page.next }
}

/** Those of the ids; at most a bite of them. */
export async function changeNamed(
  deps: ChargeDependencies,
  wanted: ManyChange,
  scheduleIds: readonly string[],
): Promise<Omit<BiteResult, 'next'>> {
  const { merchantId } = wanted
  const found = await Promise.all(
    scheduleIds.map((scheduleId) => findScheduleById(deps.db, merchantId, scheduleId)),
  )
  const absent = scheduleIds.filter((_, index) => found[index] === undefined)
  const known = found.filter((schedule) => schedule !== undefined)
  const { doneCount, failures } = await changeEach(deps, wanted, known)
  const missing = absent.map((scheduleId): ChangeFailure => {
    return { scheduleId, merchantUid: '', code: 'not_found', message: 'There is no such schedule.' }
  })
  return { doneCount, failures: [...missing, ...failures] }
}

async function changeEach(
  deps: ChargeDependencies,
  wanted: ManyChange,
  schedules: readonly Schedule[],
): Promise<Omit<BiteResult, 'next'>> {
  const failures: ChangeFailure[] = []
  let doneCount = 0
  const note = (schedule: Schedule, fault: Fault | null) => {
    if (fault === null) doneCount += 1
    else failures.push(failureOf(schedule, fault))
  }
  if (wanted.act === 'retry') {
    const faults = await Promise.all(schedules.map((one) => changeOne(deps, wanted, one)))
    for (const [index, schedule] of schedules.entries())
      note(schedule, faults[index] as Fault | null)
  } else {
    for (const schedule of schedules) note(schedule, await changeOne(deps, wanted, schedule))
  }
  return { doneCount, failures }
}

interface Fault {
  readonly code: FailureCode
  readonly message: string
}

function failureOf({ scheduleId, merchantUid }: Schedule, { code, message }: Fault): ChangeFailure {
  return { scheduleId, merchantUid, code, message }
}

/** Null: it is done. One that breaks says so and leaves the others alone. */
async function changeOne(
  deps: ChargeDependencies,
  wanted: ManyChange,
  schedule: Schedule,
): Promise<Fault | null> {
  const act = newAct(deps, wanted.actor)
  try {
    switch (wanted.act) {
      case 'revoke': {
        const nowMs = deps.clock.now(wanted.merchantId)
        const { reason } = wanted
        const revoked = await revokeSchedule(deps.db, schedule, { reason, nowMs, act })
        return revoked === undefined ? notScheduled : null
      }
      case 'reschedule':
        return await giveNewTime(deps, wanted, schedule, act)
      case 'retry':
        return faultOfCharge(await retryKnown(deps, schedule, { callId: null, act }))
    }
  } catch (error) {
    deps.log.error({ err: error, scheduleId: schedule.scheduleId }, 'one of many schedules failed')
    return { code: 'internal_error', message: 'Something went wrong here.' }
  }
}

async function giveNewTime(
  deps: ChargeDependencies,
  { newTime, merchantId }: ManyChange,
  schedule: Schedule,
  act: Act,
): Promise<Fault | null> {
  if (newTime === null) throw new Error('a new time for many has no time')
  const { scheduleAtMs, state } = schedule
  const atMs = newTime.kind === 'at' ? newTime.atMs : scheduleAtMs + newTime.days * dayMs
  // Met again at the time that it was given.
  if (state === 'scheduled' && atMs === scheduleAtMs) return null
  if (atMs < deps.clock.now(merchantId)) {
    return { code: 'schedule_in_past', message: 'The new time has passed.' }
  }
  return faultOfChange(await changeTime(deps, schedule, atMs, act))
}

/** Another time for one that is scheduled, a new one for one that failed or was revoked. */
export function changeTime(
  deps: ChargeDependencies,
  schedule: Schedule,
  atMs: number,
  act: Act,
): Promise<ChangeResult> {
  return mayBeRepeated(schedule)
    ? reserveKnownAnew(deps, schedule, atMs, act)
    : moveKnown(deps, schedule, atMs, act)
}

const notScheduled: Fault = {
  code: 'schedule_not_scheduled',
  message: 'It is no longer scheduled.',
}

/** Why nothing was changed; null: it was. */
export function faultOfChange(result: ChangeResult): Fault | null {
  return result.kind === 'changed' ? null : faultOf(result)
}

function faultOf(result: Unchangeable): Fault {
  switch (result.kind) {
    case 'absent':
      return { code: 'not_found', message: 'There is no such schedule.' }
    case 'taken':
      return {
        code: 'schedule_uid_taken',
        message: 'Its merchant_uid is paid or reserved otherwise.',
      }
    case 'unfit':
      return {
        code: 'schedule_not_repeatable',
        message: `It is ${result.schedule.paymentStatus ?? result.schedule.state}.`,
      }
  }
}

/** Why nothing was paid; null: it was. */
export function faultOfCharge(result: ChargeResult | Unchangeable): Fault | null {
  switch (result.kind) {
    case 'absent':
    case 'taken':
    case 'unfit':
      return faultOf(result)
    case 'payment':
      return faultOfPayment(result.payment)
    case 'held':
      return { code: 'charge_failed', message: heldMessage }
    case 'no_billing_key':
      return { code: 'charge_failed', message: noBillingKeyMessage }
    case 'no_channel':
      return { code: 'charge_failed', message: result.message }
    case 'refused':
      return { code: 'charge_failed', message: messageOfRefused(result.request) }
    case 'not_issued':
      return {
        code: 'charge_failed',
        message: failReasonOf(result.outcome.code, result.outcome.message),
      }
    case 'duplicate':
    case 'not_claimed':
      return faultOf({ kind: 'taken' })
  }
}

function faultOfPayment({ state, failReason }: Payment): Fault | null {
  if (state === 'paid') return null
  return state === 'failed'
    ? { code: 'charge_failed', message: failReason ?? '' }
    : { code: 'charge_unknown', message: 'Whether it was charged is not known yet.' }
}
