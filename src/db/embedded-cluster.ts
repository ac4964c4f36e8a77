// Makes the cluster (PostgreSQL's word for the files of one server), once. It is made beside its place
// and renamed into it, so that a cluster that exists is whole, whenever the first start was cut off.

import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chown,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { Secret } from '../primitives/secret.ts'
import type { PostgresBinaries } from './embedded-binaries.ts'
import { clusterDir, passwordFile, type ServerHome } from './embedded-home.ts'
import type { PostmasterFile } from './postmaster-file.ts'
import { processStartToken } from './process-identity.ts'
import { unprivilegedSpawnOptions } from './server-account.ts'
import { diskFull, DatabaseStartupError } from './startup-error.ts'

const execFileAsync = promisify(execFile)

/** The only role; it owns everything. */
export const embeddedUser = 'billkey'

// Sized for a small machine; written into postgresql.conf, where an operator may change them.
const initialSettings: Readonly<Record<string, string>> = {
  shared_buffers: '128MB',
  max_connections: '100',
  // Payments are short statements. Parallel workers need shared memory that containers ration.
  max_parallel_workers_per_gather: '0',
  // Reads done by the backend itself save three worker processes.
  io_method: 'sync',
}

/**
 * Creates the cluster when there is none, checks it when there is, and answers with the password. `onLaunch` is called
 * when initdb runs and is waited for.
 */
export async function prepareCluster(
  home: ServerHome,
  binaries: PostgresBinaries,
  onLaunch?: () => void,
): Promise<Secret> {
  const cluster = clusterDir(home.path)
  const isNew = (await stat(cluster).catch(() => null)) === null
  const password = await readOrMakePassword(home, isNew)
  if (isNew) await createCluster(home, binaries, { password, onLaunch })
  await checkMajorVersion(cluster, binaries.majorVersion)
  return password
}

/** Null when no first start has got this far. */
export async function readPassword(homePath: string): Promise<Secret | null> {
  const text = await readFile(passwordFile(homePath), 'utf8').catch(() => '')
  return text === '' ? null : new Secret(text.trim())
}

/** The password is base64url and needs no escaping; the socket's directory may hold anything. */
export function connectionStringTo(postmaster: PostmasterFile, password: Secret): Secret {
  const credentials = `${embeddedUser}:${password.reveal()}`
  const { port, socketDir } = postmaster
  if (socketDir === '') return new Secret(`postgresql://${credentials}@127.0.0.1:${port}/postgres`)
  const host = encodeURIComponent(socketDir)
  return new Secret(`postgresql://${credentials}@localhost/postgres?host=${host}&port=${port}`)
}

async function readOrMakePassword(home: ServerHome, mayMake: boolean): Promise<Secret> {
  const known = await readPassword(home.path)
  if (known !== null) return known
  const path = passwordFile(home.path)
  if (!mayMake) {
    throw new DatabaseStartupError(
      'password_missing',
      `${path} is missing, and with it the database's password: restore the file from the backup`,
    )
  }
  // Linked into place whole: of two first starts at once, both use the password that was first.
  const unfinished = `${path}.new-${process.pid}`
  await writeSynced(unfinished, `${randomBytes(24).toString('base64url')}\n`)
  await link(unfinished, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(unfinished)
  const made = await readPassword(home.path)
  if (made === null) throw new Error(`${path} was written and cannot be read`)
  return made
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function createCluster(
  home: ServerHome,
  binaries: PostgresBinaries,
  {
    password,
    onLaunch,
  }: { readonly password: Secret; readonly onLaunch?: (() => void) | undefined },
): Promise<void> {
  const unfinished = `${clusterDir(home.path)}.new-${process.pid}`
  await removeUnfinished(home)
  const passwordCopy = join(home.path, `password.initdb-${process.pid}`)
  try {
    await writeFile(passwordCopy, password.reveal(), { mode: 0o600 })
    if (home.account !== null) await chown(passwordCopy, home.account.uid, home.account.gid)
    const created = runInitdb(home, binaries, [
      `--pgdata=${unfinished}`,
      `--pwfile=${passwordCopy}`,
      ...Object.entries(initialSettings).flatMap(([name, value]) => ['--set', `${name}=${value}`]),
    ])
    onLaunch?.()
    await created
    await moveIntoPlace(unfinished, home)
  } finally {
    await rm(passwordCopy, { force: true })
    await rm(unfinished, { recursive: true, force: true })
  }
}

// initdb syncs all it wrote before it ends. File by file that is a thousand flushes of the disk's cache; Linux can be asked
// for one of the whole file system (from 5.8 on it reports what fails, too).
const syncMethod = process.platform === 'linux' ? ['--sync-method=syncfs'] : []

async function runInitdb(
  home: ServerHome,
  binaries: PostgresBinaries,
  args: readonly string[],
): Promise<void> {
  const common = [
    '--encoding=UTF8',
    '--locale=C',
    '--data-checksums',
    '--auth=scram-sha-256',
    `--username=${embeddedUser}`,
    '--no-instructions',
    ...syncMethod,
  ]
  try {
    const options = unprivilegedSpawnOptions(home.account)
    await execFileAsync(binaries.initdb, [...common, ...args], options)
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string }
    if (stderr.includes('No space left on device')) throw diskFull(home.path, error)
    const reason = /^.*error: (.*)$/m.exec(stderr)?.[1] ?? message
    throw new DatabaseStartupError(
      'server_did_not_start',
      `PostgreSQL could not create its files in ${home.path} (${reason}): repair that, or set DATABASE_URL`,
      error,
    )
  }
}

// A directory cannot be renamed over one that holds files, so of two first starts one wins.
async function moveIntoPlace(unfinished: string, home: ServerHome): Promise<void> {
  try {
    await rename(unfinished, clusterDir(home.path))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'EPERM') throw error
    await stat(join(clusterDir(home.path), 'PG_VERSION'))
    return
  }
  if (process.platform === 'win32') return // Directories cannot be synced there.
  const directory = await open(home.path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** What a first start left that was killed; one still under way is recognised by its live process. */
async function removeUnfinished(home: ServerHome): Promise<void> {
  await mkdir(home.path, { recursive: true })
  for (const entry of await readdir(home.path)) {
    const pid = /^(?:cluster\.new|password\.new|password\.initdb)-(\d+)$/.exec(entry)?.[1]
    if (pid === undefined || (await isRunning(Number(pid)))) continue
    // Its initdb may still be alive and adding files, until it misses one that is gone.
    const patience = { maxRetries: 10, retryDelay: 20 }
    await rm(join(home.path, entry), { recursive: true, force: true, ...patience })
  }
}

async function isRunning(pid: number): Promise<boolean> {
  return pid !== process.pid && (await processStartToken(pid)) !== null
}

async function checkMajorVersion(cluster: string, majorVersion: number): Promise<void> {
  const text = await readFile(join(cluster, 'PG_VERSION'), 'utf8')
  if (Number(text) === majorVersion) return
  throw new DatabaseStartupError(
    'other_major_version',
    `${cluster} was made by PostgreSQL ${text.trim()}, this is ${majorVersion}: dump it with the billkey that made it and restore the dump, or set DATABASE_URL`,
  )
}
