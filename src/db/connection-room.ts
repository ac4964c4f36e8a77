// How many connections of a pool may be in use at once: as many as the pool is large, or as many as the server was seen
// to have room for. Whoever comes later waits in line. Without the line, callers who ask a full server again and again
// would push past each other, and the unlucky would be refused while others come and go.

/** The line in front of a pool. Every `enter` that is granted is followed by one `leave`. */
export interface ConnectionRoom {
  /** Resolves when it is the caller's turn; rejects at `untilMs` (as performance.now() counts) in words that pg-pool uses. */
  enter(untilMs: number, place?: 'first' | 'last'): Promise<void>
  leave(): void
  /** The server had no room for one more than so many. */
  narrow(connections: number): void
  waiting(): number
}

// The server's room may come back (another process ended), so now and then one more is tried.
const widenAfterMs = 5_000

/** Room for `size` connections. */
export function openRoom(size: number): ConnectionRoom {
  const line: (() => void)[] = []
  let room = size
  let changedAtMs = 0
  let taken = 0

  function admit(): void {
    if (room < size && performance.now() - changedAtMs >= widenAfterMs) {
      room += 1
      changedAtMs = performance.now()
    }
    while (taken < room) {
      const next = line.shift()
      if (next === undefined) return
      taken += 1
      next()
    }
  }

  return {
    enter: (untilMs, place = 'last') =>
      new Promise((resolve, reject) => {
        const turn = () => {
          clearTimeout(timer)
          resolve()
        }
        const giveUp = () => {
          line.splice(line.indexOf(turn), 1)
          reject(new Error('timeout exceeded when trying to connect'))
        }
        const timer = setTimeout(giveUp, Math.max(0, untilMs - performance.now()))
        if (place === 'first') line.unshift(turn)
        else line.push(turn)
        admit()
      }),
    leave() {
      taken -= 1
      admit()
    },
    narrow(connections) {
      // One at least is tried: with none there would be nobody to find out that there is room again.
      room = Math.max(1, Math.min(room, connections))
      changedAtMs = performance.now()
    },
    waiting: () => line.length,
  }
}
