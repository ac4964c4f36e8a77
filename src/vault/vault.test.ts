import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { inspect } from 'node:util'

import fc from 'fast-check'

import { adHocSql, type Database } from '../db/database.ts'
import { TestClock } from '../primitives/clock.ts'
import { Secret } from '../primitives/secret.ts'
import { checkMasterKeys, makeDataKey, MasterKeyUnknown } from './data-keys.ts'
import { keyVersionOf, SealBroken } from './envelope.ts'
import type { MasterKeys } from './master-key.ts'
import {
  createVaultDatabase,
  masterKeysFrom,
  merchant,
  randomMasterKey,
  storedKeys,
  type VaultDatabase,
} from './vault-under-test.ts'
import { insertDataKey, listDataKeys } from './vault.store.ts'
import { createVault, newestTrustedMs, type Vault } from './vault.ts'

const purpose = 'billing_key'
const masterKeyText = randomMasterKey()
const clock = new TestClock(Date.UTC(2026, 0, 15))
let world: VaultDatabase
let database: Database
let masterKeys: MasterKeys
let vault: Vault

before(async () => {
  world = await createVaultDatabase()
  database = world.database
  masterKeys = await masterKeysFrom(masterKeyText)
  vault = createVault({ database, masterKeys, clock })
})
after(() => world.close())

/** As another process would have it: the same keys, an empty memory. */
const anotherProcess = () => createVault({ database, masterKeys, clock })

describe('the vault', () => {
  it('opens in another process what it sealed, whatever the text', async () => {
    const texts = fc.string({ unit: 'grapheme', maxLength: 60 })
    const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(texts, names, async (text, name) => {
        const sealed = await vault.seal(merchant(1), purpose, name, new Secret(text))
        const opened = await anotherProcess().open(merchant(1), purpose, name, sealed)
        assert.equal(opened.reveal(), text)
      }),
      { numRuns: 40 },
    )
  })

  it('does not open a value that was copied to another row, column or merchant', async () => {
    const sealed = await vault.seal(merchant(1), purpose, 'a', new Secret('AUTOKEY'))
    await vault.seal(merchant(2), purpose, 'a', new Secret('another'))
    await assert.rejects(vault.open(merchant(1), purpose, 'b', sealed), SealBroken)
    await assert.rejects(vault.open(merchant(1), 'channel_link_key', 'a', sealed), SealBroken)
    await assert.rejects(vault.open(merchant(2), purpose, 'a', sealed), SealBroken)
    // A merchant without any key, and values that never were sealed.
    await assert.rejects(vault.open(merchant(99), purpose, 'a', sealed), SealBroken)
    await assert.rejects(vault.open(merchant(1), purpose, 'a', Buffer.alloc(0)), SealBroken)
    await assert.rejects(vault.open(merchant(1), purpose, 'a', Buffer.from('AUTOKEY')), SealBroken)
  })

  it('makes one data key when many processes seal for a new merchant at once', async () => {
    const owner = merchant(3)
    const processes = Array.from({ length: 8 }, anotherProcess)
    const sealed = await Promise.all(
      processes.map((each, index) => each.seal(owner, purpose, 'a', new Secret(`key ${index}`))),
    )
    for (const [index, value] of sealed.entries()) {
      const opened = await anotherProcess().open(owner, purpose, 'a', value)
      assert.equal(opened.reveal(), `key ${index}`)
    }
    const keys = await storedKeys(database)
    assert.equal(keys.filter(({ merchantId }) => merchantId === owner).length, 1)
  })

  it('asks the database nothing for a merchant it knows', async () => {
    const owner = merchant(4)
    const sealed = await vault.seal(owner, purpose, 'a', new Secret('AUTOKEY'))
    const fresh = anotherProcess()
    assert.equal(fresh.openCached(owner, purpose, 'a', sealed), null)
    await fresh.open(owner, purpose, 'a', sealed)
    assert.equal(fresh.openCached(owner, purpose, 'a', sealed)?.reveal(), 'AUTOKEY')
    assert.throws(() => fresh.openCached(owner, purpose, 'b', sealed), SealBroken)

    let statements = 0
    const counted: Database = {
      ...database,
      query: (statement, values) => {
        statements += 1
        return database.query(statement, values)
      },
    }
    const watched = createVault({ database: counted, masterKeys, clock })
    for (let round = 0; round < 20; round += 1) await watched.open(owner, purpose, 'a', sealed)
    assert.equal(statements, 1)
  })

  it('does not remember a data key whose transaction rolled back', async () => {
    const owner = merchant(5)
    const rolledBack = database.transaction(async (tx) => {
      await vault.createDataKey(tx, owner)
      assert.equal((await listDataKeys(tx, owner)).length, 1)
      throw new Error('no merchant after all')
    })
    await assert.rejects(rolledBack, /no merchant after all/)
    const sealed = await vault.seal(owner, purpose, 'a', new Secret('AUTOKEY'))
    assert.equal((await anotherProcess().open(owner, purpose, 'a', sealed)).reveal(), 'AUTOKEY')
  })

  it('keeps the first data key when it is made twice', async () => {
    const owner = merchant(6)
    await vault.createDataKey(database, owner)
    const sealed = await vault.seal(owner, purpose, 'a', new Secret('AUTOKEY'))
    await vault.createDataKey(database, owner)
    assert.equal((await anotherProcess().open(owner, purpose, 'a', sealed)).reveal(), 'AUTOKEY')
  })

  it('opens under a version that another process has made since, at once', async () => {
    const owner = merchant(7)
    await vault.seal(owner, purpose, 'a', new Secret('old'))
    await addVersion(owner, 2)
    const sealed = await anotherProcess().seal(owner, purpose, 'a', new Secret('new'))
    assert.equal(keyVersionOf(sealed), 2)
    assert.equal(vault.openCached(owner, purpose, 'a', sealed), null)
    assert.equal((await vault.open(owner, purpose, 'a', sealed)).reveal(), 'new')
  })

  it('seals under a version that another process has made since, within its time limit', async () => {
    const owner = merchant(8)
    const versionNow = async () =>
      keyVersionOf(await vault.seal(owner, purpose, 'a', new Secret('AUTOKEY')))
    assert.equal(await versionNow(), 1)
    await addVersion(owner, 2)
    clock.advance(newestTrustedMs - 1)
    assert.equal(await versionNow(), 1)
    clock.advance(1)
    assert.equal(await versionNow(), 2)
    // A clock that was set back must not make the memory eternal.
    await addVersion(owner, 3)
    clock.advance(-3_600_000)
    assert.equal(await versionNow(), 3)
  })

  it('says which master key is missing, and nothing of any key', async () => {
    const sealed = await vault.seal(merchant(9), purpose, 'a', new Secret('AUTOKEY'))
    const wrong = await masterKeysFrom(randomMasterKey())
    const stranger = createVault({ database, masterKeys: wrong, clock })
    const isClear = (error: unknown) => {
      assert.ok(error instanceof MasterKeyUnknown)
      assert.equal(error.masterKeyId, masterKeys.current.id)
      assert.match(error.message, new RegExp(`needs master key ${masterKeys.current.id}: set it`))
      return true
    }
    await assert.rejects(stranger.open(merchant(9), purpose, 'a', sealed), isClear)
    await assert.rejects(stranger.seal(merchant(9), purpose, 'a', new Secret('x')), isClear)
    await assert.rejects(checkMasterKeys(database, wrong), isClear)
    await checkMasterKeys(database, masterKeys)
    await checkMasterKeys(database, await masterKeysFrom(randomMasterKey(), masterKeyText))
  })

  it('tells a damaged data key from a damaged value', async () => {
    const owner = merchant(10)
    const sealed = await vault.seal(owner, purpose, 'a', new Secret('AUTOKEY'))
    await database.query(
      adHocSql(`update data_keys set wrapped = wrapped || '\\x00' where merchant_id = $1`),
      [owner],
    )
    await assert.rejects(anotherProcess().open(owner, purpose, 'a', sealed), {
      name: 'DataKeyDamaged',
      message: /data key 1 of merchant 10/,
    })
  })

  it('shows no key material in itself, in its errors or in the database', async () => {
    const canary = 'canary-autokey-5c1e'
    const sealed = await vault.seal(merchant(11), purpose, 'a', new Secret(canary))
    const error: unknown = await vault
      .open(merchant(11), purpose, 'b', sealed)
      .catch((thrown: unknown) => thrown)
    const { rows } = await database.query(adHocSql('select * from data_keys'))
    const ring = await listDataKeys(database, merchant(11))
    const opened = await vault.open(merchant(11), purpose, 'a', sealed)
    const shown = [vault, error, rows, ring, opened, sealed]
      .map((value) => inspect(value, { depth: 9, showHidden: true, maxArrayLength: null }))
      .join('\n')
    const stored = Buffer.concat([sealed, ...ring.map(({ wrapped }) => wrapped)]).toString('latin1')
    assert.ok(!stored.includes(canary))
    for (const text of [canary, masterKeyText.slice(0, 12), Buffer.from(canary).toString('hex')]) {
      assert.ok(!shown.includes(text), `${text} shows`)
    }
    const key = masterKeys.current.wrappingKey.reveal()
    assert.ok(!stored.includes(key.subarray(0, 8).toString('latin1')))
    assert.ok(!shown.includes(key.subarray(0, 8).toString('hex')))
  })
})

/** A newer data key for the merchant, as rotation in another process makes it. */
async function addVersion(owner: ReturnType<typeof merchant>, version: number): Promise<void> {
  const position = { merchantId: owner, version }
  await insertDataKey(database, makeDataKey(masterKeys.current, position, clock.now()))
}
