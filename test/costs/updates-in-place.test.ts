// A row that is completed shortly after it was begun is completed on its page, so that no index takes a second entry for
// it (heap-only tuples). Whether that happens, only PostgreSQL's own counts tell.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { setEndpoint } from '../../src/webhooks/set-endpoint.ts'
import { cardFields, newMerchantUid } from '../api/orders.ts'
import { eventually } from '../faults/eventually.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'

const payments = 200

interface Updates {
  readonly all: number
  readonly inPlace: number
}

suite('updates in place', () => {
  let app: TestApp
  let receiver: WebhookReceiver

  before(async () => {
    receiver = await startWebhookReceiver()
    app = await startTestApp({ logLevel: 'warn', tells: true, channel: { rateCapPerSecond: null } })
    const { merchantId } = app.merchant
    const wanted = { url: `${receiver.url}/hook`, actor: 'test' }
    await setEndpoint(app.parts, { merchantId, sandbox: true }, wanted)
    await app.merchant.call('POST', '/subscribe/customers/known', cardFields())
    for (let at = 0; at < payments / 10; at += 1) await Promise.all(Array.from({ length: 10 }, pay))
  })
  after(async () => {
    await app?.close()
    await receiver?.close()
  })

  async function pay(): Promise<void> {
    const { body } = await app.merchant.call('POST', '/subscribe/payments/again', {
      customer_uid: 'known',
      merchant_uid: newMerchantUid(),
      amount: 9900,
      name: 'plan',
    })
    assert.equal(body.code, 0)
  }

  /** Of a table, once there were as many; connections report when they are idle, so not at once. */
  function updatesOf(table: string, atLeast: number): Promise<Updates> {
    return eventually(`${atLeast} updates of ${table}`, async () => {
      const text = `select n_tup_upd::int as "all", n_tup_hot_upd::int as "inPlace"
                    from pg_stat_user_tables where relname = '${table}'`
      const updates = (await app.parts.db.query<Updates>(adHocSql(text))).rows[0]
      return updates !== undefined && updates.all >= atLeast ? updates : undefined
    })
  }

  test('what was said on the wire completes its row in place', async () => {
    const { all, inPlace } = await updatesOf('exchanges', payments)
    assert.ok(inPlace >= 0.9 * all, `${inPlace} of ${all} updates of exchanges were in place`)
  })

  // The other half ends the event, which leaves the queue's indexes.
  test('an event is taken up in place', async () => {
    const { all, inPlace } = await updatesOf('webhooks', 2 * payments)
    assert.ok(inPlace >= 0.35 * all, `${inPlace} of ${all} updates of webhooks were in place`)
  })
})
