// What must hold after a charge that went wrong, whatever way it was made: see the design, §3 and §5.

import assert from 'node:assert/strict'

import { adHocSql } from '../../src/db/database.ts'
import { findPayment } from '../../src/payments/payment-queries.store.ts'
import type { Payment } from '../../src/payments/payment.ts'
import type { TestApp, V1Reply } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { amountWon, type Attempt, type Way } from './ways-to-charge.ts'

/** Orders what goes wrong next, as docs/simulator.md describes it. */
export async function orderFault(app: TestApp, script: object): Promise<void> {
  const reply = await fetch(`${app.simulator.url}/_faults`, {
    method: 'POST',
    body: JSON.stringify(script),
  })
  assert.equal(reply.status, 200, await reply.text())
}

/** The latest attempt under a merchant_uid, as stored. */
export async function paymentOf(app: TestApp, merchantUid: string): Promise<Payment> {
  const { rows } = await app.parts.db.query<{ impUid: string }>(
    adHocSql(
      `select imp_uid as "impUid" from payments
       where merchant_id = $1 and merchant_uid = $2 order by started_at desc, imp_uid limit 1`,
    ),
    [app.merchant.merchantId, merchantUid],
  )
  const impUid = rows[0]?.impUid
  assert.ok(impUid !== undefined, `no payment of ${merchantUid}`)
  const payment = await findPayment(app.parts.db, app.merchant.merchantId, impUid)
  assert.ok(payment !== undefined)
  return payment
}

/** How often the PG took the money of this payment. */
export function approvalsOf(app: TestApp, impUid: string): number {
  const { entries } = app.simulator.ledger()
  return entries.filter(({ kind, orderno }) => kind === 'approval' && orderno === impUid).length
}

export interface ShownPayment {
  readonly imp_uid: string
  readonly status: string
  readonly amount: number
  readonly fail_reason: string | null
}

/** The payment a reply shows; fails the test when the reply is a refusal. */
export function shownPayment({ body }: V1Reply): ShownPayment {
  assert.equal(body.code, 0, body.message ?? '')
  return body.response as ShownPayment
}

/** The design, §5: 200, code 0, status ready, and the header that says why. */
export function assertAnswersUnknown(reply: V1Reply): void {
  assert.equal(reply.status, 200)
  const { status, amount } = shownPayment(reply)
  assert.equal(status, 'ready')
  assert.equal(amount, amountWon)
  assert.equal(reply.headers.get('billkey-outcome'), 'unknown')
}

/** The merchant_uid is blocked, and asking again reaches the PG with nothing. */
export async function assertRepeatIsRefused(
  app: TestApp,
  way: Way,
  attempt: Attempt,
): Promise<void> {
  const entriesBefore = app.simulator.ledger().totals.entries
  const repeated = await way.charge(app.merchant, attempt)
  assert.equal(repeated.status, 200)
  assert.equal(repeated.body.code, -1)
  assert.match(repeated.body.message ?? '', /^이미 주문이 이루어진 건입니다/)
  assert.equal(app.simulator.ledger().totals.entries, entriesBefore)
}

/** The whole of an unknown outcome: shown as ready, blocked, no key handed out, books and ledger agree. */
export async function assertStaysUnknown(app: TestApp, way: Way, attempt: Attempt): Promise<void> {
  const { impUid, state, pgTid } = await paymentOf(app, attempt.merchantUid)
  assert.equal(state, 'unknown')
  await assertRepeatIsRefused(app, way, attempt)
  const shown = shownPayment(await app.merchant.call('GET', `/payments/${impUid}`))
  assert.equal(shown.status, 'ready')
  assert.equal(shown.fail_reason, null)
  if (way.name === 'onetime with customer_uid') await assertNoKey(app, attempt)
  const told = app.simulator.ledger().entries.find(({ orderno }) => orderno === impUid)
  if (pgTid !== null) assert.equal(pgTid, told?.daoutrx)
  await assertBooksAgree(app.parts, app.simulator.ledger())
}

/** Nothing was charged and the merchant may try again: the repetition is paid, once. */
export async function assertMayRetry(
  app: TestApp,
  way: Way,
  { attempt, failure }: { readonly attempt: Attempt; readonly failure: Payment['failure'] },
): Promise<void> {
  const first = await paymentOf(app, attempt.merchantUid)
  assert.equal(first.state, 'failed')
  assert.equal(first.failure, failure)
  assert.equal(approvalsOf(app, first.impUid), 0)
  if (way.name === 'onetime with customer_uid') await assertNoKey(app, attempt)
  const second = shownPayment(await way.charge(app.merchant, attempt))
  assert.equal(second.status, 'paid')
  assert.notEqual(second.imp_uid, first.impUid)
  assert.equal(approvalsOf(app, second.imp_uid), 1)
  await assertBooksAgree(app.parts, app.simulator.ledger())
}

export async function assertPaidOnce(app: TestApp, merchantUid: string): Promise<void> {
  const { impUid, state } = await paymentOf(app, merchantUid)
  assert.equal(state, 'paid')
  assert.equal(approvalsOf(app, impUid), 1)
  await assertBooksAgree(app.parts, app.simulator.ledger())
}

export async function assertNoKey(app: TestApp, { customerUid }: Attempt): Promise<void> {
  const { body } = await app.merchant.call('GET', `/subscribe/customers/${customerUid}`)
  assert.equal(body.code, 1, 'a billing key was handed out before its payment was approved')
}
