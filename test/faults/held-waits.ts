// Stands in for the simulator's waiting, so that "the PG takes a minute" lasts as long as a test wants it to.

import { once } from 'node:events'

/** A charge that was refused never comes to its wait; a test that waits for it should say so, not hang. */
const limitMs = 20_000

/** Shorter waits pass at once: latencies and small delays are of no interest here. */
const longMs = 10_000

export interface HeldWait {
  /** Lets the exchange go on. */
  release(): void
}

export interface HeldWaits {
  /** For the option `delay` of the simulator. */
  readonly delay: (ms: number, stop: AbortSignal) => Promise<void>
  /** The next exchange that has come to a long wait and was not handed out before. */
  next(): Promise<HeldWait>
}

export function createHeldWaits(): HeldWaits {
  const arrived: HeldWait[] = []
  const awaited: ((wait: HeldWait) => void)[] = []
  return {
    delay: async (ms, stop) => {
      if (ms < longMs) return
      const held = Promise.withResolvers<void>()
      const wait: HeldWait = { release: () => held.resolve() }
      const waiter = awaited.shift()
      if (waiter === undefined) arrived.push(wait)
      else waiter(wait)
      const stopped = once(stop, 'abort').then(() => {
        throw new Error('the simulator stops')
      })
      await Promise.race([held.promise, stopped])
    },
    next: async () => arrived.shift() ?? untilNext(awaited),
  }
}

function untilNext(awaited: ((wait: HeldWait) => void)[]): Promise<HeldWait> {
  return new Promise((resolve, reject) => {
    const waiter = (wait: HeldWait) => {
      clearTimeout(timer)
      resolve(wait)
    }
    const timer = setTimeout(() => {
      awaited.splice(awaited.indexOf(waiter), 1)
      reject(new Error('no exchange came to a long wait'))
    }, limitMs)
    awaited.push(waiter)
  })
}
