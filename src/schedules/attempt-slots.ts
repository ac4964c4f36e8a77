// Who may attempt a schedule now: so many at once in this process, and of one channel no more than its rate lets through
// in a second or two, so that a backlog waits in its rows and not in here. A gateway that is down takes none.

import type { DueSchedule } from './schedule-queries.store.ts'

export type Slot =
  | { readonly kind: 'taken'; readonly giveBack: () => void }
  /** This process has enough to do. */
  | { readonly kind: 'busy' }
  /** Its channel has, here; another's schedule may still begin. */
  | { readonly kind: 'lane_full' }

export interface AttemptSlots {
  /** How many more attempts may begin at once; the worker reads no more due rows than that. */
  readonly free: number
  /** A slot for this schedule, or why it has to wait. Give it back exactly once. */
  take(schedule: DueSchedule): Promise<Slot>
  /** Told each time a slot is given back. */
  onFree(listener: () => void): void
}

export interface SlotOptions {
  readonly atOnce: number
  /** How many of this schedule's channel may be under way here. */
  readonly limitOf: (schedule: DueSchedule) => Promise<number>
}

export function createAttemptSlots({ atOnce, limitOf }: SlotOptions): AttemptSlots {
  let taken = 0
  const takenOf = new Map<string, number>()
  const listeners: (() => void)[] = []

  function giveBack(lane: string): void {
    taken -= 1
    const left = (takenOf.get(lane) ?? 1) - 1
    if (left === 0) takenOf.delete(lane)
    else takenOf.set(lane, left)
    for (const listener of listeners) listener()
  }

  return {
    get free() {
      return atOnce - taken
    },
    async take(schedule) {
      const lane = `${schedule.merchantId} ${schedule.channelKey}`
      const limit = await limitOf(schedule)
      if (taken >= atOnce) return { kind: 'busy' }
      const ofLane = takenOf.get(lane) ?? 0
      if (ofLane >= limit) return { kind: 'lane_full' }
      taken += 1
      takenOf.set(lane, ofLane + 1)
      return { kind: 'taken', giveBack: () => giveBack(lane) }
    },
    onFree(listener) {
      listeners.push(listener)
    },
  }
}

// Its charges pass the gate one by one; so many are ready to when it is their turn, whatever the ready step takes.
const secondsAhead = 1.5

/** Of a channel with this cap; null: no cap. */
export function attemptsAhead(capPerSecond: number | null): number {
  return capPerSecond === null
    ? Number.POSITIVE_INFINITY
    : Math.max(2, Math.ceil(capPerSecond * secondsAhead))
}
