// One act on many schedules: a preview that changes nothing, then bites until nothing is left.

import type { Static } from 'typebox'

import { changeCountMax } from '../db/walk-rows.ts'
import type { ChargeDependencies } from '../payments/charge.ts'
import type { MerchantId } from '../primitives/ids.ts'
import {
  type BiteResult,
  biteSizeOf,
  changeMatching,
  changeNamed,
  type ManyChange,
  type NewTimeOf,
} from '../schedules/change-many.ts'
import { mayBeRepeated, type Schedule } from '../schedules/schedule.ts'
import { findScheduleById } from '../schedules/schedule-queries.store.ts'
import {
  type BulkAct,
  countSchedules,
  type ScheduleSearchFilter,
  searchSchedules,
} from '../schedules/schedule-search.store.ts'
import { type ConsoleRoute, consoleRoute } from './console-call.ts'
import { signedIn } from './console-caller.ts'
import { badField, consoleRefusal, readInstant } from './console-error.ts'
import { readUuidCursor, writeCursor } from './page.ts'
import { scheduleFilterOf, showScheduleSummary } from './schedule-answers.ts'
import { scheduleCalls } from './schedules-view.ts'

type Input = Static<typeof scheduleCalls.changeSchedules.params>

const sampleMax = 20

export function changeSchedulesRoute(deps: ChargeDependencies): ConsoleRoute {
  return consoleRoute(scheduleCalls.changeSchedules, async (input, caller) => {
    const { merchantId, actor } = signedIn(caller)
    const { act, isPreview } = input
    const chosen = choiceOf(input)
    const newTime = newTimeOf(input)
    const preview = await previewOf(deps, merchantId, act, chosen)
    if (isPreview) return { ...preview, doneCount: 0, failures: [], nextCursor: null }
    const wanted = { merchantId, actor, act, reason: input.reason ?? null, newTime }
    const { doneCount, failures, next } = await takeBite(deps, wanted, chosen, input.cursor)
    const nextCursor = next === null ? null : writeCursor(next)
    return { ...preview, doneCount, failures: [...failures], nextCursor }
  })
}

type Choice =
  | { readonly kind: 'ids'; readonly scheduleIds: readonly string[] }
  | { readonly kind: 'filter'; readonly filter: ScheduleSearchFilter }

function choiceOf({ scheduleIds, filter }: Input): Choice {
  if (scheduleIds !== undefined) return { kind: 'ids', scheduleIds: [...new Set(scheduleIds)] }
  if (filter !== undefined) return { kind: 'filter', filter: scheduleFilterOf(filter) }
  throw consoleRefusal('nothing_chosen', 'Name scheduleIds or a filter.')
}

function newTimeOf({ act, dueAt, shiftDays }: Input): NewTimeOf | null {
  if (act !== 'reschedule') return null
  if (dueAt !== undefined) return { kind: 'at', atMs: readInstant('dueAt', dueAt) }
  if (shiftDays !== undefined && shiftDays !== 0) return { kind: 'shift', days: shiftDays }
  throw badField('dueAt', 'missing', 'Say when: dueAt or shiftDays.')
}

async function previewOf(
  { db }: ChargeDependencies,
  owner: MerchantId,
  act: BulkAct,
  chosen: Choice,
) {
  if (chosen.kind === 'ids') {
    const ids = chosen.scheduleIds
    const found = await Promise.all(
      ids.map((scheduleId) => findScheduleById(db, owner, scheduleId)),
    )
    const known = found.filter((schedule) => schedule !== undefined)
    const fit = known.filter((schedule) => isFitFor(act, schedule))
    return {
      matched: { count: known.length, isExact: true },
      eligible: {
        count: fit.length,
        amountWon: fit.reduce((sum, { amountWon }) => sum + amountWon, 0),
      },
      sample: fit.slice(0, sampleMax).map(showScheduleSummary),
    }
  }
  const { filter } = chosen
  const fitting = { ...filter, fitFor: act }
  const first = { order: 'oldest', after: undefined, limit: sampleMax } as const
  const [matched, eligible, sample] = await Promise.all([
    countSchedules(db, owner, filter, changeCountMax),
    countSchedules(db, owner, fitting, changeCountMax),
    searchSchedules(db, owner, fitting, first),
  ])
  return {
    matched: { count: matched.count, isExact: matched.isExact },
    eligible: { count: eligible.count, amountWon: eligible.sum },
    sample: sample.rows.map(showScheduleSummary),
  }
}

/** As `fitFor` of the search has it. */
function isFitFor(act: BulkAct, schedule: Schedule): boolean {
  const isScheduled = schedule.state === 'scheduled'
  if (act === 'revoke') return isScheduled
  return mayBeRepeated(schedule) || (act === 'reschedule' && isScheduled)
}

async function takeBite(
  deps: ChargeDependencies,
  wanted: ManyChange,
  chosen: Choice,
  cursor: string | undefined,
): Promise<BiteResult> {
  const start = readUuidCursor(cursor)
  if (chosen.kind === 'filter') return changeMatching(deps, wanted, chosen.filter, start)
  // The cursor of a list of ids names the last one that was taken; the same list has to be sent again.
  const { scheduleIds } = chosen
  const from = start === undefined ? 0 : scheduleIds.indexOf(start.id) + 1
  const bite = scheduleIds.slice(from, from + biteSizeOf(wanted.act))
  const last = bite.at(-1)
  const isLast = last === undefined || from + bite.length >= scheduleIds.length
  const next = isLast ? null : { atMs: 0, id: last }
  return { ...(await changeNamed(deps, wanted, bite)), next }
}
