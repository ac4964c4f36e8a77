// `billkey backup`, `restore` and what `doctor` says of them, as an operator types them; and killed in the middle.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { adHocSql, type Database } from '../../src/db/database.ts'
import { registerCard } from '../api/reservations.ts'
import { eventually } from '../faults/eventually.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import {
  type CommandEnd,
  type CommandRunner,
  startCommandRunner,
} from '../support/command-runner.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

const entry = fileURLToPath(new URL('../../bin/billkey.js', import.meta.url))

suite('an operator who backs up', () => {
  let app: TestApp
  let empty: TestDatabase
  let directory: string
  let commands: CommandRunner
  let elsewhere: CommandRunner

  const environmentOn = (databaseUrl: string) => ({
    DATABASE_URL: databaseUrl,
    BILLKEY_MASTER_KEY: app.parts.config.masterKey.key?.reveal() ?? '',
    BILLKEY_LOG_LEVEL: 'fatal',
  })
  before(async () => {
    app = await startTestApp({ role: 'api', logLevel: 'fatal' })
    empty = await createTestDatabase({ schema: 'empty' })
    directory = await mkdtemp(join(tmpdir(), 'billkey-backup-'))
    commands = startCommandRunner(environmentOn(app.parts.config.databaseUrl?.reveal() ?? ''))
    elsewhere = startCommandRunner(environmentOn(empty.connectionString))
    await registerCard(app.merchant, 'subscriber')
    // So much that a command can be killed in the middle of it.
    await app.parts.db.query(
      adHocSql(
        `insert into prepared_payments (merchant_id, merchant_uid, amount, currency, created_at, updated_at)
         select ${app.merchant.merchantId}, 'filler-' || n, n, repeat(md5(n::text), 20), '2026-01-01', '2026-01-01'
         from generate_series(1, 15000) n`,
      ),
    )
  })
  after(async () => {
    await commands.close()
    await elsewhere.close()
    await empty.drop()
    await app.close()
    await rm(directory, { recursive: true, force: true })
  })

  const pathOf = (name: string) => join(directory, name)

  async function said(ran: Promise<CommandEnd>): Promise<string> {
    const { code, stdout, stderr } = await ran
    assert.equal(code, 0, stderr)
    return stdout + stderr
  }

  async function refusal(ran: Promise<CommandEnd>): Promise<string> {
    const { code, stdout, stderr } = await ran
    assert.equal(code, 1, stdout)
    return stderr.trim().split('\n').at(-1) ?? ''
  }

  function start(databaseUrl: string, ...args: string[]): ChildProcess {
    const env = { PATH: process.env['PATH'], ...environmentOn(databaseUrl) }
    return spawn(process.execPath, [entry, ...args], { env, stdio: ['ignore', 'pipe', 'ignore'] })
  }

  test('gets a file that was restored once, for the owner’s eyes only, and on record', async () => {
    assert.match((await commands.run('doctor')).stdout, /ok .*no backup was made with billkey/)
    const made = await said(commands.run('backup', pathOf('one')))
    assert.match(made, /prepared_payments: 15000 rows/)
    assert.match(made, /restoring prepared_payments/)
    assert.match(made, /verified by restoring it$/m)
    const { mode } = await stat(pathOf('one'))
    // oxlint-disable-next-line no-bitwise -- the permission bits
    if (process.platform !== 'win32') assert.equal(mode & 0o777, 0o600)
    const text = (await readFile(pathOf('one'))).toString('latin1')
    for (const open of ['subscriber', app.merchant.impKey, 'filler']) {
      assert.equal(text.includes(open), false, open)
    }
    const told = (await commands.run('doctor')).stdout
    assert.match(told, /ok {4}the last backup is of 20/)
    assert.match(told, /ok {4}the last backup that is proved: 20.*was restored/)
  })

  test('is not robbed of an older file unless it is meant, and may look at any again', async () => {
    const kept = await readFile(pathOf('one'))
    assert.match(
      await refusal(commands.run('backup', pathOf('one'))),
      /is there already.*--replace/,
    )
    assert.ok((await readFile(pathOf('one'))).equals(kept))
    await said(commands.run('backup', pathOf('one'), '--replace', '--no-verify'))
    assert.equal((await readFile(pathOf('one'))).equals(kept), false)
    await writeFile(pathOf('bad'), kept.subarray(0, 200_000))
    const bad = await refusal(elsewhere.run('restore', pathOf('bad')))
    assert.match(bad, /cannot be used: it is damaged or cut short/)
    assert.match(await refusal(commands.run('backup')), /name one file/)
    assert.match(await refusal(commands.run('backup', pathOf('no/such/one'))), /cannot be written/)
    assert.match(await refusal(commands.run('restore', pathOf('none'))), /cannot be read/)
  })

  test('has half a file under no name when the backup is killed, and the next one clears it away', async () => {
    const child = start(
      app.parts.config.databaseUrl?.reveal() ?? '',
      'backup',
      pathOf('killed'),
      '--no-verify',
    )
    const isPartial = (name: string) => name.startsWith('killed.') && name.endsWith('.partial')
    await eventually('something of it', async () => {
      const name = (await readdir(directory)).find(isPartial)
      if (name === undefined) return undefined
      return (await stat(pathOf(name))).size > 0 ? true : undefined
    })
    child.kill('SIGKILL')
    await once(child, 'exit')
    const left = await readdir(directory)
    assert.equal(left.includes('killed'), false)
    assert.ok(left.some(isPartial))
    await said(commands.run('backup', pathOf('killed'), '--no-verify'))
    assert.equal((await readdir(directory)).some(isPartial), false)
  })

  test('finds the database empty when the restore is killed, and restores it then', async () => {
    const child = start(empty.connectionString, 'restore', pathOf('killed'))
    await eventually('rows on their way', async () => {
      const copying = await empty.database.query(
        adHocSql(
          `select from pg_stat_activity where datname = current_database()
             and application_name = 'billkey restore' and query like 'copy%prepared_payments%'`,
        ),
      )
      return copying.rowCount > 0 ? true : undefined
    })
    child.kill('SIGKILL')
    await once(child, 'exit')
    await eventually('the end of its session', async () =>
      (await sessionsOf(empty.database)) === 0 ? true : undefined,
    )
    assert.equal(await countRelations(empty.database), 0)
    const restored = await said(elsewhere.run('restore', pathOf('killed')))
    assert.match(restored, /restored 150\d\d rows of 20.* each compared; 2 sealed values opened/)
    assert.match(restored, /1 merchant held: start 'billkey serve'/)
    assert.match(
      await refusal(elsewhere.run('restore', pathOf('killed'))),
      /nothing is ever overwritten/,
    )
  })

  test('may release without files only with a reason, and says what becomes of what is due', async () => {
    const run = (...args: string[]) => elsewhere.run('restore', ...args)
    assert.match(await said(run('status')), /has no report password/)
    assert.match(await refusal(run('release')), /--reason/)
    assert.match(
      await refusal(run('release', '--reason', 'x')),
      /not reconciled yet: CTS00001 has no/,
    )
    const bare = ['release', '--without-files', '--reason', 'compared by hand']
    assert.match(await refusal(run(...bare)), /needs --overdue revoke or --overdue charge/)
    assert.match(await refusal(run('release', '--overdue', 'charge', '--reason', 'x')), /goes with/)
    await empty.database.query(
      adHocSql(
        `insert into schedules (merchant_id, schedule_id, merchant_uid, customer_uid, state, schedule_at, due_at,
           amount, name, buyer_ip, created_at, updated_at)
         select ${app.merchant.merchantId}, md5(n::text)::uuid, 'due-' || n, 'subscriber', 'scheduled', at, at,
           1000, 'x', '127.0.0.1', at, at
         from (values (1, timestamptz '2026-01-01'), (2, timestamptz '2126-01-01')) v (n, at)`,
      ),
    )
    assert.match(await said(run('status')), /1 schedule due at the restore/)
    assert.match(
      await said(run(...bare, '--overdue', 'revoke')),
      /is released; 1 overdue schedule revoked/,
    )
    const { rows } = await empty.database.query(
      adHocSql('select merchant_uid as uid, state from schedules order by 1'),
    )
    assert.deepEqual(rows, [
      { uid: 'due-1', state: 'revoked' },
      { uid: 'due-2', state: 'scheduled' },
    ])
    assert.equal(await said(run('status')), 'nothing is held\n')
  })

  test('pipes one to anywhere and back', async () => {
    const child = start(app.parts.config.databaseUrl?.reveal() ?? '', 'backup', '-', '--plain')
    const chunks: Buffer[] = []
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
    await once(child, 'close')
    assert.equal(child.exitCode, 0)
    await writeFile(pathOf('piped'), Buffer.concat(chunks))
    assert.match(await said(commands.run('backup', 'verify', pathOf('piped'))), /is whole: 150/)
  })
})

async function sessionsOf(database: Database): Promise<number> {
  const { rows } = await database.query<{ count: number }>(
    adHocSql(
      `select count(*) as count from pg_stat_activity
       where datname = current_database() and application_name = 'billkey restore'`,
    ),
  )
  return rows[0]?.count ?? 0
}

async function countRelations(database: Database): Promise<number> {
  const found = await database.query(
    adHocSql('select from pg_class where relnamespace = current_schema()::regnamespace'),
  )
  return found.rowCount
}
