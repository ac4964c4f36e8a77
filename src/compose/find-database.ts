// Where the database is: named by DATABASE_URL, run by another billkey on this data directory, or started here. Imports
// little, so that PostgreSQL can be starting while the rest of the program is loaded.

import type { Config } from '../config.ts'
import { findRunningEmbeddedPostgres, startEmbeddedPostgres } from '../db/embedded-postgres.ts'
import type { StorageLog } from '../db/storage-log.ts'
import type { Secret } from '../primitives/secret.ts'

export interface FoundDatabase {
  readonly connectionString: Secret
  /** Where it came from, for people. */
  readonly source: string
  /** Resolves when the embedded database ended without being asked to; never for another one. */
  readonly ended: Promise<'database'>
  /** May be called twice. */
  stop(): Promise<void>
}

export interface FindOptions {
  readonly log: StorageLog
  /** A command in a second terminal uses the server that the first one runs. */
  readonly mayJoin: boolean
  /** Called when the data directory is ours and a program of PostgreSQL is waited for. */
  readonly onLaunch?: (() => void) | undefined
}

export async function findDatabase(
  config: Config,
  dataDir: string,
  { log, mayJoin, onLaunch }: FindOptions,
): Promise<FoundDatabase> {
  const notOurs = { ended: new Promise<never>(() => undefined), stop: async () => undefined }
  if (config.databaseUrl !== null) {
    return { connectionString: config.databaseUrl, source: 'DATABASE_URL', ...notOurs }
  }
  const running = mayJoin ? await findRunningEmbeddedPostgres(dataDir) : null
  if (running !== null) {
    const source = `the embedded PostgreSQL of process ${running.ownerPid}`
    return { connectionString: running.connectionString, source, ...notOurs }
  }
  const started = await startEmbeddedPostgres({ dataDir, log, onLaunch })
  return {
    connectionString: started.connectionString,
    source: 'the embedded PostgreSQL',
    ended: started.exited.then(() => 'database'),
    stop: () => started.stop(),
  }
}
