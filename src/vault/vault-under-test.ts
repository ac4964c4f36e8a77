// What tests of the vault share: a database of their own with two sealed tables beside the migrated
// data_keys, master keys, and ways to put and read values. Used by tests only.

import { randomBytes } from 'node:crypto'

import { createTestDatabase } from '../../test/support/database.ts'
import { adHocSql, type Database, openDatabase } from '../db/database.ts'
import { silentLog } from '../db/storage-log.ts'
import { type MerchantId, merchantId } from '../primitives/ids.ts'
import { Secret } from '../primitives/secret.ts'
import { loadMasterKeys, type MasterKeys } from './master-key.ts'
import type { SealedColumn } from './sealed-columns.store.ts'
import type { Vault } from './vault.ts'

export const cards: SealedColumn = {
  table: 'cards',
  keyColumns: ['card_name'],
  sealedColumn: 'card_key_sealed',
  purpose: 'card_key',
  rowNameColumn: 'card_name',
}

/** A key of several columns and kinds, whose row name is not part of it. */
export const hooks: SealedColumn = {
  table: 'hooks',
  keyColumns: ['hook_id', 'part', 'made_at'],
  sealedColumn: 'hook_secret_sealed',
  purpose: 'hook_secret',
  rowNameColumn: 'hook_name',
}

export const sealedColumns = [cards, hooks]

/** Every pool looks into `vault_test` first, so the sealed tables of features stay out of sight. */
const schema = `
  create schema vault_test;
  create table vault_test.cards (
    merchant_id bigint, card_name text, card_key_sealed bytea, primary key (merchant_id, card_name));
  create table vault_test.hooks (
    merchant_id bigint, hook_id uuid, part bigint, made_at timestamptz, hook_name text,
    hook_secret_sealed bytea, primary key (merchant_id, hook_id, part, made_at));
  do $$ begin
    execute format('alter database %I set search_path = vault_test, public', current_database());
  end $$`

export interface VaultDatabase {
  readonly connectionString: string
  readonly database: Database
  close(): Promise<void>
}

export async function createVaultDatabase(): Promise<VaultDatabase> {
  const owned = await createTestDatabase()
  await owned.database.query(adHocSql(schema))
  const database = connect(owned.connectionString)
  return {
    connectionString: owned.connectionString,
    database,
    async close() {
      await database.close()
      await owned.drop()
    },
  }
}

export function connect(connectionString: string): Database {
  return openDatabase({
    connectionString: new Secret(connectionString),
    poolSize: 4,
    applicationName: 'billkey-vault-test',
    log: silentLog,
  })
}

export const randomMasterKey = () => randomBytes(32).toString('base64')

export function masterKeysFrom(key: string, previous: string | null = null): Promise<MasterKeys> {
  return loadMasterKeys({
    key: new Secret(key),
    previous: previous === null ? null : new Secret(previous),
    sandbox: false,
    dataDir: '',
  })
}

export const merchant = (number: number): MerchantId => merchantId(number)

/** Seals `text` into the card's row, new or not, the way a feature does. */
export async function putCard(
  database: Database,
  vault: Vault,
  owner: MerchantId,
  { name, text }: { readonly name: string; readonly text: string },
): Promise<void> {
  const sealed = await vault.seal(owner, cards.purpose, name, new Secret(text))
  await database.query(
    adHocSql(
      `insert into cards values ($1, $2, $3)
       on conflict (merchant_id, card_name) do update set card_key_sealed = excluded.card_key_sealed`,
    ),
    [owner, name, sealed],
  )
}

export async function putHook(
  database: Database,
  vault: Vault,
  owner: MerchantId,
  { name, text, part }: { readonly name: string; readonly text: string; readonly part: number },
): Promise<void> {
  const sealed = await vault.seal(owner, hooks.purpose, name, new Secret(text))
  await database.query(
    adHocSql(
      `insert into hooks values ($1, gen_random_uuid(), $3, '2026-01-01 09:00:00.123456+09', $2, $4)`,
    ),
    [owner, name, part, sealed],
  )
}

export interface StoredCard {
  readonly owner: MerchantId
  readonly name: string
  readonly sealed: Buffer
}

export async function storedCards(database: Database): Promise<StoredCard[]> {
  const { rows } = await database.query<StoredCard>(
    adHocSql(
      `select merchant_id as "owner", card_name as "name", card_key_sealed as "sealed"
       from cards where card_key_sealed is not null order by merchant_id, card_name`,
    ),
  )
  return rows
}

/** Every card's secret by merchant and name. Throws when one does not open. */
export async function openAllCards(
  database: Database,
  vault: Vault,
): Promise<Record<string, string>> {
  const opened: Record<string, string> = {}
  for (const { owner, name, sealed } of await storedCards(database)) {
    const secret = await vault.open(owner, cards.purpose, name, sealed)
    opened[`${owner} ${name}`] = secret.reveal()
  }
  return opened
}

export interface StoredKey {
  readonly merchantId: MerchantId
  readonly version: number
  readonly masterKeyId: string
}

export async function storedKeys(database: Database): Promise<StoredKey[]> {
  const { rows } = await database.query<StoredKey>(
    adHocSql(
      `select merchant_id as "merchantId", version, master_key_id as "masterKeyId"
       from data_keys order by merchant_id, version`,
    ),
  )
  return rows
}
