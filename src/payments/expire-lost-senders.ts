// A process that died between intent and settlement leaves a payment on its way for ever. Once its lease has
// lapsed it becomes unknown, or failed where no charge had been announced yet. Never sent again.

import type { Queryable } from '../db/database.ts'
import type { Clock } from '../primitives/clock.ts'
import type { IdSource } from '../primitives/ids.ts'
import { expireSending, findLapsed } from './lost-senders.store.ts'

const batch = 100

/** Ends the lapsed ones, of all merchants. Gives how many it ended; call again while it is not 0. */
export async function expireLostSenders(deps: {
  readonly db: Queryable
  readonly clock: Clock
  readonly ids: IdSource
}): Promise<number> {
  const nowMs = deps.clock.now()
  let ended = 0
  for (const lapsed of await findLapsed(deps.db, nowMs, batch)) {
    if ((await expireSending(deps.db, lapsed, nowMs, deps.ids.uuid())) !== undefined) ended += 1
  }
  return ended
}
