// What an earlier run may have left on a cluster: an orphan postmaster (its guard was killed too), a
// postmaster.pid that nobody stands behind, or backends whose postmaster was killed.

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { clusterDir, type ServerHome } from './embedded-home.ts'
import { listOwners } from './home-owners.ts'
import {
  isListening,
  isPostmasterOf,
  readPostmasterFile,
  socketPath,
  type PostmasterFile,
} from './postmaster-file.ts'
import { listProcessesWorkingIn, processCommandLine, signalProcess } from './process-identity.ts'
import { DataDirectoryInUse } from './startup-error.ts'
import type { StorageLog } from './storage-log.ts'

const pollMs = 20
const fastShutdownMaxMs = 20_000
const immediateShutdownMaxMs = 6_000
// Backends notice at once that their postmaster died, unless they are deep in a statement.
const backendGraceMs = 2_000

/** Makes room for a new postmaster, or throws `DataDirectoryInUse`. */
export async function clearLeftovers(home: ServerHome, log: StorageLog): Promise<void> {
  const cluster = clusterDir(home.path)
  const postmaster = await readPostmasterFile(cluster)
  if (postmaster === null) return
  if (await isPostmasterOf(cluster, postmaster.pid)) {
    const owner = await findOtherOwner(home)
    if (owner !== null) throw new DataDirectoryInUse(home.dataDir, owner)
    log.warn({ pid: postmaster.pid }, 'stopping the PostgreSQL that an earlier run left behind')
    await stopOrphan(cluster, postmaster.pid)
    return
  }
  if (await isListening(postmaster)) throw new DataDirectoryInUse(home.dataDir, null)
  await removeLockFiles(cluster, postmaster)
}

/** The live process, other than this one, that has signed in to this home. */
export async function findOtherOwner(home: ServerHome): Promise<number | null> {
  const owners = await listOwners(home.path)
  return owners.find((pid) => pid !== process.pid) ?? null
}

/** Ends backends that outlived their postmaster, which hold the shared memory of the cluster. */
export async function endOrphanBackends(cluster: string, log: StorageLog): Promise<void> {
  if (await waitUntil(async () => (await listBackends(cluster)).length === 0, backendGraceMs))
    return
  const backends = await listBackends(cluster)
  log.warn({ pids: backends }, 'ending backends that outlived their PostgreSQL')
  // They have no postmaster to tell the others to reset, and write nothing more once killed.
  for (const pid of backends) signalProcess(pid, 'SIGKILL')
  await waitUntil(async () => (await listBackends(cluster)).length === 0, backendGraceMs)
}

async function listBackends(cluster: string): Promise<number[]> {
  const postmaster = await readPostmasterFile(cluster)
  // A live postmaster's backends are nobody's orphans.
  if (postmaster !== null && (await isPostmasterOf(cluster, postmaster.pid))) return []
  const backends: number[] = []
  for (const pid of await listProcessesWorkingIn(cluster)) {
    // An operator's shell may stand in the directory too.
    if ((await processCommandLine(pid))?.includes('postgres') === true) backends.push(pid)
  }
  return backends
}

async function stopOrphan(cluster: string, pid: number): Promise<void> {
  const isGone = async () => !(await isPostmasterOf(cluster, pid))
  signalProcess(pid, 'SIGINT')
  if (await waitUntil(isGone, fastShutdownMaxMs)) return
  signalProcess(pid, 'SIGQUIT')
  if (await waitUntil(isGone, immediateShutdownMaxMs)) return
  signalProcess(pid, 'SIGKILL')
  await waitUntil(isGone, immediateShutdownMaxMs)
}

// PostgreSQL removes these itself when the number in them is free, but refuses to start when another
// process has it by now: in a container that is the normal case. We know more than it does: that
// process is not a postmaster of this cluster, and nothing answers on the socket.
async function removeLockFiles(cluster: string, postmaster: PostmasterFile): Promise<void> {
  await rm(join(cluster, 'postmaster.pid'), { force: true })
  if (postmaster.socketDir === '') return
  const socket = socketPath(postmaster.socketDir, postmaster.port)
  await rm(socket, { force: true })
  await rm(`${socket}.lock`, { force: true })
}

async function waitUntil(condition: () => Promise<boolean>, maxMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < maxMs; waitedMs += pollMs) {
    if (await condition()) return true
    await delay(pollMs)
  }
  return condition()
}
