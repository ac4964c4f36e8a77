// Brings up a PostgreSQL on a data directory: home, binaries, cluster, leftovers, socket, launch. What
// it is allowed to lose is the caller's to say; embedded-postgres.ts says: nothing.

import { chown, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Secret } from '../primitives/secret.ts'
import { prepareBinaries } from './embedded-binaries.ts'
import { connectionStringTo, prepareCluster } from './embedded-cluster.ts'
import { clusterDir, openHome, type ServerHome } from './embedded-home.ts'
import { listOwners, signIn } from './home-owners.ts'
import { clearLeftovers, endOrphanBackends, findOtherOwner } from './leftover-server.ts'
import { readPostmasterFile, socketPath } from './postmaster-file.ts'
import { launchServer, type ServerLaunch, type ServerProcess } from './server-process.ts'
import {
  DataDirectoryInUse,
  diskFull,
  explainFileError,
  DatabaseStartupError,
} from './startup-error.ts'
import type { StorageLog } from './storage-log.ts'

export interface RunningPostgres {
  readonly connectionString: Secret
  /** Where the server's files are; inside the data directory wherever that is possible. */
  readonly location: string
  /** Resolves when the server is gone. Before `stop` was called, that is a failure. */
  readonly exited: Promise<void>
  /** Fast shutdown; resolves when the server is gone. May be called twice. */
  stop(): Promise<void>
}

export interface ServerOptions {
  readonly dataDir: string
  readonly log: StorageLog
  /** PostgreSQL settings besides those about sockets and logs. */
  readonly settings: Readonly<Record<string, string>>
  /** Called, perhaps twice, when the data directory is ours and a program of PostgreSQL is waited for. */
  readonly onLaunch?: (() => void) | undefined
}

// Part of the socket's file name only: nothing listens on the network.
const port = 5432
// One that fails, one after the backends' grace, one in case the first to die was slow about it.
const launchesMax = 3
// With 10 MB each, the most a troubled server may fill.
const logFilesKept = 10

/** Throws `DatabaseStartupError` (`DataDirectoryInUse` among them), whose message an operator can act on. */
export async function startServer(options: ServerOptions): Promise<RunningPostgres> {
  try {
    const home = await openHome(options.dataDir, options.log)
    if ((await listOwners(home.path)).includes(process.pid)) {
      throw new DataDirectoryInUse(options.dataDir, process.pid)
    }
    const signOut = await signIn(home.path)
    try {
      const [first] = await listOwners(home.path)
      if (first !== undefined && first !== process.pid) {
        throw new DataDirectoryInUse(options.dataDir, first)
      }
      return await startIn(home, options, signOut)
    } catch (error) {
      await signOut()
      throw error
    }
  } catch (error) {
    throw explainFileError(error, options.dataDir)
  }
}

async function startIn(
  home: ServerHome,
  { log, settings, onLaunch }: ServerOptions,
  signOut: () => Promise<void>,
): Promise<RunningPostgres> {
  const binaries = await prepareBinaries(home)
  // Before the cluster is looked at: an orphan may still be writing to it.
  await clearLeftovers(home, log)
  const password = await prepareCluster(home, binaries, onLaunch)
  const socket = await openSocketDirectory(home)
  try {
    const allSettings = { ...settings, ...socket.settings, ...(await openLogDirectory(home)) }
    const launch = { home, binaries, settings: allSettings, log, onLaunch }
    const server = await launchUntilReady(launch)
    let isStopping = false
    // Signed out as soon as nothing is served, so that another process may take over from us.
    void server.exited.then(() => {
      if (!isStopping) log.error({ location: home.path }, 'PostgreSQL ended unexpectedly')
      return signOut()
    })
    return {
      connectionString: connectionStringTo(server.postmaster, password),
      location: home.path,
      exited: server.exited,
      stop: async () => {
        isStopping = true
        await server.stop()
        await socket.remove()
        await signOut()
      },
    }
  } catch (error) {
    await socket.remove()
    throw error
  }
}

interface SocketDirectory {
  readonly settings: Readonly<Record<string, string>>
  remove(): Promise<void>
}

// A directory that only the server's user (and root) can enter; within it nobody else can connect.
async function openSocketDirectory(home: ServerHome): Promise<SocketDirectory> {
  const remove = () => Promise.resolve()
  if (process.platform === 'win32') {
    const settings = { listen_addresses: '127.0.0.1', port: String(await findFreePort()) }
    return { settings, remove }
  }
  const inside = join(home.path, 'run')
  if (fitsSocketAddress(inside)) {
    await ensureDirectoryOf(home, inside)
    return { settings: socketSettings(inside), remove }
  }
  const short = await mkdtemp(join(tmpdir(), 'billkey-'))
  if (home.account !== null) await chown(short, home.account.uid, home.account.gid)
  return {
    settings: socketSettings(short),
    remove: () => rm(short, { recursive: true, force: true }),
  }
}

function socketSettings(directory: string): Record<string, string> {
  return {
    listen_addresses: '',
    port: String(port),
    unix_socket_permissions: '0700',
    // A list: quoted, lest a comma in the path be taken for a separator.
    unix_socket_directories: `"${directory.replaceAll('"', '""')}"`,
  }
}

/** sun_path holds 108 bytes on Linux and 104 on macOS, the closing zero included. */
export function fitsSocketAddress(directory: string): boolean {
  const maxBytes = process.platform === 'linux' ? 107 : 103
  return Buffer.byteLength(socketPath(directory, port)) <= maxBytes
}

async function findFreePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', resolve)
  })
  const { port: freePort } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return freePort
}

async function ensureDirectoryOf(home: ServerHome, path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  if (home.account !== null) await chown(path, home.account.uid, home.account.gid)
}

// A new file per start and per 10 MB; PostgreSQL deletes none, so old ones are dropped here.
async function openLogDirectory(home: ServerHome): Promise<Record<string, string>> {
  const directory = join(home.path, 'log')
  await ensureDirectoryOf(home, directory)
  const files = await listLogFiles(home)
  for (const file of files.slice(0, -logFilesKept)) await rm(join(directory, file), { force: true })
  return {
    logging_collector: 'on',
    log_directory: directory,
    log_filename: 'postgres-%Y%m%d-%H%M%S.log',
    log_file_mode: '0600',
    log_rotation_age: '0',
    log_rotation_size: '10MB',
    log_checkpoints: 'off',
    // DETAIL lines quote the values of rows.
    log_error_verbosity: 'terse',
  }
}

async function launchUntilReady(launch: ServerLaunch): Promise<ServerProcess> {
  const cluster = clusterDir(launch.home.path)
  for (let launches = 1; ; launches += 1) {
    const outcome = await launchServer(launch)
    if (outcome.kind === 'ready') return outcome.server
    // Backends of a postmaster that was killed still hold the cluster's shared memory.
    const isHeld = /pre-existing shared memory block|pre-existing server process/.test(outcome.text)
    if (!isHeld || launches === launchesMax) throw await explainLaunch(launch.home, outcome.text)
    await endOrphanBackends(cluster, launch.log)
  }
}

async function explainLaunch(home: ServerHome, startupText: string): Promise<DatabaseStartupError> {
  if (startupText.includes('lock file "postmaster.pid" already exists')) {
    // Another start was quicker; PostgreSQL's own lock decides between the two.
    const postmaster = await readPostmasterFile(clusterDir(home.path))
    return new DataDirectoryInUse(
      home.dataDir,
      (await findOtherOwner(home)) ?? postmaster?.pid ?? null,
    )
  }
  const text = `${startupText}\n${await readNewestLog(home)}`
  if (text.includes('No space left on device')) return diskFull(home.path)
  const reason = [...text.matchAll(/(?:FATAL|PANIC): +(.*)/g)].at(-1)?.[1] ?? 'it gave no reason'
  return new DatabaseStartupError(
    'server_did_not_start',
    `PostgreSQL did not start (${reason}): see ${join(home.path, 'log')}, or set DATABASE_URL`,
  )
}

async function readNewestLog(home: ServerHome): Promise<string> {
  const newest = (await listLogFiles(home)).at(-1)
  return newest === undefined ? '' : readFile(join(home.path, 'log', newest), 'utf8')
}

/** Oldest first: the names carry the time. */
async function listLogFiles(home: ServerHome): Promise<string[]> {
  const files = await readdir(join(home.path, 'log')).catch(() => [])
  return files.filter((file) => file.startsWith('postgres-')).sort((a, b) => (a < b ? -1 : 1))
}
