// `billkey channel` as an operator types it, and what a running server makes of a change.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

import type { Channel } from '../../src/accounts/channel.ts'
import { listChannels } from '../../src/accounts/channels.store.ts'
import { showInstalments } from '../../src/accounts/instalment-rule.ts'
import { openLinkKey } from '../../src/accounts/open-channel.ts'
import { sandboxContract } from '../../src/commands/sandbox-merchant.ts'
import { adHocSql } from '../../src/db/database.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import {
  type CommandEnd,
  type CommandRunner,
  startCommandRunner,
} from '../support/command-runner.ts'
import { newOrder } from './orders.ts'
import { assertRefused, paidOf } from './replies.ts'
import { newEntry, registerCard, reserve } from './reservations.ts'

const clock = new TestClock(Date.UTC(2026, 2, 1))
const cpid = sandboxContract.cpid
let app: TestApp
let commands: CommandRunner
let keyFile: string

before(async () => {
  app = await startTestApp({ clock })
  keyFile = join(await mkdtemp(join(tmpdir(), 'billkey-channel-')), 'link-key.txt')
  const { databaseUrl, masterKey } = app.parts.config
  commands = startCommandRunner({
    DATABASE_URL: databaseUrl?.reveal() ?? '',
    BILLKEY_MASTER_KEY: masterKey.key?.reveal() ?? '',
    BILLKEY_LOG_LEVEL: 'error',
  })
})
after(async () => {
  await commands.close()
  await app.close()
  await rm(join(keyFile, '..'), { recursive: true })
})

async function said(...args: readonly string[]): Promise<string> {
  const ran: CommandEnd = await commands.run('channel', ...args)
  assert.equal(ran.code, 0, ran.stderr)
  return ran.stdout
}

async function refusal(...args: readonly string[]): Promise<string> {
  const ran = await commands.run('channel', ...args)
  assert.notEqual(ran.code, 0)
  assert.equal(ran.stderr.trim().split('\n').length, 1, ran.stderr)
  return ran.stderr
}

async function channels(): Promise<readonly Channel[]> {
  return listChannels(app.parts.db, app.merchant.merchantId)
}

async function channelOf(pgId: string = cpid): Promise<Channel> {
  return (await channels()).find((channel) => channel.pgId === pgId) as Channel
}

const pay = (fields: object) =>
  app.merchant.call('POST', '/subscribe/payments/onetime', newOrder({ ...fields }))

describe('billkey channel set', () => {
  it('changes what is named, keeps what is not, and leaves an audit row', async () => {
    const before = await channelOf()
    const rules = ['--instalments', '366:2-6,361:none,*:2-3', '--unmappable', 'reject']
    const shown = await said('set', cpid, '--name', '정기구독', ...rules, '--rate-cap', '5')
    assert.match(shown, /정기구독 .*361:none,366:2-6,\*:2-3 +5\/off +default/)
    const { instalments, ...rest } = await channelOf()
    assert.equal(showInstalments(instalments), '361:none,366:2-6,*:2-3')
    const { instalments: _, ...unchanged } = before
    assert.deepEqual(rest, {
      ...unchanged,
      name: '정기구독',
      unmappable: 'reject',
      rateCapPerSecond: 5,
    })
    await said('set', before.channelKey, '--name', 'test channel')
    assert.deepEqual(await channelOf(), { ...rest, instalments, name: 'test channel' })
    const { rows } = await app.parts.db.query<{ actor: string; detail: object }>(
      adHocSql(
        `select actor, detail from audit_events
         where action = 'channel.set' and subject = $1 order by recorded_at`,
      ),
      [before.channelKey],
    )
    assert.equal(rows.length, 2)
    assert.match(rows[0]?.actor ?? '', /^cli:/)
    assert.deepEqual(rows[1]?.detail, { name: 'test channel' })
  })

  it('is known to a running server within five seconds', async () => {
    await said('set', cpid, '--instalments', '2-12', '--unmappable', 'substitute')
    clock.advance(5_000)
    paidOf(await pay({ amount: 60_000, card_quota: 12, name: '똠양꿍' }))
    await said('set', cpid, '--instalments', 'none', '--unmappable', 'reject')
    clock.advance(5_000)
    const badName = /^파라미터 오류: name \(/
    assertRefused(await pay({ name: '똠양꿍' }), { status: 400, code: -1, message: badName })
    const badMonths = /^파라미터 오류: card_quota \(이 채널에서는 할부를/
    const order = { amount: 60_000, card_quota: 12 }
    assertRefused(await pay(order), { status: 400, code: -1, message: badMonths })
  })

  it('replaces the link key, sealed anew, and never shows it', async () => {
    const wrong = 'f'.repeat(64)
    await writeFile(keyFile, `${wrong}\n`)
    const { linkKeySealed } = await channelOf()
    const shown = await said('set', cpid, '--link-key-file', keyFile)
    assert.doesNotMatch(shown, /f{8}/)
    assert.match(shown, new RegExp(`billkey channel test ${cpid}`))
    const changed = await channelOf()
    assert.notDeepEqual(changed.linkKeySealed, linkKeySealed)
    assert.equal((await openLinkKey(app.parts.vault, changed)).reveal(), wrong)
    assert.match(await refusal('test', cpid), /not accepted by PAYJOA/)
    clock.advance(5_000)
    assertRefused(await pay({}), { status: 200, code: -1, message: /결제연동키/ })

    await writeFile(keyFile, `  ${sandboxContract.linkKey.reveal()}\n`)
    await said('set', cpid, '--link-key-file', keyFile)
    assert.match(await said('test', cpid), /ok {4}CTS00001 {2}CARD-BATCH/)
    clock.advance(5_000)
    paidOf(await pay({}))
    const { rows } = await app.parts.db.query(
      adHocSql(`select detail from audit_events where detail::text like '%' || $1 || '%'`),
      [wrong],
    )
    assert.deepEqual(rows, [])
  })

  it('makes another channel the default, of which there is one', async () => {
    await writeFile(keyFile, '0'.repeat(64))
    const place = ['--base-url', app.simulator.url, '--link-key-file', keyFile]
    await said('add', '--cpid', 'CTS00014', '--billing', ...place, '--instalments', '2-3')
    assert.equal((await channelOf('CTS00014')).isDefault, false)
    await said('set', 'CTS00014', '--default')
    assert.deepEqual(
      (await channels()).filter(({ isDefault }) => isDefault).map(({ pgId }) => pgId),
      ['CTS00014'],
    )
    assert.equal(showInstalments((await channelOf('CTS00014')).instalments), '2-3')
    await said('set', cpid, '--default')
  })

  it('refuses what cannot be set, and changes nothing', async () => {
    const known = await channels()
    await writeFile(keyFile, '\n')
    const refusals = [
      [['set'], /name the channel/],
      [['set', 'CTS99999', '--name', 'x'], /no channel 'CTS99999'/],
      [['set', cpid], /say what to set/],
      [['set', cpid, '--name', ' '], /the name is empty/],
      [['set', cpid, '--instalments', '2-13'], /'2-13' are no months/],
      [['set', cpid, '--instalments', '361:2'], /other card companies/],
      [['set', cpid, '--instalments', '999:2,*:3'], /999 is no card company that PAYJOA names/],
      [['set', cpid, '--unmappable', 'drop'], /takes one of substitute, reject/],
      [['set', cpid, '--rate-cap', '0'], /from 1 to 1000/],
      [['set', cpid, '--link-key-file', keyFile], /link key .* is empty/],
      [['set', cpid, '--link-key-file', `${keyFile}.gone`], /cannot read/],
      [['set', cpid, '--cpid', 'CTS00002'], /Unknown option '--cpid'/],
      [['set', cpid, '--tax', 'exempt'], /Unknown option '--tax'/],
      [['list', '--name', 'x'], /Unknown option '--name'/],
    ] as const
    for (const [args, words] of refusals) {
      // Node explains an unknown option in two lines.
      const ran = await commands.run('channel', ...args)
      assert.notEqual(ran.code, 0, args.join(' '))
      assert.match(ran.stderr, words)
    }
    assert.deepEqual(await channels(), known)
  })

  it('changes nothing of a disabled channel, whose keys cannot be reserved for', async () => {
    await registerCard(app.merchant, 'kept')
    await said('disable', 'CTS00014')
    assert.match(await refusal('set', 'CTS00014', '--default'), /disabled: add it anew/)
    assert.equal((await channelOf()).isDefault, true)
    // What a server has in memory serves until it looks again.
    await said('disable', cpid)
    clock.advance(5_000)
    const later = Math.floor(clock.now() / 1000) + 60
    assertRefused(await reserve(app.merchant, 'kept', [newEntry(later)]), {
      status: 200,
      code: -1,
      message: /channel_key/,
    })
  })
})
