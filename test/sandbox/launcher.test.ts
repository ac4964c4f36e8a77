// bin/billkey.js decides which Node runs billkey. It is tried on stub packages, whose pinned Node only says what
// it was asked, and for real.

import assert from 'node:assert/strict'
import { chmod, cp, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'

import { mustPay, statusOf } from '../support/sandbox-api.ts'
import {
  launcher,
  makePlace,
  type Place,
  runBillkey,
  startSandbox,
  untilGone,
} from '../support/sandbox-process.ts'

let place: Place
let dataDir: string

before(async () => {
  place = await makePlace()
  dataDir = join(place.path, 'data')
})

after(() => place?.remove())

/** This Node, which claims to be another version. Only itself: the one it starts tells the truth. */
function nodeOfVersion(version: string): string[] {
  const script = `Object.defineProperty(process, 'version', { value: '${version}' })`
  return [process.execPath, '--import', `data:text/javascript,${encodeURIComponent(script)}`]
}

const suffix = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node'
const platform = process.platform === 'win32' ? 'win' : process.platform
const pinnedPackage = `node-${platform}-${process.arch}`

/** A tree with the real launcher, a program that says who runs it, and perhaps a pinned Node. */
async function makeTree(name: string, pinned: 'pinned' | 'not pinned'): Promise<string> {
  const tree = join(place.path, name)
  await mkdir(tree, { recursive: true })
  await cp(dirname(launcher), join(tree, 'bin'), { recursive: true })
  await mkdir(join(tree, 'src'))
  await writeFile(join(tree, 'package.json'), '{ "type": "module" }')
  await writeFile(
    join(tree, 'src', 'main.ts'),
    'export async function main(argv: string[]) { console.log(JSON.stringify(argv)) }\n',
  )
  if (pinned === 'pinned') {
    const node = join(tree, 'node_modules', pinnedPackage, suffix)
    await mkdir(join(node, '..'), { recursive: true })
    await writeFile(node, '#!/bin/sh\nshift\necho "pinned: $*"\nexit 7\n')
    await chmod(node, 0o755)
  }
  return join(tree, 'bin', 'billkey.js')
}

const posixOnly = { skip: process.platform === 'win32' ? 'the stub is a shell script' : false }

test(
  'too old a Node gives way to the pinned one, with the arguments and the exit code',
  posixOnly,
  async () => {
    const stub = await makeTree('with', 'pinned')
    for (const version of ['v18.20.8', 'v22.18.0', 'v24.15.9', 'v25.9.0']) {
      const command = [...nodeOfVersion(version), stub]
      const { code, stdout } = await runBillkey(['token', '--merchant', 'a b'], {
        dataDir,
        command,
      })
      assert.deepEqual([stdout, code], ['pinned: token --merchant a b\n', 7], version)
    }
  },
)

test('a Node that is new enough runs billkey itself', async () => {
  const stub = await makeTree('also-with', 'pinned')
  for (const version of ['v24.16.0', 'v26.0.0', 'v100.0.0', process.version]) {
    const command = [...nodeOfVersion(version), stub]
    const { code, stdout } = await runBillkey(['token', 'a b'], { dataDir, command })
    assert.deepEqual([stdout, code], ['["token","a b"]\n', 0], version)
  }
})

test('too old a Node without a pinned one says what to install, and nothing runs', async () => {
  const stub = await makeTree('without', 'not pinned')
  const command = [...nodeOfVersion('v20.20.2'), stub]
  const { code, stdout, stderr } = await runBillkey(['sandbox'], { dataDir, command })
  assert.equal(
    stderr,
    `billkey: Node v20.20.2 is too old and no pinned runtime is installed for ${process.platform}-${process.arch}: ` +
      `install Node 24.16 or newer, or run 'npm ci' without --omit=optional\n`,
  )
  assert.deepEqual([stdout, code], ['', 1])
})

test('an installation may lie in any directory', async () => {
  const stub = await makeTree('설치 #1 100% "?"', 'not pinned')
  const { code, stdout } = await runBillkey(['token'], {
    dataDir,
    command: [process.execPath, stub],
  })
  assert.deepEqual([stdout, code], ['["token"]\n', 0])
})

test('on too old a Node the sandbox runs on the pinned one, and stops with the launcher', async () => {
  const command = [...nodeOfVersion('v20.20.2'), launcher, 'sandbox']
  const sandbox = await startSandbox({ dataDir, command })
  const impUid = await mustPay(sandbox, 'before the launcher stops')
  // To the launcher alone, as a supervisor does.
  sandbox.kill('SIGTERM')
  const ending = await sandbox.ended()
  assert.deepEqual([ending.code, ending.stderr], [0, ''])
  assert.match(ending.stdout, /\nStopping…\n$/)
  await untilGone(dataDir)

  const next = await startSandbox({ dataDir, command })
  assert.equal(await statusOf(next, impUid), 'paid')
  next.killGroup('SIGINT')
  assert.equal((await next.ended()).code, 0)
  await untilGone(dataDir)
})

test('a launcher that is killed leaves nothing running', async () => {
  const command = [...nodeOfVersion('v20.20.2'), launcher, 'sandbox']
  const sandbox = await startSandbox({ dataDir, command })
  sandbox.kill('SIGKILL')
  await untilGone(dataDir)
})
