// The files of this repository as the tidy tests see them: everything a person wrote, whatever git thinks of it.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/[\\/]$/, '')

const foreign = new Set([
  'node_modules',
  '.git',
  '.billkey',
  'coverage',
  'dist',
  'screenshots',
  'test-results',
  'package-lock.json',
])

/** Paths from the root, with forward slashes, sorted. */
export const files: readonly string[] = walk('').sort()

function walk(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (foreign.has(entry.name) || entry.name.endsWith('.log')) return []
    return entry.isDirectory() ? walk(path) : [path]
  })
}

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** True for a file or folder of the repository, named from its root. */
export function exists(path: string): boolean {
  return existsSync(join(root, path))
}

/** A TypeScript text without its comments; strings stay, so a `//` inside one does too. */
export function withoutComments(text: string): string {
  return text.replaceAll(
    /('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[^])*`)|\/\*[^]*?\*\/|\/\/[^\n]*/g,
    (_, string: string | undefined) => string ?? '',
  )
}

export const typeScriptFiles = files.filter((path) => /\.tsx?$/.test(path))

/** What a module imports, type-only and dynamic imports and scripts started by URL too. */
export const importsByFile: ReadonlyMap<string, readonly string[]> = new Map(
  typeScriptFiles.map((path) => [path, importsIn(withoutComments(read(path)))]),
)

function importsIn(code: string): string[] {
  const pattern = /(?:\bfrom|\bimport|\bimport\s*\(|\bnew URL\()\s*'([^']+)'/g
  return [...code.matchAll(pattern)].map(([, specifier]) => specifier as string)
}

/** The repository's own file behind a relative import. */
export function targetOf(importer: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.') && !/^[\w-]+\.ts$/.test(specifier)) return undefined
  return join(dirname(importer), specifier)
}

export function ownImportsOf(path: string): string[] {
  return (importsByFile.get(path) ?? []).flatMap((specifier) => targetOf(path, specifier) ?? [])
}

/**
 * The program: what runs outside of tests and benchmarks, found by following imports from where processes start and
 * from what the package exports. Whatever else stands in src/ or simulator/ is there for tests.
 */
export const programFiles: ReadonlySet<string> = reachableFrom(
  typeScriptFiles.filter((path) =>
    /^(?:src|simulator)\/main\.ts$|^client\/client\.ts$|^tools\//.test(path),
  ),
)

/** What runs in the browser, found the same way. */
export const consoleFiles: ReadonlySet<string> = reachableFrom(['console/src/main.tsx'])

export function reachableFrom(entries: readonly string[]): Set<string> {
  const reached = new Set<string>()
  const pending = entries.filter((path) => !path.endsWith('.test.ts'))
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    if (reached.has(path) || !importsByFile.has(path)) continue
    reached.add(path)
    pending.push(...ownImportsOf(path))
  }
  return reached
}
