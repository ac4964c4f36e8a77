// Work that outlives its answer: counted, so that a stopping process waits for it.

export interface InFlight {
  /** Counts the work until it ends, and hands it through. */
  track<T>(work: Promise<T>): Promise<T>
  readonly count: number
  /** Waits until all work has ended, or `limitMs` has passed; says whether all ended. */
  drain(limitMs: number): Promise<boolean>
}

export function createInFlight(onFailure: (error: unknown) => void): InFlight {
  const running = new Set<Promise<unknown>>()
  return {
    track(work) {
      // A failure after the answer has left has no other listener.
      const ended = work.then(
        () => undefined,
        (error: unknown) => onFailure(error),
      )
      running.add(ended)
      void ended.then(() => running.delete(ended))
      return work
    },
    get count() {
      return running.size
    },
    async drain(limitMs) {
      let timer: NodeJS.Timeout | undefined
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, limitMs)
      })
      const all = (async () => {
        while (running.size > 0) await Promise.all(running)
      })()
      await Promise.race([all, limit])
      clearTimeout(timer)
      return running.size === 0
    },
  }
}
