// The client as it is shipped: built, packed, installed in an empty project without a network, compiled against and
// run as plain JavaScript.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import rootPackage from '../../package.json' with { type: 'json' }
import clientPackage from '../../client/package.json' with { type: 'json' }
import { clientVersion } from '../../client/client.ts'
import { startTestApp } from '../support/app.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const tsc = join(
  dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
  'bin/tsc',
)

interface Ended {
  readonly code: number
  readonly said: string
}

function run(program: string, args: readonly string[], cwd: string, env = {}): Promise<Ended> {
  const options = {
    cwd,
    env: { ...process.env, ...env },
    // npm is a script for the shell there.
    shell: process.platform === 'win32' && program === 'npm',
  }
  return new Promise((resolve) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), said: stdout + stderr })
    })
  })
}

async function mustRun(program: string, args: readonly string[], cwd: string): Promise<void> {
  const { code, said } = await run(program, args, cwd)
  assert.equal(code, 0, `${program} ${args.join(' ')}:\n${said}`)
}

/** A merchant's project with the packed client in it. */
let project: string
let installed: string

before(async () => {
  project = await mkdtemp(join(tmpdir(), 'billkey-client-'))
  installed = join(project, 'node_modules/billkey')
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }')
  await mustRun('npm', ['run', 'build:client'], root)
  await mustRun('npm', ['pack', './client', '--pack-destination', project], root)
  const tarball = (await readdir(project)).find((name) => name.endsWith('.tgz'))
  assert.ok(tarball !== undefined)
  await mustRun('npm', ['install', '--offline', `./${tarball}`], project)
})
after(() => rm(project, { recursive: true, force: true }))

test('what is installed is the client alone, in JavaScript with its types', async () => {
  assert.deepEqual((await readdir(join(project, 'node_modules'))).filter(isPackage), ['billkey'])
  const names = await readdir(join(installed, 'dist'))
  assert.ok(names.includes('client.js') && names.includes('client.d.ts'))
  assert.ok(names.every((name) => /\.(?:js|d\.ts)$/.test(name)))
  const texts = await Promise.all(
    names
      .filter((name) => name.endsWith('.js'))
      .map((name) => readFile(join(installed, 'dist', name), 'utf8')),
  )
  // Nothing but files beside it: no dependency, and nothing of Node.
  const imported = texts.flatMap((text) =>
    Array.from(text.matchAll(/^(?:import|export) .*? from '([^']+)'/gms), ([, name = '']) => name),
  )
  assert.ok(imported.length > 10)
  const foreign = imported.filter((name) => !/^\.\/[a-z0-9-]+\.js$/.test(name))
  assert.deepEqual(foreign, [])
})

function isPackage(name: string): boolean {
  return !name.startsWith('.')
}

test('a program in plain JavaScript takes money with it', async () => {
  const app = await startTestApp({ role: 'api' })
  try {
    await writeFile(
      join(project, 'pay.js'),
      `import { createClient, paidOrThrow } from 'billkey/client'
const client = createClient({
  baseUrl: process.env.API, impKey: process.env.IMP_KEY, impSecret: process.env.IMP_SECRET,
})
const payment = paidOrThrow(await client.subscribe.onetime({
  merchant_uid: 'order-1', amount: 3000, card_number: '9366-0000-0090-0000', expiry: '2031-12',
}))
console.log(payment.status, payment.amount, (await client.payments.outcome('order-1')).kind)
`,
    )
    const { impKey, impSecret } = app.merchant
    const environment = { API: app.url, IMP_KEY: impKey, IMP_SECRET: impSecret }
    const ended = await run(process.execPath, ['pay.js'], project, environment)
    assert.deepEqual(ended, { code: 0, said: 'paid 3000 paid\n' })
  } finally {
    await app.close()
  }
})

const strict = [
  '--noEmit',
  '--strict',
  '--exactOptionalPropertyTypes',
  '--skipLibCheck',
  'false',
  '--target',
  'es2022',
]
const node = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')]

const settings: readonly (readonly [string, readonly string[]])[] = [
  ['as Node resolves, with the types of the web', ['--module', 'nodenext', '--lib', 'es2022,dom']],
  [
    'as Node resolves, with the types of Node',
    ['--module', 'nodenext', '--lib', 'es2022', ...node],
  ],
  [
    'as a bundler resolves',
    ['--module', 'esnext', '--moduleResolution', 'bundler', '--lib', 'es2022,dom'],
  ],
]

async function wrongCalls(): Promise<string> {
  const text = await readFile(join(root, 'test/client/wrong-calls.ts'), 'utf8')
  return text.replace("'../../client/client.ts'", "'billkey/client'")
}

for (const [name, options] of settings) {
  test(`a program in TypeScript compiles, and its wrong calls do not: ${name}`, async () => {
    const folder = join(project, name.replaceAll(/\W+/g, '-'))
    await mkdir(folder)
    const asked = await wrongCalls()
    await writeFile(join(folder, 'asked.ts'), asked)
    await mustRun(process.execPath, [tsc, ...strict, ...options, 'asked.ts'], folder)
    // The same without asking for errors: there must be one for each.
    const bare = asked.replaceAll('@ts-expect-error', 'expected:')
    await writeFile(join(folder, 'bare.ts'), bare)
    const { code, said } = await run(
      process.execPath,
      [tsc, ...strict, ...options, 'bare.ts'],
      folder,
    )
    assert.notEqual(code, 0)
    const errors = said.split('\n').filter((line) => /^bare\.ts.*: error TS/.test(line))
    assert.equal(errors.length, bare.split('expected:').length - 1, said)
  })
}

test("the repository's own name for it leads to the same build", async () => {
  // No literal: the compiler would look for the build, which is there only after 'before'.
  const name: string = 'billkey/client'
  const own = (await import(name)) as Record<string, unknown>
  assert.equal(own['clientVersion'], clientVersion)
})

test('all versions are one', () => {
  assert.equal(clientVersion, rootPackage.version)
  assert.equal(clientPackage.version, rootPackage.version)
})
