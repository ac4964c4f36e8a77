// A clock for a client under test: sleeping moves it at once, and every sleep is written down.

import type { ClientClock } from '../../client/client.ts'

export interface WaitingClock extends ClientClock {
  readonly sleptMs: number[]
  advance(byMs: number): void
}

export function createWaitingClock(): WaitingClock {
  let nowMs = 1_800_000_000_000
  const sleptMs: number[] = []
  return {
    sleptMs,
    now: () => nowMs,
    advance: (byMs) => void (nowMs += byMs),
    async sleep(ms) {
      sleptMs.push(ms)
      nowMs += ms
    },
  }
}
