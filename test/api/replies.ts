// What an answer must be before its content is looked at: the envelope, its content type, and code 0 exactly
// when it carries a response.

import assert from 'node:assert/strict'

import type { BillingKeyView } from '../../src/billing-keys/billing-key.ts'
import type { Page } from '../../src/http/envelope.ts'
import type { PaymentView } from '../../src/payments/payment-view.ts'
import type { V1Reply } from '../support/app.ts'

export interface Refusal {
  readonly status: number
  readonly code: 1 | -1
  readonly message: string | RegExp
}

/** Holds for every answer of the API, whatever was asked. */
export function assertEnvelope({ status, headers, body }: V1Reply): void {
  assert.deepEqual(Object.keys(body).sort(), ['code', 'message', 'response'])
  assert.equal(headers.get('content-type'), 'application/json; charset=UTF-8')
  if (body.code === 0) {
    assert.ok(status === 200 || status === 207, `code 0 with HTTP ${status}`)
    assert.equal(body.message, null)
    assert.notEqual(body.response, null)
    return
  }
  assert.ok(body.code === 1 || body.code === -1, `code ${body.code}`)
  assert.ok(typeof body.message === 'string' && body.message !== '', 'a refusal without words')
  assert.equal(body.response, null)
}

/** The `response` of a success. */
export function responseOf(reply: V1Reply, status = 200): unknown {
  assertEnvelope(reply)
  assert.equal(reply.body.code, 0, String(reply.body.message))
  assert.equal(reply.status, status)
  return reply.body.response
}

export function paymentOf(reply: V1Reply): PaymentView {
  return responseOf(reply) as PaymentView
}

export function paidOf(reply: V1Reply): PaymentView {
  const payment = paymentOf(reply)
  assert.equal(payment.status, 'paid', String(payment.fail_reason))
  return payment
}

export function failedOf(reply: V1Reply): PaymentView {
  const payment = paymentOf(reply)
  assert.equal(payment.status, 'failed')
  return payment
}

export function billingKeyOf(reply: V1Reply): BillingKeyView {
  return responseOf(reply) as BillingKeyView
}

export function pageOf(reply: V1Reply): Page<PaymentView> {
  return responseOf(reply) as Page<PaymentView>
}

export function assertRefused(reply: V1Reply, refusal: Refusal): void {
  assertEnvelope(reply)
  const { code, message } = reply.body
  assert.deepEqual({ status: reply.status, code }, pick(refusal), String(message))
  if (typeof refusal.message === 'string') assert.equal(message, refusal.message)
  else assert.match(String(message), refusal.message)
}

function pick({ status, code }: Refusal) {
  return { status, code }
}

/** V1's words, by which clients tell one refusal from another. */
export const unauthorized: Refusal = { status: 401, code: -1, message: 'Unauthorized' }
export const paymentNotFound: Refusal = {
  status: 404,
  code: -1,
  message: '존재하지 않는 결제정보입니다.',
}
export const duplicateOrder: Refusal = {
  status: 200,
  code: -1,
  message:
    '이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)',
}
export const unknownBuyer: Refusal = {
  status: 200,
  code: 1,
  message: '등록되지 않은 구매자입니다.',
}

export function unknownCustomer(uid: string): Refusal {
  return {
    status: 200,
    code: 1,
    message: `요청하신 customer_uid(${uid})로 등록된 정보를 찾을 수 없습니다.`,
  }
}
