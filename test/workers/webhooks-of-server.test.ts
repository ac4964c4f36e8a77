// The server's own worker delivers: nobody but the process itself moves anything here.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { TestClock } from '../../src/primitives/clock.ts'
import { setEndpoint } from '../../src/webhooks/set-endpoint.ts'
import { cardOf, cardThat, newOrder } from '../api/orders.ts'
import { newEntry, registerCard, reserveOne } from '../api/reservations.ts'
import { paymentOf } from '../api/replies.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'

const clock = new TestClock(Date.parse('2026-03-02T00:00:00Z'))
let app: TestApp
let receiver: WebhookReceiver

before(async () => {
  receiver = await startWebhookReceiver()
  app = await startTestApp({ clock })
  const name = { merchantId: app.merchant.merchantId, sandbox: true }
  const result = await setEndpoint(app.parts, name, { url: `${receiver.url}/hook`, actor: 'test' })
  assert.equal(result.kind, 'set')
})
after(async () => {
  await app.close()
  await receiver.close()
})

async function nextFact(): Promise<unknown> {
  const { length } = receiver.received
  await receiver.arrived(length + 1)
  return JSON.parse(receiver.received[length]?.body ?? '')
}

describe('a running server tells', () => {
  it('of an approval', async () => {
    const order = newOrder()
    const next = nextFact()
    const payment = paymentOf(await app.merchant.call('POST', '/subscribe/payments/onetime', order))
    assert.deepEqual(await next, {
      imp_uid: payment.imp_uid,
      merchant_uid: order.merchant_uid,
      status: 'paid',
    })
  })

  for (const [card, status] of [
    [cardOf('신한카드'), 'paid'],
    [cardThat('over_limit'), 'failed'],
  ] as const)
    it(`of a schedule that ${status}, at its notice_url`, async () => {
      await registerCard(app.merchant, status, card)
      const entry = newEntry(Math.floor(clock.now() / 1000) + 60, {
        notice_url: `${receiver.url}/scheduled`,
      })
      await reserveOne(app.merchant, status, entry)
      const next = nextFact()
      clock.advance(60_000)
      const fact = (await next) as Record<string, unknown>
      assert.deepEqual([fact['merchant_uid'], fact['status']], [entry.merchant_uid, status])
      assert.equal(receiver.received.at(-1)?.target, '/scheduled')
    })
})
