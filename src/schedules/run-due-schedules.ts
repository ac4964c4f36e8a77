// The worker of schedules: finds what is due, of all merchants, oldest first and without a lock, and attempts as many
// at once as there are slots. It looks ahead by one poll, so that an attempt begins on its millisecond and not
// at the next poll; it never begins before the clock given says so, which the claim checks once more.

import {
  isLockTimeout,
  isSerializationFailure,
  isStatementTimeout,
  mayPassWithTime,
} from '../db/pg-errors.ts'
import type { ChargeDependencies, ChargeObserver } from '../payments/charge.ts'
import { within } from '../telemetry/activity.ts'
import type { Watched } from '../work/pulse.ts'
import type { AttemptSlots } from './attempt-slots.ts'
import { executeDueSchedule } from './execute-schedule.ts'
import type { Schedule } from './schedule.ts'
import { type DueSchedule, findDueOfEach, findDueSchedules } from './schedule-queries.store.ts'
import { postponeSchedule } from './schedules.store.ts'

export interface ScheduleRunner {
  readonly name: string
  start(): void
  /** One look now, for whoever keeps the time himself; what it begins goes on (`inFlight`). */
  round(): Promise<void>
  /** Begins no more attempts. Those under way are the process's to drain (`inFlight`). */
  stop(): Promise<void>
}

export type AttemptEnd = 'executed' | 'not_claimed' | 'database_away' | 'broken'

export interface ScheduleObserver {
  /** `latenessMs`: from when it was due to when its attempt began. */
  scheduleAttempted(attempt: { readonly result: AttemptEnd; readonly latenessMs: number }): void
}

export interface RunnerDependencies extends ChargeDependencies {
  readonly observer: ChargeObserver & ScheduleObserver
  readonly watched: Watched
}

/** The longest a new or moved schedule, or a clock that was moved, waits to be seen. */
const pollMs = 250
/** Of each merchant, where the oldest ones wait for their channel's rate; costs a look into the index per merchant. */
const ofEach = 8
const lookOfEachEveryMs = 500
/** After a look that failed: the database is away, and hammering does not bring it back. */
const failurePauseMs = 1_000
/** After an attempt that broke for a reason of ours: it must not hold a slot again and again while others wait. */
const brokenPauseMs = 30_000

const name = 'schedules'

/** `start` begins to look; a database outage is outlived. */
export function createScheduleRunner(
  deps: RunnerDependencies,
  slots: AttemptSlots,
): ScheduleRunner {
  const stopping = new AbortController()
  const pause = createPause()
  const beat = deps.watched.pulse.watch(name, deps.watched.stallsAfterMs)
  const queue = createQueue(deps, slots, stopping.signal)
  slots.onFree(() => {
    if (queue.isStarved) pause.end()
  })
  let running: Promise<void> = Promise.resolve()

  async function loop(): Promise<void> {
    let hasFailed = false
    while (!stopping.signal.aborted) {
      let waitMs = failurePauseMs
      try {
        waitMs = await queue.beginDue()
        if (hasFailed) deps.log.warn({}, 'due schedules are looked for again')
        hasFailed = false
        beat(true)
      } catch (error) {
        if (!hasFailed) deps.log.error({ err: error }, 'due schedules could not be looked for')
        hasFailed = true
        beat(false)
      }
      if (waitMs > 0 && !stopping.signal.aborted) await pause.wait(waitMs)
    }
  }

  return {
    name,
    start() {
      running = loop()
    },
    async round() {
      await queue.beginDue()
    },
    async stop() {
      stopping.abort()
      pause.end()
      await running
    },
  }
}

interface Queue {
  /** Nothing more could be begun for want of a slot: one that is given back is news. */
  readonly isStarved: boolean
  /** Begins what is due; gives how long there is nothing more to do. */
  beginDue(): Promise<number>
}

function createQueue(deps: RunnerDependencies, slots: AttemptSlots, stop: AbortSignal): Queue {
  // An attempt holds its slot until it has ended, however late that is; nobody waits for an answer.
  const patient = { ...deps, answerWithinMs: deps.leaseMs }
  const underWay = new Set<string>()
  let isStarved = false
  let lookOfEachMs = 0
  let restUntilMs = 0

  // It may answer looks and refuse writes: a full disk, a standby. What could not be begun is still due.
  function rest(error: unknown): void {
    const nowMs = performance.now()
    if (nowMs >= restUntilMs) deps.log.error({ err: error }, 'due schedules wait for the database')
    restUntilMs = nowMs + failurePauseMs
  }

  function begin(schedule: Schedule, giveBack: () => void): void {
    underWay.add(schedule.scheduleId)
    const attempt = attemptDue(patient, schedule, rest).finally(() => {
      underWay.delete(schedule.scheduleId)
      giveBack()
    })
    void deps.inFlight.track(attempt)
  }

  return {
    get isStarved() {
      return isStarved
    },
    async beginDue() {
      isStarved = slots.free <= 0
      if (isStarved) return pollMs
      if (performance.now() < restUntilMs) return failurePauseMs
      // Those under way are still due in the database until their claim commits.
      const limit = slots.free + underWay.size
      const untilMs = deps.clock.now() + pollMs
      const found = await beginThese(await findDueSchedules(deps.db, untilMs, limit))
      if (!found.isHeldUp) return found.begun > 0 && found.seen === limit ? 0 : found.pauseMs
      // Some wait for their channel's rate: they must not hide what other merchants have due.
      const nowMs = deps.clock.now()
      if (nowMs < lookOfEachMs) return found.pauseMs
      lookOfEachMs = nowMs + lookOfEachEveryMs
      await beginThese(await findDueOfEach(deps.db, nowMs, ofEach + underWay.size))
      return pollMs
    },
  }

  interface Begun {
    readonly begun: number
    readonly seen: number
    readonly isHeldUp: boolean
    readonly pauseMs: number
  }

  async function beginThese(found: readonly DueSchedule[]): Promise<Begun> {
    let begun = 0
    let isHeldUp = false
    const ended = (pauseMs: number): Begun => ({ begun, seen: found.length, isHeldUp, pauseMs })
    for (const schedule of found) {
      if (stop.aborted) return ended(0)
      if (underWay.has(schedule.scheduleId)) continue
      const earlyMs = schedule.dueAtMs - deps.clock.now()
      if (earlyMs > 0) return ended(Math.min(earlyMs, pollMs))
      const slot = await slots.take(schedule)
      if (slot.kind === 'busy') {
        isStarved = true
        return ended(pollMs)
      }
      if (slot.kind === 'lane_full') {
        isHeldUp = true
        continue
      }
      begun += 1
      begin(schedule, slot.giveBack)
    }
    return ended(pollMs)
  }
}

function attemptDue(
  deps: RunnerDependencies,
  schedule: Schedule,
  onDatabaseAway: (error: unknown) => void,
): Promise<void> {
  const { merchantId, scheduleId, merchantUid } = schedule
  const about = { merchantId, scheduleId, merchantUid }
  return within('attempt schedule', about, () => attempt(deps, schedule, onDatabaseAway))
}

async function attempt(
  deps: RunnerDependencies,
  schedule: Schedule,
  onDatabaseAway: (error: unknown) => void,
): Promise<void> {
  const { scheduleId, merchantUid } = schedule
  const latenessMs = deps.clock.now() - schedule.dueAtMs
  const attempted = (result: AttemptEnd) => deps.observer.scheduleAttempted({ result, latenessMs })
  try {
    attempted(await executeDueSchedule(deps, schedule))
  } catch (error) {
    // Nothing was charged without being recorded: it is still due, or its payment is on its way.
    if (isDatabaseAway(error)) {
      attempted('database_away')
      return onDatabaseAway(error)
    }
    attempted('broken')
    deps.log.error({ err: error, scheduleId, merchantUid }, 'a schedule could not be attempted')
    await postpone(deps, schedule, brokenPauseMs)
  }
}

// A row that somebody holds is that schedule's trouble alone.
function isDatabaseAway(error: unknown): boolean {
  const isOfRow = isLockTimeout(error) || isStatementTimeout(error) || isSerializationFailure(error)
  return mayPassWithTime(error) && !isOfRow
}

async function postpone(
  { db, clock, log }: ChargeDependencies,
  schedule: Schedule,
  byMs: number,
): Promise<void> {
  const nowMs = clock.now()
  try {
    await postponeSchedule(db, schedule, nowMs + byMs, nowMs)
  } catch (error) {
    // The database is away: the look for due ones pauses by itself.
    log.warn({ err: error, scheduleId: schedule.scheduleId }, 'a schedule stays due')
  }
}

/** A wait that can be ended; ending it before it begins makes the next one pass at once. */
function createPause() {
  let end: (() => void) | null = null
  let isEnded = false
  return {
    async wait(ms: number): Promise<void> {
      if (!isEnded) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms)
          end = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      end = null
      isEnded = false
    },
    end(): void {
      isEnded = true
      end?.()
    },
  }
}
