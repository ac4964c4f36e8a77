// An answer leaves in time whatever the gateway does; the work behind it goes on and is drained.

import type { Timers } from '../primitives/timers.ts'
import type { InFlight } from '../work/in-flight.ts'

export interface AnswerDependencies {
  readonly inFlight: InFlight
  readonly timers: Timers
  readonly answerWithinMs: number
}

/** Gives the work's result, or `late` when the time to answer is up. */
export async function answerInTime<T>(
  { inFlight, timers, answerWithinMs }: AnswerDependencies,
  late: T,
  work: Promise<T>,
): Promise<T> {
  const tracked = inFlight.track(work)
  let stopTimer: () => void = () => undefined
  const timeIsUp = new Promise<T>((resolve) => {
    stopTimer = timers.after(answerWithinMs, () => resolve(late))
  })
  try {
    return await Promise.race([tracked, timeIsUp])
  } finally {
    stopTimer()
  }
}
