import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import fc from 'fast-check'

import type { CancelOutcome } from '../gateways/gateway.ts'
import {
  type CancelBalance,
  cancelSettlementOf,
  type CancelShare,
  type CancelWish,
  decideCancel,
} from './cancel.ts'

const paid: CancelBalance = {
  amountWon: 1000,
  cancelledWon: 0,
  reservedWon: 0,
  taxFreeWon: 0,
  taxFreeTakenWon: 0,
  hasUnansweredCancel: false,
}

const everything: CancelWish = { amountWon: null, taxFreeWon: 0, checksumWon: null }

function decide(balance: Partial<CancelBalance>, wish: Partial<CancelWish> = {}) {
  return decideCancel({ ...paid, ...balance }, { ...everything, ...wish })
}

describe('what may be given back', () => {
  test('without an amount it is all that is not given back yet', () => {
    assert.deepEqual(decide({}), { kind: 'share', amountWon: 1000, taxFreeWon: 0 })
    assert.deepEqual(decide({ cancelledWon: 300 }), {
      kind: 'share',
      amountWon: 700,
      taxFreeWon: 0,
    })
  })

  test('nothing is left once everything went back', () => {
    assert.deepEqual(decide({ cancelledWon: 1000 }), { kind: 'fully_cancelled' })
    assert.deepEqual(decide({ cancelledWon: 1000 }, { checksumWon: 0, amountWon: 1 }), {
      kind: 'fully_cancelled',
    })
  })

  test('what another cancel has reserved is not to be had', () => {
    const state = { cancellableWon: 700, reservedWon: 300 }
    assert.deepEqual(decide({ reservedWon: 300 }), {
      kind: 'over_balance',
      wantedWon: 1000,
      ...state,
    })
    assert.equal(decide({ reservedWon: 300 }, { amountWon: 700 }).kind, 'share')
    assert.equal(decide({ reservedWon: 300 }, { amountWon: 701 }).kind, 'over_balance')
  })

  test('a checksum is held against what may be cancelled now, reservations taken off', () => {
    assert.equal(decide({ cancelledWon: 300 }, { checksumWon: 700 }).kind, 'share')
    assert.equal(decide({ cancelledWon: 300 }, { checksumWon: 1000 }).kind, 'checksum_mismatch')
    assert.equal(decide({}, { checksumWon: 0 }).kind, 'checksum_mismatch')
    const repeated = decide({ reservedWon: 300 }, { amountWon: 300, checksumWon: 1000 })
    assert.equal(repeated.kind, 'checksum_mismatch')
  })

  test('while one is unknown, another needs a checksum that knows of it', () => {
    const balance = { reservedWon: 300, hasUnansweredCancel: true }
    assert.equal(decide(balance, { amountWon: 300 }).kind, 'outcome_awaited')
    assert.equal(decide(balance, { amountWon: 300, checksumWon: 1000 }).kind, 'checksum_mismatch')
    assert.equal(decide(balance, { amountWon: 300, checksumWon: 700 }).kind, 'share')
    assert.equal(decide(balance, { amountWon: 701, checksumWon: 700 }).kind, 'over_balance')
  })
})

describe('the tax-free part', () => {
  const mixed = { taxFreeWon: 400 }

  test('is as little as the balance allows where none is named', () => {
    assert.deepEqual(decide(mixed), { kind: 'share', amountWon: 1000, taxFreeWon: 400 })
    assert.deepEqual(decide(mixed, { amountWon: 600 }), {
      kind: 'share',
      amountWon: 600,
      taxFreeWon: 0,
    })
    assert.deepEqual(decide(mixed, { amountWon: 650 }), {
      kind: 'share',
      amountWon: 650,
      taxFreeWon: 50,
    })
  })

  test('is refused beyond what is left of it, and below what the taxable rest needs', () => {
    assert.deepEqual(decide(mixed, { amountWon: 500, taxFreeWon: 401 }), {
      kind: 'tax_free_unfit',
      leastWon: 0,
      mostWon: 400,
    })
    assert.deepEqual(decide(mixed, { amountWon: 900, taxFreeWon: 200 }), {
      kind: 'tax_free_unfit',
      leastWon: 300,
      mostWon: 400,
    })
    const later = { ...mixed, cancelledWon: 400, taxFreeTakenWon: 400 }
    assert.equal(decide(later, { amountWon: 100, taxFreeWon: 1 }).kind, 'tax_free_unfit')
  })

  test('of a taxable payment is nothing, of an exempt one all', () => {
    assert.equal(decide({}, { amountWon: 100, taxFreeWon: 1 }).kind, 'tax_free_unfit')
    const exempt = { taxFreeWon: 1000 }
    for (const taxFreeWon of [0, 40, 100]) {
      assert.deepEqual(decide(exempt, { amountWon: 100, taxFreeWon }), {
        kind: 'share',
        amountWon: 100,
        taxFreeWon: 100,
      })
    }
  })
})

function takenFrom(
  balance: CancelBalance,
  { amountWon, taxFreeWon }: CancelShare,
  isReserved: boolean,
): CancelBalance {
  return {
    ...balance,
    cancelledWon: balance.cancelledWon + (isReserved ? 0 : amountWon),
    reservedWon: balance.reservedWon + (isReserved ? amountWon : 0),
    taxFreeTakenWon: balance.taxFreeTakenWon + taxFreeWon,
  }
}

test('whatever is wished in whatever order, no share exceeds the balance or either tax part', () => {
  const amounts = fc.integer({ min: 1, max: 2000 })
  const wish = fc.record({
    amountWon: fc.option(fc.integer({ min: 1, max: 1500 }), { nil: null }),
    taxFreeWon: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1500 })),
    checksumWon: fc.constant(null),
    isReserved: fc.boolean(),
  })
  fc.assert(
    fc.property(
      amounts,
      fc.nat(1000),
      fc.array(wish, { maxLength: 20 }),
      (amount, part, wishes) => {
        const taxFreeWon = Math.floor((amount * part) / 1000)
        let balance: CancelBalance = { ...paid, amountWon: amount, taxFreeWon }
        for (const { isReserved, ...wanted } of wishes) {
          const decision = decideCancel(balance, wanted)
          if (decision.kind !== 'share') continue
          assert.ok(decision.amountWon >= 1)
          assert.ok(decision.taxFreeWon >= 0 && decision.taxFreeWon <= decision.amountWon)
          balance = takenFrom(balance, decision, isReserved)
          const takenWon = balance.cancelledWon + balance.reservedWon
          assert.ok(takenWon <= amount)
          assert.ok(balance.taxFreeTakenWon <= taxFreeWon)
          assert.ok(takenWon - balance.taxFreeTakenWon <= amount - taxFreeWon)
        }
      },
    ),
  )
})

describe('what an answer makes of a cancel', () => {
  const declined = {
    kind: 'declined',
    message: '거절',
    reason: 'declined',
    transactionId: null,
  } as const

  test('only an approval gives back, only a refusal or nothing sent releases', () => {
    const outcomes: readonly [CancelOutcome, string][] = [
      [{ kind: 'approved', transactionId: 'TRX', cancelledAtMs: null }, 'done'],
      [{ ...declined, code: 'S402' }, 'failed'],
      [{ kind: 'unsent', cause: 'connect', code: null, message: '' }, 'failed'],
      [
        { kind: 'unknown', cause: 'timeout', code: null, message: '', transactionId: null },
        'unknown',
      ],
    ]
    for (const [outcome, state] of outcomes) {
      assert.equal(cancelSettlementOf(outcome, 5).state, state)
    }
  })

  test('"already cancelled" proves neither, so it is unknown until somebody has looked', () => {
    assert.equal(cancelSettlementOf({ ...declined, code: '9206' }, 5).state, 'unknown')
  })

  test('a refusal keeps the code and the words of the gateway', () => {
    const { failure, failReason } = cancelSettlementOf({ ...declined, code: 'S402' }, 5)
    assert.deepEqual({ failure, failReason }, { failure: 'declined', failReason: '[S402]거절' })
  })
})
