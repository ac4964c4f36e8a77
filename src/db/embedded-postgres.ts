// The PostgreSQL that comes with billkey: a real server with no durability relaxed, reachable by this
// machine's user only, started and stopped with the process that owns it.

import { resolve } from 'node:path'

import type { Secret } from '../primitives/secret.ts'
import { connectionStringTo, readPassword } from './embedded-cluster.ts'
import { clusterDir, findHome } from './embedded-home.ts'
import { listOwners } from './home-owners.ts'
import { isPostmasterOf, readPostmasterFile } from './postmaster-file.ts'
import { startServer, type RunningPostgres } from './start-server.ts'
import type { StorageLog } from './storage-log.ts'

/** A commit that was answered survives a power cut. These are defaults; they are nailed down here. */
const durableSettings: Readonly<Record<string, string>> = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
}

export interface EmbeddedPostgresOptions {
  readonly dataDir: string
  readonly log: StorageLog
  readonly onLaunch?: (() => void) | undefined
}

/**
 * Starts the server of this data directory: about 1.5 s the first time, about 0.1 s later. Throws
 * `DatabaseStartupError`, or `DataDirectoryInUse` when another live process serves it.
 */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<RunningPostgres> {
  const dataDir = resolve(options.dataDir)
  return startServer({ ...options, dataDir, settings: durableSettings })
}

export interface FoundPostgres {
  readonly connectionString: Secret
  /** The billkey that started it. */
  readonly ownerPid: number
}

/** The server that another live process runs on this data directory, for commands beside it. */
export async function findRunningEmbeddedPostgres(dataDir: string): Promise<FoundPostgres | null> {
  const home = await findHome(resolve(dataDir))
  if (home === null) return null
  const [ownerPid] = await listOwners(home)
  const postmaster = await readPostmasterFile(clusterDir(home))
  if (ownerPid === undefined || postmaster === null || !postmaster.isReady) return null
  if (!(await isPostmasterOf(clusterDir(home), postmaster.pid))) return null
  const password = await readPassword(home)
  if (password === null) return null
  return { connectionString: connectionStringTo(postmaster, password), ownerPid }
}
