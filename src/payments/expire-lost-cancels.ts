// A process that died between a cancel's reservation and its settlement leaves it on its way for ever. Once its
// lease has lapsed it becomes unknown: it may have left, so its amount stays reserved. Never sent again.

import type { Queryable } from '../db/database.ts'
import type { Clock } from '../primitives/clock.ts'
import { expireCancel, findLapsedCancels } from './cancel-queries.store.ts'

const batch = 100

/** Ends the lapsed ones, of all merchants. Gives how many it ended; call again while it is not 0. */
export async function expireLostCancels(deps: {
  readonly db: Queryable
  readonly clock: Clock
}): Promise<number> {
  const nowMs = deps.clock.now()
  let ended = 0
  for (const lapsed of await findLapsedCancels(deps.db, nowMs, batch)) {
    if (await expireCancel(deps.db, lapsed, nowMs)) ended += 1
  }
  return ended
}
