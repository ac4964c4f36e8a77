// Proves that the master key at hand opens what was restored: some values of every sealed column of every merchant.

import type { Queryable } from '../db/database.ts'
import { merchantId } from '../primitives/ids.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { loadKeyRing } from '../vault/data-keys.ts'
import { keyVersionOf, openBytes } from '../vault/envelope.ts'
import type { MasterKeys } from '../vault/master-key.ts'
import { listSealedRows, type SealedColumn } from '../vault/sealed-columns.store.ts'
import { listMerchantKeyStates } from '../vault/vault.store.ts'

const merchantsPerPage = 200
const valuesOfEach = 2

/** Gives how many were opened. Throws when one does not open. */
export async function openSamples(
  db: Queryable,
  masterKeys: MasterKeys,
  columns: readonly SealedColumn[],
): Promise<number> {
  let opened = 0
  let after = merchantId(0)
  for (;;) {
    const page = await listMerchantKeyStates(db, after, merchantsPerPage)
    for (const state of page)
      opened += await openOfMerchant(db, state.merchantId, { masterKeys, columns })
    const last = page.at(-1)
    if (last === undefined || page.length < merchantsPerPage) return opened
    after = last.merchantId
  }
}

async function openOfMerchant(
  db: Queryable,
  owner: ReturnType<typeof merchantId>,
  {
    masterKeys,
    columns,
  }: { readonly masterKeys: MasterKeys; readonly columns: readonly SealedColumn[] },
): Promise<number> {
  const ring = await loadKeyRing(db, masterKeys, owner)
  let opened = 0
  for (const column of columns) {
    const page = { after: null, limit: valuesOfEach }
    for (const { rowName, sealed } of await listSealedRows(db, column, owner, page)) {
      const place = { merchantId: owner, purpose: column.purpose, rowName }
      try {
        const key = ring?.byVersion.get(keyVersionOf(sealed))
        if (key === undefined) throw new Error('no such data key')
        openBytes(key, place, sealed)
      } catch (error) {
        throw new StartupError(
          'vault_does_not_open',
          `${column.table}.${column.sealedColumn} of merchant ${owner} does not open with this master key`,
          { cause: error },
        )
      }
      opened += 1
    }
  }
  return opened
}
