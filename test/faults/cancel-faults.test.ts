// Every way in which a cancel can go wrong, in full and in part. What may have given money back is unknown until
// evidence comes: the payment shows unchanged, the amount stays reserved, and nothing is sent again.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import type { PaymentView } from '../../src/payments/payment-view.ts'
import { startTestApp, type TestApp, type V1Reply } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import {
  assertAnswersUnknown,
  assertMayCancel,
  assertStaysUnknown,
  cancel,
  cancelsOf,
  givenBack,
  paidWon,
  pay,
  shown,
} from './cancel-checks.ts'
import { createHeldWaits } from './held-waits.ts'
import { eventually } from './eventually.ts'
import { orderFault } from './outcome-checks.ts'

const parts = [
  { name: 'in full', askedWon: paidWon },
  { name: 'in part', askedWon: 300 },
] as const

const result = (resultCode: string, commit = false) => ({
  fault: 'result',
  resultCode,
  errorMessage: '확인 불가',
  commit,
})

/** A fault, and whether the gateway has really given the money back when it is over. */
const uncertain: readonly { name: string; happens: boolean; script: object }[] = [
  { name: 'a reset before the commit', happens: false, script: { fault: 'reset_before_commit' } },
  {
    name: 'HTTP 500 before the commit',
    happens: false,
    script: { fault: 'http_500_before_commit' },
  },
  { name: 'a lost answer', happens: true, script: { fault: 'answer_lost' } },
  { name: 'HTTP 502', happens: true, script: { fault: 'http_502' } },
  { name: 'a truncated answer', happens: true, script: { fault: 'truncated' } },
  { name: 'garbage', happens: true, script: { fault: 'garbage' } },
  { name: 'a foreign TOKEN', happens: true, script: { fault: 'wrong_token' } },
  { name: 'another AMOUNT', happens: true, script: { fault: 'wrong_amount' } },
  { name: '9000 before the commit', happens: false, script: { fault: 'uncertain_before_commit' } },
  { name: '9000 after the commit', happens: true, script: { fault: 'uncertain_after_commit' } },
  { name: '9005 before the commit', happens: false, script: result('9005') },
  { name: '9999 after the commit', happens: true, script: result('9999', true) },
  { name: 'a success in another spelling', happens: true, script: result('00', true) },
  {
    name: '9206, already cancelled, with nothing given back',
    happens: false,
    script: result('9206'),
  },
  {
    name: '9206, already cancelled, with the money given back',
    happens: true,
    script: result('9206', true),
  },
]

const certain: readonly { name: string; script: object; message: RegExp; failure: string }[] = [
  {
    name: 'a refusal',
    script: result('S403'),
    message: /^\[S403\]확인 불가$/,
    failure: 'declined',
  },
  {
    name: '9029, the balance to cancel from is too low',
    script: result('9029'),
    message: /^\[9029\]/,
    failure: 'declined',
  },
  {
    name: 'a token refused at the door',
    script: result('9003'),
    message: /^\[9003\]/,
    failure: 'unsent',
  },
]

const readyFaults: readonly { name: string; script: object }[] = [
  { name: 'HTTP 500', script: { fault: 'http_500' } },
  { name: 'two resets', script: { fault: 'reset', times: 2 } },
  { name: 'garbage', script: { fault: 'garbage' } },
  { name: 'FAIL, FAIL', script: { fault: 'fail_fail' } },
  { name: 'a RETURNURL at a foreign host', script: { fault: 'foreign_return_url' } },
  { name: 'no TOKEN', script: { fault: 'missing_token' } },
  { name: 'a refusal with a code', script: result('9104') },
]

suite('a cancel whose answer goes wrong', () => {
  let app: TestApp
  before(async () => {
    app = await startTestApp({ simulator: { settings: { slowMs: 20 } } })
  })
  after(() => app.close())

  async function cancelUnder(script: object, askedWon: number) {
    const paid = await pay(app.merchant)
    const match = { cancel: true, orderno: paid.imp_uid }
    await orderFault(app, { match, ...script })
    const asked = { imp_uid: paid.imp_uid, amount: askedWon }
    return { paid, reply: await cancel(app.merchant, asked) }
  }

  for (const { name: part, askedWon } of parts) {
    for (const { name, happens, script } of uncertain) {
      test(`${part}: ${name} leaves it unknown`, async () => {
        const { paid, reply } = await cancelUnder(script, askedWon)
        assertAnswersUnknown(reply, paid)
        const given = happens ? { won: askedWon, times: 1 } : { won: 0, times: 0 }
        assert.deepEqual(givenBack(app, paid.imp_uid), given)
        await assertStaysUnknown(app, paid.imp_uid, askedWon)
        assert.deepEqual(givenBack(app, paid.imp_uid), given)
      })
    }

    for (const { name, script, message, failure } of certain) {
      test(`${part}: ${name} has given nothing back and may be tried again`, async () => {
        const { paid, reply } = await cancelUnder(script, askedWon)
        assert.equal(reply.status, 200)
        assert.equal(reply.body.code, -1)
        assert.match(String(reply.body.message), message)
        const [failed] = await cancelsOf(app, paid.imp_uid)
        assert.deepEqual([failed?.state, failed?.failure], ['failed', failure])
        assert.equal((await shown(app.merchant, paid.imp_uid)).status, 'paid')
        await assertMayCancel(app, paid.imp_uid, askedWon)
      })
    }

    for (const { name, script } of readyFaults) {
      test(`${part}: ${name} at the ready step has given nothing back`, async () => {
        const paid = await pay(app.merchant)
        await orderFault(app, { match: { step: 'ready', cancel: true }, ...script })
        const asked = { imp_uid: paid.imp_uid, amount: askedWon }
        const reply = await cancel(app.merchant, asked)
        assert.equal(reply.status, 200)
        assert.equal(reply.body.code, -1)
        const [failed] = await cancelsOf(app, paid.imp_uid)
        assert.deepEqual([failed?.state, failed?.failure], ['failed', 'unsent'])
        await assertMayCancel(app, paid.imp_uid, askedWon)
      })
    }

    for (const fault of ['slow', 'wrong_order', 'missing_transaction']) {
      test(`${part}: an answer with ${fault} is an ordinary success`, async () => {
        const { paid, reply } = await cancelUnder({ fault }, askedWon)
        assert.equal(reply.body.code, 0, reply.body.message ?? '')
        assert.equal(reply.headers.get('billkey-outcome'), null)
        const after = reply.body.response as PaymentView
        assert.equal(after.cancel_amount, askedWon)
        assert.equal(after.cancel_history[0]?.pg_tid, paid.pg_tid)
        await assertBooksAgree(app.parts, app.simulator.ledger())
      })
    }
  }

  test('a payment cancelled in the PG’s own admin is unknown here until somebody has looked', async () => {
    const paid = await pay(app.merchant)
    // As the admin would: by a cancel that this server knows nothing of.
    const opened = await app.parts.channels.ofPayment(
      app.merchant.merchantId,
      app.merchant.channel.channelKey,
    )
    assert.ok(opened.kind === 'open')
    const outside = await app.parts.gateway.cancel(opened.contract, {
      transactionId: String(paid.pg_tid),
      takenBy: 'key_in',
      amountWon: paidWon,
      taxFreeWon: 0,
      reason: '',
    })
    assert.equal(outside.outcome.kind, 'approved')
    const reply = await cancel(app.merchant, { imp_uid: paid.imp_uid })
    assertAnswersUnknown(reply, paid)
    await assertStaysUnknown(app, paid.imp_uid, paidWon)
    assert.deepEqual(givenBack(app, paid.imp_uid), { won: paidWon, times: 1 })
  })

  test('of a mixed payment, a refusal frees the tax-free part with the amount', async () => {
    const { merchant } = app
    const customer_uid = 'mixed-customer'
    const card = {
      card_number: '9366000000900000',
      expiry: '2039-12',
      birth: '880101',
      pwd_2digit: '12',
    }
    await merchant.call('POST', `/subscribe/customers/${customer_uid}`, card)
    const order = { merchant_uid: 'mixed-order', amount: paidWon, tax_free: 400, customer_uid }
    const { body } = await merchant.call('POST', '/subscribe/payments/again', order)
    const { imp_uid } = body.response as PaymentView
    await orderFault(app, { match: { cancel: true, orderno: imp_uid }, fault: 'declined' })
    const refused = await cancel(merchant, { imp_uid, amount: 300, tax_free: 300 })
    assert.equal(refused.body.code, -1)
    const part = await cancel(merchant, { imp_uid, amount: 400, tax_free: 400 })
    assert.equal(part.body.code, 0, part.body.message ?? '')
    const rest = await cancel(merchant, { imp_uid })
    assert.equal(rest.body.code, 0, rest.body.message ?? '')
    const booked = (await cancelsOf(app, imp_uid)).filter(({ state }) => state === 'done')
    assert.deepEqual(
      booked.map(({ taxFreeWon }) => taxFreeWon),
      [400, 0],
    )
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  test('beside an unknown part, one who names the right checksum may give back the rest', async () => {
    const { paid } = await cancelUnder({ fault: 'answer_lost' }, 300)
    const { body } = await cancel(app.merchant, {
      imp_uid: paid.imp_uid,
      amount: 700,
      checksum: 700,
    })
    assert.equal(body.code, 0, body.message ?? '')
    assert.equal((body.response as PaymentView).cancel_amount, 700)
    assert.deepEqual(givenBack(app, paid.imp_uid), { won: paidWon, times: 2 })
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })
})

suite('a cancel without an answer in time', () => {
  let app: TestApp
  const waits = createHeldWaits()
  before(async () => {
    const environment = { BILLKEY_PAYJOA_EXECUTE_MS: '1000' }
    app = await startTestApp({ environment, simulator: { delay: waits.delay } })
  })
  after(() => app.close())

  for (const { name: part, askedWon } of parts) {
    for (const fault of ['very_slow', 'late_commit'] as const) {
      test(`${part}: ${fault} leaves it unknown, whenever it happens`, async () => {
        const paid = await pay(app.merchant)
        await orderFault(app, { match: { cancel: true }, fault })
        const underWay = cancel(app.merchant, { imp_uid: paid.imp_uid, amount: askedWon })
        const held = await waits.next()
        assertAnswersUnknown(await underWay, paid)
        held.release()
        await eventually('the cancel at the gateway', async () =>
          givenBack(app, paid.imp_uid).times === 1 ? true : undefined,
        )
        await assertStaysUnknown(app, paid.imp_uid, askedWon)
        assert.deepEqual(givenBack(app, paid.imp_uid), { won: askedWon, times: 1 })
      })
    }
  }
})

suite('a cancel that outlasts the time to answer', () => {
  let app: TestApp
  const waits = createHeldWaits()
  before(async () => {
    const environment = { BILLKEY_ANSWER_WITHIN_MS: '1000' }
    app = await startTestApp({ environment, simulator: { delay: waits.delay } })
  })
  after(() => app.close())

  test('is answered as unknown, refuses repetitions, and is booked when its answer comes', async () => {
    const paid = await pay(app.merchant)
    await orderFault(app, { match: { cancel: true }, fault: 'very_slow' })
    const underWay: Promise<V1Reply> = cancel(app.merchant, { imp_uid: paid.imp_uid, amount: 300 })
    const held = await waits.next()
    assertAnswersUnknown(await underWay, paid)
    const repeated = await cancel(app.merchant, { imp_uid: paid.imp_uid, amount: 300 })
    assert.equal(repeated.body.code, 1)
    held.release()
    const booked = await eventually('the settlement', async () => {
      const payment = await shown(app.merchant, paid.imp_uid)
      return payment.cancel_amount > 0 ? payment : undefined
    })
    assert.equal(booked.cancel_amount, 300)
    assert.equal(booked.status, 'cancelled')
    assert.deepEqual(givenBack(app, paid.imp_uid), { won: 300, times: 1 })
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })
})
