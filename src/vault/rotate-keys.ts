// Rotation runs beside live traffic and keeps no state of its own: each step looks at what the rows say
// and does what is left, one row at a time by compare-and-set. Killed anywhere, it is simply run again.
//
//   re-wrap   every data key goes under the current master key; no sealed value changes
//   renew     on demand, every merchant gets a new data key version
//   re-seal   where a merchant has several versions, its values go under the newest
//   delete    a version replaced a day ago, and named by no value, goes

import type { Database } from '../db/database.ts'
import type { Clock } from '../primitives/clock.ts'
import { type MerchantId, merchantId } from '../primitives/ids.ts'
import {
  checkMasterKeys,
  DataKeyDamaged,
  type KeyRing,
  loadKeyRing,
  makeDataKey,
  rewrapDataKey,
} from './data-keys.ts'
import type { MasterKeys } from './master-key.ts'
import { resealMerchant, type ResealOptions } from './reseal-rows.ts'
import {
  checkSealedColumns,
  countValuesToLookAt,
  type SealedColumn,
} from './sealed-columns.store.ts'
import {
  countDataKeysByMasterKey,
  countMerchantsWithDataKeys,
  type DataKeyPosition,
  deleteDataKeyIfUnused,
  insertDataKey,
  listDataKeys,
  listDataKeysNotUnder,
  listMerchantKeyStates,
  type MerchantKeyState,
  replaceWrapping,
  type WrappedDataKey,
} from './vault.store.ts'

/**
 * How long a replaced data key is kept. Other processes may seal under it for `newestTrustedMs`
 * more (vault.ts), and then take their time to store the value; a key deleted too early is a card
 * lost for ever, one kept too long is a row.
 */
export const keptAfterReplacedMs = 24 * 3_600_000

export interface RotationOptions {
  readonly database: Database
  readonly masterKeys: MasterKeys
  readonly clock: Clock
  /** Every sealed column of the database; a forgotten one is refused. */
  readonly columns: readonly SealedColumn[]
  /** Whether merchants get a new data key too. */
  readonly newDataKeys: boolean
  /**
   * The instant this rotation was first started. Merchants whose newest data key is older get a new
   * one, so that a rotation which is resumed with its old instant does not begin again.
   */
  readonly startedAtMs: number
  readonly onProgress: (progress: RotationProgress) => void
  /** Stops between two rows. */
  readonly signal: AbortSignal
}

export interface RotationProgress {
  readonly step: 'rewrap' | 'renew' | 'reseal' | 'delete'
  readonly done: number
  /** Data keys for `rewrap`, sealed values for `reseal`, else merchants; as counted when the step began. */
  readonly total: number
}

export interface RotationResult {
  readonly kind: 'finished' | 'stopped'
  readonly rewrapped: number
  readonly renewed: number
  readonly resealed: number
  readonly deleted: number
  /** Replaced data keys that are kept for now: younger than a day, or still named by a value. */
  readonly kept: number
  /** Values that do not open. They were left alone, and so was their data key. */
  readonly broken: number
  /** The first of them. */
  readonly brokenValues: readonly BrokenValue[]
  /** Data keys that do not unwrap. Their merchants were passed over. */
  readonly damagedDataKeys: readonly DataKeyPosition[]
  /** Data keys under a previous master key. At 0 the previous keys can be dropped from the settings. */
  readonly underPreviousMasterKeys: number
}

export interface BrokenValue {
  readonly merchantId: MerchantId
  readonly table: string
  readonly column: string
  readonly key: readonly string[]
}

interface Run extends RotationOptions {
  readonly counts: {
    rewrapped: number
    renewed: number
    resealed: number
    deleted: number
    kept: number
    broken: number
  }
  readonly brokenValues: BrokenValue[]
  readonly damagedDataKeys: Map<string, DataKeyPosition>
}

const pageSize = 200
// Enough to see what they have in common.
const brokenValuesMax = 100

/** Throws `StartupError` before it changes anything when a master key or a declaration is missing. */
export async function rotateKeys(options: RotationOptions): Promise<RotationResult> {
  const { database, masterKeys, columns, signal } = options
  await checkMasterKeys(database, masterKeys)
  await checkSealedColumns(database, columns)
  const counts = { rewrapped: 0, renewed: 0, resealed: 0, deleted: 0, kept: 0, broken: 0 }
  const run: Run = { ...options, counts, brokenValues: [], damagedDataKeys: new Map() }
  await rewrapAll(run)
  if (options.newDataKeys) await renewAll(run)
  await resealAll(run)
  await deleteReplaced(run)
  const uses = await countDataKeysByMasterKey(database)
  return {
    kind: signal.aborted ? 'stopped' : 'finished',
    ...counts,
    brokenValues: run.brokenValues,
    damagedDataKeys: [...run.damagedDataKeys.values()],
    underPreviousMasterKeys: uses
      .filter(({ masterKeyId }) => masterKeyId !== masterKeys.current.id)
      .reduce((sum, { dataKeys }) => sum + dataKeys, 0),
  }
}

async function rewrapAll(run: Run): Promise<void> {
  const { database, masterKeys, signal, onProgress, counts } = run
  const uses = await countDataKeysByMasterKey(database)
  const total = uses.reduce((sum, { dataKeys }) => sum + dataKeys, 0)
  let done = uses.find(({ masterKeyId }) => masterKeyId === masterKeys.current.id)?.dataKeys ?? 0
  let after: DataKeyPosition | undefined = { merchantId: merchantId(-1), version: 0 }
  onProgress({ step: 'rewrap', done, total })
  while (after !== undefined && !signal.aborted) {
    const page = await listDataKeysNotUnder(database, masterKeys.current.id, after, pageSize)
    for (const row of page) {
      if (signal.aborted) return
      if (await rewrap(run, row)) counts.rewrapped += 1
      done += 1
      onProgress({ step: 'rewrap', done, total: Math.max(total, done) })
    }
    after = page.at(-1)
  }
}

/** False when the key is damaged, or when another rotation was faster, which is as good. */
async function rewrap(run: Run, row: WrappedDataKey): Promise<boolean> {
  try {
    return await replaceWrapping(run.database, row, rewrapDataKey(run.masterKeys, row))
  } catch (error) {
    passOverDamage(run, error)
    return false
  }
}

// One damaged key must not keep every other merchant from getting away from an old master key.
function passOverDamage(run: Run, error: unknown): void {
  if (!(error instanceof DataKeyDamaged)) throw error
  const { merchantId, version } = error.position
  run.damagedDataKeys.set(`${merchantId} ${version}`, { merchantId, version })
}

async function renewAll(run: Run): Promise<void> {
  const { database, masterKeys, clock } = run
  await eachMerchant(run, 'renew', async ({ merchantId, newestVersion, newestCreatedAtMs }) => {
    if (newestCreatedAtMs >= run.startedAtMs) return
    const position = { merchantId, version: newestVersion + 1 }
    const key = makeDataKey(masterKeys.current, position, clock.now())
    if (await insertDataKey(database, key)) run.counts.renewed += 1
  })
}

async function resealAll(run: Run): Promise<void> {
  const { database, columns, signal, onProgress, counts } = run
  if (signal.aborted) return
  let total = 0
  for (const column of columns) total += await countValuesToLookAt(database, column)
  let done = 0
  onProgress({ step: 'reseal', done, total })
  for await (const { merchantId, versions } of merchantsOf(run)) {
    if (signal.aborted) return
    const ring = versions === 1 ? undefined : await ringOf(run, merchantId)
    if (ring === undefined) continue
    const onRow: ResealOptions['onRow'] = (end, { table, sealedColumn }, { key }) => {
      done += 1
      if (end === 'resealed') counts.resealed += 1
      if (end === 'broken') {
        counts.broken += 1
        const value = { merchantId, table, column: sealedColumn, key }
        if (run.brokenValues.length < brokenValuesMax) run.brokenValues.push(value)
      }
      onProgress({ step: 'reseal', done, total: Math.max(total, done) })
    }
    await resealMerchant({ database, columns, merchantId, ring, signal, onRow })
  }
}

async function ringOf(run: Run, merchantId: MerchantId): Promise<KeyRing | undefined> {
  try {
    return await loadKeyRing(run.database, run.masterKeys, merchantId)
  } catch (error) {
    passOverDamage(run, error)
    return undefined
  }
}

async function deleteReplaced(run: Run): Promise<void> {
  await eachMerchant(run, 'delete', async ({ merchantId, versions }) => {
    if (versions === 1) return
    const keys = await listDataKeys(run.database, merchantId)
    for (const [index, key] of keys.entries()) {
      const successor = keys[index + 1]
      if (successor === undefined) continue
      const isOld = successor.createdAtMs + keptAfterReplacedMs <= run.clock.now()
      const isDeleted = isOld && (await deleteDataKeyIfUnused(run.database, key, run.columns))
      run.counts[isDeleted ? 'deleted' : 'kept'] += 1
    }
  })
}

async function eachMerchant(
  run: Run,
  step: RotationProgress['step'],
  work: (state: MerchantKeyState) => Promise<void>,
): Promise<void> {
  if (run.signal.aborted) return
  const total = await countMerchantsWithDataKeys(run.database)
  let done = 0
  run.onProgress({ step, done, total })
  for await (const state of merchantsOf(run)) {
    if (run.signal.aborted) return
    await work(state)
    done += 1
    run.onProgress({ step, done, total: Math.max(total, done) })
  }
}

async function* merchantsOf({ database }: Run): AsyncGenerator<MerchantKeyState> {
  let after = merchantId(-1)
  for (;;) {
    const page = await listMerchantKeyStates(database, after, pageSize)
    yield* page
    const last = page.at(-1)
    if (last === undefined) return
    after = last.merchantId
  }
}
