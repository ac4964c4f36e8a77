// Seals and opens the secrets that are stored: billing keys, link keys, webhook secrets. Data keys are
// remembered in memory, so that opening on the hot path asks the database nothing.

import { randomBytes } from 'node:crypto'

import type { Database, Queryable } from '../db/database.ts'
import { assert } from '../primitives/assert.ts'
import type { Clock } from '../primitives/clock.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { Secret } from '../primitives/secret.ts'
import { type KeyRing, loadKeyRing, makeDataKey } from './data-keys.ts'
import {
  type DataKey,
  keyVersionOf,
  nonceBytes,
  openBytes,
  SealBroken,
  sealBytes,
} from './envelope.ts'
import type { MasterKeys } from './master-key.ts'
import { createRingCache } from './ring-cache.ts'
import { insertDataKey } from './vault.store.ts'

export interface Vault {
  /**
   * Seals under the merchant's newest data key, making the first one if there is none. It reads with
   * a connection of its own: do not call it in the transaction that called `createDataKey`, whose
   * row it would wait for. Write the value within minutes; a day later its key may be gone.
   */
  seal(merchantId: MerchantId, purpose: string, rowName: string, secret: Secret): Promise<Buffer>
  /** Throws `SealBroken` unless the value was sealed for this very place. */
  open(merchantId: MerchantId, purpose: string, rowName: string, sealed: Buffer): Promise<Secret>
  /** Like `open`, at once; null when the data key is not in memory. */
  openCached(
    merchantId: MerchantId,
    purpose: string,
    rowName: string,
    sealed: Buffer,
  ): Secret | null
  /** Makes a new merchant's data key, in the transaction that makes the merchant. */
  createDataKey(db: Queryable, merchantId: MerchantId): Promise<void>
}

export interface VaultDependencies {
  readonly database: Database
  readonly masterKeys: MasterKeys
  readonly clock: Clock
}

/**
 * How long a process may seal under a version before it asks whether there is a newer one. Must stay
 * far below `keptAfterReplacedMs` (rotate-keys.ts), or values would be sealed under a deleted key.
 */
export const newestTrustedMs = 60_000

/** Some 200 bytes each. */
const merchantsRememberedMax = 20_000

export function createVault({ database, masterKeys, clock }: VaultDependencies): Vault {
  const rings = createRingCache(merchantsRememberedMax)

  async function load(merchantId: MerchantId): Promise<KeyRing | undefined> {
    // The instant before the question: what came later may be missing in the answer.
    const readAtMs = clock.now()
    const ring = await loadKeyRing(database, masterKeys, merchantId)
    if (ring !== undefined) rings.remember(merchantId, { ring, readAtMs })
    return ring
  }

  async function createDataKey(db: Queryable, merchantId: MerchantId): Promise<void> {
    const first = { merchantId, version: 1 }
    // Not remembered, since the transaction may yet roll back.
    await insertDataKey(db, makeDataKey(masterKeys.current, first, clock.now()))
  }

  async function newestKey(merchantId: MerchantId): Promise<DataKey> {
    const known = rings.recall(merchantId)
    const ageMs = known === undefined ? Infinity : clock.now() - known.readAtMs
    // A clock that was set back says nothing about age.
    if (known !== undefined && ageMs >= 0 && ageMs < newestTrustedMs) return known.ring.newest
    const ring = await load(merchantId)
    if (ring !== undefined) return ring.newest
    await createDataKey(database, merchantId)
    // Read back, because another process may have been first.
    const made = await load(merchantId)
    assert(made !== undefined, 'a data key vanished after it was made')
    return made.newest
  }

  const openCached: Vault['openCached'] = (merchantId, purpose, rowName, sealed) => {
    const key = rings.recall(merchantId)?.ring.byVersion.get(keyVersionOf(sealed))
    return key === undefined ? null : openWith(key, { merchantId, purpose, rowName }, sealed)
  }

  return {
    async seal(merchantId, purpose, rowName, secret) {
      const text = secret.reveal()
      assert(text.isWellFormed(), 'a secret must be well-formed Unicode to come back unchanged')
      const key = await newestKey(merchantId)
      const context = { merchantId, purpose, rowName }
      return sealBytes(key, context, Buffer.from(text, 'utf8'), randomBytes(nonceBytes))
    },
    async open(merchantId, purpose, rowName, sealed) {
      const secret = openCached(merchantId, purpose, rowName, sealed)
      if (secret !== null) return secret
      // A version made by another process, or a merchant not met yet.
      const key = (await load(merchantId))?.byVersion.get(keyVersionOf(sealed))
      if (key === undefined) throw new SealBroken()
      return openWith(key, { merchantId, purpose, rowName }, sealed)
    },
    openCached,
    createDataKey,
  }
}

function openWith(key: DataKey, context: Parameters<typeof openBytes>[1], sealed: Buffer): Secret {
  return new Secret(openBytes(key, context, sealed).toString('utf8'))
}
