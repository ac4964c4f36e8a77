// An answer leaves in time whatever the gateway does; the work behind it goes on and is drained.

import type { InFlight } from '../work/in-flight.ts'

/** Gives the work's result, or `late` when the time to answer is up. */
export async function answerInTime<T>(
  { inFlight, answerWithinMs }: { readonly inFlight: InFlight; readonly answerWithinMs: number },
  late: T,
  work: Promise<T>,
): Promise<T> {
  const tracked = inFlight.track(work)
  let timer: NodeJS.Timeout | undefined
  const timeIsUp = new Promise<T>((resolve) => {
    timer = setTimeout(resolve, answerWithinMs, late)
  })
  try {
    return await Promise.race([tracked, timeIsUp])
  } finally {
    clearTimeout(timer)
  }
}
