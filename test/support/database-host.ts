// Keeps one throw-away PostgreSQL for all test files of a run. Test processes hold a connection to it
// for as long as they live, so the kernel counts the users, whatever way they end. When the last one
// has gone, and the runner that would start the next one too, it stops the server and ends.

import { rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import { Client } from 'pg'

import { processStartToken } from '../../src/db/process-identity.ts'
import { startServer, type RunningPostgres } from '../../src/db/start-server.ts'
import { DataDirectoryInUse } from '../../src/db/startup-error.ts'
import { silentLog } from '../../src/db/storage-log.ts'
import { hostSocketPath } from './database-server.ts'

// How soon the end of the runner is noticed.
const pollMs = 50
// The process that started this host connects at once, unless it died.
const firstUserMaxMs = 5_000
// How long an idle server is kept for a runner that is busy with tests that need none.
const idleMaxMs = 30_000

// Nothing here outlives the run, so it need not survive a power cut either.
const carelessSettings = {
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  autovacuum: 'off',
  timezone: 'UTC',
}

interface Users {
  /** Test processes, with the runner each was started by; 0 for one started by hand. */
  readonly runnerPidBySocket: Map<Socket, number>
  /** Runners whose test files have used the server. */
  readonly runnerPids: Set<number>
  hasHadAny: boolean
}

async function main(directory: string): Promise<void> {
  const users: Users = { runnerPidBySocket: new Map(), runnerPids: new Set(), hasHadAny: false }
  const postgres = await startOrRecreate(directory)
  // Another host was quicker; whoever started this one finds that one.
  if (postgres === null) return
  await dropLeftoverDatabases(postgres)
  // Whoever owns the server's data directory owns the socket's path, so this removes a dead one.
  const path = hostSocketPath(directory)
  await rm(path, { force: true })
  const server = createServer((socket) => welcome(socket, users, postgres))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  await Promise.race([untilUnused(users), postgres.exited])
  // In this order: a late comer finds nobody, or is hung up on before it was answered, and starts anew.
  server.close()
  for (const socket of users.runnerPidBySocket.keys()) socket.destroy()
  await postgres.stop()
}

// A cluster without fsync may be damaged by a power cut, or be of an older PostgreSQL.
async function startOrRecreate(directory: string): Promise<RunningPostgres | null> {
  const options = { dataDir: directory, log: silentLog, settings: carelessSettings }
  try {
    return await startServer(options)
  } catch (error) {
    if (error instanceof DataDirectoryInUse) return null
    await rm(directory, { recursive: true, force: true })
    return startServer(options)
  }
}

/** Clones of test processes that were killed. */
async function dropLeftoverDatabases(postgres: RunningPostgres): Promise<void> {
  const client = new Client({ connectionString: postgres.connectionString.reveal() })
  await client.connect()
  const { rows } = await client.query<{ datname: string }>(
    `select datname from pg_database where datname like 'test\\_%'`,
  )
  for (const { datname } of rows) await client.query(`drop database "${datname}" with (force)`)
  await client.end()
}

function welcome(socket: Socket, users: Users, postgres: RunningPostgres): void {
  users.runnerPidBySocket.set(socket, 0)
  users.hasHadAny = true
  socket.on('error', () => undefined) // A killed test process; 'close' follows.
  socket.once('close', () => users.runnerPidBySocket.delete(socket))
  socket.once('data', (greeting) => {
    const runnerPid = Number(greeting.toString())
    if (runnerPid > 0) users.runnerPids.add(runnerPid)
    users.runnerPidBySocket.set(socket, runnerPid)
    socket.write(`${postgres.connectionString.reveal()}\n`)
  })
}

async function untilUnused(users: Users): Promise<void> {
  for (let idleMs = 0; idleMs < (users.hasHadAny ? idleMaxMs : firstUserMaxMs); idleMs += pollMs) {
    await delay(pollMs)
    if (await hasUser(users)) idleMs = 0
    else if (users.hasHadAny && !(await isAnyRunning(users.runnerPids))) return
  }
}

// A test process that outlives its killed runner has nobody left to tell, and does not count.
async function hasUser({ runnerPidBySocket }: Users): Promise<boolean> {
  const pids = new Set(runnerPidBySocket.values())
  return pids.has(0) || (await isAnyRunning(pids))
}

async function isAnyRunning(pids: ReadonlySet<number>): Promise<boolean> {
  for (const pid of pids) if ((await processStartToken(pid)) !== null) return true
  return false
}

const [, , directory] = process.argv
if (directory === undefined) throw new Error('usage: node database-host.ts <directory>')
await main(directory)
