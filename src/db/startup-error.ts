// Why the database could not be brought up. The message is one line and ends with the way out,
// because it is the only thing an operator sees.

import { StartupError } from '../primitives/startup-error.ts'

export type DatabaseStartupCode =
  | 'cluster_missing'
  | 'data_directory_in_use'
  | 'database_newer'
  | 'database_unsuitable'
  | 'disk_full'
  | 'migration_changed'
  | 'migration_failed'
  | 'migration_malformed'
  | 'no_write_permission'
  | 'other_major_version'
  | 'password_missing'
  | 'platform_unsupported'
  | 'server_did_not_start'
  | 'unprivileged_user_unavailable'

export class DatabaseStartupError extends StartupError {
  override name = 'DatabaseStartupError'
  declare readonly code: DatabaseStartupCode

  constructor(code: DatabaseStartupCode, message: string, cause?: unknown) {
    super(code, message.replaceAll(/\s*\n\s*/g, ' '), cause === undefined ? {} : { cause })
  }
}

/** Another live process serves this data directory. */
export class DataDirectoryInUse extends DatabaseStartupError {
  override name = 'DataDirectoryInUse'
  /** Null when the owner cannot be seen from here: another container on the same volume. */
  readonly pid: number | null

  constructor(dataDir: string, pid: number | null) {
    const owner = pid === null ? 'a process outside this container' : `process ${pid}`
    super(
      'data_directory_in_use',
      `data directory ${dataDir} is in use by ${owner}: stop it first, or choose another BILLKEY_DATA_DIR`,
    )
    this.pid = pid
  }
}

/** Turns what the file system says into what the operator can do. Other errors pass unchanged. */
export function explainFileError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || error instanceof StartupError) return error
  const { code, path: failedPath = path } = error as NodeJS.ErrnoException
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new DatabaseStartupError(
      'no_write_permission',
      `cannot write ${failedPath} (${code}): make it writable for this user, or choose another BILLKEY_DATA_DIR`,
      error,
    )
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(failedPath, error)
  return error
}

export function diskFull(path: string, cause?: unknown): DatabaseStartupError {
  return new DatabaseStartupError(
    'disk_full',
    `no space left for ${path}: free some, then start again; nothing committed is lost`,
    cause,
  )
}
