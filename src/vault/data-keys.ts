// A data key is 32 random bytes of one merchant, stored wrapped under a master key. Sealing uses the
// newest version; every older one is kept as long as anything is sealed under it.

import { randomBytes } from 'node:crypto'

import type { Queryable } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { Secret } from '../primitives/secret.ts'
import { StartupError } from '../primitives/startup-error.ts'
import {
  type DataKey,
  keyBytes,
  nonceBytes,
  openBytes,
  SealBroken,
  sealBytes,
  type SealContext,
} from './envelope.ts'
import type { MasterKey, MasterKeys } from './master-key.ts'
import {
  countDataKeysByMasterKey,
  type DataKeyPosition,
  listDataKeys,
  type WrappedDataKey,
} from './vault.store.ts'

/** The data keys of this database are wrapped under a master key that was not given to us. */
export class MasterKeyUnknown extends StartupError {
  override name = 'MasterKeyUnknown'
  readonly masterKeyId: string

  constructor(masterKeyId: string, what = 'this database') {
    super(
      'master_key_unknown',
      `${what} needs master key ${masterKeyId}: set it as BILLKEY_MASTER_KEY, or add it to BILLKEY_MASTER_KEY_PREVIOUS`,
    )
    this.masterKeyId = masterKeyId
  }
}

/** The right master key is here and the wrapped key still does not open: the row was altered. */
export class DataKeyDamaged extends Error {
  override name = 'DataKeyDamaged'
  readonly position: DataKeyPosition

  constructor({ merchantId, version }: DataKeyPosition) {
    super(
      `data key ${version} of merchant ${merchantId} is damaged: restore its data_keys row from a backup`,
    )
    this.position = { merchantId, version }
  }
}

/** A new random data key, in the form it is stored in. */
export function makeDataKey(
  masterKey: MasterKey,
  position: DataKeyPosition,
  nowMs: number,
): WrappedDataKey {
  return { ...position, ...wrap(masterKey, position, randomBytes(keyBytes)), createdAtMs: nowMs }
}

export function unwrapDataKey(masterKeys: MasterKeys, row: WrappedDataKey): DataKey {
  const masterKey = masterKeys.find(row.masterKeyId)
  if (masterKey === undefined) throw new MasterKeyUnknown(row.masterKeyId)
  try {
    const key = openBytes(wrappingOf(masterKey, row), contextOf(row), row.wrapped)
    return { version: row.version, key: new Secret(key) }
  } catch (error) {
    throw error instanceof SealBroken ? new DataKeyDamaged(row) : error
  }
}

/** The same data key under the current master key. */
export function rewrapDataKey(
  masterKeys: MasterKeys,
  row: WrappedDataKey,
): Pick<WrappedDataKey, 'wrapped' | 'masterKeyId'> {
  return wrap(masterKeys.current, row, unwrapDataKey(masterKeys, row).key.reveal())
}

function wrap(
  masterKey: MasterKey,
  position: DataKeyPosition,
  key: Buffer,
): Pick<WrappedDataKey, 'wrapped' | 'masterKeyId'> {
  const nonce = randomBytes(nonceBytes)
  return {
    wrapped: sealBytes(wrappingOf(masterKey, position), contextOf(position), key, nonce),
    masterKeyId: masterKey.id,
  }
}

// A wrapped key is a sealed value like any other, with the wrapping key in the data key's place and
// the number of the key it holds as version and row name.
function wrappingOf({ wrappingKey }: MasterKey, { version }: DataKeyPosition): DataKey {
  return { version, key: wrappingKey }
}

function contextOf({ merchantId, version }: DataKeyPosition): SealContext {
  return { merchantId, purpose: 'data_key', rowName: String(version) }
}

/** What one merchant's values are sealed with. */
export interface KeyRing {
  /** Seals; the newest version. */
  readonly newest: DataKey
  readonly byVersion: ReadonlyMap<number, DataKey>
}

/** Undefined when the merchant has no data key yet. */
export async function loadKeyRing(
  db: Queryable,
  masterKeys: MasterKeys,
  merchantId: MerchantId,
): Promise<KeyRing | undefined> {
  const rows = await listDataKeys(db, merchantId)
  const keys = rows.map((row) => unwrapDataKey(masterKeys, row))
  const newest = keys.at(-1)
  if (newest === undefined) return undefined
  return { newest, byVersion: new Map(keys.map((key) => [key.version, key])) }
}

/**
 * Throws `MasterKeyUnknown` when a data key could not be unwrapped: better at the start than at the
 * first charge.
 */
export async function checkMasterKeys(db: Queryable, masterKeys: MasterKeys): Promise<void> {
  for (const { masterKeyId } of await countDataKeysByMasterKey(db)) {
    if (masterKeys.find(masterKeyId) === undefined) throw new MasterKeyUnknown(masterKeyId)
  }
}
