// Who may attempt a schedule now. Today: a number at once in this process. Shaping by a channel's rate belongs here
// too: the worker asks for a slot for each schedule and takes no for an answer.

import type { Schedule } from './schedule.ts'

export interface AttemptSlots {
  /** How many more attempts may begin at once; the worker reads no more due rows than that. */
  readonly free: number
  /** Takes a slot for this schedule, or null when it has to wait. Give it back exactly once. */
  take(schedule: Schedule): (() => void) | null
  /** Told each time a slot is given back. */
  onFree(listener: () => void): void
}

export function createAttemptSlots(atOnce: number): AttemptSlots {
  let taken = 0
  const listeners: (() => void)[] = []
  return {
    get free() {
      return atOnce - taken
    },
    take() {
      if (taken >= atOnce) return null
      taken += 1
      return () => {
        taken -= 1
        for (const listener of listeners) listener()
      }
    },
    onFree(listener) {
      listeners.push(listener)
    },
  }
}
