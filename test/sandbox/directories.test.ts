// Where people put their data: under /root, in directories with spaces and Hangul, deep down.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'

import { listProcessesOf } from '../support/process-tree.ts'
import { mustPay, statusOf } from '../support/sandbox-api.ts'
import {
  makePlace,
  movedHome,
  type Place,
  runBillkey,
  startSandbox,
} from '../support/sandbox-process.ts'

const isRoot = process.getuid?.() === 0
const rootOnly = { skip: isRoot ? false : 'needs root' }

let place: Place

before(async () => {
  place = await makePlace()
})

after(() => place?.remove())

/** Pays, and joins with a command in a second terminal. */
async function assertPaysIn(dataDir: string): Promise<string> {
  const first = await startSandbox({ dataDir })
  const impUid = await mustPay(first, 'kept')
  const beside = await runBillkey(['token'], { dataDir })
  assert.deepEqual([beside.stdout, beside.stderr], [`${first.token}\n`, ''])
  await first.stop()
  return impUid
}

/** Pays, stops, and finds it again after a second start. */
async function assertKeepsIn(dataDir: string): Promise<void> {
  const impUid = await assertPaysIn(dataDir)
  const second = await startSandbox({ dataDir })
  assert.equal(await statusOf(second, impUid), 'paid')
  await second.stop()
}

/** The database is inside, where people back it up and delete it. */
async function assertIsInside(dataDir: string): Promise<void> {
  assert.equal(await movedHome(dataDir), null)
  assert.ok((await stat(join(dataDir, 'postgres'))).isDirectory())
}

const awkward = () => join(place.path, '결제 데이터', `100% "새" 'data', #1 & $HOME`)

test('a path with spaces, Hangul and the signs that shells and URLs read', async () => {
  await assertKeepsIn(awkward())
  await assertIsInside(awkward())
})

test('what the sandbox keeps is for its user alone', async () => {
  for (const entry of await readdir(awkward())) {
    const { mode } = await stat(join(awkward(), entry))
    assert.equal(mode & 0o077, 0, `${entry} is ${(mode & 0o777).toString(8)}`)
  }
  // 0711 where PostgreSQL runs as another user and has to pass.
  assert.equal((await stat(awkward())).mode & 0o777, isRoot ? 0o711 : 0o700)
})

test('a path longer than the address of a socket, whose stand-in is removed again', async () => {
  const dataDir = join(place.path, 'x'.repeat(120), 'data')
  assert.ok(Buffer.byteLength(dataDir) > 107)
  const shortOnes = async () =>
    (await readdir(dirname(place.path))).filter((name) => /^billkey-\w{6}$/.test(name)).length
  const before = await shortOnes()
  await assertPaysIn(dataDir)
  await assertIsInside(dataDir)
  // Others run tests here too, and come and go; ours must not add up.
  assert.ok((await shortOnes()) <= before + 1)
})

test("root's own private directory is opened for passage only", rootOnly, async () => {
  const dataDir = join(place.path, 'private')
  await mkdir(dataDir)
  await chmod(dataDir, 0o700)
  await assertPaysIn(dataDir)
  assert.equal((await stat(dataDir)).mode & 0o777, 0o711)
  await assertIsInside(dataDir)
})

test(
  'below a directory that only root may enter, the database moves and is found again',
  rootOnly,
  async () => {
    const closed = join(place.path, 'like-root')
    await mkdir(closed)
    await chmod(closed, 0o700)
    const dataDir = join(closed, '.billkey')
    let home: string | null = null
    try {
      await assertKeepsIn(dataDir)
      home = await movedHome(dataDir)
      assert.match(home ?? '', /^\/var\/lib\/billkey\/[0-9a-f]{12}$/)
      assert.deepEqual(await listProcessesOf(home ?? ''), [])
      assert.equal((await stat(closed)).mode & 0o777, 0o700)
      assert.ok(!existsSync(join(dataDir, 'postgres', 'cluster')))
    } finally {
      home ??= await movedHome(dataDir)
      if (home !== null) await rm(home, { recursive: true, force: true })
    }
  },
)
