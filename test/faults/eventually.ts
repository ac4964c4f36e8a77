// Waits for another process or connection to get somewhere, without guessing how long that takes.

import { setTimeout as delay } from 'node:timers/promises'

const everyMs = 10
/** Far beyond what a busy machine needs; reaching it is the failure. */
const limitMs = 20_000

/** The first value that `look` gives other than undefined. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += everyMs) {
    const seen = await look()
    if (seen !== undefined) return seen
    await delay(everyMs)
  }
  throw new Error(`${what} did not happen within ${limitMs} ms`)
}
