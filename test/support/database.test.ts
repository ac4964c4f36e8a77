import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { adHocSql, openDatabase } from '../../src/db/database.ts'
import { until } from '../../src/db/owner-process.ts'
import { readPostmasterFile } from '../../src/db/postmaster-file.ts'
import { processStartToken } from '../../src/db/process-identity.ts'
import { silentLog } from '../../src/db/storage-log.ts'
import { Secret } from '../../src/primitives/secret.ts'
import { createTestDatabase } from './database.ts'

test('two test databases share nothing but their schema', async () => {
  const [first, second] = await Promise.all([createTestDatabase(), createTestDatabase()])
  await first.database.query(adHocSql('create table mine (id bigint)'))
  await assert.rejects(second.database.query(adHocSql('select from mine')), /does not exist/)
  const ledger = adHocSql('select name from schema_migrations order by number')
  const [inFirst, inSecond] = await Promise.all([
    first.database.query(ledger),
    second.database.query(ledger),
  ])
  assert.ok(inFirst.rowCount > 0)
  assert.deepEqual(inFirst.rows, inSecond.rows)
  await Promise.all([first.drop(), second.drop()])
})

test('dropping a test database that still has a connection fails and names it', async () => {
  const testDatabase = await createTestDatabase({ schema: 'empty' })
  const leaked = openDatabase({
    connectionString: new Secret(testDatabase.connectionString),
    poolSize: 1,
    applicationName: 'forgotten-worker',
    log: silentLog,
  })
  await leaked.query(adHocSql('select 1'))
  await assert.rejects(testDatabase.drop(), /were leaked: .*forgotten-worker/)
  await leaked.close()
})

// Runs of their own, in a temporary directory of their own, and so with a server of their own.
let directory: string

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'billkey-runs-'))
  await chmod(directory, 0o755)
})

after(() => rm(directory, { recursive: true, force: true }))

const supportFile = fileURLToPath(new URL('database.ts', import.meta.url))

/** A test file that writes down which server it got; `stays`: and then runs until it is killed. */
async function writeTestFile(name: string, stays: boolean): Promise<string> {
  const path = join(directory, `${name}.test.ts`)
  await writeFile(
    path,
    `import { test } from 'node:test'
     import { writeFile } from 'node:fs/promises'
     import { createTestDatabase } from ${JSON.stringify(supportFile)}
     test('uses a database', async () => {
       const { database, drop } = await createTestDatabase({ schema: 'empty' })
       const { rows } = await database.query({ name: null, text: 'show data_directory' })
       const seen = { cluster: rows[0].data_directory, pid: process.pid }
       await writeFile(${JSON.stringify(`${path}.seen`)}, JSON.stringify(seen))
       if (${stays}) await new Promise(() => setInterval(() => undefined, 1000))
       await drop()
     })`,
  )
  return path
}

interface Seen {
  readonly cluster: string
  readonly pid: number
}

async function readSeen(file: string): Promise<Seen | null> {
  const text = await readFile(`${file}.seen`, 'utf8').catch(() => '')
  return text === '' ? null : (JSON.parse(text) as Seen)
}

function run(files: readonly string[]): ChildProcess {
  const env: NodeJS.ProcessEnv = { ...process.env, TMPDIR: directory }
  for (const name of ['NODE_TEST_CONTEXT', 'BILLKEY_TEST_DATABASE_URL']) delete env[name]
  const args = ['--test', '--test-concurrency=2', ...files]
  return spawn(process.execPath, args, { env, stdio: 'ignore' })
}

async function pidsOfServer(cluster: string): Promise<number[]> {
  const home = join(cluster, '..')
  const owners = await readdir(join(home, 'owners'))
  const postmaster = await readPostmasterFile(cluster)
  return [...owners.map(Number), ...(postmaster === null ? [] : [postmaster.pid])]
}

async function untilNothingRuns(cluster: string, pids: readonly number[]): Promise<void> {
  for (const pid of pids) {
    await until(`process ${pid} ends`, async () => (await processStartToken(pid)) === null)
  }
  assert.equal(await readPostmasterFile(cluster), null, 'shut down in good order')
}

test('test files share one server, which ends with the run', async () => {
  const files = [await writeTestFile('one', false), await writeTestFile('two', false)]
  const runner = run(files)
  await once(runner, 'exit')
  assert.equal(runner.exitCode, 0)
  const clusters = await Promise.all(files.map(async (file) => (await readSeen(file))?.cluster))
  const [cluster = ''] = clusters
  assert.ok(cluster.startsWith(directory))
  assert.deepEqual(clusters, [cluster, cluster])
  await untilNothingRuns(cluster, await pidsOfServer(cluster))
})

test('a run that is killed leaves no server behind', async () => {
  const file = await writeTestFile('killed', true)
  const runner = run([file])
  await until('the test has a database', async () => (await readSeen(file)) !== null)
  const { cluster, pid } = (await readSeen(file)) ?? { cluster: '', pid: 0 }
  const pids = await pidsOfServer(cluster)
  assert.equal(pids.length, 2, 'the host and its postmaster')
  // The test file itself goes on, and must not keep the server.
  runner.kill('SIGKILL')
  await untilNothingRuns(cluster, pids)
  process.kill(pid, 'SIGKILL')
})
