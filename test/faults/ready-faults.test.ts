// Every way in which the ready step can go wrong, before each exchange of every way to charge. The ready step moves
// no money, so nothing was charged for certain: the answer says so, and the merchant may try again.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { startTestApp, type TestApp } from '../support/app.ts'
import { createHeldWaits, type HeldWaits } from './held-waits.ts'
import { assertMayRetry, assertPaidOnce, orderFault, shownPayment } from './outcome-checks.ts'
import { newAttempt, waysToCharge, type Way } from './ways-to-charge.ts'

const faults: readonly { readonly name: string; readonly script: object }[] = [
  { name: 'HTTP 500', script: { fault: 'http_500' } },
  // The adapter asks once more after a reset.
  { name: 'two resets', script: { fault: 'reset', times: 2 } },
  { name: 'garbage', script: { fault: 'garbage' } },
  { name: 'FAIL, FAIL', script: { fault: 'fail_fail' } },
  { name: 'a RETURNURL at a foreign host', script: { fault: 'foreign_return_url' } },
  { name: 'no TOKEN', script: { fault: 'missing_token' } },
  {
    name: 'a refusal with a code',
    script: { fault: 'result', resultCode: '9104', errorMessage: '서비스가 중지된 가맹점입니다.' },
  },
]

// The guide's §4 has two exchanges, and the first one's ready step is as much a place to fail as the second's.
const places: readonly { readonly way: Way; readonly payMethod: string }[] = [
  ...waysToCharge.map((way) => ({ way, payMethod: way.payMethod as string })),
  ...waysToCharge
    .filter(({ name }) => name === 'onetime with customer_uid')
    .map((way) => ({ way, payMethod: 'CARD-KEYGEN' })),
]

async function assertNothingCharged(app: TestApp, way: Way, fault: object): Promise<void> {
  const attempt = newAttempt()
  await way.prepare(app.merchant, attempt)
  await orderFault(app, fault)
  const reply = await way.charge(app.merchant, attempt)
  assert.equal(reply.status, 200)
  assert.equal(reply.body.code, -1)
  assert.equal(reply.headers.get('billkey-outcome'), null)
  await assertMayRetry(app, way, { attempt, failure: 'unsent' })
}

suite('a ready step that goes wrong', () => {
  let app: TestApp
  before(async () => {
    app = await startTestApp()
  })
  after(() => app.close())

  for (const { way, payMethod } of places) {
    for (const { name, script } of faults) {
      test(`${way.name}, ${payMethod}: ${name} has charged nothing`, () =>
        assertNothingCharged(app, way, {
          match: { step: 'ready', paymethod: payMethod },
          ...script,
        }))
    }

    test(`${way.name}, ${payMethod}: one reset is made good by asking again`, async () => {
      const attempt = newAttempt()
      await way.prepare(app.merchant, attempt)
      await orderFault(app, { match: { step: 'ready', paymethod: payMethod }, fault: 'reset' })
      const reply = await way.charge(app.merchant, attempt)
      assert.equal(shownPayment(reply).status, 'paid')
      await assertPaidOnce(app, attempt.merchantUid)
    })
  }
})

suite('a ready step without an answer in time', () => {
  let app: TestApp
  let waits: HeldWaits
  before(async () => {
    waits = createHeldWaits()
    const environment = { BILLKEY_PAYJOA_READY_MS: '700' }
    app = await startTestApp({ environment, simulator: { delay: waits.delay } })
  })
  after(() => app.close())

  for (const { way, payMethod } of places) {
    test(`${way.name}, ${payMethod}: it has charged nothing, even when it comes later`, async () => {
      const late = waits.next()
      await assertNothingCharged(app, way, {
        match: { step: 'ready', paymethod: payMethod },
        fault: 'slow',
        delayMs: 60_000,
      })
      ;(await late).release()
    })
  }
})

suite('a PG that cannot be reached', () => {
  let app: TestApp
  before(async () => {
    app = await startTestApp()
  })
  after(() => app.close())

  test('a refused connection has charged nothing, and the merchant_uid stays free', async () => {
    const [way] = waysToCharge
    assert.ok(way !== undefined)
    // Port 1 of this machine: nobody listens there.
    const merchant = await app.addMerchant({ baseUrl: 'http://127.0.0.1:1' })
    const attempt = newAttempt()
    for (const _ of [1, 2]) {
      const { body } = await way.charge(merchant, attempt)
      assert.equal(body.code, -1)
      assert.match(body.message ?? '', /연결하지 못했습니다/)
    }
  })
})
