// Runs a piece of work again and again, one at a time, until it is stopped.

import type { Watched } from './pulse.ts'

export interface Periodic {
  readonly name: string
  start(): void
  /** One run now, for whoever keeps the time himself. Rejects when it fails. */
  round(): Promise<void>
  /** Waits for a run under way. */
  stop(): Promise<void>
}

/**
 * A run that throws is reported and the next one comes at its time: a worker outlives a database outage. A run that
 * may be long ends early when `stopping` is aborted.
 */
export function createPeriodic(options: {
  readonly name: string
  readonly everyMs: number
  readonly run: (stopping: AbortSignal) => Promise<void>
  readonly onFailure: (error: unknown) => void
  /** Only of what has to go on for the process to be ready. */
  readonly watched?: Watched
}): Periodic {
  const { name, watched } = options
  const beat = watched?.pulse.watch(name, watched.stallsAfterMs)
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const stopping = new AbortController()

  function schedule(): void {
    if (stopping.signal.aborted) return
    timer = setTimeout(() => {
      running = runOnce().finally(schedule)
    }, options.everyMs)
  }

  async function runOnce(): Promise<void> {
    try {
      await options.run(stopping.signal)
      beat?.(true)
    } catch (error) {
      options.onFailure(error)
      beat?.(false)
    }
  }

  return {
    name,
    start: schedule,
    round: () => options.run(stopping.signal),
    async stop() {
      stopping.abort()
      clearTimeout(timer)
      await running
    },
  }
}
