// Every process that starts the embedded server signs in first, with its number and start token, so
// that a second one can tell a running owner (refuse) from a dead one (take over).

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
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

/** Numbers of the live processes that have signed in. Forgets the dead ones on the way. */
export async function listOwners(homePath: string): Promise<number[]> {
  const directory = join(homePath, 'owners')
  const live: number[] = []
  for (const entry of await readdir(directory).catch(() => [])) {
    const path = join(directory, entry)
    const token = await readFile(path, 'utf8').catch(() => null)
    if (token === null) continue
    if (token !== '' && (await processStartToken(Number(entry))) === token) live.push(Number(entry))
    else if (token !== '') await rm(path, { force: true })
  }
  return live
}
