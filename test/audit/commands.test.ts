// `billkey audit` as an operator types it, what other commands leave in the trail, and the check of an export that
// docs/operate/audit.md gives to auditors, run as it stands there.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'

import { registerCard } from '../api/reservations.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { type CommandRunner, startCommandRunner } from '../support/command-runner.ts'
import { read } from '../tidy/repository-files.ts'
import { tamper } from './trail.ts'

suite('an operator', () => {
  let app: TestApp
  let commands: CommandRunner
  let folder: string
  before(async () => {
    app = await startTestApp({ role: 'api' })
    const { databaseUrl, masterKey } = app.parts.config
    commands = startCommandRunner({
      DATABASE_URL: databaseUrl?.reveal() ?? '',
      BILLKEY_MASTER_KEY: masterKey.key?.reveal() ?? '',
      // Answers are read by scripts, so no log may stand in them.
      BILLKEY_LOG_LEVEL: 'info',
      BILLKEY_WEBHOOK_ALLOW: '127.0.0.0/8',
    })
    folder = await mkdtemp(join(tmpdir(), 'billkey-audit-'))
  })
  after(async () => {
    await rm(folder, { recursive: true })
    await commands.close()
    await app.close()
  })

  async function said(...args: readonly string[]): Promise<string> {
    const ran = await commands.run(...args)
    assert.equal(ran.code, 0, ran.stderr)
    return ran.stdout
  }

  interface Shown {
    readonly sequence: number
    readonly actor: string
    readonly action: string
    readonly subject: string
    readonly detail: Record<string, unknown>
  }

  async function listed(...args: readonly string[]): Promise<Shown[]> {
    const text = await said('audit', 'list', ...args)
    return text.trim() === ''
      ? []
      : text
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as Shown)
  }

  test('leaves an event with each command that changes something, and none with a look', async () => {
    const { impKey, channel } = app.merchant
    const key = /imp_key +(\d+)/.exec(await said('merchant', 'add-key'))?.[1] ?? ''
    await said('merchant', 'list-keys')
    await said('merchant', 'revoke-key', key)
    await said('merchant', 'set', '--pending-schedules', 'refuse')
    await said('channel', 'set', channel.channelKey, '--name', 'renamed')
    assert.match(await said('token'), /^\S+\n$/)
    await said('webhooks', 'endpoint', 'set', 'http://127.0.0.1:9/hook', '--mode', 'sandbox')
    await said('clock', 'freeze')
    await said('clock', 'release')
    await registerCard(app.merchant, 'subscriber')
    await app.merchant.call('DELETE', '/subscribe/customers/subscriber')
    await said('keys', 'rotate')
    await said('channel', 'disable', channel.channelKey)
    const events = await listed()
    assert.deepEqual(
      events.map(({ action }) => action),
      [
        'merchant.added',
        'api_key.created',
        'channel.added',
        'api_key.created',
        'api_key.revoked',
        'merchant.set',
        'channel.set',
        'access_token.shown',
        'webhook_endpoint.set',
        'clock.frozen',
        'clock.released',
        'billing_key.registered',
        'billing_key.deleted',
        'vault.rotation_finished',
        'channel.disabled',
      ],
    )
    assert.deepEqual(
      events.map(({ sequence }) => sequence),
      events.map((_, index) => index + 1),
    )
    const byApi = events.filter(({ action }) => action.startsWith('billing_key.'))
    for (const { actor } of byApi) assert.equal(actor, `api:${impKey}`)
    const byHand = events.slice(3).filter((event) => !byApi.includes(event))
    for (const { actor } of byHand) assert.match(actor, /^cli:./)
    const [installation] = await listed('--merchant', 'installation')
    assert.equal(installation?.action, 'vault.rotation_finished')
    const added = events[2]?.detail ?? {}
    assert.equal(added['pg_id'], channel.pgId)
    for (const name of Object.keys(added)) assert.doesNotMatch(name, /sealed/)
  })

  test('lists by action, subject and time', async () => {
    assert.deepEqual(
      (await listed('--action', 'channel.')).map(({ action }) => action),
      ['channel.added', 'channel.set', 'channel.disabled'],
    )
    assert.equal((await listed('--action', 'channel')).length, 0)
    assert.equal((await listed('--subject', 'subscriber')).length, 2)
    assert.equal((await listed('--since', '2100-01-01T00:00:00Z')).length, 0)
    assert.equal((await listed('--actor', 'test', '--until', '2100-01-01T00:00:00Z')).length, 3)
  })

  test('finds the trail sound and wholly signed after commands alone', async () => {
    const text = await said('audit', 'verify')
    assert.match(text, /^ok {4}installation: 1 events .* signed up to 1$/m)
    assert.match(text, /^ok {4}merchant \d+: 15 events .* the newest is 15, signed up to 15$/m)
  })

  test('gives an auditor what he can check by himself', async () => {
    const file = join(folder, 'trail.ndjson')
    const exported = await said('audit', 'export')
    await writeFile(file, exported)
    const [, recipe = ''] = /^```js\n([^]*?)^```/m.exec(read('docs/operate/audit.md')) ?? []
    const program = join(folder, 'check.mjs')
    await writeFile(program, recipe)
    const check = () => spawnSync(process.execPath, [program, file], { encoding: 'utf8' })
    const good = check()
    assert.match(good.stdout, /^events up to 15 are as recorded, up to 15 signed/, good.stderr)
    await writeFile(file, exported.replace('renamed', 'forged!'))
    assert.match(check().stderr, /event 7 is not as recorded/)
    await writeFile(file, exported.replace(/"signature":"./, '"signature":"+'))
    assert.match(check().stderr, /the signature over event \d+ is not good/)
  })

  test('finds what was changed, exit code 1, and what was put back by a head kept elsewhere', async () => {
    const file = join(folder, 'heads.ndjson')
    await writeFile(file, await said('audit', 'head'))
    assert.match(await said('audit', 'verify', '--heads', file), /^ok {4}merchant/m)
    const { merchantId } = app.merchant
    for (const text of [
      'delete from audit_events where merchant_id = $1 and sequence = 15',
      'delete from audit_checkpoints where merchant_id = $1 and sequence = 15',
      `update audit_heads h set sequence = 14, hash = e.hash from audit_events e
       where h.merchant_id = $1 and e.merchant_id = $1 and e.sequence = 14`,
    ]) {
      await tamper(app, text, [merchantId])
    }
    assert.equal((await commands.run('audit', 'verify')).code, 0)
    const lost = await commands.run('audit', 'verify', '--heads', file)
    assert.equal(lost.code, 1)
    assert.match(lost.stdout, /^FAIL {2}merchant \d+: 14 events/m)
    assert.match(lost.stdout, /^ {6}event 15, whose head was kept, is not there$/m)
    const change = `update audit_events set detail = '{}' where merchant_id = $1 and sequence = 6`
    await tamper(app, change, [merchantId])
    const changed = await commands.run('audit', 'verify')
    assert.equal(changed.code, 1)
    assert.match(changed.stdout, /event 6 \(merchant.set \d+, by cli:.*\) is not what was recorded/)
    assert.equal(changed.stderr.trim().split('\n').length, 1, changed.stderr)
    const doctor = await commands.run('doctor')
    assert.match(doctor.stdout, /^MEND {2}test: the audit trail is broken .*billkey audit verify$/m)
  })
})
