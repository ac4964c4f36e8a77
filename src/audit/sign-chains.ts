// Workers sign what was added to a chain since it was last signed, within seconds. Before signing they compute it again
// from the rows: what does not hold together is never signed, and is told of instead.

import type { Database } from '../db/database.ts'
import type { Clock } from '../primitives/clock.ts'
import { type MerchantId, merchantId } from '../primitives/ids.ts'
import type { MasterKeys } from '../vault/master-key.ts'
import { type AuditEvent, genesis, linkHash } from './audit-chain.ts'
import { listChain } from './audit-events.store.ts'
import { judgeCheckpoint, signCheckpoint } from './checkpoint.ts'
import {
  findHead,
  findNewestCheckpoint,
  insertCheckpoint,
  listUnsigned,
} from './checkpoints.store.ts'

export interface SigningDependencies {
  readonly db: Database
  readonly masterKeys: MasterKeys
  readonly clock: Clock
  readonly log: {
    info(fields: object, message: string): void
    error(fields: object, message: string): void
  }
}

const merchantsPerPage = 100

/** Signs every chain that has grown. Gives how many were signed. */
export async function signChains(deps: SigningDependencies): Promise<number> {
  let signed = 0
  for (let after = merchantId(-1); ;) {
    const page = await listUnsigned(deps.db, after, merchantsPerPage)
    for (const owner of page) if (await signChain(deps, owner)) signed += 1
    const last = page.at(-1)
    if (last === undefined) return signed
    after = last
  }
}

async function signChain(deps: SigningDependencies, owner: MerchantId): Promise<boolean> {
  const { db, masterKeys, clock, log } = deps
  // Read first: whatever it tells of is committed, so the rows read after it must have it.
  const head = await findHead(db, owner)
  const newest = await findNewestCheckpoint(db, owner, masterKeys.ids)
  if (newest !== undefined && judgeCheckpoint(masterKeys, newest) === 'forged') {
    return refuse(deps, owner, newest.sequence)
  }
  const end = await followChain(db, owner, newest ?? { sequence: 0, hash: genesis })
  if (end.kind === 'broken') return refuse(deps, owner, end.sequence)
  if (head !== undefined && end.sequence < head.sequence)
    return refuse(deps, owner, end.sequence + 1)
  const { sequence, hash } = end
  const signedAtMs = clock.now()
  const unsigned = { merchantId: owner, sequence, hash, signedAtMs }
  await insertCheckpoint(db, signCheckpoint(masterKeys.current, unsigned))
  // The log usually leaves the machine: then it is a copy that nobody with the database alone can take back.
  log.info(
    { merchantId: owner, sequence, hash: hash.toString('hex') },
    'the audit trail was signed',
  )
  return true
}

function refuse({ log }: SigningDependencies, owner: MerchantId, sequence: number): false {
  log.error(
    { merchantId: owner, sequence },
    "the audit trail does not hold together and is not signed: see 'billkey audit verify'",
  )
  return false
}

type ChainEnd =
  | { readonly kind: 'whole'; readonly sequence: number; readonly hash: Buffer }
  | { readonly kind: 'broken'; readonly sequence: number }

const eventsPerPage = 500

async function followChain(
  db: Database,
  owner: MerchantId,
  start: Pick<AuditEvent, 'sequence' | 'hash'>,
): Promise<ChainEnd> {
  let { sequence, hash } = start
  for (;;) {
    const page = await listChain(db, owner, { after: sequence, limit: eventsPerPage })
    for (const event of page) {
      const isNext = event.sequence === sequence + 1 && event.hash.equals(linkHash(hash, event))
      if (!isNext) return { kind: 'broken', sequence: sequence + 1 }
      ;({ sequence, hash } = event)
    }
    if (page.length < eventsPerPage) return { kind: 'whole', sequence, hash }
  }
}
