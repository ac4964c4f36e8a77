// PostgreSQL refuses to run as root, so a root process lends it an unprivileged account.

import type { ExecFileOptions } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'

import { DatabaseStartupError } from './startup-error.ts'

export interface ServerAccount {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/**
 * Null when the server may run as ourselves. A cluster that exists stays with its owner, since
 * PostgreSQL serves only a cluster that belongs to the user it runs as.
 */
export async function chooseServerAccount(clusterDir: string): Promise<ServerAccount | null> {
  if (process.getuid === undefined || process.getuid() !== 0) return null
  const owner = await stat(clusterDir).catch(() => null)
  if (owner !== null && owner.uid !== 0) {
    return { name: `of uid ${owner.uid}`, uid: owner.uid, gid: owner.gid }
  }
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const accounts = passwd.split('\n').map((line) => line.split(':'))
  // `postgres` exists for this; `nobody` exists everywhere.
  for (const name of ['postgres', 'nobody']) {
    const fields = accounts.find(([accountName]) => accountName === name)
    const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])]
    if (uid > 0 && gid > 0) return { name, uid, gid }
  }
  throw new DatabaseStartupError(
    'unprivileged_user_unavailable',
    'PostgreSQL refuses to run as root and there is no user "postgres" or "nobody": run as another user, or set DATABASE_URL',
  )
}

/**
 * How every program of PostgreSQL is run: as the account, from a directory it can be in, and with an
 * environment that holds none of our settings, since some of them are secrets.
 */
export function unprivilegedSpawnOptions(account: ServerAccount | null): ExecFileOptions {
  const env: NodeJS.ProcessEnv = { LC_ALL: 'C', TZ: 'UTC', PATH: process.env['PATH'] }
  // Without it Windows programs find neither sockets nor a random source.
  if (process.env['SystemRoot'] !== undefined) env['SystemRoot'] = process.env['SystemRoot']
  const common = { cwd: process.platform === 'win32' ? process.cwd() : '/', env }
  return account === null ? common : { ...common, uid: account.uid, gid: account.gid }
}
