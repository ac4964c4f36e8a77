// A backup or an archive on disk: written under a name of its own, flushed, and given its real name last, so that a name never stands
// for half a file, whatever is killed.

import { once } from 'node:events'
import { constants } from 'node:fs'
import { access, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Writable } from 'node:stream'

import { StartupError } from '../primitives/startup-error.ts'

/** Personal data, and in a backup sealed keys: for the operator alone. */
const fileMode = 0o600

export interface UnfinishedFile {
  readonly path: string
  readonly sink: Writable
  /** Once the sink has ended: its bytes are on disk. */
  flushed(): Promise<void>
  /** It gets its real name. */
  finish(): Promise<void>
  /** Leaves nothing. */
  abandon(): Promise<void>
}

/** Throws `file_exists` unless it may be replaced. */
export async function createBackupFile(
  path: string,
  { replaces }: { readonly replaces: boolean },
): Promise<UnfinishedFile> {
  const target = resolve(path)
  if (!replaces && (await fileExists(target))) {
    throw new StartupError(
      'file_exists',
      `${path} is there already: choose another name, or say --replace`,
    )
  }
  await removeLeftovers(target)
  const unfinished = `${target}.${process.pid}.partial`
  const handle = await openNew(unfinished, path)
  const sink = handle.createWriteStream({ flush: true })
  return {
    path: unfinished,
    sink,
    async flushed() {
      if (!sink.closed) await once(sink, 'close')
    },
    async finish() {
      await rename(unfinished, target)
      await flushDirectory(dirname(target))
    },
    async abandon() {
      sink.destroy()
      await rm(unfinished, { force: true })
    },
  }
}

async function openNew(unfinished: string, path: string) {
  try {
    return await open(unfinished, 'wx', fileMode)
  } catch (error) {
    throw new StartupError(
      'file_not_writable',
      `${path} cannot be written: ${(error as Error).message}`,
    )
  }
}

/** A stream of its bytes. Throws `file_unreadable`. */
export async function openBackupFile(path: string): Promise<AsyncIterable<Buffer>> {
  try {
    const handle = await open(path, constants.O_RDONLY)
    return handle.createReadStream({ highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>
  } catch (error) {
    throw new StartupError('file_unreadable', `${path} cannot be read: ${(error as Error).message}`)
  }
}

// What a backup to this name left when it was killed. One that is still being written is left alone.
async function removeLeftovers(target: string): Promise<void> {
  const prefix = `${basename(target)}.`
  for (const name of await readdir(dirname(target)).catch(() => [])) {
    if (!name.startsWith(prefix) || !name.endsWith('.partial')) continue
    const pid = Number(name.slice(prefix.length, -'.partial'.length))
    if (Number.isSafeInteger(pid) && !isAlive(pid)) {
      await rm(join(dirname(target), name), { force: true })
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

// The new name itself survives a power cut once the directory is flushed. Windows knows no such thing.
async function flushDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const directory = await open(path, constants.O_RDONLY)
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** Whether there is a file of that name. */
export function fileExists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
