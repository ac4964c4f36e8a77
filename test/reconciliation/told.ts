// What the tests of evidence share: a server whose gateway tells of itself, and its control routes.

import assert from 'node:assert/strict'

import { adHocSql } from '../../src/db/database.ts'
import type { Payment } from '../../src/payments/payment.ts'
import type { TestApp } from '../support/app.ts'
import { eventually } from '../faults/eventually.ts'
import { paymentOf } from '../faults/outcome-checks.ts'
import { amountWon, type Attempt } from '../faults/ways-to-charge.ts'

/** Changes the simulator's settings. */
export async function setSimulator(app: TestApp, settings: object): Promise<void> {
  await control(app, 'POST', '/_settings', settings)
}

/** What the gateway's own admin does, past our server. */
export async function chargeInAdmin(
  app: TestApp,
  orderno: string,
  amount: number,
): Promise<string> {
  const { pgId: cpid } = app.merchant.channel
  const done = await control(app, 'POST', '/_admin/approvals', { cpid, orderno, amount })
  return (done as { daoutrx: string }).daoutrx
}

export async function cancelInAdmin(app: TestApp, daoutrx: string, amount: number): Promise<void> {
  await control(app, 'POST', '/_admin/cancels', { daoutrx, amount })
}

/** Sends every notification that waits, whenever it was due, and gives what still waits after that. */
export async function sendWaiting(app: TestApp): Promise<number> {
  const { waiting } = (await control(app, 'POST', '/_notifications', {})) as { waiting: unknown[] }
  return waiting.length
}

export async function orderNotification(
  app: TestApp,
  fault: string,
  match: object = {},
): Promise<void> {
  await control(app, 'POST', '/_faults', { match: { step: 'notification', ...match }, fault })
}

async function control(app: TestApp, method: string, path: string, body: object): Promise<unknown> {
  const reply = await fetch(app.simulator.url + path, { method, body: JSON.stringify(body) })
  assert.equal(reply.status, 200, await reply.clone().text())
  return reply.json()
}

/** Waits until the payment of an attempt is in this state. */
export function becomes(app: TestApp, attempt: Attempt, state: Payment['state']): Promise<Payment> {
  return eventually(`${attempt.merchantUid} becoming ${state}`, async () => {
    const payment = await paymentOf(app, attempt.merchantUid)
    return payment.state === state ? payment : undefined
  })
}

export interface RaisedRow {
  readonly kind: string
  readonly orderNumber: string
}

export async function discrepanciesOf(app: TestApp): Promise<RaisedRow[]> {
  const { rows } = await app.parts.db.query<RaisedRow>(
    adHocSql(
      'select kind, order_number as "orderNumber" from discrepancies order by raised_at, kind',
    ),
  )
  return rows
}

/** Waits for a discrepancy of this kind about this order number. */
export function isRaised(app: TestApp, kind: string, orderNumber: string): Promise<RaisedRow> {
  return eventually(`a discrepancy ${kind} of ${orderNumber}`, async () =>
    (await discrepanciesOf(app)).find(
      (row) => row.kind === kind && row.orderNumber === orderNumber,
    ),
  )
}

/** The approval that the gateway really made under an order number. */
export function approvalOf(app: TestApp, impUid: string) {
  const { entries } = app.simulator.ledger()
  const found = entries.find(({ kind, orderno }) => kind === 'approval' && orderno === impUid)
  assert.ok(found !== undefined, `no approval of ${impUid}`)
  return found
}

/** Sends a notification by hand, from an address that is believed. */
export async function notifyByHand(
  app: TestApp,
  fields: Record<string, string>,
): Promise<{ readonly status: number; readonly isTaken: boolean }> {
  const query = new URLSearchParams({
    PAYMETHOD: 'CARD',
    CPID: app.merchant.channel.pgId,
    AMOUNT: `${amountWon}`,
    SETTDATE: '20260101120000',
    ...fields,
  })
  const reply = await fetch(
    `${app.url}/notifications/daou/${app.merchant.channel.channelKey}?${query.toString()}`,
  )
  return {
    status: reply.status,
    isTaken: (await reply.text()).includes('<RESULT>SUCCESS</RESULT>'),
  }
}
