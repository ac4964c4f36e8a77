// Cancels of one payment at the same time, and any sequence of them: never more than was paid, and always what the
// gateway's ledger says.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import fc from 'fast-check'

import { startTestApp, type TestApp } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { cancel, cancelsOf, givenBack, paidWon, pay, shown } from './cancel-checks.ts'
import { orderFault } from './outcome-checks.ts'

suite('cancels at once', () => {
  let app: TestApp
  before(async () => {
    app = await startTestApp({ logLevel: 'warn' })
  })
  after(() => app.close())

  test('thirty parts of which twenty fit: exactly twenty happen', async () => {
    const { imp_uid } = await pay(app.merchant)
    const replies = await Promise.all(
      Array.from({ length: 30 }, () => cancel(app.merchant, { imp_uid, amount: 50 })),
    )
    const done = replies.filter(({ body }) => body.code === 0)
    assert.equal(done.length, 20)
    for (const { body } of replies) {
      if (body.code !== 0) assert.match(String(body.message), /초과합니다|이미 전액취소/)
    }
    assert.deepEqual(givenBack(app, imp_uid), { won: paidWon, times: 20 })
    const payment = await shown(app.merchant, imp_uid)
    assert.equal(payment.cancel_amount, paidWon)
    assert.equal(payment.cancel_history.length, 20)
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  test('thirty of sizes that cannot all fit never exceed the amount', async () => {
    const { imp_uid } = await pay(app.merchant)
    await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        cancel(app.merchant, { imp_uid, amount: 30 + 7 * (index % 9) }),
      ),
    )
    const given = givenBack(app, imp_uid)
    assert.ok(given.won <= paidWon)
    const payment = await shown(app.merchant, imp_uid)
    assert.equal(payment.cancel_amount, given.won)
    assert.equal(payment.cancel_history.length, given.times)
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  test('many full ones give it back once', async () => {
    const { imp_uid, merchant_uid } = await pay(app.merchant)
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        cancel(app.merchant, index % 2 === 0 ? { imp_uid } : { merchant_uid }),
      ),
    )
    assert.equal(replies.filter(({ body }) => body.code === 0).length, 1)
    assert.deepEqual(givenBack(app, imp_uid), { won: paidWon, times: 1 })
  })

  test('of the same checksum one goes out', async () => {
    const { imp_uid } = await pay(app.merchant)
    const replies = await Promise.all(
      Array.from({ length: 10 }, () =>
        cancel(app.merchant, { imp_uid, amount: 100, checksum: paidWon }),
      ),
    )
    assert.equal(replies.filter(({ body }) => body.code === 0).length, 1)
    assert.deepEqual(givenBack(app, imp_uid), { won: 100, times: 1 })
  })

  test('a full one and parts together never give back more than all', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { imp_uid } = await pay(app.merchant)
      await Promise.all(
        [undefined, 400, 400, 400].map((amount) => cancel(app.merchant, { imp_uid, amount })),
      )
      const { won } = givenBack(app, imp_uid)
      assert.equal((await shown(app.merchant, imp_uid)).cancel_amount, won)
      assert.ok(won <= paidWon)
    }
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })
})

interface Step {
  /** Null: all that is left. */
  readonly amount: number | null
  readonly fault: string | null
  /** Whether the merchant's program keeps its checksum right. */
  readonly isChecked: boolean
}

const steps = fc.array(
  fc.record<Step>({
    amount: fc.option(fc.integer({ min: 1, max: 700 }), { nil: null }),
    fault: fc.oneof(
      { weight: 4, arbitrary: fc.constant(null) },
      fc.constantFrom('answer_lost', 'reset_before_commit', 'uncertain_after_commit', 'declined'),
    ),
    isChecked: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
)

suite('any sequence of cancels', () => {
  let app: TestApp
  before(async () => {
    app = await startTestApp({ logLevel: 'warn' })
  })
  after(() => app.close())

  async function take(impUid: string, { amount, fault, isChecked }: Step): Promise<void> {
    if (fault !== null) {
      await orderFault(app, { match: { cancel: true, orderno: impUid }, fault })
    }
    const cancels = await cancelsOf(app, impUid)
    const takenWon = cancels
      .filter(({ state }) => state !== 'failed')
      .reduce((sum, { amountWon }) => sum + amountWon, 0)
    const checksum = isChecked ? paidWon - takenWon : undefined
    const { status } = await cancel(app.merchant, { imp_uid: impUid, amount, checksum })
    assert.equal(status, 200)
    // A script that no cancel has met would strike a later one.
    await fetch(`${app.simulator.url}/_faults`, { method: 'DELETE' })
  }

  test('keeps the cancelled amount within bounds and equal to the ledger, unknown ones aside', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const { imp_uid: impUid } = await pay(app.merchant)
        for (const step of sequence) {
          await take(impUid, step)
          const { cancel_amount: cancelledWon, cancel_history: history } = await shown(
            app.merchant,
            impUid,
          )
          const unknownWon = (await cancelsOf(app, impUid))
            .filter(({ state }) => state === 'unknown')
            .reduce((sum, { amountWon }) => sum + amountWon, 0)
          const { won } = givenBack(app, impUid)
          assert.ok(cancelledWon >= 0 && cancelledWon + unknownWon <= paidWon)
          assert.ok(won >= cancelledWon && won <= cancelledWon + unknownWon)
          assert.equal(
            history.reduce((sum, { amount }) => sum + amount, 0),
            cancelledWon,
          )
        }
      }),
      { numRuns: 40 },
    )
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })
})
