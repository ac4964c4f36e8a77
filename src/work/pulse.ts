// Whether work that goes on by itself goes on: a worker whose last good round is too long ago has stalled, whatever
// holds it up.

export interface Pulse {
  /** Names a worker, which has until `stallsAfterMs` from now for its first good round. */
  watch(name: string, stallsAfterMs: number): Beat
  beats(): readonly WorkerState[]
}

/** How a worker is watched, under its own name. */
export interface Watched {
  readonly pulse: Pulse
  readonly stallsAfterMs: number
}

/** To be called after each round. */
export type Beat = (isGood: boolean) => void

export interface WorkerState {
  readonly name: string
  /** Since its last good round. */
  readonly ageMs: number
  readonly isStalled: boolean
}

export function createPulse(options: {
  readonly now: () => number
  readonly onRound: (name: string, isGood: boolean) => void
}): Pulse {
  const workers = new Map<string, { goodAtMs: number; readonly stallsAfterMs: number }>()
  return {
    watch(name, stallsAfterMs) {
      const worker = { goodAtMs: options.now(), stallsAfterMs }
      workers.set(name, worker)
      return (isGood) => {
        if (isGood) worker.goodAtMs = options.now()
        options.onRound(name, isGood)
      }
    },
    beats() {
      const nowMs = options.now()
      return Array.from(workers, ([name, { goodAtMs, stallsAfterMs }]) => {
        // A clock that was set back shows a good round in the future.
        const ageMs = Math.max(0, nowMs - goodAtMs)
        return { name, ageMs, isStalled: ageMs > stallsAfterMs }
      })
    },
  }
}
