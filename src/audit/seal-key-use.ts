// Workers seal the use of keys hour by hour, a quarter of an hour after its end: one event per merchant and hour in
// which there was any. A seal reaches back to the one before it, so that nothing can be put in between later.

import type { Database } from '../db/database.ts'
import type { Clock } from '../primitives/clock.ts'
import { type IdSource, merchantId } from '../primitives/ids.ts'
import { computeKeyUse, sealDetail } from './key-use.ts'
import { insertSeal, listUnsealed, type UnsealedUse } from './key-use.store.ts'

export interface SealingDependencies {
  readonly db: Database
  readonly clock: Clock
  readonly ids: IdSource
}

const hourMs = 3_600_000

/**
 * How long after its end an hour is closed: the instant on a row is read before its commit, by clocks that differ. A
 * commit takes 15 s at most, a settlement that is repeated through an outage of the database a minute and a half.
 */
const closedAfterMs = 15 * 60_000
// An answer until then is committed by now; one that comes later is not part of the seal.
const answersSettleMs = 10 * 60_000

const merchantsPerPage = 100

/** Where the newest closed hour ends. */
export function sealableUntilMs(nowMs: number): number {
  return Math.floor((nowMs - closedAfterMs) / hourMs) * hourMs
}

/** Seals the oldest closed hour of every merchant that has one. Gives how many were sealed; 0 when nothing is left. */
export async function sealKeyUse(deps: SealingDependencies): Promise<number> {
  const untilMs = sealableUntilMs(deps.clock.now())
  let sealed = 0
  for (let after = merchantId(-1); ;) {
    const page = await listUnsealed(deps.db, untilMs, { after, limit: merchantsPerPage })
    for (const unsealed of page) if (await sealHour(deps, unsealed)) sealed += 1
    const last = page.at(-1)
    if (last === undefined) return sealed
    after = last.merchantId
  }
}

async function sealHour(
  { db, clock, ids }: SealingDependencies,
  { merchantId, sealedUntilMs, firstMs }: UnsealedUse,
): Promise<boolean> {
  const atMs = clock.now()
  const span = {
    fromMs: sealedUntilMs,
    toMs: (Math.floor(firstMs / hourMs) + 1) * hourMs,
    answeredBeforeMs: atMs - answersSettleMs,
  }
  const detail = sealDetail({ span, use: await computeKeyUse(db, merchantId, span) })
  return insertSeal(db, merchantId, span, { detail, eventId: ids.uuid(), actor: 'worker', atMs })
}
