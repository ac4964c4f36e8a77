import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'

import { Secret } from '../primitives/secret.ts'
import { adHocSql, openDatabase, type Database } from './database.ts'
import { clusterDir } from './embedded-home.ts'
import { findRunningEmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { startOwner, until, type OwnerProcess } from './owner-process.ts'
import { readPostmasterFile } from './postmaster-file.ts'
import {
  listProcessesWorkingIn,
  processCommandLine,
  processStartToken,
} from './process-identity.ts'
import type { RunningPostgres } from './start-server.ts'
import { silentLog } from './storage-log.ts'

const isLinux = process.platform === 'linux'

// One cluster for the tests that do not mind, since making one takes a second.
let root: string
let dataDir: string
const owners: OwnerProcess[] = []

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'billkey-embedded-'))
  // The server may run as another user, who has to pass through.
  if (process.getuid?.() === 0) await chmod(root, 0o711)
  dataDir = join(root, 'data')
})

afterEach(async () => {
  for (const owner of owners.splice(0)) await owner.kill('SIGKILL')
})

after(() => rm(root, { recursive: true, force: true }))

function own(directory = dataDir, options: { env?: Record<string, string> } = {}): OwnerProcess {
  const owner = startOwner({ dataDir: directory, ...options })
  owners.push(owner)
  return owner
}

async function ownUp(directory = dataDir): Promise<{ owner: OwnerProcess; database: Database }> {
  const owner = own(directory)
  const said = await owner.next()
  assert.equal(said.kind, 'up')
  if (said.kind !== 'up') throw new Error('unreachable')
  return { owner, database: open(new Secret(said.connectionString)) }
}

function open(connectionString: Secret): Database {
  const applicationName = 'embedded-test'
  return openDatabase({ connectionString, poolSize: 2, applicationName, log: silentLog })
}

async function withServer(
  work: (database: Database, server: RunningPostgres) => Promise<void>,
  directory = dataDir,
): Promise<void> {
  const server = await startEmbeddedPostgres({ dataDir: directory, log: silentLog })
  const database = open(server.connectionString)
  try {
    await work(database, server)
  } finally {
    await database.close()
    await server.stop()
  }
}

async function setting(database: Database, name: string): Promise<unknown> {
  const { rows } = await database.query(adHocSql(`select current_setting('${name}') as value`))
  return rows[0]?.['value']
}

async function postmasterPid(directory = dataDir): Promise<number> {
  const file = await readPostmasterFile(clusterDir(join(directory, 'postgres')))
  if (file === null) throw new Error('no postmaster')
  return file.pid
}

function untilGone(pid: number): Promise<void> {
  return until(`process ${pid} ends`, async () => (await processStartToken(pid)) === null)
}

test('what was committed is there after a restart, on a server that relaxes no durability', async () => {
  await withServer(async (database) => {
    for (const name of ['fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums']) {
      assert.equal(await setting(database, name), 'on', name)
    }
    const facts = adHocSql(
      `select pg_encoding_to_char(encoding) as encoding, datcollate as locale
       from pg_database where datname = current_database()`,
    )
    assert.deepEqual((await database.query(facts)).rows, [{ encoding: 'UTF8', locale: 'C' }])
    await database.query(adHocSql('create table kept (id bigint)'))
    await database.query(adHocSql('insert into kept values (42)'))
  })
  await withServer(async (database) => {
    assert.deepEqual((await database.query(adHocSql('select id from kept'))).rows, [{ id: 42 }])
  })
})

test('only this user can reach the server, with a password that is kept in a private file', async () => {
  await withServer(async (database, { connectionString, location }) => {
    assert.equal(await setting(database, 'listen_addresses'), '')
    assert.equal((await stat(join(location, 'run'))).mode & 0o777, 0o700)
    assert.equal((await stat(join(location, 'password'))).mode & 0o777, 0o600)
    const wrong = open(new Secret(connectionString.reveal().replace(/:[^:@]+@/, ':guess@')))
    await assert.rejects(wrong.query(adHocSql('select 1')), /password authentication failed/)
    await wrong.close()
  })
})

test(
  'the server is given none of our environment, which holds secrets',
  { skip: !isLinux },
  async () => {
    const owner = own(dataDir, { env: { BILLKEY_MASTER_KEY: 'not-for-the-server' } })
    assert.equal((await owner.next()).kind, 'up')
    const environment = await readFile(`/proc/${await postmasterPid()}/environ`, 'utf8')
    assert.match(environment, /TZ=UTC/)
    assert.ok(!environment.includes('not-for-the-server'))
    await owner.kill('SIGTERM')
  },
)

test('a server whose owner is killed shuts down by itself and the next start works', async () => {
  const { owner, database } = await ownUp()
  await database.query(adHocSql('create table orphaned (id bigint)'))
  const pid = await postmasterPid()
  await owner.kill('SIGKILL')
  await untilGone(pid)
  await database.close()
  await withServer(async (next) => {
    assert.equal((await next.query(adHocSql('select from orphaned'))).rowCount, 0)
  })
})

test(
  'an orphan whose guard was killed too is stopped by the next start',
  { skip: !isLinux },
  async () => {
    const { owner, database } = await ownUp()
    const pid = await postmasterPid()
    const cluster = clusterDir(join(dataDir, 'postgres'))
    for (const guard of await listProcessesWorkingIn('/')) {
      const commandLine = (await processCommandLine(guard)) ?? ''
      if (commandLine.startsWith('/bin/sh') && commandLine.includes(cluster)) {
        process.kill(guard, 'SIGKILL')
      }
    }
    await owner.kill('SIGKILL')
    assert.notEqual(await processStartToken(pid), null, 'the orphan serves on')
    assert.equal((await database.query(adHocSql('select 1'))).rowCount, 1)
    assert.equal(await findRunningEmbeddedPostgres(dataDir), null, 'and belongs to nobody')
    await withServer(async (next) => {
      assert.equal(await processStartToken(pid), null)
      assert.equal((await next.query(adHocSql('select 1'))).rowCount, 1)
    })
    await database.close()
  },
)

test(
  'after the postmaster was killed the next start ends its busy backends',
  { skip: !isLinux },
  async () => {
    const warnings: string[] = []
    const log = {
      ...silentLog,
      warn: (_: object, message: string) => warnings.push(message),
      error: (_: object, message: string) => warnings.push(message),
    }
    const server = await startEmbeddedPostgres({ dataDir, log })
    const database = open(server.connectionString)
    await database.query(adHocSql('create table survived as select 7 as id'))
    // Counting up in memory: it never waits for anything, so it never notices that it is alone.
    const busy = database.query(adHocSql('select count(*) from generate_series(1, 1e12)'))
    const ended = assert.rejects(busy)
    await database.query(adHocSql('select 1'))
    process.kill(await postmasterPid(), 'SIGKILL')
    await server.exited
    const next = await startEmbeddedPostgres({ dataDir, log })
    const again = open(next.connectionString)
    assert.deepEqual((await again.query(adHocSql('select id from survived'))).rows, [{ id: 7 }])
    await ended
    assert.deepEqual(warnings, [
      'PostgreSQL ended unexpectedly',
      'ending backends that outlived their PostgreSQL',
    ])
    await again.close()
    await next.stop()
    await database.close()
    await server.stop()
  },
)

test('a lock file is stale when its process number now belongs to somebody else', async () => {
  await withServer(async () => undefined)
  const cluster = clusterDir(join(dataDir, 'postgres'))
  // PostgreSQL by itself would refuse: that process, ours, is alive.
  const lines = [
    process.pid,
    cluster,
    1,
    5432,
    join(dataDir, 'postgres', 'run'),
    '',
    '0 0',
    'ready',
  ]
  await writeFile(join(cluster, 'postmaster.pid'), `${lines.join('\n')}\n`)
  assert.equal(await findRunningEmbeddedPostgres(dataDir), null)
  await withServer(async (database) => {
    assert.equal((await database.query(adHocSql('select 1'))).rowCount, 1)
  })
})

test('a data directory in use is refused with the owner’s number, and can be joined', async () => {
  const { owner, database } = await ownUp()
  await assert.rejects(startEmbeddedPostgres({ dataDir, log: silentLog }), {
    name: 'DataDirectoryInUse',
    code: 'data_directory_in_use',
    pid: owner.pid,
    message: new RegExp(`is in use by process ${owner.pid}: stop it first`),
  })
  const found = await findRunningEmbeddedPostgres(dataDir)
  assert.equal(found?.ownerPid, owner.pid)
  const joined = open(found.connectionString)
  assert.equal((await joined.query(adHocSql('select 1'))).rowCount, 1)
  await joined.close()
  await database.close()
  await owner.kill('SIGTERM')
  assert.equal(await findRunningEmbeddedPostgres(dataDir), null)
})

test('one process cannot start the same data directory twice', async () => {
  await withServer(async () => {
    const again = startEmbeddedPostgres({ dataDir, log: silentLog })
    await assert.rejects(again, { name: 'DataDirectoryInUse', pid: process.pid })
  })
})

test('tells when there is only PostgreSQL to wait for, and never in a directory that is in use', async () => {
  const directory = join(root, 'told')
  let isUp = false
  const told: boolean[] = []
  const onLaunch = () => told.push(isUp)
  const server = await startEmbeddedPostgres({ dataDir: directory, log: silentLog, onLaunch })
  isUp = true
  // While its files are made, and while it starts.
  assert.deepEqual(told, [false, false])
  const again = startEmbeddedPostgres({ dataDir: directory, log: silentLog, onLaunch })
  await assert.rejects(again, { name: 'DataDirectoryInUse' })
  await server.stop()
  assert.equal(told.length, 2)
})

test('a server whose process cannot be seen from here is still in use', async () => {
  const { owner, database } = await ownUp()
  const file = join(clusterDir(join(dataDir, 'postgres')), 'postmaster.pid')
  const text = await readFile(file, 'utf8')
  // As from another container on the same volume: neither number means anything here.
  await rm(join(dataDir, 'postgres', 'owners', String(owner.pid)))
  await writeFile(file, text.replace(/^\d+/, '999999999'))
  await assert.rejects(startEmbeddedPostgres({ dataDir, log: silentLog }), {
    name: 'DataDirectoryInUse',
    pid: null,
    message: /is in use by a process outside this container/,
  })
  await writeFile(file, text)
  await database.close()
  await owner.kill('SIGTERM')
})

test('Ctrl-C reaches the owner and not the server, which answers until it is stopped', async () => {
  const { owner, database } = await ownUp()
  const pid = await postmasterPid()
  await database.close()
  owner.signalGroup('SIGINT')
  assert.deepEqual(await owner.next(), { kind: 'interrupted', answer: 1 })
  await untilGone(pid)
})

test('of two first starts at once exactly one serves, and the other names it', async () => {
  const directory = join(root, 'raced')
  const racers = [own(directory), own(directory)]
  const said = await Promise.all(racers.map((racer) => racer.next()))
  assert.deepEqual(said.map(({ kind }) => kind).sort(), ['refused', 'up'])
  const winner = said.findIndex(({ kind }) => kind === 'up')
  const loser = said[1 - winner]
  assert.ok(loser?.kind === 'refused')
  assert.equal(loser.code, 'data_directory_in_use')
  assert.equal(loser.ownerPid, racers[winner]?.pid)
  await racers[winner]?.kill('SIGTERM')
})

test('a first start that was cut off leaves nothing in the way', async () => {
  const directory = join(root, 'cut-off')
  const owner = own(directory)
  const home = join(directory, 'postgres')
  await until('initdb writes', async () => existsSync(join(home, `cluster.new-${owner.pid}`)))
  await owner.kill('SIGKILL')
  assert.ok(!existsSync(clusterDir(home)))
  await withServer(async (database) => {
    assert.equal((await database.query(adHocSql('select 1'))).rowCount, 1)
  }, directory)
  assert.ok(!existsSync(join(home, `cluster.new-${owner.pid}`)))
})

test('a data directory too deep for a socket address gets a short one that is removed again', async () => {
  const directory = join(root, '깊은 곳', 'x'.repeat(100), 'data, "quoted"')
  await mkdir(dirname(directory), { recursive: true })
  let socketDir = ''
  await withServer(async (database) => {
    socketDir = String(await setting(database, 'unix_socket_directories')).replaceAll('"', '')
    assert.equal(dirname(socketDir), tmpdir())
    assert.equal((await stat(socketDir)).mode & 0o777, 0o700)
    const found = await findRunningEmbeddedPostgres(directory)
    assert.equal(found?.ownerPid, process.pid)
  }, directory)
  assert.ok(!existsSync(socketDir))
})

test('a cluster of another major version is refused before it is touched', async () => {
  const version = join(clusterDir(join(dataDir, 'postgres')), 'PG_VERSION')
  const text = await readFile(version, 'utf8')
  await writeFile(version, '15\n')
  await assert.rejects(startEmbeddedPostgres({ dataDir, log: silentLog }), {
    code: 'other_major_version',
    message: /was made by PostgreSQL 15, this is 18: dump it/,
  })
  await writeFile(version, text)
})

test('a cluster whose password is lost is refused rather than made anew', async () => {
  const file = join(dataDir, 'postgres', 'password')
  const text = await readFile(file, 'utf8')
  await rm(file)
  const start = startEmbeddedPostgres({ dataDir, log: silentLog })
  await assert.rejects(start, { code: 'password_missing', message: /restore the file/ })
  await writeFile(file, text, { mode: 0o600 })
  await withServer(async (database) => {
    assert.equal((await database.query(adHocSql('select 1'))).rowCount, 1)
  })
})

test('a server that cannot start says why in one line', async () => {
  const settings = join(clusterDir(join(dataDir, 'postgres')), 'postgresql.auto.conf')
  const text = await readFile(settings, 'utf8')
  await writeFile(settings, `max_connections = 'many'\n`)
  await assert.rejects(startEmbeddedPostgres({ dataDir, log: silentLog }), (error: Error) => {
    assert.match(error.message, /^PostgreSQL did not start \(.+\): see .+, or set DATABASE_URL$/)
    return true
  })
  await writeFile(settings, text)
})
