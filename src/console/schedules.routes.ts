// Payments reserved for a time, for operators: parse, call, render.

import type { Static } from 'typebox'

import { newAct } from '../audit/audit-event.ts'
import { findBillingKey } from '../billing-keys/billing-keys.store.ts'
import { instant } from '../db/database.ts'
import type { ChargeDependencies } from '../payments/charge.ts'
import { pageOfMerchantUid } from '../payments/payment-queries.store.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { boundsOfKoreanDay } from '../primitives/korean-day.ts'
import { retryKnown } from '../schedules/change-schedule.ts'
import { changeTime, faultOfChange, faultOfCharge } from '../schedules/change-many.ts'
import { mayBeRepeated, type Schedule } from '../schedules/schedule.ts'
import { findScheduleById } from '../schedules/schedule-queries.store.ts'
import {
  addUpDays,
  countSchedules,
  searchSchedules,
  type ShownState,
} from '../schedules/schedule-search.store.ts'
import { revokeSchedule } from '../schedules/schedules.store.ts'
import { type ConsoleRoute, consoleRoute } from './console-call.ts'
import { signedIn } from './console-caller.ts'
import {
  type ConsoleError,
  type ConsoleErrorCode,
  consoleRefusal,
  notFound,
  readInstant,
} from './console-error.ts'
import { readUuidCursor, walkedPageOf } from './page.ts'
import { showPaymentSummary } from './payment-answers.ts'
import { changeSchedulesRoute } from './schedules-bulk.routes.ts'
import { scheduleCalls, type scheduleSchema } from './schedules-view.ts'
import { scheduleFilterOf, showScheduleSummary } from './schedule-answers.ts'

export function scheduleRoutes(deps: ChargeDependencies): ConsoleRoute[] {
  return [...listRoutes(deps), ...changeRoutes(deps), changeSchedulesRoute(deps)]
}

function listRoutes(deps: ChargeDependencies): ConsoleRoute[] {
  const { db } = deps
  return [
    consoleRoute(scheduleCalls.listSchedules, async (input, caller) => {
      const { merchantId } = signedIn(caller)
      const { order, limit, cursor } = input
      const search = { order, limit, after: readUuidCursor(cursor) }
      const page = await searchSchedules(db, merchantId, scheduleFilterOf(input), search)
      return walkedPageOf(page, showScheduleSummary)
    }),
    consoleRoute(scheduleCalls.countSchedules, async (input, caller) => {
      const counted = await countSchedules(db, signedIn(caller).merchantId, scheduleFilterOf(input))
      return { count: counted.count, isExact: counted.isExact, amountWon: counted.sum }
    }),
    consoleRoute(scheduleCalls.getCalendar, async ({ month }, caller) =>
      showMonth(deps, signedIn(caller).merchantId, month),
    ),
    consoleRoute(scheduleCalls.getSchedule, async ({ scheduleId }, caller) =>
      showSchedule(deps, signedIn(caller).merchantId, scheduleId),
    ),
  ]
}

const dayMs = 86_400_000

async function showMonth({ db }: ChargeDependencies, owner: MerchantId, month: string) {
  const days = daysOf(month)
  const [first = month, last = month] = [days[0], days.at(-1)]
  const { fromMs } = boundsOfKoreanDay(first.replaceAll('-', ''))
  const { toMs } = boundsOfKoreanDay(last.replaceAll('-', ''))
  const tallies = await addUpDays(db, owner, { fromMs, toMs })
  const byDay = Map.groupBy(tallies, ({ day }) => day)
  return {
    month,
    days: days.map((day) => {
      const ofDay = byDay.get(day) ?? []
      const tallyOf = (state: ShownState): Tally => {
        const { count = 0, amountWon = 0 } = ofDay.find((tally) => tally.state === state) ?? {}
        return { count, amountWon }
      }
      return {
        day,
        scheduled: tallyOf('scheduled'),
        executing: tallyOf('executing'),
        paid: tallyOf('paid'),
        failed: tallyOf('failed'),
        cancelled: tallyOf('cancelled'),
        revoked: tallyOf('revoked'),
      }
    }),
  }
}

interface Tally {
  readonly count: number
  readonly amountWon: number
}

function daysOf(month: string): string[] {
  const firstMs = Date.parse(`${month}-01T00:00:00Z`)
  const days: string[] = []
  for (let atMs = firstMs; ; atMs += dayMs) {
    const day = new Date(atMs).toISOString().slice(0, 10)
    if (!day.startsWith(month)) return days
    days.push(day)
  }
}

const attemptsMax = 50

async function showSchedule(
  { db }: ChargeDependencies,
  owner: MerchantId,
  scheduleId: string,
): Promise<Static<typeof scheduleSchema>> {
  const schedule = await findScheduleById(db, owner, scheduleId)
  if (schedule === undefined) throw notFound('schedule')
  const page = { filter: 'all', sorting: 'started', limit: attemptsMax, offset: 0 } as const
  const [key, attempts] = await Promise.all([
    findBillingKey(db, owner, schedule.customerUid),
    pageOfMerchantUid(db, owner, schedule.merchantUid, page),
  ])
  const isScheduled = schedule.state === 'scheduled'
  const isRepeatable = mayBeRepeated(schedule)
  return {
    ...showScheduleSummary(schedule),
    taxFreeWon: schedule.taxFreeWon,
    vatWon: schedule.vatWon,
    cardQuota: schedule.cardQuota,
    customerId: schedule.customerId,
    buyerName: schedule.buyerName,
    buyerEmail: schedule.buyerEmail,
    buyerTel: schedule.buyerTel,
    buyerAddr: schedule.buyerAddr,
    buyerPostcode: schedule.buyerPostcode,
    customData: schedule.customData,
    noticeUrl: schedule.noticeUrl,
    createdAt: instant(schedule.createdAtMs),
    updatedAt: instant(schedule.updatedAtMs),
    hasBillingKey: key !== undefined,
    attempts: attempts.payments.map(showPaymentSummary),
    acts: {
      reschedule: isScheduled || isRepeatable,
      revoke: isScheduled,
      retry: isRepeatable,
    },
  }
}

function changeRoutes(deps: ChargeDependencies): ConsoleRoute[] {
  const find = async (owner: MerchantId, scheduleId: string): Promise<Schedule> => {
    const known = await findScheduleById(deps.db, owner, scheduleId)
    if (known === undefined) throw notFound('schedule')
    return known
  }
  return [
    consoleRoute(scheduleCalls.reschedule, async ({ scheduleId, dueAt }, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const atMs = readInstant('dueAt', dueAt)
      const known = await find(merchantId, scheduleId)
      if (atMs < deps.clock.now(merchantId)) {
        throw consoleRefusal('schedule_in_past', 'The new time has passed.')
      }
      const fault = faultOfChange(await changeTime(deps, known, atMs, newAct(deps, actor)))
      if (fault !== null) throw refusalOf(fault)
      return showSchedule(deps, merchantId, scheduleId)
    }),
    consoleRoute(scheduleCalls.revokeSchedule, async ({ scheduleId, reason }, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const known = await find(merchantId, scheduleId)
      const revoked = await revokeSchedule(deps.db, known, {
        reason: reason ?? null,
        nowMs: deps.clock.now(merchantId),
        act: newAct(deps, actor),
      })
      if (revoked === undefined) {
        throw consoleRefusal('schedule_not_scheduled', 'It is no longer scheduled.')
      }
      return showSchedule(deps, merchantId, scheduleId)
    }),
    consoleRoute(scheduleCalls.retrySchedule, async ({ scheduleId }, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const known = await find(merchantId, scheduleId)
      const act = newAct(deps, actor)
      const result = await retryKnown(deps, known, { callId: null, act })
      const fault = faultOfCharge(result)
      // What became of an attempt stands on the schedule.
      if (fault !== null && result.kind !== 'payment') throw refusalOf(fault)
      return showSchedule(deps, merchantId, scheduleId)
    }),
  ]
}

function refusalOf({ code, message }: NonNullable<ReturnType<typeof faultOfCharge>>): ConsoleError {
  if (code === 'not_found') return notFound('schedule')
  const refused: ConsoleErrorCode =
    code === 'charge_failed' || code === 'charge_unknown' || code === 'internal_error'
      ? 'charge_refused'
      : code
  return consoleRefusal(refused, message)
}
