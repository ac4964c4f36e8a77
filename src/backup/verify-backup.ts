// Proves a backup by restoring it: into a PostgreSQL of its own that is thrown away after.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startServer } from '../db/start-server.ts'
import { silentLog } from '../db/storage-log.ts'
import {
  restoreBackup,
  type Restored,
  type RestoreDependencies,
  type RestoreProgress,
} from './restore-backup.ts'

// Nothing of it is to last.
const scratchSettings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_wal_size: '4GB',
  timezone: 'UTC',
  log_timezone: 'UTC',
}

/** Needs room in the temporary directory for the whole database. Throws as `restoreBackup` does. */
export async function verifyBackup(
  deps: Omit<RestoreDependencies, 'databaseAddress'>,
  source: AsyncIterable<Buffer>,
  progress: RestoreProgress,
): Promise<Restored> {
  const dataDir = await mkdtemp(join(tmpdir(), 'billkey-verify-'))
  try {
    const scratch = await startServer({ dataDir, log: silentLog, settings: scratchSettings })
    try {
      const databaseAddress = scratch.connectionString
      return await restoreBackup({ ...deps, databaseAddress }, source, progress)
    } finally {
      await scratch.stop()
      await rm(scratch.location, { recursive: true, force: true })
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}
