// `billkey webhooks` as an operator types it, against a running server's database.

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'

import { sealedColumns } from '../../src/commands/keys.ts'
import { rotateKeys } from '../../src/vault/rotate-keys.ts'
import {
  type CommandEnd,
  type CommandRunner,
  startCommandRunner,
} from '../support/command-runner.ts'
import { clearTable, onlyWebhook, openShop, type Shop, verifiedBy } from './webhook-shop.ts'

let shop: Shop
let commands: CommandRunner

before(async () => {
  shop = await openShop()
  const { databaseUrl, masterKey } = shop.app.parts.config
  commands = startCommandRunner({
    DATABASE_URL: databaseUrl?.reveal() ?? '',
    BILLKEY_MASTER_KEY: masterKey.key?.reveal() ?? '',
    BILLKEY_LOG_LEVEL: 'error',
    BILLKEY_WEBHOOK_ALLOW: '127.0.0.0/8',
  })
})
after(async () => {
  await commands.close()
  await shop.close()
})
beforeEach(() => clearTable(shop))

function billkey(...args: readonly string[]): Promise<CommandEnd> {
  return commands.run('webhooks', ...args, '--mode', 'sandbox')
}

async function said(...args: readonly string[]): Promise<string> {
  const ran = await billkey(...args)
  assert.equal(ran.code, 0, ran.stderr)
  return ran.stdout
}

async function refusal(...args: readonly string[]): Promise<string> {
  const ran = await billkey(...args)
  assert.equal(ran.code, 1)
  assert.equal(ran.stderr.trim().split('\n').length, 1, ran.stderr)
  return ran.stderr
}

describe('billkey webhooks endpoint', () => {
  it('sets, shows, and keeps what is not named', async () => {
    assert.match(await said('endpoint', 'show'), /no sandbox endpoint is set/)
    const url = `${shop.receiver.url}/hook`
    const set = await said('endpoint', 'set', url, '--format', 'form', '--failures')
    assert.match(set, new RegExp(`url {7}${url}`))
    assert.match(set, /secret {4}whsec_/)
    await said('endpoint', 'set', url)
    const shown = await said('endpoint', 'show')
    assert.match(shown, /format {4}form/)
    assert.match(shown, /failures {2}told of/)
    assert.doesNotMatch(shown, /whsec_/)
    await said('endpoint', 'set', url, '--format', 'json', '--no-failures')
    assert.match(await said('endpoint', 'show'), /format {4}json\nfailures {2}not told of/)
    assert.match(await said('endpoint', 'remove'), /only a notice_url/)
    assert.match(await said('endpoint', 'show'), /url {7}\(none/)
    assert.match(await refusal('endpoint', 'remove'), /no \w+ endpoint is set/)
  })

  it('refuses an inside address, and what is no choice', async () => {
    assert.match(
      await refusal('endpoint', 'set', 'http://10.0.0.1/'),
      /10\.0\.0\.1 is a private address/,
    )
    assert.match(
      await refusal('endpoint', 'set', `${shop.receiver.url}/`, '--format', 'xml'),
      /json, form/,
    )
    assert.match(await refusal('endpoint'), /needs one of: set, remove, show/)
  })

  it('rotates the secret: the old one signs along until it is dropped', async () => {
    await said('endpoint', 'set', `${shop.receiver.url}/hook`)
    const old = /whsec_\S+/.exec(await said('endpoint', 'show', '--secret'))?.[0] ?? ''
    const fresh = /whsec_\S+/.exec(await said('endpoint', 'rotate-secret'))?.[0] ?? ''
    assert.notEqual(old, fresh)
    assert.match(await refusal('endpoint', 'rotate-secret'), /drop-old-secret/)
    await said('test')
    await said('endpoint', 'drop-old-secret')
    assert.match(await refusal('endpoint', 'drop-old-secret'), /only one secret/)
    const [received] = shop.receiver.received
    assert.ok(received !== undefined)
    assert.deepEqual([verifiedBy(received, fresh), verifiedBy(received, old)], [0, 1])
  })
})

describe('billkey webhooks test', () => {
  it('shows what the address answered, and fails when that was not 2xx', async () => {
    await said('endpoint', 'set', `${shop.receiver.url}/hook`)
    assert.match(await said('test'), /answered 200\nOK/)
    shop.receiver.answer(500)
    assert.match(await refusal('test'), /2xx/)
  })
})

describe('billkey webhooks list, show, replay, resume', () => {
  it('show what became of an event and send it again', async () => {
    await said('endpoint', 'set', `${shop.receiver.url}/hook`)
    shop.receiver.answer(410)
    const impUid = await shop.pay()
    await shop.deliver()
    const { webhookId } = await onlyWebhook(shop)
    assert.match(
      await said('list', '--state', 'given_up'),
      new RegExp(`${webhookId}.*${impUid} +paid +given_up`),
    )
    assert.doesNotMatch(await said('list', '--status', 'failed'), new RegExp(webhookId))
    const shown = await said('show', webhookId)
    assert.match(shown, /attempt 1 .*: 410 in \d+ ms/)
    assert.match(shown, new RegExp(`sent {2}\\{"imp_uid":"${impUid}"`))
    assert.match(shown, /got {3}answered 410/)
    assert.match(await said('endpoint', 'show'), /paused .*\(gone\)/)
    assert.match(await refusal('replay', webhookId), /paused/)
    assert.match(await said('endpoint', 'resume'), /resumed: 0 events/)
    assert.match(await refusal('endpoint', 'resume'), /not paused/)
    shop.receiver.answer(200)
    assert.match(await said('replay', '--failed'), /1\/1 events due\n1 events are due now/)
    // The command lives in real time.
    shop.clock.advance(Date.now() - shop.clock.now())
    await shop.deliver()
    assert.equal((await onlyWebhook(shop)).state, 'delivered')
    assert.match(await said('replay', webhookId), /is due now/)
    shop.clock.advance(Date.now() - shop.clock.now())
    await shop.deliver()
    assert.equal(shop.receiver.received.length, 3)
  })

  it('refuse what names nothing', async () => {
    assert.match(await refusal('show', 'x'), /there is no event 'x'/)
    assert.match(await refusal('replay', 'x'), /there is no event 'x'/)
    assert.match(await refusal('replay'), /say which/)
    assert.match(await refusal('list', '--since', 'yesterdayish'), /is not an instant/)
    assert.match(await refusal('list', '--limit', '0'), /whole number/)
  })
})

describe('the rotation of the vault’s keys', () => {
  it('takes both webhook secrets along', async () => {
    await said('endpoint', 'set', `${shop.receiver.url}/hook`)
    await said('endpoint', 'rotate-secret')
    const before = await shop.secrets()
    assert.equal(before.length, 2)
    const { db, masterKeys } = shop.app.parts
    const result = await rotateKeys({
      database: db,
      masterKeys,
      clock: shop.clock,
      columns: sealedColumns,
      newDataKeys: true,
      startedAtMs: shop.clock.now(),
      signal: new AbortController().signal,
      onProgress: () => undefined,
    })
    assert.deepEqual([result.kind, result.broken], ['finished', 0])
    assert.ok(result.resealed >= 2)
    assert.deepEqual(await shop.secrets(), before)
  })
})
