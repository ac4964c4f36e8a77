// Who may run what, where. Most of it can only be tried by root, who can become somebody else.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

import { adHocSql, openDatabase } from './database.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import type { OwnerSays } from './owner-under-test.ts'
import { startOwner } from './owner-process.ts'
import type { StorageLog } from './storage-log.ts'

const isRoot = process.getuid?.() === 0
const rootOnly = { skip: isRoot ? false : 'needs root' }
const nobodyUid = 65_534

let root: string

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'billkey-privileges-'))
  await chmod(root, 0o755)
})

after(() => rm(root, { recursive: true, force: true }))

interface RecordedLine {
  readonly fields: object
  readonly message: string
}

function recordingLog(lines: RecordedLine[]): StorageLog {
  const record = (fields: object, message: string) => void lines.push({ fields, message })
  return { info: record, warn: record, error: record }
}

/** Starts, runs one statement, stops; answers with the location. */
async function useOnce(dataDir: string, statement: string, lines: RecordedLine[]): Promise<string> {
  const log = recordingLog(lines)
  const server = await startEmbeddedPostgres({ dataDir, log })
  const { connectionString } = server
  const database = openDatabase({ connectionString, poolSize: 1, applicationName: 'once', log })
  try {
    await database.query(adHocSql(statement))
  } finally {
    await database.close()
    await server.stop()
  }
  return server.location
}

async function firstWords(script: string, dataDir: string, uid?: number): Promise<OwnerSays> {
  const owner = startOwner({ dataDir, script, ...(uid === undefined ? {} : { uid }) })
  try {
    return await owner.next()
  } finally {
    await owner.kill('SIGTERM')
  }
}

const ownScript = fileURLToPath(new URL('owner-under-test.ts', import.meta.url))

function nobodyCanRun(context: TestContext): boolean {
  const options = { uid: nobodyUid, gid: nobodyUid, cwd: '/' }
  const tried = spawnSync(process.execPath, ['--check', ownScript], options)
  if (tried.status !== 0) context.skip('this checkout is out of reach of user nobody')
  return tried.status === 0
}

test('without write permission the error names the directory and the way out', async (context) => {
  if (isRoot && !nobodyCanRun(context)) return
  const closed = join(root, 'closed')
  await mkdir(closed, { mode: 0o555 })
  const said = await firstWords(ownScript, join(closed, 'data'), isRoot ? nobodyUid : undefined)
  assert.ok(said.kind === 'refused')
  assert.equal(said.code, 'no_write_permission')
  assert.match(said.message, /cannot write .*closed.* \(EACCES\): .* another BILLKEY_DATA_DIR/)
})

test('a user that is not root runs the server as itself', async (context) => {
  if (isRoot && !nobodyCanRun(context)) return
  const dataDir = join(root, 'of-nobody')
  await mkdir(dataDir, { mode: 0o700 })
  if (isRoot) execFileSync('chown', [`${nobodyUid}:${nobodyUid}`, dataDir])
  const said = await firstWords(ownScript, dataDir, isRoot ? nobodyUid : undefined)
  assert.ok(said.kind === 'up', JSON.stringify(said))
  assert.equal(said.location, join(dataDir, 'postgres'))
  if (!isRoot) return
  // Root comes later, for a repair: the files stay with their owner.
  await useOnce(dataDir, 'create table by_root (id bigint)', [])
  assert.equal((await stat(join(dataDir, 'postgres', 'cluster', 'PG_VERSION'))).uid, nobodyUid)
})

test('root opens its own data directory for passage, and for no more', rootOnly, async () => {
  const dataDir = join(root, 'private')
  await mkdir(dataDir, { mode: 0o700 })
  const lines: RecordedLine[] = []
  const location = await useOnce(dataDir, 'create table kept (id bigint)', lines)
  assert.equal(location, join(dataDir, 'postgres'))
  assert.equal((await stat(dataDir)).mode & 0o777, 0o711)
  assert.equal((await stat(location)).mode & 0o777, 0o700)
  assert.notEqual((await stat(join(location, 'cluster'))).uid, 0)
  assert.equal(lines.filter(({ message }) => /opened for passage/.test(message)).length, 1)
  await chmod(dataDir, 0o700)
  assert.equal(await useOnce(dataDir, 'select from kept', lines), location)
})

test(
  'root below a closed directory keeps its data elsewhere and remembers where',
  rootOnly,
  async () => {
    const home = join(root, 'home-of-root')
    await mkdir(home, { mode: 0o700 })
    const dataDir = join(home, 'data')
    const lines: RecordedLine[] = []
    const location = await useOnce(dataDir, 'create table kept (id bigint)', lines)
    try {
      assert.match(location, /^\/var\/lib\/billkey\/[0-9a-f]{12}$/)
      assert.equal((await readFile(join(dataDir, 'postgres.location'), 'utf8')).trim(), location)
      const told = lines.filter(({ fields }) => 'location' in fields)
      assert.deepEqual(
        told.map(({ fields }) => fields),
        [{ dataDir, location }],
      )
      assert.equal(await useOnce(dataDir, 'select from kept', []), location)
      // The closed directory was not touched.
      assert.equal((await stat(home)).mode & 0o777, 0o700)
    } finally {
      await rm(location, { recursive: true, force: true })
    }
    // The data is gone, for instance with its container: that must not pass for a first start.
    await assert.rejects(useOnce(dataDir, 'select 1', []), {
      code: 'cluster_missing',
      message: /should be in \/var\/lib\/billkey\/.*, which does not exist: restore it, or delete/,
    })
  },
)

const sourceDir = dirname(dirname(ownScript))
const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`

/** A checkout with just what the server needs. */
async function copyCheckout(checkout: string, withPackage: boolean): Promise<void> {
  await mkdir(checkout, { mode: 0o700 })
  for (const folder of ['db', 'primitives']) {
    await cp(join(sourceDir, folder), join(checkout, 'src', folder), { recursive: true })
  }
  const require = createRequire(import.meta.url)
  const modules = join(checkout, 'node_modules')
  for (const name of withPackage ? [platformPackage] : []) {
    const installed = dirname(dirname(require.resolve(name)))
    await cp(installed, join(modules, name), { recursive: true, verbatimSymlinks: true })
  }
}

test('a checkout that only root can enter runs a copy of the programs', rootOnly, async () => {
  const checkout = join(root, 'closed-checkout')
  await copyCheckout(checkout, true)
  const { location, error } = startFrom(checkout, join(checkout, '.billkey'))
  try {
    assert.equal(error, null)
    assert.match(location ?? '', /^\/var\/lib\/billkey\//)
    const copies = execFileSync('ls', [location ?? ''], { encoding: 'utf8' })
    assert.match(copies, /^binaries-18\.\S+$/m)
  } finally {
    if (location !== null) await rm(location, { recursive: true, force: true })
  }
})

test('a platform without its package is told what to install', async () => {
  const checkout = join(root, 'without-package')
  await copyCheckout(checkout, false)
  const { error } = startFrom(checkout, join(root, 'data-without-package'))
  assert.equal(error?.code, 'platform_unsupported')
  assert.match(
    error.message,
    new RegExp(`^package ${platformPackage} is not installed: run "npm ci"`),
  )
})

interface StartedFrom {
  readonly location: string | null
  readonly error: { readonly code: string; readonly message: string } | null
}

/** Starts and stops the server with the code of that checkout. */
function startFrom(checkout: string, dataDir: string): StartedFrom {
  const script = `
    import { startEmbeddedPostgres } from ${JSON.stringify(join(checkout, 'src/db/embedded-postgres.ts'))}
    const log = { info() {}, warn() {}, error() {} }
    let location = null, error = null
    try {
      const server = await startEmbeddedPostgres({ dataDir: process.argv[1], log })
      location = server.location
      await server.stop()
    } catch (failure) {
      error = { code: failure.code, message: failure.message }
    }
    console.log(JSON.stringify({ location, error }))`
  const args = ['--input-type=module', '--eval', script, dataDir]
  const output = execFileSync(process.execPath, args, { cwd: checkout, encoding: 'utf8' })
  return JSON.parse(output) as StartedFrom
}

test('a full disk is told as such, and leaves nothing half made', rootOnly, async (context) => {
  const small = join(root, 'small-disk')
  await mkdir(small)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m,mode=755', 'billkey', small])
  if (mounted.status !== 0) {
    context.skip('this root may not mount')
    return
  }
  try {
    const dataDir = join(small, 'data')
    await assert.rejects(useOnce(dataDir, 'select 1', []), {
      code: 'disk_full',
      message: /^no space left for .*small-disk.*: free some, then start again/,
    })
    assert.ok(!existsSync(join(dataDir, 'postgres', 'cluster')))
    execFileSync('mount', ['-o', 'remount,size=200m', small])
    await useOnce(dataDir, 'select 1', [])
  } finally {
    execFileSync('umount', [small])
  }
})
