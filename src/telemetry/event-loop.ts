// How long the event loop was held up: while it is, nobody is answered and no timer fires.

import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface EventLoopWatch {
  start(): void
  /** The longest delay of the last ten to twenty seconds. */
  longestMs(): number
  stop(): void
}

const windowMs = 10_000
const resolutionMs = 20

/** Not started yet: until then nothing is held up. */
export function createEventLoopWatch(): EventLoopWatch {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs })
  let beforeMs = 0
  let turn: NodeJS.Timeout | undefined
  // The histogram counts the time between two of its own ticks.
  const presentMs = () => Math.max(0, delays.max / 1e6 - resolutionMs)
  return {
    start() {
      delays.enable()
      turn = setInterval(() => {
        beforeMs = presentMs()
        delays.reset()
      }, windowMs)
      turn.unref()
    },
    longestMs: () => Math.max(beforeMs, presentMs()),
    stop() {
      clearInterval(turn)
      delays.disable()
    },
  }
}
