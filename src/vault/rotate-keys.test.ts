import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, it } from 'node:test'

import { adHocSql, type Database } from '../db/database.ts'
import { TestClock } from '../primitives/clock.ts'
import { Secret } from '../primitives/secret.ts'
import { MasterKeyUnknown } from './data-keys.ts'
import { keyVersionOf } from './envelope.ts'
import {
  keptAfterReplacedMs,
  rotateKeys,
  type RotationOptions,
  type RotationProgress,
} from './rotate-keys.ts'
import {
  cards,
  createVaultDatabase,
  hooks,
  masterKeysFrom,
  merchant,
  openAllCards,
  putCard,
  putHook,
  randomMasterKey,
  sealedColumns,
  storedCards,
  storedKeys,
  type VaultDatabase,
} from './vault-under-test.ts'
import { createVault, type Vault } from './vault.ts'

const oldKey = randomMasterKey()
const newKey = randomMasterKey()
let world: VaultDatabase
let database: Database
let clock: TestClock
/** Wraps under the old master key, with a memory of its own. */
let oldVault: Vault

beforeEach(async () => {
  world = await createVaultDatabase()
  database = world.database
  clock = new TestClock(Date.UTC(2026, 0, 15))
  oldVault = await vaultWith(oldKey)
})
afterEach(() => world.close())

async function vaultWith(key: string, previous: string | null = null): Promise<Vault> {
  return createVault({ database, masterKeys: await masterKeysFrom(key, previous), clock })
}

/** Cards of merchants 1…n, with their secrets by merchant and name. */
async function fill(merchants: number, cardsEach: number): Promise<Record<string, string>> {
  const expected: Record<string, string> = {}
  for (let owner = 1; owner <= merchants; owner += 1) {
    for (let index = 0; index < cardsEach; index += 1) {
      const card = { name: `고객 ${index}`, text: `AUTOKEY-${owner}-${index}` }
      await putCard(database, oldVault, merchant(owner), card)
      expected[`${owner} ${card.name}`] = card.text
    }
  }
  clock.advance(1000)
  return expected
}

async function rotate(options: Partial<RotationOptions> = {}) {
  return rotateKeys({
    database,
    masterKeys: await masterKeysFrom(newKey, oldKey),
    clock,
    columns: sealedColumns,
    newDataKeys: false,
    startedAtMs: clock.now(),
    onProgress: () => undefined,
    signal: new AbortController().signal,
    ...options,
  })
}

async function versionsInUse(): Promise<number[]> {
  const stored = await storedCards(database)
  return [...new Set(stored.map(({ sealed }) => keyVersionOf(sealed)))].sort((a, b) => a - b)
}

describe('rotating the master key', () => {
  it('re-wraps every data key and changes no sealed value', async () => {
    const expected = await fill(5, 2)
    const before = await storedCards(database)
    const reports: RotationProgress[] = []
    const result = await rotate({ onProgress: (progress) => reports.push(progress) })
    assert.equal(result.kind, 'finished')
    assert.equal(result.rewrapped, 5)
    assert.equal(result.underPreviousMasterKeys, 0)
    assert.deepEqual(await storedCards(database), before)
    const rewraps = reports.filter(({ step }) => step === 'rewrap')
    assert.deepEqual(
      rewraps.map(({ done, total }) => `${done}/${total}`),
      ['0/5', '1/5', '2/5', '3/5', '4/5', '5/5'],
    )

    // The old key is no longer needed; a process that has the data keys in memory goes on.
    assert.deepEqual(await openAllCards(database, await vaultWith(newKey)), expected)
    assert.deepEqual(await openAllCards(database, oldVault), expected)
    await assert.rejects(openAllCards(database, await vaultWith(oldKey)), MasterKeyUnknown)
    assert.equal((await rotate()).rewrapped, 0)
  })

  it('goes on where it was stopped, at whatever row that was', async () => {
    const expected = await fill(6, 1)
    let rewrapped = 0
    for (let stopAt = 1; stopAt <= 3; stopAt += 1) {
      const stop = new AbortController()
      let rows = 0
      const onProgress = ({ step, done }: RotationProgress) => {
        if (step === 'rewrap' && done > rewrapped && (rows += 1) === stopAt) stop.abort()
      }
      const result = await rotate({ onProgress, signal: stop.signal })
      rewrapped += result.rewrapped
      if (stopAt < 3) assert.equal(result.kind, 'stopped')
      assert.equal(result.underPreviousMasterKeys, 6 - rewrapped)
      assert.deepEqual(await openAllCards(database, await vaultWith(newKey, oldKey)), expected)
    }
    assert.equal(rewrapped, 6)
    assert.deepEqual(await openAllCards(database, await vaultWith(newKey)), expected)
  })

  it('refuses, before it changes anything, when a master key is missing', async () => {
    await fill(2, 1)
    const before = await storedKeys(database)
    const masterKeys = await masterKeysFrom(newKey)
    const renewing = rotate({ masterKeys, newDataKeys: true })
    await assert.rejects(renewing, /this database needs master key [0-9a-f]{8}/)
    assert.deepEqual(await storedKeys(database), before)
  })

  it('passes over a damaged data key and tells which it was', async () => {
    await fill(3, 1)
    await database.query(
      adHocSql(`update data_keys set wrapped = wrapped || '\\x00' where merchant_id = 2`),
    )
    const result = await rotate({ newDataKeys: true })
    assert.equal(result.kind, 'finished')
    assert.equal(result.rewrapped, 2)
    assert.deepEqual(result.damagedDataKeys, [{ merchantId: 2, version: 1 }])
    assert.equal(result.underPreviousMasterKeys, 1)
    const vault = await vaultWith(newKey)
    for (const { owner, name, sealed } of await storedCards(database)) {
      if (owner !== merchant(2)) await vault.open(owner, cards.purpose, name, sealed)
    }
  })
})

describe('renewing data keys', () => {
  it('re-seals every value of every column, over many pages', async () => {
    const expected = await fill(2, 230)
    for (let part = 0; part < 205; part += 1) {
      const hook = { name: `hook ${part}`, text: `whsec-${part}`, part }
      await putHook(database, oldVault, merchant(2), hook)
    }
    await database.query(adHocSql(`insert into cards values (1, 'no secret', null)`))
    const result = await rotate({ newDataKeys: true })
    assert.equal(result.kind, 'finished')
    assert.equal(result.renewed, 2)
    assert.equal(result.resealed, 2 * 230 + 205)
    assert.equal(result.broken, 0)
    assert.deepEqual(await versionsInUse(), [2])
    const vault = await vaultWith(newKey)
    assert.deepEqual(await openAllCards(database, vault), expected)
    const { rows } = await database.query<{ name: string; sealed: Buffer }>(
      adHocSql('select hook_name as "name", hook_secret_sealed as "sealed" from hooks'),
    )
    assert.equal(rows.length, 205)
    for (const { name, sealed } of rows) {
      assert.equal(keyVersionOf(sealed), 2)
      const secret = await vault.open(merchant(2), hooks.purpose, name, sealed)
      assert.equal(secret.reveal(), name.replace('hook ', 'whsec-'))
    }
  })

  it('deletes a replaced data key a day later, and no sooner', async () => {
    const expected = await fill(3, 2)
    const first = await rotate({ newDataKeys: true })
    assert.deepEqual([first.renewed, first.deleted, first.kept], [3, 0, 3])
    clock.advance(keptAfterReplacedMs - 1)
    assert.equal((await rotate()).kept, 3)
    clock.advance(1)
    const last = await rotate()
    assert.deepEqual([last.deleted, last.kept], [3, 0])
    const versions = (await storedKeys(database)).map(({ version }) => version)
    assert.deepEqual(versions, [2, 2, 2])
    assert.deepEqual(await openAllCards(database, await vaultWith(newKey)), expected)
  })

  it('keeps the data key of a value that does not open, and leaves the value alone', async () => {
    await fill(1, 2)
    await database.query(
      adHocSql(`update cards set card_key_sealed = card_key_sealed || '\\x00'
                where card_name = '고객 1'`),
    )
    const broken = (await storedCards(database))[1]?.sealed
    await rotate({ newDataKeys: true })
    clock.advance(keptAfterReplacedMs)
    const result = await rotate()
    assert.deepEqual([result.broken, result.deleted, result.kept], [1, 0, 1])
    assert.deepEqual(result.brokenValues, [
      { merchantId: 1, table: 'cards', column: 'card_key_sealed', key: ['고객 1'] },
    ])
    assert.deepEqual((await storedCards(database))[1]?.sealed, broken)
  })

  it('does not begin again when it is resumed with the instant it was started at', async () => {
    const expected = await fill(4, 3)
    const startedAtMs = clock.now()
    for (const step of ['renew', 'reseal', 'delete'] as const) {
      const stop = new AbortController()
      const result = await rotate({
        newDataKeys: true,
        startedAtMs,
        signal: stop.signal,
        onProgress: (progress) => {
          if (progress.step === step && progress.done === 2) stop.abort()
        },
      })
      assert.equal(result.kind, 'stopped')
      assert.deepEqual(await openAllCards(database, await vaultWith(newKey)), expected)
      clock.advance(keptAfterReplacedMs)
    }
    const result = await rotate({ newDataKeys: true, startedAtMs })
    assert.equal(result.renewed, 0)
    const versions = (await storedKeys(database)).map(({ version }) => version)
    assert.deepEqual(versions, [2, 2, 2, 2])
    assert.deepEqual(await openAllCards(database, await vaultWith(newKey)), expected)
  })

  it('refuses when a sealed column is declared nowhere, or declared and not there', async () => {
    await fill(1, 1)
    await assert.rejects(rotate({ columns: [cards] }), /\(hooks\.hook_secret_sealed\)/)
    const columns = [...sealedColumns, { ...cards, table: 'coupons' }]
    await assert.rejects(rotate({ columns }), /\(coupons\.card_key_sealed\)/)
  })

  it('never overwrites a value that was replaced while it was being re-sealed', async () => {
    await fill(1, 3)
    // Between reading the page and writing its first row, every row of it is replaced.
    const overtaking: Database = {
      ...database,
      async query(statement, values) {
        if (statement.text.startsWith('update "cards"')) {
          for (const { name } of await storedCards(database)) {
            await putCard(database, oldVault, merchant(1), { name, text: `replaced ${name}` })
          }
        }
        return database.query(statement, values)
      },
    }
    const result = await rotate({ database: overtaking, newDataKeys: true })
    assert.equal(result.resealed, 0)
    const expected = Object.fromEntries(
      [0, 1, 2].map((index) => [`1 고객 ${index}`, `replaced 고객 ${index}`]),
    )
    assert.deepEqual(await openAllCards(database, await vaultWith(newKey)), expected)
    // What was replaced under the old version is found by the next run.
    assert.equal((await rotate()).resealed, 3)
    assert.deepEqual(await openAllCards(database, await vaultWith(newKey)), expected)
  })
})

describe('live traffic', () => {
  it('seals and opens in other processes all through a rotation', async () => {
    const expected = await fill(3, 40)
    const processes = await Promise.all([
      vaultWith(oldKey, newKey),
      vaultWith(newKey, oldKey),
      vaultWith(newKey, oldKey),
    ])
    const rotation = { isOver: false }
    const traffic = processes.map(async (vault, index) => {
      let rounds = 0
      while (!rotation.isOver || rounds < 3) {
        const owner = index + 1
        const card = { name: `고객 ${rounds % 40}`, text: `AUTOKEY-${owner}-${rounds} (new)` }
        await putCard(database, vault, merchant(owner), card)
        expected[`${owner} ${card.name}`] = card.text
        await openAllCards(database, vault)
        rounds += 1
      }
      return rounds
    })
    const result = await rotate({ newDataKeys: true })
    rotation.isOver = true
    for (const rounds of await Promise.all(traffic)) assert.ok(rounds >= 3)
    assert.equal(result.renewed, 3)
    assert.equal(result.broken, 0)
    assert.deepEqual(await openAllCards(database, await vaultWith(newKey, oldKey)), expected)

    // A day later the memories of those processes are long refreshed, and the old keys can go.
    clock.advance(keptAfterReplacedMs)
    assert.equal((await rotate()).deleted, 3)
    assert.deepEqual(await versionsInUse(), [2])
    assert.deepEqual(await openAllCards(database, await vaultWith(newKey)), expected)
    const sealed = await oldVault.seal(merchant(1), cards.purpose, 'late', new Secret('x')).then(
      () => 'sealed',
      (error: unknown) => (error as Error).name,
    )
    // A process that was never given the new master key fails; it does not seal under a dead key.
    assert.equal(sealed, 'MasterKeyUnknown')
  })

  it('survives a kill −9 in the middle of each step', { timeout: 60_000 }, async () => {
    const expected = await fill(3, 60)
    const startedAtMs = clock.now()
    for (const step of ['rewrap', 'renew', 'reseal']) {
      await killDuring(step, startedAtMs)
      assert.deepEqual(await openAllCards(database, await vaultWith(newKey, oldKey)), expected)
    }
    const result = await rotate({ newDataKeys: true, startedAtMs })
    assert.equal(result.kind, 'finished')
    assert.deepEqual(await versionsInUse(), [2])
    assert.deepEqual(await openAllCards(database, await vaultWith(newKey)), expected)
  })
})

/** Runs a rotation in a process of its own and kills it when it has reported half a step. */
async function killDuring(step: string, startedAtMs: number): Promise<void> {
  const script = new URL('rotation-under-test.ts', import.meta.url).pathname
  const args = [script, world.connectionString, newKey, oldKey, String(startedAtMs)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  let isKilled = false
  for await (const line of createInterface(child.stdout)) {
    const progress = JSON.parse(line) as RotationProgress
    if (progress.step !== step || isKilled) continue
    if (progress.done >= progress.total / 2) isKilled = child.kill('SIGKILL')
  }
  await closed
  assert.ok(isKilled, `the rotation never came to ${step}`)
}
