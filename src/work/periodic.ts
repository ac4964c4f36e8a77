// Runs a piece of work again and again, one at a time, until it is stopped.

export interface Periodic {
  start(): void
  /** Waits for a run under way. */
  stop(): Promise<void>
}

/** A run that throws is reported and the next one comes at its time: a worker outlives a database outage. */
export function createPeriodic(options: {
  readonly everyMs: number
  readonly run: () => Promise<void>
  readonly onFailure: (error: unknown) => void
}): Periodic {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let isStopped = false

  function schedule(): void {
    if (isStopped) return
    timer = setTimeout(() => {
      running = options.run().catch(options.onFailure).finally(schedule)
    }, options.everyMs)
  }

  return {
    start: schedule,
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await running
    },
  }
}
