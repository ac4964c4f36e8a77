// Every way in which the answer to a charge can go wrong, for every way to charge. Whatever may have moved money
// is unknown until evidence comes: shown as ready, never failed, never sent again.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { testCards } from '../../simulator/test-cards.ts'
import { startTestApp, type TestApp, type V1Reply } from '../support/app.ts'
import { eventually } from './eventually.ts'
import { createHeldWaits } from './held-waits.ts'
import {
  approvalsOf,
  assertAnswersUnknown,
  assertMayRetry,
  assertNoKey,
  assertPaidOnce,
  assertStaysUnknown,
  orderFault,
  paymentOf,
  shownPayment,
} from './outcome-checks.ts'
import { type Attempt, newAttempt, waysToCharge, type Way } from './ways-to-charge.ts'

/** A fault of the simulator, and how often the PG has really taken the money when it is over. */
interface UncertainFault {
  readonly fault: string
  readonly approvals: 0 | 1
  readonly script?: object
}

const cardFaults: readonly UncertainFault[] = [
  { fault: 'reset_before_commit', approvals: 0 },
  { fault: 'answer_lost', approvals: 1 },
  { fault: 'http_502', approvals: 1 },
  { fault: 'truncated', approvals: 1 },
  { fault: 'wrong_token', approvals: 1 },
  { fault: 'wrong_amount', approvals: 1 },
  { fault: 'uncertain_after_commit', approvals: 1 },
  { fault: 'uncertain_before_commit', approvals: 0 },
]

const result = (resultCode: string) => ({ fault: 'result', resultCode, errorMessage: '확인 불가' })

const scriptedFaults: readonly UncertainFault[] = [
  { fault: 'http_500_before_commit', approvals: 0 },
  { fault: 'garbage', approvals: 1 },
  { fault: 'wrong_order', approvals: 1 },
  { fault: 'missing_transaction', approvals: 1 },
  { fault: '9000 after commit', approvals: 1, script: { ...result('9000'), commit: true } },
  { fault: '9005 before commit', approvals: 0, script: result('9005') },
  { fault: '9999 after commit', approvals: 1, script: { ...result('9999'), commit: true } },
  { fault: '9002 for an order sent once', approvals: 0, script: result('9002') },
  {
    fault: 'a success in another spelling',
    approvals: 1,
    script: { ...result('00'), commit: true },
  },
]

function cardThat(behaviour: string): string {
  const card = testCards.find(({ atCharge, atIssue }) => atCharge === behaviour && atIssue === null)
  assert.ok(card !== undefined, `no test card for ${behaviour}`)
  return card.number
}

async function assertUnknown(app: TestApp, way: Way, fault: UncertainFault, cardNumber?: string) {
  const attempt = newAttempt(cardNumber)
  await way.prepare(app.merchant, attempt)
  if (cardNumber === undefined) {
    const script = fault.script ?? { fault: fault.fault }
    await orderFault(app, { match: { paymethod: way.payMethod }, ...script })
  }
  const reply = await way.charge(app.merchant, attempt)
  assertAnswersUnknown(reply)
  await assertStaysUnknown(app, way, attempt)
  assert.equal(approvalsOf(app, shownPayment(reply).imp_uid), fault.approvals)
}

suite('a charge whose answer goes wrong', () => {
  let app: TestApp
  before(async () => {
    app = await startTestApp({ simulator: { settings: { slowMs: 20 } } })
  })
  after(() => app.close())

  for (const way of waysToCharge) {
    for (const fault of cardFaults) {
      test(`${way.name}: a card with ${fault.fault} leaves the payment unknown`, () =>
        assertUnknown(app, way, fault, cardThat(fault.fault)))
    }
    for (const fault of scriptedFaults) {
      test(`${way.name}: ${fault.fault} leaves the payment unknown`, () =>
        assertUnknown(app, way, fault))
    }

    test(`${way.name}: a slow answer within the limits is an ordinary payment`, async () => {
      const attempt = newAttempt(cardThat('slow'))
      await way.prepare(app.merchant, attempt)
      const reply = await way.charge(app.merchant, attempt)
      assert.equal(shownPayment(reply).status, 'paid')
      assert.equal(reply.headers.get('billkey-outcome'), null)
      await assertPaidOnce(app, attempt.merchantUid)
    })

    test(`${way.name}: a decline is final for the payment and frees its merchant_uid`, async () => {
      const attempt = newAttempt()
      await way.prepare(app.merchant, attempt)
      await orderFault(app, { match: { paymethod: way.payMethod }, fault: 'over_limit' })
      const reply = await way.charge(app.merchant, attempt)
      assert.equal(reply.status, 200)
      assert.equal(shownPayment(reply).status, 'failed')
      assert.equal(reply.headers.get('billkey-outcome'), null)
      await assertMayRetry(app, way, { attempt, failure: 'declined' })
    })

    test(`${way.name}: a token the PG refuses at the door has charged nothing`, async () => {
      const attempt = newAttempt()
      await way.prepare(app.merchant, attempt)
      await orderFault(app, { match: { paymethod: way.payMethod }, ...result('9003') })
      const reply = await way.charge(app.merchant, attempt)
      assert.equal(reply.body.code, -1)
      await assertMayRetry(app, way, { attempt, failure: 'unsent' })
    })
  }
})

interface TimedOut {
  readonly way: Way
  readonly behaviour: 'very_slow' | 'late_commit'
  readonly attempt: Attempt
  readonly reply: V1Reply
  readonly approvalsWhenAnswered: number
}

suite('a charge without an answer in time', () => {
  let app: TestApp
  const charges: TimedOut[] = []

  // All at once, since each of them waits for the same limit: long enough for the answers of the steps that are
  // not slow, on a busy machine.
  before(async () => {
    const waits = createHeldWaits()
    const environment = { BILLKEY_PAYJOA_EXECUTE_MS: '1000' }
    app = await startTestApp({ environment, simulator: { delay: waits.delay } })
    const attempts = waysToCharge.flatMap((way) =>
      (['very_slow', 'late_commit'] as const).map((behaviour) => ({
        way,
        behaviour,
        attempt: newAttempt(cardThat(behaviour)),
      })),
    )
    for (const { way, attempt } of attempts) await way.prepare(app.merchant, attempt)
    const underWay = attempts.map(async (charge) => {
      const reply = await charge.way.charge(app.merchant, charge.attempt)
      const { impUid } = await paymentOf(app, charge.attempt.merchantUid)
      charges.push({ ...charge, reply, approvalsWhenAnswered: approvalsOf(app, impUid) })
    })
    const held = await Promise.all(attempts.map(() => waits.next()))
    await Promise.all(underWay)
    for (const wait of held) wait.release()
    await eventually('every late charge', async () =>
      app.simulator.ledger().totals.approvals === attempts.length ? true : undefined,
    )
  })
  after(() => app.close())

  for (const way of waysToCharge) {
    for (const [behaviour, when, approvalsWhenAnswered] of [
      ['very_slow', 'before the time was up', 1],
      ['late_commit', 'after the time was up', 0],
    ] as const) {
      test(`${way.name}: a card charged ${when} leaves the payment unknown`, async () => {
        const charge = charges.find((one) => one.way === way && one.behaviour === behaviour)
        assert.ok(charge !== undefined)
        assertAnswersUnknown(charge.reply)
        assert.equal(charge.approvalsWhenAnswered, approvalsWhenAnswered)
        await assertStaysUnknown(app, way, charge.attempt)
        assert.equal(approvalsOf(app, shownPayment(charge.reply).imp_uid), 1)
      })
    }
  }
})

suite('a key issue whose answer goes wrong, in onetime with customer_uid', () => {
  const way = waysToCharge.find(({ name }) => name === 'onetime with customer_uid') as Way
  let app: TestApp
  before(async () => {
    app = await startTestApp()
  })
  after(() => app.close())

  for (const { fault, script } of [...cardFaults, ...scriptedFaults]) {
    // A key issue has no DAOUTRX that could be missing.
    if (fault === 'missing_transaction') continue
    test(`${fault} at the key issue charges nothing and hands out no key`, async () => {
      const attempt = newAttempt()
      const faulty = script ?? { fault }
      await orderFault(app, { match: { paymethod: 'CARD-KEYGEN' }, ...faulty })
      const reply = await way.charge(app.merchant, attempt)
      assert.equal(reply.status, 200)
      assert.equal(reply.body.code, -1)
      await assertNoKey(app, attempt)
      await assertMayRetry(app, way, { attempt, failure: 'unsent' })
    })
  }
})
