// Builds console/dist: npm run build:console. Each file that compresses lies there as .br and .gz too, so that the
// server only sends. It says how much JavaScript the home page loads, and fails where that is over the budget.

import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

import { build } from 'vite'

import { consoleBundle, consoleFolder } from './console-bundle.ts'
import { putInPlace } from './put-in-place.ts'

/** Of what the home page loads before it is whole, its charts included; compressed by Brotli. */
const budgetBytes = 300_000

const dist = join(consoleFolder, 'dist')

const begunAt = new Date()

// Built elsewhere and put in place when it is whole, so that a running server never serves half of it.
const caches = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url))
await mkdir(caches, { recursive: true })
const made = await mkdtemp(join(caches, 'console-'))

interface ManifestEntry {
  readonly file: string
  readonly imports?: readonly string[]
}

try {
  await build({
    ...consoleBundle,
    logLevel: 'warn',
    build: {
      ...consoleBundle.build,
      outDir: made,
      manifest: true,
      chunkSizeWarningLimit: Infinity,
    },
  })
  await checkBudget(await compressAll())
  // It was for the check; browsers have no use for it.
  await rm(join(made, '.vite'), { recursive: true })
  // A source that was changed meanwhile is newer than this build, not older.
  await utimes(join(made, 'index.html'), begunAt, begunAt)
  await putInPlace(made, dist, Date.now())
} finally {
  await rm(made, { recursive: true, force: true })
}

/** Sizes of the Brotli files, by the name of the file they stand for. */
async function compressAll(): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>()
  for (const name of await readdir(made, { recursive: true })) {
    if (!/\.(?:js|css|svg)$/.test(name)) continue
    const text = await readFile(join(made, name))
    const brotli = brotliCompressSync(text, {
      params: {
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
      },
    })
    await writeFile(join(made, `${name}.br`), brotli)
    await writeFile(join(made, `${name}.gz`), gzipSync(text, { level: 9 }))
    sizes.set(name.replaceAll('\\', '/'), brotli.length)
  }
  return sizes
}

async function checkBudget(sizes: ReadonlyMap<string, number>): Promise<void> {
  const manifest = JSON.parse(await readFile(join(made, '.vite/manifest.json'), 'utf8')) as Record<
    string,
    ManifestEntry
  >
  const files = filesOf(manifest, ['index.html', 'src/home/home-page.tsx', 'src/home/charts.tsx'])
  const bytes = [...files].reduce((sum, file) => sum + (sizes.get(file) ?? 0), 0)
  process.stdout.write(`home loads ${bytes} bytes of compressed JavaScript\n`)
  if (bytes <= budgetBytes) return
  process.stderr.write(`that is over the budget of ${budgetBytes}\n`)
  process.exitCode = 1
}

function filesOf(
  manifest: Readonly<Record<string, ManifestEntry>>,
  entries: readonly string[],
): Set<string> {
  const files = new Set<string>()
  const pending = [...entries]
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const entry = manifest[name]
    if (entry === undefined) throw new Error(`the bundle has no ${name}`)
    if (files.has(entry.file)) continue
    files.add(entry.file)
    pending.push(...(entry.imports ?? []))
  }
  return files
}
