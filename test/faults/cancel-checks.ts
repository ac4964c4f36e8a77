// What must hold after a cancel, whatever went wrong: see the design, §3, and decision 0021.

import assert from 'node:assert/strict'

import { adHocSql } from '../../src/db/database.ts'
import type { Cancel } from '../../src/payments/cancel.ts'
import { findCancel } from '../../src/payments/cancel-queries.store.ts'
import type { PaymentView } from '../../src/payments/payment-view.ts'
import type { TestApp, V1Reply } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import type { Caller } from './ways-to-charge.ts'

export const paidWon = 1000

let orders = 0

/** A payment of 1,000 won by card number. */
export async function pay(merchant: Caller): Promise<PaymentView> {
  orders += 1
  const { body } = await merchant.call('POST', '/subscribe/payments/onetime', {
    merchant_uid: `cancel-order-${orders}`,
    amount: paidWon,
    name: '정기구독 1개월',
    card_number: '9366000000900000',
    expiry: '2039-12',
  })
  assert.equal((body.response as PaymentView | null)?.status, 'paid', body.message ?? '')
  return body.response as PaymentView
}

export function cancel(merchant: Caller, fields: Record<string, unknown>): Promise<V1Reply> {
  return merchant.call('POST', '/payments/cancel', fields)
}

export async function shown(merchant: Caller, impUid: string): Promise<PaymentView> {
  return (await merchant.call('GET', `/payments/${impUid}`)).body.response as PaymentView
}

/** Won that the gateway gave back of a payment, and in how many cancels. */
export function givenBack({ simulator }: TestApp, impUid: string) {
  const cancels = simulator
    .ledger()
    .entries.filter(({ kind, orderno }) => kind === 'cancel' && orderno === impUid)
  return { won: cancels.reduce((sum, { amount }) => sum + amount, 0), times: cancels.length }
}

const cancelIdsStatement = adHocSql(
  `select cancel_id as "cancelId" from cancels where merchant_id = $1 and imp_uid = $2
   order by started_at, cancel_id`,
)

/** The cancels of a payment as stored, oldest first. */
export async function cancelsOf({ parts, merchant }: TestApp, impUid: string): Promise<Cancel[]> {
  const { merchantId } = merchant
  const { rows } = await parts.db.query<{ cancelId: string }>(cancelIdsStatement, [
    merchantId,
    impUid,
  ])
  const cancels = await Promise.all(
    rows.map(({ cancelId }) => findCancel(parts.db, merchantId, cancelId)),
  )
  return cancels.filter((found) => found !== undefined)
}

/** Code 0 with the payment unchanged, and the header that says why. */
export function assertAnswersUnknown(reply: V1Reply, before: PaymentView): void {
  assert.equal(reply.status, 200)
  assert.equal(reply.body.code, 0, reply.body.message ?? '')
  assert.equal(reply.headers.get('billkey-outcome'), 'unknown')
  const after = reply.body.response as PaymentView
  assert.equal(after.status, before.status)
  assert.equal(after.cancel_amount, before.cancel_amount)
  assert.deepEqual(after.cancel_history, before.cancel_history)
}

/** The whole of an unknown cancel: reserved, repeated by nobody, and a way on for who knows of it. */
export async function assertStaysUnknown(
  app: TestApp,
  impUid: string,
  askedWon: number,
): Promise<void> {
  const { merchant, simulator } = app
  const [unknown] = await cancelsOf(app, impUid)
  assert.equal(unknown?.state, 'unknown')
  assert.equal(unknown.amountWon, askedWon)
  const entries = simulator.ledger().totals.entries
  // Repeated as it was, in full, in part, and with the checksum of before: nothing reaches the gateway.
  for (const fields of [
    { amount: askedWon },
    {},
    { amount: 1 },
    { amount: 1, checksum: paidWon },
  ]) {
    const { status, body } = await cancel(merchant, { imp_uid: impUid, ...fields })
    assert.equal(status, 200)
    assert.equal(body.code, 1)
    assert.match(String(body.message), new RegExp(`결과 확인 중인 취소 금액: ${askedWon}원`))
  }
  assert.equal(simulator.ledger().totals.entries, entries)
  await assertBooksAgree(app.parts, simulator.ledger())
}

/** Nothing was given back and nothing is reserved: the same cancel may be asked for again, and happens once. */
export async function assertMayCancel(
  app: TestApp,
  impUid: string,
  askedWon: number,
): Promise<void> {
  assert.equal(givenBack(app, impUid).times, 0)
  const { body, headers } = await cancel(app.merchant, {
    imp_uid: impUid,
    amount: askedWon,
    checksum: paidWon,
  })
  assert.equal(body.code, 0, body.message ?? '')
  assert.equal(headers.get('billkey-outcome'), null)
  assert.equal((body.response as PaymentView).cancel_amount, askedWon)
  assert.deepEqual(givenBack(app, impUid), { won: askedWon, times: 1 })
  await assertBooksAgree(app.parts, app.simulator.ledger())
}
