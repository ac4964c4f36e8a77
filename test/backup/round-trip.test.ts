// A backup that is made while payments are made, restored, and backed up again.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, suite, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { Secret } from '../../src/primitives/secret.ts'
import { loadMasterKeys } from '../../src/vault/master-key.ts'
import { again, goodCard, newAttempt, onetime } from '../faults/ways-to-charge.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { auditBooks } from '../support/auditor.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { newEntry, registerCard, reserve } from '../api/reservations.ts'
import { backUp, type MadeBackup, restoreInto } from './restored.ts'

suite('a backup made under load', () => {
  let app: TestApp
  let made: MadeBackup
  const databases: TestDatabase[] = []

  async function emptyDatabase(): Promise<TestDatabase> {
    const database = await createTestDatabase({ schema: 'empty' })
    databases.push(database)
    return database
  }

  before(async () => {
    app = await startTestApp({ logLevel: 'fatal' })
    await registerCard(app.merchant, 'subscriber')
    const inAYear = Math.floor(Date.now() / 1000) + 365 * 86_400
    await reserve(app.merchant, 'subscriber', [
      newEntry(inAYear, { custom_data: 'a\tb\\n\n한글 \\N' }),
    ])
    const over = new AbortController()
    const load = async () => {
      while (!over.signal.aborted) {
        const attempt = newAttempt(goodCard)
        await onetime.charge(app.merchant, attempt)
        await app.merchant.call('POST', '/payments/cancel', {
          merchant_uid: attempt.merchantUid,
          amount: 1_000,
        })
      }
    }
    const busy = [load(), load(), load()]
    await again.charge(app.merchant, { ...newAttempt(), customerUid: 'subscriber' })
    made = await backUp(app.parts)
    over.abort()
    await Promise.all(busy)
  })
  after(async () => {
    for (const database of databases) await database.drop()
    await app.close()
  })

  test('comes back the same, with books that agree with what really happened', async () => {
    const target = await emptyDatabase()
    const restored = await restoreInto(target, app.parts, made.bytesOfFile)
    assert.deepEqual(restored.digests, made.digests)
    assert.equal(restored.rows, made.rows)
    assert.ok(restored.opened >= 2, 'a link key and a billing key were opened')
    assert.equal(restored.held, 1)
    const { rows } = await target.database.query<{ impUid: string; state: string }>(
      adHocSql(`select imp_uid as "impUid", state from payments`),
    )
    assert.ok(rows.some(({ state }) => state === 'paid' || state === 'cancelled'))
    const known = new Set(
      rows.filter(({ state }) => state !== 'sending').map(({ impUid }) => impUid),
    )
    const breaches = await auditBooks(
      { db: target.database, vault: app.parts.vault },
      app.simulator.ledger(),
    )
    // The gateway has gone on since: what it cancelled later, and what the snapshot had still on its way.
    const contradictions = breaches.filter(
      ({ rule, subject }) => known.has(subject) && rule !== 'cancelled amounts differ',
    )
    assert.deepEqual(contradictions, [])
  })

  test('is restored with its constraints, indexes and numbers', async () => {
    const target = await emptyDatabase()
    await restoreInto(target, app.parts, made.bytesOfFile)
    const shape = adHocSql(
      `select indexdef as line from pg_indexes where schemaname = current_schema()
       union all select conname || pg_get_constraintdef(oid) from pg_constraint
         where connamespace = current_schema()::regnamespace and convalidated
       order by 1`,
    )
    const [ours, theirs] = [app.parts.db, target.database].map((db) => db.query(shape))
    assert.deepEqual((await theirs)?.rows, (await ours)?.rows)
    const { rows } = await target.database.query<{ number: number }>(
      adHocSql(
        `insert into merchants (name, created_at) values ('next', '2030-01-01') returning merchant_id as number`,
      ),
    )
    assert.equal(rows[0]?.number, app.merchant.merchantId + 1)
  })

  test('gives the same digests when it is backed up again', async () => {
    const target = await emptyDatabase()
    await restoreInto(target, app.parts, made.bytesOfFile)
    const { masterKeys, clock, ids } = app.parts
    const databaseAddress = new Secret(target.connectionString)
    const second = await backUp(
      { db: target.database, databaseAddress, masterKeys, clock, ids },
      false,
    )
    const withoutHolds = (digests: ReadonlyMap<string, string>) =>
      [...digests].filter(([table]) => table !== 'restore_holds')
    assert.deepEqual(withoutHolds(second.digests), withoutHolds(made.digests))
    // Not encrypted: whoever has the file needs no master key to read it, but what is sealed stays sealed.
    const third = await emptyDatabase()
    await assert.rejects(
      restoreInto(third, { masterKeys: await otherKeys(), clock }, second.bytesOfFile),
      /this backup needs master key [0-9a-f]{8}: set it as BILLKEY_MASTER_KEY/,
    )
  })

  test('is refused without its master key, and where there is data', async () => {
    const target = await emptyDatabase()
    await assert.rejects(
      restoreInto(target, { ...app.parts, masterKeys: await otherKeys() }, made.bytesOfFile),
      /this backup needs master key/,
    )
    await target.database.query(adHocSql('create table mine (id bigint)'))
    await assert.rejects(
      restoreInto(target, app.parts, made.bytesOfFile),
      /has data already \(mine\).*nothing is ever overwritten/,
    )
  })

  test('leaves nothing behind when the file is damaged, cut short, or of a newer version', async () => {
    const target = await emptyDatabase()
    const { bytesOfFile: bytes } = made
    const lineEnd = bytes.indexOf('\n')
    const altered = (at: number) => {
      const copy = Buffer.from(bytes)
      copy[at] = (copy[at] as number) ^ 4 // oxlint-disable-line no-bitwise -- one bit
      return copy
    }
    const header = JSON.parse(bytes.subarray(0, lineEnd).toString()) as { billkeyBackup: number }
    const ofFuture = JSON.stringify({ ...header, billkeyBackup: 2 })
    const bad: readonly (readonly [Buffer, RegExp])[] = [
      [Buffer.alloc(0), /no backup of billkey/],
      [randomBytes(9_000), /no backup of billkey/],
      [bytes.subarray(0, lineEnd), /no backup of billkey/],
      [bytes.subarray(0, lineEnd + 1), /damaged or cut short/],
      [bytes.subarray(0, -1), /damaged or cut short/],
      [altered(bytes.length - 40), /damaged or cut short/],
      [altered(lineEnd + 40), /damaged or cut short/],
      [altered(bytes.indexOf('"key":"') + 20), /first line was altered|no backup|damaged/],
      [
        Buffer.concat([Buffer.from(ofFuture), bytes.subarray(lineEnd)]),
        /format 2 is not known here/,
      ],
    ]
    for (const [file, words] of bad)
      await assert.rejects(restoreInto(target, app.parts, file), words)
    await app.parts.db.query(
      adHocSql(
        `insert into schema_migrations values (9000, '9000-of-the-future', 'x', false, '2030-01-01')`,
      ),
    )
    const newer = await backUp(app.parts)
    await assert.rejects(
      restoreInto(target, app.parts, newer.bytesOfFile),
      /has migration 9000-of-the-future, which this billkey does not know: use billkey 0.0.0 or newer/,
    )
    const { rows } = await target.database.query(
      adHocSql(`select from pg_class where relnamespace = current_schema()::regnamespace`),
    )
    assert.equal(rows.length, 0)
  })
})

function otherKeys() {
  const none = { previous: null, dataDir: '.', sandbox: false }
  return loadMasterKeys({ ...none, key: new Secret(randomBytes(32).toString('base64')) })
}
