// The sandbox clock: months of schedules in seconds, in the order of their time, the same for the same seed.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { seededIds } from '../../src/primitives/seeded-ids.ts'
import { startTestApp, type TestApp, type TestMerchant } from '../support/app.ts'

const card = {
  card_number: '1234-1234-1234-1234',
  expiry: '2030-12',
  birth: '820213',
  pwd_2digit: '00',
}
const startAt = Date.UTC(2027, 0, 1, 0, 0, 0) / 1000
const monthSeconds = 30 * 86_400

async function freshToken(app: TestApp, merchant: TestMerchant): Promise<string> {
  const reply = await fetch(`${app.url}/users/getToken`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ imp_key: merchant.impKey, imp_secret: merchant.impSecret }),
  })
  const { response } = (await reply.json()) as { response: { access_token: string } }
  return response.access_token
}

// The merchant's own time moves, and its tokens with it: every call takes one that is live now.
async function call(
  app: TestApp,
  merchant: TestMerchant,
  request: readonly [method: string, path: string, body?: unknown],
) {
  const [method, path, body] = request
  return merchant.call(method, path, body, { authorization: await freshToken(app, merchant) })
}

async function subscribe(app: TestApp, customers: number, months: number) {
  const { merchant } = app
  for (let customer = 0; customer < customers; customer += 1) {
    const uid = `customer-${customer}`
    await call(app, merchant, ['POST', `/subscribe/customers/${uid}`, card])
    const schedules = Array.from({ length: months }, (_, month) => ({
      merchant_uid: `order-${customer}-${month}`,
      schedule_at: startAt + (month + 1) * monthSeconds,
      amount: 1000 + month,
      name: '정기결제',
    }))
    const reply = await call(app, merchant, [
      'POST',
      '/subscribe/payments/schedule',
      { customer_uid: uid, schedules },
    ])
    assert.equal(reply.body.code, 0, reply.body.message ?? '')
  }
}

describe('the sandbox clock', () => {
  let app: TestApp
  before(async () => {
    app = await startTestApp()
  })
  after(() => app.close())

  it('stands still where it is frozen, and stamps what is done meanwhile', async () => {
    const frozen = await call(app, app.merchant, ['POST', '/sandbox/clock/freeze', { at: startAt }])
    assert.deepEqual(frozen.body.response, { now: startAt, frozen: true, advancing_to: 0 })
    const paid = await call(app, app.merchant, [
      'POST',
      '/subscribe/payments/onetime',
      { ...card, merchant_uid: 'frozen-1', amount: 1000 },
    ])
    assert.equal(paid.body.response.status, 'paid')
    assert.equal(paid.body.response.paid_at, startAt)
  })

  it('runs what falls due on the way at its own time, and nothing before', async () => {
    await subscribe(app, 2, 3)
    const advanced = await call(app, app.merchant, [
      'POST',
      '/sandbox/clock/advance',
      { to: startAt + 2 * monthSeconds },
    ])
    assert.deepEqual(advanced.body.response, {
      now: startAt + 2 * monthSeconds,
      frozen: true,
      advancing_to: 0,
    })
    for (const [month, status] of [
      [0, 'executed'],
      [1, 'executed'],
      [2, 'scheduled'],
    ] as const) {
      const { body } = await call(app, app.merchant, [
        'GET',
        `/subscribe/payments/schedule/order-1-${month}`,
      ])
      assert.equal(body.response.schedule_status, status)
      const expected = status === 'executed' ? startAt + (month + 1) * monthSeconds : 0
      assert.equal(body.response.executed_at, expected)
    }
  })

  it('goes to the next event and no further', async () => {
    const { body } = await call(app, app.merchant, [
      'POST',
      '/sandbox/clock/advance',
      { to_next_event: true },
    ])
    assert.equal(body.response.now, startAt + 3 * monthSeconds)
  })

  it('lets a token expire with it', async () => {
    const token = await freshToken(app, app.merchant)
    await call(app, app.merchant, ['POST', '/sandbox/clock/advance', { days: 1 }])
    const reply = await app.merchant.call('GET', '/users/pg', undefined, { authorization: token })
    assert.equal(reply.status, 401)
  })

  it('does not run backwards, nor while it runs by itself', async () => {
    const back = await call(app, app.merchant, ['POST', '/sandbox/clock/advance', { to: startAt }])
    assert.equal(back.status, 400)
    const other = await app.addMerchant()
    const running = await call(app, other, ['POST', '/sandbox/clock/advance', { days: 1 }])
    assert.deepEqual([running.status, running.body.code], [200, 1])
  })

  it('belongs to one merchant', async () => {
    const other = await app.addMerchant()
    const { body } = await call(app, other, ['GET', '/sandbox/clock'])
    assert.equal(body.response.frozen, false)
    assert.ok(Math.abs(body.response.now - Date.now() / 1000) < 60)
  })

  it('cannot be stopped where money moves', async () => {
    const live = await app.addMerchant({ sandbox: false })
    const { body } = await call(app, live, ['POST', '/sandbox/clock/freeze', {}])
    assert.equal(body.code, 1)
    assert.equal((await call(app, live, ['GET', '/sandbox/clock'])).body.response.frozen, false)
  })

  it('runs again at the real time once it is released', async () => {
    const { body } = await call(app, app.merchant, ['POST', '/sandbox/clock/release', {}])
    assert.equal(body.response.frozen, false)
    assert.ok(Math.abs(body.response.now - Date.now() / 1000) < 60)
  })
})

async function history(seed: string) {
  const app = await startTestApp({
    ids: seededIds(seed),
    simulator: { seed: 7, now: () => startAt * 1000 },
  })
  try {
    await call(app, app.merchant, ['POST', '/sandbox/clock/freeze', { at: startAt }])
    await subscribe(app, 5, 12)
    await call(app, app.merchant, ['POST', '/sandbox/clock/advance', { days: 400 }])
    const window = { from: startAt + 310 * 86_400, to: startAt + 399 * 86_400 }
    const { body } = await call(app, app.merchant, [
      'GET',
      `/payments/status/paid?limit=1000&sorting=paid&from=${window.from}&to=${window.to}`,
    ])
    const ledger = app.simulator.ledger()
    return { payments: body.response.list, approvals: ledger.totals.approvals }
  } finally {
    await app.close()
  }
}

describe('a seeded history', () => {
  it('is the same for the same seed, every charge once, and another for another seed', async () => {
    const [one, two, other] = [await history('a'), await history('a'), await history('b')]
    assert.equal(one.approvals, 60)
    assert.ok(one.payments.length >= 10)
    assert.deepEqual(one.payments, two.payments)
    assert.notDeepEqual(one.payments, other.payments)
  })
})
