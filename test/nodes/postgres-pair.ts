// Two real PostgreSQL servers, the second a streaming standby of the first to which every commit waits, behind one
// address that can be turned from one to the other as a virtual IP is.

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { Client } from 'pg'

import { clusterDir, openHome } from '../../src/db/embedded-home.ts'
import { readPostmasterFile } from '../../src/db/postmaster-file.ts'
import { type RunningPostgres, startServer } from '../../src/db/start-server.ts'
import { silentLog } from '../../src/db/storage-log.ts'

export interface PostgresPair {
  /** The one address, with the maintenance database. */
  readonly connectionString: string
  /** The first dies without a word to anybody, as by a power cut; the address leads to the standby from now on. */
  loseFirst(): Promise<void>
  /** The second takes writes. */
  promoteSecond(): Promise<void>
  /** The first is shut down and started again on the same files, as for a minor upgrade. */
  restartFirst(): Promise<void>
  close(): Promise<void>
}

// Nothing here has to survive a power cut; what is committed is waited for by the standby all the same.
const careless = { fsync: 'off', full_page_writes: 'off', autovacuum: 'off', max_connections: '80' }
const replicated = { ...careless, synchronous_standby_names: '*' }

export async function startPostgresPair(): Promise<PostgresPair> {
  const directory = await mkdtemp(join(tmpdir(), 'billkey-pair-'))
  await execFileAsync('chmod', ['711', directory])
  const start = (name: string, settings: Readonly<Record<string, string>>) =>
    startServer({ dataDir: join(directory, name), log: silentLog, settings })
  let first = await start('first', careless)
  await first.stop()
  const standbyHome = await copyCluster(first.location, join(directory, 'second'))
  first = await start('first', replicated)
  const primary = placeOf(first)
  const second = await start('second', {
    ...careless,
    primary_conninfo: `host=${primary.host} port=${primary.port} user=${primary.user} password=${primary.password}`,
  }).catch(async (error: unknown) => {
    await first.stop()
    throw error
  })
  const address = await openAddress(first)
  return {
    connectionString: address.connectionString,
    async loseFirst() {
      const postmaster = await readPostmasterFile(clusterDir(first.location))
      // An immediate shutdown: sessions end in the middle, nothing is written any more.
      process.kill(postmaster?.pid as number, 'SIGQUIT')
      await first.exited
      address.turnTo(second)
    },
    promoteSecond: () => onServer(second, 'select pg_promote(false)'),
    async restartFirst() {
      await first.stop()
      first = await start('first', replicated)
      address.turnTo(first)
    },
    async close() {
      await address.close()
      // A first that waits for its standby would not stop before it.
      await Promise.all([first.stop(), second.stop()])
      await rm(standbyHome, { recursive: true, force: true })
      await rm(first.location, { recursive: true, force: true })
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const execFileAsync = promisify(execFile)

/** What pg_basebackup would do, of a server that is stopped: it is not among the embedded server's programs. */
async function copyCluster(firstHome: string, dataDir: string): Promise<string> {
  const { path } = await openHome(dataDir, silentLog)
  await execFileAsync('cp', ['-a', clusterDir(firstHome), join(firstHome, 'password'), path])
  const signal = join(clusterDir(path), 'standby.signal')
  await writeFile(signal, '', { mode: 0o600 })
  const { uid, gid } = await stat(clusterDir(path))
  if (process.getuid?.() === 0) await chown(signal, uid, gid)
  return path
}

interface Place {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
}

function placeOf({ connectionString }: RunningPostgres): Place {
  const { searchParams, username, password } = new URL(connectionString.reveal())
  return {
    host: searchParams.get('host') ?? '',
    port: Number(searchParams.get('port')),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
  }
}

async function onServer({ connectionString }: RunningPostgres, text: string): Promise<void> {
  const client = new Client({ connectionString: connectionString.reveal() })
  await client.connect()
  await client.query(text)
  await client.end()
}

async function openAddress(first: RunningPostgres) {
  const sockets = new Set<Socket>()
  let target = socketOf(first)
  const server = createServer((near) => {
    const far = connect(target)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => undefined) // 'close' follows.
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { user, password } = placeOf(first)
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    connectionString: `postgresql://${user}:${password}@127.0.0.1:${port}/postgres`,
    turnTo(next: RunningPostgres) {
      target = socketOf(next)
      cut()
    },
    async close() {
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}

function socketOf(server: RunningPostgres): NetConnectOpts {
  const { host, port } = placeOf(server)
  return { path: join(host, `.s.PGSQL.${port}`) }
}
