// A generated document is committed, so that it can be read without running anything. Every tools/generate-*.ts
// writes its own; with --check it writes nothing and fails where the committed text differs, which a test runs.

import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))

/** Writes `text` to `path` (from the root), or compares the two when `--check` was given. */
export async function writeDocument(path: string, text: string): Promise<void> {
  const committed = await readFile(`${root}${path}`, 'utf8').catch(() => null)
  if (committed === text) return
  if (!process.argv.includes('--check')) {
    await writeFile(`${root}${path}`, text)
    process.stdout.write(`wrote ${path}\n`)
    return
  }
  process.stderr.write(
    `${path} is not what its generator writes: npm exec -- node tools/regenerate.ts\n`,
  )
  process.exitCode = 1
}
