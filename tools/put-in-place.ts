// Puts a build of the console where it is served from, while it is served. Names of files carry a hash of what is in
// them, so files of several builds can lie there side by side; only index.html says which build it is, and it comes
// last, in one step. So whoever serves or builds at the same time sees one whole build or the other.

import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** A page that was opened before may ask for files of its build as long as this after they were made. */
const keptMs = 24 * 3_600_000

/** Moves all files of `made` into `dist`, and removes there what no build needs any more. */
export async function putInPlace(made: string, dist: string, nowMs: number): Promise<void> {
  const names = await filesIn(made)
  for (const name of names.filter((one) => one !== 'index.html')) {
    await mkdir(dirname(join(dist, name)), { recursive: true })
    await rename(join(made, name), join(dist, name))
  }
  await rename(join(made, 'index.html'), join(dist, 'index.html'))
  await forgetOld(dist, new Set(names), nowMs - keptMs)
}

async function forgetOld(
  dist: string,
  present: ReadonlySet<string>,
  beforeMs: number,
): Promise<void> {
  for (const name of await filesIn(dist)) {
    if (present.has(name)) continue
    const file = join(dist, name)
    // Another build that ends now may have removed it already.
    const madeAtMs = await stat(file).then(
      ({ mtimeMs }) => mtimeMs,
      () => Infinity,
    )
    if (madeAtMs < beforeMs) await rm(file, { force: true })
  }
}

/** Paths under the folder. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
}
