import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import type { ChargeOutcome } from '../gateways/gateway.ts'
import { settlementOf, statusOf } from './payment.ts'

const nowMs = 1_700_000_000_000
const text = fc.string()
const maybe = fc.option(text, { nil: null })

const outcomes: fc.Arbitrary<ChargeOutcome> = fc.oneof(
  fc.record({
    kind: fc.constant('approved' as const),
    transactionId: text,
    approvalNumber: maybe,
    approvedAtMs: fc.constant(null),
    issuer: fc.constant(null),
  }),
  fc.record({
    kind: fc.constant('declined' as const),
    code: text,
    message: text,
    reason: fc.constantFrom('declined' as const, 'card_invalid' as const),
    transactionId: maybe,
  }),
  fc.record({
    kind: fc.constant('unsent' as const),
    cause: fc.constantFrom('preflight' as const, 'connect' as const, 'ready_refused' as const),
    code: maybe,
    message: text,
  }),
  fc.record({
    kind: fc.constant('unknown' as const),
    cause: fc.constantFrom('timeout' as const, 'reset' as const, 'token_mismatch' as const),
    code: maybe,
    message: text,
    transactionId: maybe,
  }),
)

test('only an explicit approval makes a payment paid', () => {
  fc.assert(
    fc.property(outcomes, (outcome) => {
      const { state } = settlementOf(outcome, nowMs)
      assert.equal(state === 'paid', outcome.kind === 'approved')
    }),
  )
})

test('an unknown outcome is never a failure, neither inside nor as V1 shows it', () => {
  fc.assert(
    fc.property(outcomes, (outcome) => {
      const settlement = settlementOf(outcome, nowMs)
      if (outcome.kind !== 'unknown') return
      assert.equal(settlement.state, 'unknown')
      assert.equal(settlement.failure, null)
      assert.equal(statusOf({ ...settlement, giveBack: null }), 'ready')
    }),
  )
})

test('a failure says whether the gateway refused or nothing was sent', () => {
  fc.assert(
    fc.property(outcomes, (outcome) => {
      const { state, failure, failReason } = settlementOf(outcome, nowMs)
      assert.equal(state === 'failed', failure !== null)
      assert.equal(state === 'failed', failReason !== null)
      if (failure !== null) assert.equal(failure, outcome.kind)
    }),
  )
})

test('the transaction id of an untrusted answer is kept as a lead', () => {
  const settlement = settlementOf(
    { kind: 'unknown', cause: 'token_mismatch', code: null, message: '', transactionId: 'TRX1' },
    nowMs,
  )
  assert.equal(settlement.pgTid, 'TRX1')
})

test('a payment on its way shows as ready', () => {
  assert.equal(statusOf({ state: 'sending', giveBack: null }), 'ready')
  assert.equal(statusOf({ state: 'paid', giveBack: null }), 'paid')
  assert.equal(statusOf({ state: 'cancelled', giveBack: null }), 'cancelled')
  // Nobody ships for money that goes back.
  assert.equal(statusOf({ state: 'paid', giveBack: 'told' }), 'ready')
  assert.equal(statusOf({ state: 'paid', giveBack: 'silent' }), 'failed')
  assert.equal(statusOf({ state: 'cancelled', giveBack: 'told' }), 'cancelled')
})
