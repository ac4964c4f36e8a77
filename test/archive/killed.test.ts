// An archive that is killed: before its file is whole, between file and thinning, in the middle of thinning. The same
// command then ends it, and each record is either in its row or in the file that the row names.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { adHocSql } from '../../src/db/database.ts'
import { eventually } from '../faults/eventually.ts'
import { before as beforeDay, openOldShop, type OldShop } from './old-shop.ts'

const entry = fileURLToPath(new URL('../../bin/billkey.js', import.meta.url))
const payments = 120

let shop: OldShop
let filled = 0
/** Thinned by the tests before. */
let earlier = 0
before(async () => {
  shop = await openOldShop()
})
after(() => shop.close())

// Many payments like one that was really made: more than a batch, so that something can be in its middle.
beforeEach(async () => {
  earlier = await thinned()
  const impUid = await shop.pay()
  const copies = (table: string, changes: string) =>
    shop.app.parts.db.query(
      adHocSql(`insert into ${table} select (jsonb_populate_record(t, jsonb_build_object(${changes}))).*
        from ${table} t, generate_series(${filled + 1}, ${filled + payments - 1}) n where t.imp_uid = $1`),
      [impUid],
    )
  const uid = `'imp_uid', 'imps_' || lpad(n::text, 12, '0')`
  await copies('payments', `${uid}, 'merchant_uid', 'filler-' || n`)
  await copies('exchanges', `${uid}, 'exchange_id', md5(n::text)::uuid`)
  await shop.app.parts.db.query(adHocSql('delete from webhooks'))
  filled += payments
  await shop.seal()
})

const whole = () => shop.count('from exchanges where record is not null')
const thinned = () =>
  shop.count('from exchanges where record is null and record_digest is not null')

/** Runs while a table or a row is locked, so that the command stops in front of it, and is killed there. */
async function killedInFrontOf(lock: string, statement: string, ...args: string[]): Promise<void> {
  const { db } = shop.app.parts
  let child: ChildProcess | undefined
  await db.transaction(async (tx) => {
    await tx.query(adHocSql(lock))
    const env = { PATH: process.env['PATH'], ...shop.environment }
    child = spawn(process.execPath, [entry, 'archive', ...args], { env, stdio: 'ignore' })
    await eventually(`the command waiting in '${statement}'`, async () =>
      (await waiting(statement)) > 0 ? true : undefined,
    )
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  // Its statement, which was let go, must not be taken for something that the next command did.
  await eventually('the end of its sessions', async () =>
    (await shop.count(`from pg_stat_activity where datname = current_database()
       and query like '%${statement}%' and pid <> pg_backend_pid() and state = 'active'`)) === 0
      ? true
      : undefined,
  )
}

function waiting(statement: string): Promise<number> {
  return shop.count(`from pg_stat_activity where datname = current_database()
    and wait_event_type = 'Lock' and query like '%${statement}%'`)
}

async function assertNothingLost(file: string): Promise<void> {
  assert.equal((await whole()) + (await thinned()), earlier + payments)
  const verified = await shop.said('archive', 'verify', file)
  assert.match(verified, new RegExp(`; ${(await thinned()) - earlier} records with the digest`))
  assert.deepEqual(await shop.findings(), [])
}

test('killed while it reads, an archive leaves no file of its name, and is made anew', async () => {
  const file = shop.pathOf('reading')
  const lock = 'lock table schedules in access exclusive mode'
  await killedInFrontOf(lock, 'with page as', file, '--before', beforeDay)
  const left = await readdir(dirname(file))
  assert.match(left.join(), /^reading\.\d+\.partial$/)
  assert.equal(await whole(), payments)
  const said = await shop.said('archive', file, '--before', beforeDay)
  assert.match(said, /is written to .* was read back: 120 payments/)
  assert.deepEqual(await readdir(dirname(file)), ['reading'])
  assert.equal(await whole(), 0)
  await assertNothingLost(file)
})

test('killed between its file and the tables, it goes on from the file', async () => {
  const file = shop.pathOf('written')
  const lock = 'lock table archives in access exclusive mode'
  await killedInFrontOf(lock, 'insert into archives', file, '--before', beforeDay)
  const bytes = await readFile(file)
  assert.equal(await whole(), payments)
  assert.match(
    await shop.refusal('archive', file, '--before', '2024-01-01'),
    /is an archive of payments before 2024-03-31T15:00:00.000Z: choose another name/,
  )
  const said = await shop.said('archive', file, '--before', beforeDay)
  assert.match(said, /is there already: going on with archive/)
  assert.match(said, /120 records and 0 webhook attempts were taken out of the tables/)
  assert.ok((await readFile(file)).equals(bytes))
  assert.equal(await shop.count(`from audit_events where action = 'archive.written'`), 2)
  await assertNothingLost(file)
})

test('killed in the middle of the tables, it does the rest, and another file takes no more', async () => {
  const file = shop.pathOf('half')
  // The last payment of the file, in its second batch.
  const lock = `select from exchanges e join (
      select imp_uid from payments order by started_at desc, imp_uid desc limit 1) p using (imp_uid)
    for update of e`
  await killedInFrontOf(lock, 'with ended as', file, '--before', beforeDay)
  const done = (await thinned()) - earlier
  assert.ok(done >= 100 && done < payments, String(done))
  await assertNothingLost(file)
  // Whoever starts another one instead takes what is left, and both files tell the truth.
  const other = await shop.said('archive', shop.pathOf('other'), '--before', beforeDay)
  assert.match(other, new RegExp(`: ${payments - done} records? and 0 webhook attempts were`))
  assert.match(await shop.said('archive', 'list'), /half .* not yet/)
  assert.match(await shop.said('archive', 'thin', file), /: 0 records and 0 webhook attempts were/)
  assert.doesNotMatch(await shop.said('archive', 'list'), /not yet/)
  assert.equal(await whole(), 0)
  assert.match(await shop.said('archive', 'verify', file), new RegExp(`; ${done} records with`))
  assert.deepEqual(await shop.findings(), [])
})
