// Settling waits for a database that cannot be reached: what the gateway answered is never thrown away.

import { isUniqueViolation, mayPassWithTime } from '../db/pg-errors.ts'

// About a minute and a half in all; after that the lease lapses and the outcome becomes unknown.
const insistWaitsMs = [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 20_000, 30_000]

/**
 * Repeats a statement that is safe to repeat while the database is not itself. Settling is: it is guarded by
 * the row's state, so a repetition after an unacknowledged commit changes nothing.
 */
export async function insist<T>(
  log: { warn(fields: object, message: string): void },
  { impUid }: { readonly impUid: string },
  work: () => Promise<T>,
): Promise<T> {
  for (const waitMs of insistWaitsMs) {
    try {
      return await work()
    } catch (error) {
      // Another row was committed between the statement's look and its write: it has to look again.
      if (!mayPassWithTime(error) && !isUniqueViolation(error)) throw error
      log.warn({ err: error, impUid, waitMs }, 'settling waits for the database')
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }
  return work()
}
