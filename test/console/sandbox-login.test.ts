// The login that a sandbox prints: drawn before there is a database, and the same on every start.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { drawSandboxLogin, prepareSandboxOperator } from '../../src/commands/sandbox-operator.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { openConsole } from './console-client.ts'

let app: TestApp
let dataDir: string

before(async () => {
  app = await startTestApp()
  dataDir = await mkdtemp(join(tmpdir(), 'billkey-login-'))
})

after(async () => {
  await app?.close()
  await rm(dataDir, { recursive: true, force: true })
})

/** What a start prints. */
async function start(): Promise<{ email: string; password: string | undefined }> {
  const drawn = await drawSandboxLogin(dataDir)
  const { merchantId } = app.merchant
  const { email, password } = await prepareSandboxOperator(app.parts, merchantId, {
    dataDir,
    drawn,
  })
  return { email, password: password?.reveal() }
}

test('it signs in, and is the same on the next start until another password is chosen', async () => {
  const { email, password } = await start()
  assert.ok(password)
  assert.deepEqual(await start(), { email, password })
  const owner = openConsole(app.url)
  const { session } = await owner.ok('POST', '/session', { email, password })
  assert.equal(session.mustDo, null)
  const next = 'seven green bicycles'
  await owner.ok('PUT', '/session/password', { current: password, next })
  assert.deepEqual(await start(), { email, password: undefined })
})
