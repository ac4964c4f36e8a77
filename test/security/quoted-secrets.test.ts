// What others quote to us, and what we might quote when we fail: notifications and daily files of a careless gateway, the
// messages of the database and of parsers, the output of commands, the last words of a process. No secret is in any of it.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, suite, test } from 'node:test'
import { inspect } from 'node:util'

import { sealReport } from '../../src/accounts/add-channel.ts'
import { newAct } from '../../src/audit/audit-event.ts'
import { moveChannel } from '../../src/accounts/channels.store.ts'
import { adHocSql } from '../../src/db/database.ts'
import { Secret } from '../../src/primitives/secret.ts'
import { readConfig } from '../../src/config.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import {
  type Canary,
  canaryCardNumber,
  dumpDatabase,
  findCanaries,
  type Place,
} from '../support/canaries.ts'
import { type CommandRunner, startCommandRunner } from '../support/command-runner.ts'
import { startServeProcess } from '../faults/serve-process.ts'

const card = canaryCardNumber('9366', true)
const reportPassword = `pw-${randomBytes(8).toString('hex')}&=% é`
const masterKey = randomBytes(32).toString('base64')
const canaries: readonly Canary[] = [
  { name: 'card number', value: card, kind: 'card' },
  { name: 'report password', value: reportPassword, kind: 'secret' },
  { name: 'report password, its start', value: reportPassword.slice(0, 19), kind: 'secret' },
  { name: 'master key', value: masterKey, kind: 'secret' },
]

suite('what others quote', () => {
  let app: TestApp
  let commands: CommandRunner
  let careless: Server
  let carelessUrl: string
  /** What the careless gateway answers a request for a daily file. */
  let page: (asked: string) => { readonly status?: number; readonly text: string }
  let asked: string[]
  const said: Place[] = []

  before(async () => {
    asked = []
    careless = createServer((request, response) => {
      asked.push(request.url ?? '')
      const { status = 200, text } = page(request.url ?? '')
      response.writeHead(status, { 'content-type': 'text/html', location: request.url })
      response.end(text)
    })
    careless.listen(0, '127.0.0.1')
    await once(careless, 'listening')
    carelessUrl = `http://127.0.0.1:${(careless.address() as AddressInfo).port}`
    app = await startTestApp({
      role: 'api',
      logLevel: 'trace',
      environment: { BILLKEY_MASTER_KEY: masterKey },
    })
    await readReportsFrom(carelessUrl)
    commands = startCommandRunner({
      DATABASE_URL: app.parts.config.databaseUrl?.reveal() ?? '',
      BILLKEY_MASTER_KEY: masterKey,
      BILLKEY_LOG_LEVEL: 'trace',
    })
  })
  after(async () => {
    await commands?.close()
    await app?.close()
    careless?.close()
  })

  async function readReportsFrom(baseUrl: string): Promise<void> {
    const { channel } = app.merchant
    const password = new Secret(reportPassword)
    const report = await sealReport(app.parts.vault, channel, { baseUrl, password })
    const to = { baseUrl: app.simulator.url, report }
    await moveChannel(app.parts.db, channel, to, newAct(app.parts, 'test'))
  }

  async function run(...args: readonly string[]): Promise<string> {
    const { stdout, stderr } = await commands.run(...args)
    said.push({ name: `billkey ${args.join(' ')}`, text: `${stdout}\n${stderr}` })
    return stdout + stderr
  }

  test('a daily file that quotes its address, its password or cards', async () => {
    const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '))
    for (const quote of [
      (url: string) => ({ text: `<html>${url}</html>` }),
      (url: string) => ({ text: `<html>bad request: ${decode(url)} ${card}</html>` }),
      (url: string) => ({
        text: `<script>alert("PASSWORD ${reportPassword.slice(0, 12)}</script>${url}`,
      }),
      () => ({ text: `${' '.repeat(3)}${'x'.repeat(70)}PASSWORD=${reportPassword}` }),
      (url: string) => ({ status: 500, text: url }),
      (url: string) => ({ status: 302, text: url }),
      (url: string) => ({ text: `<DATA>\n${url}\n${card}|${reportPassword}|x\n` }),
      (url: string) => ({
        text: `<DATA>\nS|120000|DAOU1|foreign-1|3000|${card}|${reportPassword}|${url}\n</DATA>`,
      }),
    ]) {
      page = quote
      await run('reconcile')
    }
    await readReportsFrom('http://127.0.0.1:1')
    assert.match(await run('reconcile'), /the connection failed/)
    await readReportsFrom(carelessUrl)
    assert.ok(asked.length >= 8)
    assert.ok(
      asked.every(
        (url) => new URLSearchParams(url.split('?')[1]).get('PASSWORD') === reportPassword,
      ),
    )
  })

  test('a notification that tells a whole card number', async () => {
    for (const [status, fields] of [
      [
        200,
        { CARDNO: card, CARDNUM: card, MEMO: `${card} told`, ACCOUNTNO: card, AUTHNO: '12345678' },
      ],
      [200, { CARDNO: card.replaceAll(/(.{4})(?=.)/g, '$1-'), AUTHNO: card, ORDERNO: 'foreign-3' }],
      [400, { CARDNO: card, PAYMETHOD: card }],
      [400, { CARDNO: card, AMOUNT: `-${card}`, RESULTCODE: card }],
    ] as const) {
      const query = new URLSearchParams({
        PAYMETHOD: 'CARD',
        CPID: app.merchant.channel.pgId,
        AMOUNT: '3000',
        ORDERNO: 'foreign-2',
        DAOUTRX: `DAOU${said.length}`,
        SETTDATE: '20260101120000',
        ...fields,
      })
      const path = `/notifications/daou/${app.merchant.channel.channelKey}`
      const reply = await fetch(`${app.url}${path}?${query.toString()}`)
      assert.equal(reply.status, status)
      said.push({ name: 'answer to a notification', text: await reply.text() })
    }
  })

  test('nor what commands print of it', async () => {
    const list = await run('discrepancy', 'list')
    const ids = [...list.matchAll(/^([0-9a-f-]{36})/gm)].map(([id]) => id)
    assert.ok(ids.length >= 3, list)
    for (const id of ids) await run('discrepancy', 'show', id)
    for (const command of [
      'payment unknown',
      'queue show',
      'doctor',
      'channel list',
      'merchant list',
    ]) {
      await run(...command.split(' '))
    }
    await run('discrepancy', 'show', card)
    await run('payment', 'settle', card, '--not-charged', '--reason', 'x')
    await run('reconcile', '--day', card)
    // What was typed is said back where it is refused: it stands on the same terminal already.
    const own = said.filter(({ name }) => !name.includes(card))
    assert.deepEqual(findCanaries(canaries, own), [])
  })

  test('errors of the database keep the values of their statements to themselves', async () => {
    const { db, log } = app.parts
    const columns = '(merchant_id, imp_key, secret_hash, created_at)'
    for (const text of [
      `insert into merchants (merchant_id, name, created_at) select merchant_id, '${card}', created_at from merchants`,
      `insert into api_keys ${columns} values (null, '${card}', '', now())`,
      `insert into api_keys ${columns} values (1, '${card}', '', 'infinity'), (1, '${card}', '', now())`,
      `update payments set amount = -1, card_number = '${card}'`,
      `select '${card}'::int`,
      `select '${card}x'::timestamptz`,
      `select ${card}::int`,
      `select '{"card":"${card}"'::json`,
      `select nothing from nowhere where x = '${card}'`,
    ]) {
      const error: unknown = await db.query(adHocSql(text)).catch((thrown: unknown) => thrown)
      if (!(error instanceof Error)) continue
      log.error({ err: error }, 'a statement failed')
      log.error({ failure: error, nested: { list: [error] } }, 'a statement failed')
    }
    assert.match(app.logged(), /duplicate key value violates/)
    assert.deepEqual(findCanaries(canaries, [{ name: 'log', text: app.logged() }]), [])
  })

  test('errors of parsers quote no body', async () => {
    const { impKey } = app.merchant
    for (const body of [
      `{"imp_key":"${impKey}","imp_secret":"${card}"`,
      `{"card_number":${card}x}`,
      `{"${card}`,
      `"${card}"`,
      `[${card}]`,
      `card_number[=${card}&a[b=${card}`,
      `%${card}%`,
      `{"__proto__":{"x":"${card}"}}`,
    ]) {
      for (const type of [
        'application/json',
        'application/x-www-form-urlencoded',
        card,
        `x/${card}`,
      ]) {
        const reply = await fetch(`${app.url}/users/getToken`, {
          method: 'POST',
          body,
          headers: { 'content-type': type },
        })
        assert.ok(reply.status < 500, `${reply.status} to ${body}`)
        said.push({ name: 'answer to a body', text: (await reply.text()) + inspect(reply.headers) })
      }
    }
  })

  test('none of it is stored, logged or said', async () => {
    const dump = await dumpDatabase(app.parts.config.databaseUrl?.reveal() ?? '')
    const told = dump.find(({ name }) => name === 'table public.gateway_facts')?.text ?? ''
    assert.ok(told.includes(`${card.slice(0, 6)}***${card.slice(-4)}`), told)
    const places = [...dump, { name: 'log', text: app.logged() }]
    const spoken = said.filter(({ name }) => !name.includes(card))
    assert.deepEqual(findCanaries(canaries, [...places, ...spoken]), [])
  })

  test('the last words of a process that a bug ends name the place and no secret', async () => {
    const hook = new URL('crash-on-signal.ts', import.meta.url).href
    const crash = async (crashAs: string) => {
      const served = await startServeProcess(app, masterKey, {
        NODE_OPTIONS: `--import=${hook}`,
        CANARY: card,
        CRASH_AS: crashAs,
        BILLKEY_LOG_LEVEL: 'trace',
      })
      process.kill(served.pid, 'SIGUSR2')
      assert.equal(await served.ended(), 1)
      assert.match(served.stderr(), /^billkey: ended by an? \w+ nobody caught: /)
      if (crashAs !== 'object') {
        assert.match(served.stderr(), /TypeError: cannot read '\[digits\]' of undefined/)
        assert.match(served.stderr(), /crash-on-signal\.ts:\d+/)
        assert.match(served.stderr(), /caused by Error: because of \[digits\]/)
      }
      const places = [
        { name: 'standard error', text: served.stderr() },
        { name: 'standard output', text: served.stdout() },
      ]
      assert.deepEqual(findCanaries(canaries, places), [])
    }
    await Promise.all(['exception', 'rejection', 'object'].map(crash))
  })
})

test('settings show no secret, however they are printed', () => {
  const secret = 'canary-8c1f'
  const config = readConfig({
    DATABASE_URL: `postgres://u:${secret}@h/d`,
    BILLKEY_MASTER_KEY: secret,
    BILLKEY_MASTER_KEY_PREVIOUS: secret,
    BILLKEY_IMP_SECRET: secret,
  })
  for (const text of [
    inspect(config, { depth: 9, showHidden: true }),
    JSON.stringify(config),
    String(config.databaseUrl),
  ]) {
    assert.ok(!text.includes(secret), text)
  }
})
