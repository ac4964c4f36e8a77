// `billkey operator`, against the database of a running server.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, it } from 'node:test'

import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type CommandRunner, startCommandRunner } from '../support/command-runner.ts'

let database: TestDatabase
let commands: CommandRunner
before(async () => {
  database = await createTestDatabase()
  commands = startCommandRunner({
    DATABASE_URL: database.connectionString,
    BILLKEY_MASTER_KEY: randomBytes(32).toString('base64'),
  })
  await mustRun('merchant', 'add', 'shop')
})
after(async () => {
  await commands.close()
  await database.drop()
})

async function mustRun(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await commands.run(...args)
  assert.equal(`${code} ${stderr}`, '0 ', args.join(' '))
  return stdout
}

it('adds the first as owner, changes roles, and leaves a merchant one owner', async () => {
  const added = await mustRun('operator', 'add', 'Kim@shop.example', '--name', 'Kim')
  assert.match(added, /^e-mail {4}kim@shop\.example \(owner\)$/m)
  assert.match(added, /^password {2}(?:[a-z2-9]{4}-){3}[a-z2-9]{4} /m)
  const twice = await commands.run('operator', 'add', 'kim@shop.example', '--role', 'viewer')
  assert.match(twice.stderr, /is an operator of this merchant already/)
  const roleless = await commands.run('operator', 'add', 'lee@shop.example')
  assert.match(roleless.stderr, /name a role/)
  await mustRun('operator', 'add', 'lee@shop.example', '--role', 'viewer')
  for (const args of [['disable'], ['role', 'viewer']]) {
    const [verb = '', ...rest] = args
    const last = await commands.run('operator', verb, 'kim@shop.example', ...rest)
    assert.match(last.stderr, /is the last owner/)
  }
  assert.match(await mustRun('operator', 'role', 'lee@shop.example', 'owner'), /: owner, /)
  await mustRun('operator', 'disable', 'kim@shop.example')
  const password = await mustRun('operator', 'password', 'lee@shop.example')
  assert.match(password, /password {2}/)
  await mustRun('operator', 'totp-reset', 'lee@shop.example')
  const list = await mustRun('operator', 'list')
  assert.match(list, /kim@shop\.example .* disabled/)
  assert.match(list, /lee@shop\.example .* owner .* has to choose a password/)
  const strange = await commands.run('operator', 'role', 'park@shop.example', 'owner')
  assert.match(strange.stderr, /there is no operator/)
  const audit = await mustRun('audit', 'list')
  assert.match(audit, /operator\.added/)
  assert.match(audit, /operator\.changed/)
})
