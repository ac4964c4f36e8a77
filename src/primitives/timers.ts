// Waiting is handed in as time is: a simulation decides when a wait is over.

export interface Timers {
  /** Calls back once after so many milliseconds; the function it gives prevents that. */
  after(waitMs: number, callBack: () => void): () => void
}

export const systemTimers: Timers = {
  after(waitMs, callBack) {
    const timer = setTimeout(callBack, waitMs)
    return () => clearTimeout(timer)
  },
}
