// What keeps a command from working is told in one line that ends with the way out. No stack, an exit code other
// than 0, and nothing left running.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { appendFile, chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { after, before, test, type TestContext } from 'node:test'

import { listProcessesOf } from '../support/process-tree.ts'
import {
  type Ending,
  launcher,
  makePlace,
  type Place,
  type ProcessOptions,
  runBillkey,
  type SandboxProcess,
  startSandbox,
} from '../support/sandbox-process.ts'

const isRoot = process.getuid?.() === 0
const nobodyUid = 65_534

let place: Place
let running: SandboxProcess
/** Holds a port that others want. */
let holder: Server
let takenPort: string

before(async () => {
  place = await makePlace()
  running = await startSandbox({ dataDir: join(place.path, 'running') })
  holder = createServer()
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
  takenPort = String((holder.address() as AddressInfo).port)
})

after(async () => {
  holder?.close()
  await running?.stop()
  await place?.remove()
})

interface Refusal {
  readonly code: number
  readonly says: RegExp
}

function assertRefused(ending: Ending, { code, says }: Refusal): void {
  assert.match(ending.stderr, /^billkey: [^\n]+\n$/, 'one line')
  assert.match(ending.stderr, says)
  assert.doesNotMatch(ending.stderr, /\bat .*:\d+:\d+/, 'no stack')
  assert.doesNotMatch(ending.stdout, /ready in/)
  assert.equal(ending.code, code)
}

/** Runs the sandbox in a directory of its own, and looks that nothing of it is left. */
async function assertSandboxRefused(options: ProcessOptions, refusal: Refusal): Promise<void> {
  assertRefused(await runBillkey(['sandbox'], options), refusal)
  assert.deepEqual(await listProcessesOf(options.dataDir), [])
}

/** Two starts share it: what is refused late has made its cluster by then. */
const lateDir = () => join(place.path, 'late')

test('a taken port of the API names the port and the setting', async () => {
  const env = { BILLKEY_PORT: takenPort }
  const says = new RegExp(`port ${takenPort} is taken: stop .* with BILLKEY_PORT$`, 'm')
  await assertSandboxRefused({ dataDir: lateDir(), env }, { code: 1, says })
})

test('a taken port of the simulator names the port and its own setting', async () => {
  const env = { BILLKEY_SIMULATOR_PORT: takenPort }
  const says = new RegExp(`port ${takenPort} of the simulator .* with BILLKEY_SIMULATOR_PORT$`, 'm')
  await assertSandboxRefused({ dataDir: lateDir(), env }, { code: 1, says })
})

test('an address that this machine does not have is refused', async () => {
  // TEST-NET-1 of RFC 5737: nobody has it.
  const env = { BILLKEY_HOST: '192.0.2.1' }
  const says = /192\.0\.2\.1 is no address of this machine: set BILLKEY_HOST/
  await assertSandboxRefused({ dataDir: lateDir(), env }, { code: 1, says })
})

test('a data directory of another major version of PostgreSQL is left alone', async () => {
  const version = join(lateDir(), 'postgres', 'cluster', 'PG_VERSION')
  const own = await readFile(version, 'utf8')
  await writeFile(version, '15\n')
  const says = /was made by PostgreSQL 15, this is 18: dump it .*, or set DATABASE_URL$/m
  await assertSandboxRefused({ dataDir: lateDir() }, { code: 1, says })
  await writeFile(version, own)
})

test('a second start on a data directory in use names the process that uses it', async () => {
  // Half a line, as while the first one writes it: a second simulator would cut it off.
  const ledger = join(running.dataDir, 'simulator-ledger.ndjson')
  await appendFile(ledger, '{"half')
  const ending = await runBillkey(['sandbox'], { dataDir: running.dataDir })
  const says = new RegExp(`is in use by process ${running.pid}: stop it first, or choose another`)
  assertRefused(ending, { code: 1, says })
  const answer = await fetch(`${running.apiUrl}/readyz`)
  assert.equal(answer.status, 200, 'the first one goes on')
  assert.match(await readFile(ledger, 'utf8'), /\{"half$/)
})

/** Somebody who may not write what root may; false where that cannot be tried. */
function canBeNobody(context: TestContext): boolean {
  if (!isRoot) return true
  const options = { uid: nobodyUid, gid: nobodyUid, cwd: '/' }
  const isPossible = spawnSync(process.execPath, ['--check', launcher], options).status === 0
  if (!isPossible) context.skip('this checkout is out of reach of user nobody')
  return isPossible
}

const asNobody = isRoot ? { uid: nobodyUid } : {}
const unwritable = /cannot write .*closed.* \(EACCES\): .*, or choose another BILLKEY_DATA_DIR$/m

test('a data directory that cannot be made is refused', async (context) => {
  if (!canBeNobody(context)) return
  const closed = join(place.path, 'closed')
  await mkdir(closed)
  await chmod(closed, 0o555)
  const dataDir = join(closed, 'data')
  await assertSandboxRefused({ dataDir, ...asNobody }, { code: 1, says: unwritable })
})

test('a data directory that cannot be written is refused', async (context) => {
  if (!canBeNobody(context)) return
  const dataDir = join(place.path, 'closed-itself')
  await mkdir(dataDir)
  await chmod(dataDir, 0o555)
  await assertSandboxRefused({ dataDir, ...asNobody }, { code: 1, says: unwritable })
})

test('a file is no data directory', async () => {
  const file = join(place.path, 'a-file')
  await writeFile(file, '')
  for (const dataDir of [file, join(file, 'below')]) {
    const says = /cannot write .*a-file.* \((?:EEXIST|ENOTDIR)\): make it a directory .*DATA_DIR$/m
    await assertSandboxRefused({ dataDir }, { code: 1, says })
  }
  assert.equal(await readFile(file, 'utf8'), '')
})

test('every fault of the configuration is told at once, before anything is made', async () => {
  const dataDir = join(place.path, 'never-made')
  const env = { BILLKEY_PORT: '70000', BILLKEY_LOG_LEVEL: 'loud' }
  const says = /BILLKEY_PORT: '70000' is not a port .*; BILLKEY_LOG_LEVEL: 'loud' is not one of /
  await assertSandboxRefused({ dataDir, env }, { code: 1, says })
  await assert.rejects(readFile(dataDir), { code: 'ENOENT' })
})

test('a key for the vault that is none is refused without being shown', async () => {
  const dataDir = join(place.path, 'bad-key')
  const env = { BILLKEY_MASTER_KEY: 'bm90IDMyIGJ5dGVz' }
  const ending = await runBillkey(['sandbox'], { dataDir, env })
  assertRefused(ending, { code: 1, says: /BILLKEY_MASTER_KEY/ })
  assert.ok(!ending.stderr.includes('bm90IDMyIGJ5dGVz'))
  assert.deepEqual(await listProcessesOf(dataDir), [])
})

test('a database that does not answer is named, without its password', async () => {
  const dataDir = join(place.path, 'no-database')
  const env = { DATABASE_URL: 'postgres://billkey:hunter2@127.0.0.1:1/billkey' }
  const ending = await runBillkey(['sandbox'], { dataDir, env })
  assertRefused(ending, { code: 1, says: /DATABASE_URL/ })
  assert.ok(!ending.stderr.includes('hunter2'))
})

test('a server without a master key is refused', async () => {
  const dataDir = join(place.path, 'no-key')
  const ending = await runBillkey(['serve'], { dataDir })
  assertRefused(ending, { code: 1, says: /BILLKEY_MASTER_KEY/ })
  assert.deepEqual(await listProcessesOf(dataDir), [])
})

test('what is no command, subcommand or option is refused, and told where help is', async () => {
  const { dataDir } = running
  const refusals: readonly (readonly [string, number, RegExp])[] = [
    ['sandbx', 2, /there is no command 'sandbx': see 'billkey --help'/],
    ['sandbox --port=9000', 2, /Unknown option '--port'/],
    ['channel', 1, /billkey channel needs one of: add, .*, disable: see 'billkey channel --help'/],
    ['serve --role cook', 1, /--role takes one of all, api, worker/],
    ['channel disable nothing', 1, /there is no channel 'nothing'/],
    ['token --merchant nobody', 1, /there is no merchant 'nobody': see 'billkey merchant list'/],
    ['payment settle imps_000000000000 --charged --reason x', 1, /needs --transaction-id/],
  ]
  for (const [line, code, says] of refusals) {
    assertRefused(await runBillkey(line.split(' '), { dataDir }), { code, says })
  }
})
