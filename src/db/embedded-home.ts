// Where the embedded server lives: <data directory>/postgres, unless the server's user cannot get
// there (a checkout under /root). Then it lives under /var/lib/billkey, and a file in the data
// directory says where; that file is obeyed ever after, so that data is never silently left behind.

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, chown, mkdir, readFile, realpath, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

import {
  chooseServerAccount,
  unprivilegedSpawnOptions,
  type ServerAccount,
} from './server-account.ts'
import { DatabaseStartupError } from './startup-error.ts'
import type { StorageLog } from './storage-log.ts'

const execFileAsync = promisify(execFile)

export interface ServerHome {
  /** As the operator knows it. */
  readonly dataDir: string
  /** Holds cluster, run, log, owners, password and perhaps a copy of the binaries. */
  readonly path: string
  readonly account: ServerAccount | null
}

export function clusterDir(homePath: string): string {
  return join(homePath, 'cluster')
}

export function passwordFile(homePath: string): string {
  return join(homePath, 'password')
}

/** The home that an earlier start chose; null when there was none. */
export async function findHome(dataDir: string): Promise<string | null> {
  const recorded = await readFile(locationFile(dataDir), 'utf8').catch(() => null)
  if (recorded !== null) return recorded.trim()
  const inside = join(resolve(dataDir), 'postgres')
  return stat(clusterDir(inside)).then(
    () => inside,
    () => null,
  )
}

/** Chooses and creates the home, or returns to the one chosen before. */
export async function openHome(dataDir: string, log: StorageLog): Promise<ServerHome> {
  const recorded = await readFile(locationFile(dataDir), 'utf8').catch(() => null)
  if (recorded !== null) return returnToRecordedHome(dataDir, recorded.trim())
  const account = await chooseServerAccount(clusterDir(join(dataDir, 'postgres')))
  await createDataDirectory(dataDir, account)
  const inside = join(await realpath(dataDir), 'postgres')
  await createPrivateDirectory(inside, account)
  if (account === null || (await isReachable(inside, account))) {
    return { dataDir, path: inside, account }
  }
  if (await openPassage(dirname(inside), inside, account)) {
    log.info({ dataDir, mode: '0711' }, 'data directory opened for passage of the server’s user')
    return { dataDir, path: inside, account }
  }
  return moveOutside(dataDir, account, log)
}

function locationFile(dataDir: string): string {
  return join(dataDir, 'postgres.location')
}

async function createDataDirectory(dataDir: string, account: ServerAccount | null): Promise<void> {
  // 0711 for root: the server's user must pass through, and each file within has its own mode.
  await mkdir(dataDir, { recursive: true, mode: account === null ? 0o700 : 0o711 })
}

async function createPrivateDirectory(path: string, account: ServerAccount | null): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  if (account !== null) await chown(path, account.uid, account.gid)
}

async function returnToRecordedHome(dataDir: string, path: string): Promise<ServerHome> {
  if ((await stat(path).catch(() => null)) === null) {
    throw new DatabaseStartupError(
      'cluster_missing',
      `the database of ${dataDir} should be in ${path}, which does not exist: restore it, or delete ${locationFile(dataDir)} to begin with an empty one`,
    )
  }
  return { dataDir, path, account: await chooseServerAccount(clusterDir(path)) }
}

/**
 * Really enters and writes as that user: parents' modes, ACLs and mounts all have a say. Under a name of its own: of two
 * first starts at once each would else find its file removed by the other, and one would put its data elsewhere.
 */
async function isReachable(path: string, account: ServerAccount): Promise<boolean> {
  const script = 'cd "$1" && : >".reachable-$$" && rm ".reachable-$$"'
  try {
    const options = unprivilegedSpawnOptions(account)
    await execFileAsync('/bin/sh', ['-c', script, 'sh', path], options)
    return true
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (code !== 'EPERM' && code !== 'ENOENT') return false
    throw new DatabaseStartupError(
      'unprivileged_user_unavailable',
      `cannot run /bin/sh as user ${account.name} (${code}): run as another user than root, or set DATABASE_URL`,
      error,
    )
  }
}

// Only the data directory itself is ours to open, and only for passage; its parents are not. Worth
// doing: in a container the data directory is the volume, and what lies outside it is lost.
async function openPassage(
  dataDir: string,
  inside: string,
  account: ServerAccount,
): Promise<boolean> {
  const { mode } = await stat(dataDir)
  // Another first start may have opened it since.
  if ((mode & 0o011) === 0o011) return isReachable(inside, account)
  await chmod(dataDir, (mode & 0o777) | 0o011)
  if (await isReachable(inside, account)) return true
  await chmod(dataDir, mode & 0o777)
  return false
}

async function moveOutside(
  dataDir: string,
  account: ServerAccount,
  log: StorageLog,
): Promise<ServerHome> {
  const name = createHash('sha256')
    .update(await realpath(dataDir))
    .digest('hex')
    .slice(0, 12)
  const path = join('/var/lib/billkey', name)
  await mkdir(dirname(path), { recursive: true, mode: 0o755 })
  await createPrivateDirectory(path, account)
  if (!(await isReachable(path, account))) {
    throw new DatabaseStartupError(
      'unprivileged_user_unavailable',
      `user ${account.name} can reach neither ${dataDir} nor ${path}: choose another BILLKEY_DATA_DIR, or set DATABASE_URL`,
    )
  }
  await writeFile(locationFile(dataDir), `${path}\n`, { mode: 0o600 })
  log.warn({ dataDir, location: path }, `user ${account.name} cannot reach it: data is elsewhere`)
  return { dataDir, path, account }
}
