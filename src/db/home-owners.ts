// Every process that starts the embedded server signs in first, with its number and start token, and
// signs out when its server is gone. So a second one can tell a live owner (refuse) from a dead one
// (take over). Who signed in first is the owner; PostgreSQL's own lock file settles a tie.

import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { processStartToken } from './process-identity.ts'

/** Signs this process in; the returned function signs it out. */
export async function signIn(homePath: string): Promise<() => Promise<void>> {
  const path = join(homePath, 'owners', String(process.pid))
  const token = await processStartToken(process.pid)
  await mkdir(join(homePath, 'owners'), { recursive: true, mode: 0o700 })
  await writeFile(path, token ?? '', { mode: 0o600 })
  return () => rm(path, { force: true })
}

/** Numbers of the live processes that have signed in, first one first. Forgets the dead ones. */
export async function listOwners(homePath: string): Promise<number[]> {
  const directory = join(homePath, 'owners')
  const live: { pid: number; signedInNs: bigint }[] = []
  for (const entry of await readdir(directory).catch(() => [])) {
    const path = join(directory, entry)
    const token = await readFile(path, 'utf8').catch(() => '')
    // Empty: somebody is about to write it, and has not signed in before that.
    if (token === '') continue
    const pid = Number(entry)
    if ((await processStartToken(pid)) !== token) {
      await rm(path, { force: true })
      continue
    }
    const written = await stat(path, { bigint: true }).catch(() => null)
    if (written !== null) live.push({ pid, signedInNs: written.mtimeNs })
  }
  live.sort((a, b) => (a.signedInNs < b.signedInNs ? -1 : 1))
  return live.map(({ pid }) => pid)
}
