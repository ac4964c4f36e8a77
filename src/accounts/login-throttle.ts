// Slows guessing of API secrets. Counted per address, and per address and key, so that nobody can lock another
// one's key: a stranger's failures never touch the merchant's own address.

import type { Clock } from '../primitives/clock.ts'

const windowMs = 5 * 60_000
/** Wrong secrets one address may send for one key within the window. */
export const failuresPerKeyMax = 10
/** Wrong secrets one address may send for any keys within the window. */
export const failuresPerAddressMax = 50
const countersMax = 100_000

interface Counter {
  failures: number
  untilMs: number
}

export interface LoginThrottle {
  /** Milliseconds until another try is let through; 0 when it may go now. */
  waitMs(address: string, impKey: string): number
  failed(address: string, impKey: string): void
  succeeded(address: string, impKey: string): void
}

export function createLoginThrottle(clock: Clock): LoginThrottle {
  const counters = new Map<string, Counter>()

  function waitOf(name: string, failuresMax: number): number {
    const counter = counters.get(name)
    if (counter === undefined) return 0
    const restMs = counter.untilMs - clock.now()
    if (restMs <= 0) {
      counters.delete(name)
      return 0
    }
    return counter.failures >= failuresMax ? restMs : 0
  }

  function count(name: string): void {
    const counter = counters.get(name)
    if (counter !== undefined && counter.untilMs > clock.now()) {
      counter.failures += 1
      return
    }
    // The oldest goes first; a flood of addresses must not fill the memory.
    if (counters.size >= countersMax) counters.delete(counters.keys().next().value as string)
    counters.set(name, { failures: 1, untilMs: clock.now() + windowMs })
  }

  return {
    waitMs: (address, impKey) =>
      Math.max(
        waitOf(address, failuresPerAddressMax),
        waitOf(`${address} ${impKey}`, failuresPerKeyMax),
      ),
    failed: (address, impKey) => {
      count(address)
      count(`${address} ${impKey}`)
    },
    succeeded: (address, impKey) => {
      counters.delete(`${address} ${impKey}`)
    },
  }
}
