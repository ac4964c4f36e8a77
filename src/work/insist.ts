// Waits for a database that cannot be reached or has no room: what the gateway answered is kept, and its settlement
// tried again for as long as the process lives.

import { isUniqueViolation, mayPassWithTime } from '../db/pg-errors.ts'
import type { Timers } from '../primitives/timers.ts'

// The last one repeats. Once the lease has lapsed another process may call the outcome unknown; settled late, it is
// what the gateway said all the same.
const insistWaitsMs = [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000]
// Another row was committed between the statement's look and its write: it has to look again. Not for ever.
const clashesMax = 10

export interface InsistDependencies {
  readonly log: { warn(fields: object, message: string): void }
  readonly timers: Timers
  /** Told of each wait where it is an outcome that waits. */
  readonly observer?: { settlementWaits(): void }
}

/** What is written, and of whom: should the process be ended before it is, an operator finds it in the log. */
export interface Insisted {
  readonly deed: string
  readonly impUid?: string
  readonly callId?: string
  /** What the gateway answered. */
  readonly outcome?: string
  readonly transactionId?: string | null
}

/**
 * Repeats a statement that is safe to repeat while the database is not itself. Settling is: it is guarded by
 * the row's state, so a repetition after an unacknowledged commit changes nothing.
 */
export async function insist<T>(
  { log, timers, observer }: InsistDependencies,
  { deed, ...facts }: Insisted,
  work: () => Promise<T>,
): Promise<T> {
  for (let failures = 0, clashes = 0; ; failures += 1) {
    try {
      return await work()
    } catch (error) {
      if (isUniqueViolation(error)) clashes += 1
      else if (!mayPassWithTime(error)) throw error
      if (clashes > clashesMax) throw error
      const waitMs = insistWaitsMs[Math.min(failures, insistWaitsMs.length - 1)] as number
      observer?.settlementWaits()
      log.warn({ err: error, ...facts, waitMs }, `${deed} waits for the database`)
      await new Promise<void>((resolve) => timers.after(waitMs, resolve))
    }
  }
}
