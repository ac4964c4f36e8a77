// Moves one merchant's sealed values under its newest data key, row by row. A value that was replaced
// since it was read is left as its writer put it.

import { randomBytes } from 'node:crypto'

import type { Database } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { KeyRing } from './data-keys.ts'
import { keyVersionOf, nonceBytes, openBytes, SealBroken, sealBytes } from './envelope.ts'
import {
  listSealedRows,
  replaceSealed,
  type SealedColumn,
  type SealedRow,
} from './sealed-columns.store.ts'

export interface ResealOptions {
  readonly database: Database
  readonly columns: readonly SealedColumn[]
  readonly merchantId: MerchantId
  readonly ring: KeyRing
  readonly signal: AbortSignal
  readonly onRow: (end: ResealEnd, column: SealedColumn, row: SealedRow) => void
}

/**
 * `current`: sealed under the newest key already. `overtaken`: replaced by other code meanwhile.
 * `broken`: does not open, and is left as it is.
 */
export type ResealEnd = 'resealed' | 'current' | 'overtaken' | 'broken'

const pageSize = 200

export async function resealMerchant(options: ResealOptions): Promise<void> {
  const { database, columns, merchantId, signal, onRow } = options
  for (const column of columns) {
    let after: readonly string[] | null = null
    for (;;) {
      const page: SealedRow[] = await listSealedRows(database, column, merchantId, {
        after,
        limit: pageSize,
      })
      for (const row of page) {
        if (signal.aborted) return
        onRow(await resealRow(options, column, row), column, row)
      }
      const last = page.at(-1)
      if (last === undefined) break
      after = last.key
    }
  }
}

async function resealRow(
  { database, merchantId, ring }: ResealOptions,
  column: SealedColumn,
  row: SealedRow,
): Promise<ResealEnd> {
  const context = { merchantId, purpose: column.purpose, rowName: row.rowName }
  let plaintext: Buffer
  try {
    const version = keyVersionOf(row.sealed)
    // A newer version than ours: another rotation is ahead of this one.
    if (version >= ring.newest.version) return 'current'
    const key = ring.byVersion.get(version)
    if (key === undefined) return 'broken'
    plaintext = openBytes(key, context, row.sealed)
  } catch (error) {
    if (error instanceof SealBroken) return 'broken'
    throw error
  }
  const sealed = sealBytes(ring.newest, context, plaintext, randomBytes(nonceBytes))
  const isReplaced = await replaceSealed(database, column, merchantId, { row, sealed })
  return isReplaced ? 'resealed' : 'overtaken'
}
