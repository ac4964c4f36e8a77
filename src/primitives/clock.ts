// Time is a value that is handed in: no rule reads the wall clock, so a test can move it.

import type { MerchantId } from './ids.ts'

export interface Clock {
  /**
   * The present instant, milliseconds since 1970 UTC. With a merchant: the instant as that merchant sees it, since
   * a sandbox merchant's time can be stopped and moved. Without: the machine's, for leases and time limits.
   */
  now(owner?: MerchantId): number
}

export const systemClock: Clock = { now: () => Date.now() }

/** A clock that stands still until it is told to move. */
export class TestClock implements Clock {
  #nowMs: number

  constructor(startMs: number) {
    this.#nowMs = startMs
  }

  now(): number {
    return this.#nowMs
  }

  advance(byMs: number): void {
    this.#nowMs += byMs
  }
}

/** V1 timestamps are whole seconds, rounded down. */
export function unixSeconds(instantMs: number): number {
  return Math.floor(instantMs / 1000)
}
