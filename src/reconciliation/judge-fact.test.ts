// Every state of a payment against every fact: what is booked, what waits, what is raised.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import fc from 'fast-check'

import type { GatewayFact } from '../gateways/evidence.ts'
import { boundsOfKoreanDay } from '../primitives/korean-day.ts'
import { type Books, type FactRuling, judgeFact } from './judge-fact.ts'

const day = '20260310'
const noonMs = boundsOfKoreanDay(day).fromMs + 12 * 3_600_000
const dayMs = 24 * 3_600_000

const approval: GatewayFact = {
  kind: 'approval',
  contractId: 'CTS00001',
  transactionId: 'T1',
  orderNumber: 'imps_1',
  amountWon: 3_000,
  happenedAtMs: null,
}
const cancel: GatewayFact = { ...approval, kind: 'cancel', amountWon: 1_000 }

const payment = {
  state: 'unknown',
  amountWon: 3_000,
  pgTid: null,
  pgId: 'CTS00001',
  sandbox: false,
  cancelAmountWon: 0,
  reservedWon: 0,
  startedAtMs: noonMs,
} as const

function books(changes: Partial<NonNullable<Books['payment']>>, more: Partial<Books> = {}): Books {
  return {
    payment: { ...payment, ...changes },
    isOrderTaken: false,
    cancels: [],
    cancelsTold: { amountsWon: [], day: null },
    ...more,
  }
}

const keep = { lateApprovals: 'keep' } as const
const giveBack = { lateApprovals: 'cancel' } as const

function shortOf(ruling: FactRuling): string {
  switch (ruling.kind) {
    case 'charged':
      return `charged from ${ruling.from.join(', ')}${ruling.giveBack === null ? '' : `, ${ruling.giveBack}`}`
    case 'discrepancy':
      return ruling.about
    case 'cancelled':
      return `cancelled ${ruling.cancelId}`
    case 'known':
    case 'wait':
      return ruling.kind
  }
}

suite('an approval', () => {
  const table: readonly [string, Books, typeof keep | typeof giveBack, string][] = [
    ['of nobody', { ...books({}), payment: undefined }, keep, 'foreign_charge'],
    ['under another contract than ours', books({ pgId: 'CTS00002' }), keep, 'foreign_charge'],
    ['of another amount', books({ amountWon: 2_999 }), keep, 'amount_differs'],
    ['of a payment on its way', books({ state: 'sending' }), keep, 'charged from sending, unknown'],
    ['of one on its way, not to be kept', books({ state: 'sending' }), giveBack, 'wait'],
    ['of an unknown payment', books({}), keep, 'charged from unknown'],
    ['of an unknown payment, not to be kept', books({}), giveBack, 'charged from unknown, told'],
    ['that is booked', books({ state: 'paid', pgTid: 'T1' }), keep, 'known'],
    ['that is booked and cancelled', books({ state: 'cancelled', pgTid: 'T1' }), giveBack, 'known'],
    ['beside a booked one', books({ state: 'paid', pgTid: 'T0' }), keep, 'charged_twice'],
    ['of a failed payment', books({ state: 'failed' }), keep, 'charged from failed'],
    [
      'of a failed payment, not to be kept',
      books({ state: 'failed' }),
      giveBack,
      'charged from failed, silent',
    ],
    [
      'of a failed payment whose order is paid',
      books({ state: 'failed' }, { isOrderTaken: true }),
      keep,
      'late_approval',
    ],
    [
      'of a failed payment whose order is paid, not to be kept',
      books({ state: 'failed' }, { isOrderTaken: true }),
      giveBack,
      'charged from failed, silent',
    ],
  ]
  for (const [name, ours, policy, expected] of table) {
    test(`${name} is: ${expected}`, () => {
      assert.equal(shortOf(judgeFact(approval, ours, policy)), expected)
    })
  }
})

suite('a cancel', () => {
  const one = (
    state: 'sending' | 'unknown' | 'done' | 'failed',
    cancelId = 'c1',
    more: Partial<Books['cancels'][number]> = {},
  ): Books['cancels'][number] => ({
    cancelId,
    state,
    failure: state === 'failed' ? 'declined' : null,
    amountWon: 1_000,
    startedAtMs: noonMs,
    ...more,
  })
  const paid = (
    cancels: Books['cancels'],
    amountsWon: readonly number[],
    ofDay: string | null = null,
  ) => books({ state: 'paid', pgTid: 'T1' }, { cancels, cancelsTold: { amountsWon, day: ofDay } })
  const byEvidence = one('failed', 'c1', { failure: 'evidence' })
  const [yesterday, today] = [
    one('done', 'c1', { startedAtMs: noonMs + dayMs }),
    one('unknown', 'c2', { startedAtMs: noonMs + 2 * dayMs }),
  ]
  const table: readonly [string, Books, string][] = [
    ['of nobody', { ...books({}), payment: undefined }, 'foreign_cancel'],
    ['that nobody asked for', paid([], [1_000]), 'foreign_cancel'],
    ['that is booked', paid([one('done')], [1_000]), 'known'],
    ['that is unknown', paid([one('unknown')], [1_000]), 'cancelled c1'],
    ['that is on its way', paid([one('sending')], [1_000]), 'wait'],
    [
      'beside a booked one of the same amount',
      paid([one('done'), one('unknown', 'c2')], [1_000]),
      'known',
    ],
    [
      'the second of two',
      paid([one('done'), one('unknown', 'c2')], [1_000, 1_000]),
      'cancelled c2',
    ],
    [
      'of another amount than the unknown one',
      paid([one('unknown', 'c1', { amountWon: 900 })], [1_000]),
      'foreign_cancel',
    ],
    ['that had failed', paid([one('failed')], [1_000]), 'foreign_cancel'],
    ['more often than asked for', paid([one('done')], [1_000, 1_000]), 'foreign_cancel'],
    ['under another contract than ours', books({ pgId: 'CTS00002' }), 'foreign_cancel'],
    // It may be the one's that is on its way: booking the other as well would be one too many.
    ['beside one on its way', paid([one('unknown'), one('sending', 'c2')], [1_000]), 'wait'],
    [
      'more often than one on its way can explain',
      paid([one('unknown'), one('sending', 'c2')], [1_000, 1_000]),
      'cancelled c1',
    ],
    ['that evidence had called not done', paid([byEvidence], [1_000]), 'cancelled c1'],
    [
      'that evidence had called not done, and there is no room for it',
      books(
        { state: 'cancelled', pgTid: 'T1', cancelAmountWon: 1_500, reservedWon: 1_000 },
        { cancels: [byEvidence], cancelsTold: { amountsWon: [1_000], day: null } },
      ),
      'foreign_cancel',
    ],
    // The file of a day does not list another day's cancel, so that one explains nothing in it.
    [
      'in the file of its day, beside another day’s',
      paid([yesterday, today], [1_000], '20260312'),
      'cancelled c2',
    ],
    ['in the file of the other’s day', paid([yesterday, today], [1_000], '20260311'), 'known'],
    // Unless it is the approval's day, where all of them may stand.
    ['in the file of the approval’s day', paid([yesterday, today], [1_000], day), 'known'],
    [
      'twice in the file of the approval’s day',
      paid([yesterday, today], [1_000, 1_000], day),
      'cancelled c2',
    ],
  ]
  for (const [name, ours, expected] of table) {
    test(`${name} is: ${expected}`, () =>
      assert.equal(shortOf(judgeFact(cancel, ours, keep)), expected))
  }

  test('never ends more cancels than were told of', () => {
    const states = fc.constantFrom('sending' as const, 'unknown', 'done', 'failed')
    fc.assert(
      fc.property(fc.array(states, { maxLength: 6 }), fc.nat({ max: 6 }), (given, told) => {
        const cancels = given.map((state, at) => one(state, `c${at}`))
        const cancelsTold = Array.from({ length: told }, () => 1_000)
        // As the store does: what is ended counts as done for the next judgement.
        let ours = cancels
        for (let round = 0; round < told; round += 1) {
          const ruling = judgeFact(cancel, paid(ours, cancelsTold), keep)
          if (ruling.kind !== 'cancelled') break
          ours = ours.map((each) =>
            each.cancelId === ruling.cancelId ? { ...each, state: 'done' as const } : each,
          )
        }
        const booked = (list: typeof ours) => list.filter(({ state }) => state === 'done').length
        assert.ok(booked(ours) <= Math.max(booked(cancels), told))
      }),
    )
  })
})
