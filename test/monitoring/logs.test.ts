// Whoever knows one id of a payment finds every line about it, from the request to the webhook; and every message that
// the code writes is explained in docs/operate/logs.md.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, suite, test } from 'node:test'

import { setEndpoint } from '../../src/webhooks/set-endpoint.ts'
import { eventually } from '../faults/eventually.ts'
import { orderFault } from '../faults/outcome-checks.ts'
import { again, goodCard, newAttempt, onetime } from '../faults/ways-to-charge.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'
import { files, read } from '../tidy/repository-files.ts'

type Line = Record<string, unknown> & { readonly msg: string; readonly level: string }

suite('the lines of a server', () => {
  let app: TestApp
  let receiver: WebhookReceiver
  before(async () => {
    receiver = await startWebhookReceiver()
    app = await startTestApp()
    const name = { merchantId: app.merchant.merchantId, sandbox: true }
    await setEndpoint(app.parts, name, { url: `${receiver.url}/hook?key=hidden`, actor: 'test' })
  })
  after(async () => {
    await app.close()
    await receiver.close()
  })

  function lines(about: Record<string, unknown>): Line[] {
    const all = app.logged().trim().split('\n')
    return all
      .map((line) => JSON.parse(line) as Line)
      .filter((line) => Object.entries(about).every(([field, value]) => line[field] === value))
  }

  const lineOf = (msg: string, about: Record<string, unknown>) =>
    eventually(`${msg} about ${JSON.stringify(about)}`, async () => lines({ msg, ...about })[0])

  test('an exchange names its request, merchant, payment, channel, outcome and times', async () => {
    const attempt = newAttempt()
    const reply = await onetime.charge(app.merchant, attempt)
    const requestId = reply.headers.get('x-request-id')
    const impUid: string = reply.body.response.imp_uid
    const line = await lineOf('exchange with PAYJOA', { impUid })
    const { merchantId, channel } = app.merchant
    const { channelKey } = channel
    assert.equal(line.level, 'info')
    assert.equal(line['requestId'], requestId)
    assert.deepEqual(
      [line['merchantId'], line['merchantUid'], line['channelKey'], line['pgId']],
      [merchantId, attempt.merchantUid, channelKey, channel.pgId],
    )
    assert.deepEqual(
      [line['call'], line['outcome'], line['resultCode'], line['orderNumber']],
      ['charge_card', 'approved', '0000', impUid],
    )
    for (const field of ['ms', 'readyMs', 'executeMs']) assert.equal(typeof line[field], 'number')
    const request = await lineOf('request', { requestId })
    assert.equal(request['merchantId'], merchantId)
  })

  test('an unknown outcome is a warning with its cause', async () => {
    await orderFault(app, { match: { step: 'execute' }, fault: 'answer_lost' })
    const reply = await onetime.charge(app.merchant, newAttempt())
    const impUid: string = reply.body.response.imp_uid
    const line = await lineOf('exchange with PAYJOA', { impUid, outcome: 'unknown' })
    assert.deepEqual([line.level, line['cause']], ['warn', 'reset'])
  })

  test('a cancel names its payment and itself, a webhook its payment and its event', async () => {
    const paid = await onetime.charge(app.merchant, newAttempt())
    const impUid: string = paid.body.response.imp_uid
    await app.merchant.call('POST', '/payments/cancel', { imp_uid: impUid })
    const cancel = await lineOf('exchange with PAYJOA', { impUid, call: 'cancel' })
    assert.equal(typeof cancel['cancelId'], 'string')
    const delivered = await lineOf('a webhook was delivered', { impUid })
    assert.deepEqual([delivered['status'], delivered['origin']], [200, receiver.url])
    assert.equal(receiver.received[0]?.headers['webhook-id'] !== undefined, true)
    assert.ok(!app.logged().includes('key=hidden'))
  })

  test('an attempt of a schedule names the schedule and no request', async () => {
    const attempt = newAttempt()
    await again.prepare(app.merchant, attempt)
    const at = Math.floor(Date.now() / 1000) + 1
    await app.merchant.call('POST', '/subscribe/payments/schedule', {
      customer_uid: attempt.customerUid,
      schedules: [{ merchant_uid: 'logs-now', schedule_at: at, amount: 1000, name: '구독' }],
    })
    const line = await lineOf('exchange with PAYJOA', { merchantUid: 'logs-now' })
    assert.equal(typeof line['scheduleId'], 'string')
    assert.match(String(line['impUid']), /^imps_\d{12}$/)
    assert.equal(line['requestId'], undefined)
  })

  test('requests side by side do not lend each other their ids', async () => {
    const replies = await Promise.all(
      Array.from({ length: 12 }, () => onetime.charge(app.merchant, newAttempt())),
    )
    for (const reply of replies) {
      const impUid: string = reply.body.response.imp_uid
      const requestId = reply.headers.get('x-request-id')
      const about = await lineOf('exchange with PAYJOA', { impUid })
      assert.equal(about['requestId'], requestId)
      assert.equal(lines({ requestId, msg: 'exchange with PAYJOA' }).length, 1)
    }
    assert.ok(!app.logged().includes(goodCard))
  })
})

test('every message that the server logs stands in docs/operate/logs.md', async () => {
  const page = await readFile(new URL('../../docs/operate/logs.md', import.meta.url), 'utf8')
  // Those of the embedded PostgreSQL speak to whoever develops on it.
  const sources = files.filter(
    (path) => /^src\/.*(?<!\.test)\.ts$/.test(path) && !/^src\/(?:db|commands)\//.test(path),
  )
  const messages = sources.flatMap((path) =>
    [...read(path).matchAll(/\blog(?:ger)?\.(?:info|warn|error)\(([^;]*?)\),?\n/g)].flatMap(
      ([, call = '']) => {
        const said = [...call.matchAll(/(['"])((?:(?!\1)[^\\]|\\.)*)\1(?=,?\s*$)/g)]
        return said.map(([, , words]) => `${path}: ${words}`)
      },
    ),
  )
  assert.ok(messages.length > 30, String(messages.length))
  const missing = messages.filter(
    (entry) => !page.includes(`\`${entry.split(': ').slice(1).join(': ')}\``),
  )
  assert.deepEqual(missing, [])
})
