// The test clock, for operators: parse, call, render.

import type { Static } from 'typebox'

import { listChannels } from '../accounts/channels.store.ts'
import { instant, instantOrNull } from '../db/database.ts'
import { answerInTime } from '../payments/answer-in-time.ts'
import type { MerchantId } from '../primitives/ids.ts'
import {
  advanceClock,
  type AdvanceWish,
  type ClockDependencies,
  type ClockReading,
  type ClockRefusal,
  freezeClock,
  readClock,
  releaseClock,
} from '../sandbox/move-clock.ts'
import { findNextEvent } from '../sandbox/sandbox-clock.store.ts'
import { clockCalls, type clockSchema } from './clock-view.ts'
import { consoleRoute, type ConsoleRoute } from './console-call.ts'
import { signedIn } from './console-caller.ts'
import { badField, type ConsoleError, consoleRefusal, readInstant } from './console-error.ts'

/** What reading a clock needs. */
export type ClockReader = Pick<ClockDependencies, 'db' | 'clock'>

export async function showClock(
  deps: ClockReader,
  owner: MerchantId,
): Promise<Static<typeof clockSchema>> {
  const { nowMs, isFrozen, advancingToMs } = await readClock(deps, owner)
  const channels = await listChannels(deps.db, owner)
  const isLive = channels.some(({ sandbox, disabledAtMs }) => !sandbox && disabledAtMs === null)
  const nextEventMs = isFrozen ? await findNextEvent(deps.db, owner) : null
  return {
    now: instant(nowMs),
    isFrozen,
    advancingTo: instantOrNull(advancingToMs),
    mayFreeze: !isLive,
    nextEventAt: instantOrNull(nextEventMs),
  }
}

export function clockRoutes(deps: ClockDependencies): ConsoleRoute[] {
  const show = async (owner: MerchantId, result: ClockReading | ClockRefusal) => {
    if ('kind' in result) throw refusalOf(result)
    return showClock(deps, owner)
  }
  return [
    consoleRoute(clockCalls.getClock, async (_, caller) =>
      showClock(deps, signedIn(caller).merchantId),
    ),
    consoleRoute(clockCalls.freezeClock, async ({ at }, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const atMs = at === undefined ? undefined : readInstant('at', at)
      return show(merchantId, await freezeClock(deps, merchantId, atMs, actor))
    }),
    consoleRoute(clockCalls.advanceClock, async (input, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const { nowMs } = await readClock(deps, merchantId)
      const begun = await advanceClock(deps, merchantId, wishOf(input, nowMs), actor)
      if (begun.kind !== 'advance') throw refusalOf(begun)
      await answerInTime(
        deps,
        'late',
        begun.done.then(() => 'done'),
      )
      return showClock(deps, merchantId)
    }),
    consoleRoute(clockCalls.releaseClock, async (_, caller) => {
      const { merchantId, actor } = signedIn(caller)
      return show(merchantId, await releaseClock(deps, merchantId, actor))
    }),
  ]
}

interface AdvanceInput {
  readonly days?: number | undefined
  readonly hours?: number | undefined
  readonly to?: string | undefined
  readonly toNextEvent?: boolean | undefined
}

const hourMs = 3_600_000

function wishOf({ days, hours, to, toNextEvent }: AdvanceInput, nowMs: number): AdvanceWish {
  if (toNextEvent === true) return { kind: 'next_event' }
  if (to !== undefined) return { kind: 'to', atMs: readInstant('to', to) }
  if (days === undefined && hours === undefined) {
    throw badField('to', 'missing', 'Say how far: days, hours, to or toNextEvent.')
  }
  return { kind: 'to', atMs: nowMs + ((days ?? 0) * 24 + (hours ?? 0)) * hourMs }
}

function refusalOf(refusal: ClockRefusal): ConsoleError {
  switch (refusal.kind) {
    case 'has_live_channel':
      return consoleRefusal(
        'clock_has_live_channel',
        'The merchant has a live channel: its time cannot be stopped.',
      )
    case 'not_frozen':
      return consoleRefusal('clock_not_frozen', 'The clock runs: freeze it first.')
    case 'advancing':
      return consoleRefusal('clock_advancing', 'The clock is being advanced already.')
    case 'out_of_range':
      return consoleRefusal(
        'clock_out_of_range',
        `The clock stands at ${instant(refusal.nowMs)} and goes forward only, ten years at most.`,
      )
  }
}
