// Every statement, commit and request that a call costs stands in expected-costs.ts with its reason. Whoever adds one
// has to say there what it is for.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { TestClock } from '../../src/primitives/clock.ts'
import { setEndpoint } from '../../src/webhooks/set-endpoint.ts'
import { cardFields, newMerchantUid, newOrder } from '../api/orders.ts'
import { startTestApp, type TestApp, type TestMerchant } from '../support/app.ts'
import { startStatementTap, type StatementTap } from '../support/statement-tap.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'
import { type CostCounter, type Costs, createCostCounter } from './count-costs.ts'
import { type CallName, expectedCosts } from './expected-costs.ts'

suite('what a call costs', () => {
  // It stands still, so that what is remembered for seconds stays remembered on a machine that is slow.
  const clock = new TestClock(Date.now())
  let tap: StatementTap
  let app: TestApp
  let receiver: WebhookReceiver
  let counter: CostCounter
  let merchant: TestMerchant

  before(async () => {
    app = await startTestApp({
      clock,
      logLevel: 'warn',
      channel: { rateCapPerSecond: null },
      databaseVia: async (target) => {
        tap = await startStatementTap(target)
        return tap.connectionString
      },
    })
    receiver = await startWebhookReceiver()
    counter = createCostCounter(tap, { gateway: app.simulator.url, receiver })
    merchant = app.merchant
    await merchant.call('POST', '/subscribe/customers/known', cardFields())
  })
  after(async () => {
    counter?.stop()
    await app?.close()
    await tap?.close()
    await receiver?.close()
  })

  function assertCosts(name: CallName, costs: Costs): void {
    const { statements, ...totals } = expectedCosts[name]
    const names = statements.map(([statement]) => statement)
    // Of two that are asked at once either may be the first to be answered.
    const found = costs.statements.toSorted()
    assert.deepEqual(found, names.toSorted(), `${name}: other statements than in the table`)
    const { statements: _, ...counted } = costs
    assert.deepEqual(counted, { webhookRequests: 0, ...totals }, name)
  }

  /** Once for what is remembered afterwards, once to be counted. */
  async function costsOf(call: () => Promise<{ body: { code: number } }>): Promise<Costs> {
    const answered = async () => assert.equal((await call()).body.code, 0)
    await answered()
    return counter.count(answered)
  }

  const again = (of: TestMerchant) =>
    of.call('POST', '/subscribe/payments/again', {
      customer_uid: 'known',
      merchant_uid: newMerchantUid(),
      amount: 9900,
      name: 'plan',
    })

  test('charging a billing key', async () => {
    assertCosts('again', await costsOf(() => again(merchant)))
  })

  test('charging a card', async () => {
    const onetime = () => merchant.call('POST', '/subscribe/payments/onetime', newOrder())
    assertCosts('onetime', await costsOf(onetime))
  })

  test('charging a card and keeping it', async () => {
    const onetime = () =>
      merchant.call('POST', '/subscribe/payments/onetime', newOrder({ customer_uid: 'kept' }))
    assertCosts('onetime with customer_uid', await costsOf(onetime))
  })

  test('registering a card', async () => {
    const register = () => merchant.call('POST', '/subscribe/customers/another', cardFields())
    assertCosts('customers', await costsOf(register))
  })

  test('cancelling', async () => {
    const impUids = await Promise.all(
      [1, 2].map(async () => (await again(merchant)).body.response.imp_uid as string),
    )
    const cancel = () => merchant.call('POST', '/payments/cancel', { imp_uid: impUids.pop() })
    assertCosts('cancel', await costsOf(cancel))
  })

  test('looking a payment up', async () => {
    const { imp_uid: impUid } = (await again(merchant)).body.response
    assertCosts('GET payment', await costsOf(() => merchant.call('GET', `/payments/${impUid}`)))
  })

  test('getting a token', async () => {
    const keys = { imp_key: merchant.impKey, imp_secret: merchant.impSecret }
    const getToken = () => merchant.call('POST', '/users/getToken', keys)
    assertCosts('getToken', await costsOf(getToken))
  })

  test('an attempt at a schedule', async () => {
    const firstAt = Math.ceil(clock.now() / 1000) + 10
    const entries = [0, 2].map((later) => ({
      merchant_uid: newMerchantUid(),
      schedule_at: firstAt + later,
      amount: 9900,
      name: 'plan',
    }))
    const body = { customer_uid: 'known', schedules: entries }
    const reserved = await merchant.call('POST', '/subscribe/payments/schedule', body)
    assert.equal(reserved.body.code, 0, reserved.body.message ?? '')
    const attempt = (atSeconds: number) =>
      counter.count(async ({ until }) => {
        clock.advance(atSeconds * 1000 - clock.now())
        await until('settle_payment')
      })
    await attempt(firstAt)
    assertCosts('schedule attempt', await attempt(firstAt + 2))
  })

  test('telling a merchant of a payment', async () => {
    const told = await app.addMerchant()
    const endpoint = { url: `${receiver.url}/hook`, actor: 'test' }
    const set = await setEndpoint(app.parts, { ...told, sandbox: true }, endpoint)
    assert.equal(set.kind, 'set')
    await told.call('POST', '/subscribe/customers/known', cardFields())
    const tell = (): Promise<Costs> =>
      counter.count(async ({ until }) => {
        await again(told)
        await until('record_webhook_delivered')
      })
    await tell()
    assertCosts('again with its webhook', await tell())
  })
})
