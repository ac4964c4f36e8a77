// What a client must hand to its caller, whichever client it is: V1's words, and objects with every field of V1.

import assert from 'node:assert/strict'

import { assertFields, billingKeyFields, paymentFields } from '../api/annotations.ts'
import { scheduleFields } from '../api/reservations.ts'

/** V1's words, which merchants' programs match on. */
export const words = {
  unauthorized: 'Unauthorized',
  wrongKey: '인증에 실패하였습니다. API키와 secret을 확인하세요.',
  noPayment: '존재하지 않는 결제정보입니다.',
  noPrepared: '사전등록된 결제정보가 존재하지 않습니다.',
  alreadyPrepared: '결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다).',
  duplicateOrder:
    '이미 주문이 이루어진 건입니다. (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)',
  invalidCard: /카드정보 인증에 실패하였습니다\. .*유효하지않은 카드번호를 입력하셨습니다\./,
  keyNotIssued:
    /카드정보 인증 및 빌키 발급에 실패하였습니다\. .*유효하지않은 카드번호를 입력하셨습니다\./,
  unknownBuyer: '등록되지 않은 구매자입니다.',
  alreadyCancelled: '이미 전액취소된 주문입니다.',
  nothingToCancel: '취소할 결제건이 존재하지 않습니다.',
  noBillingKey: '등록된 고객정보가 없습니다.',
  nothingRevoked: '취소할 예약결제 기록이 존재하지 않습니다.',
  badStatus: '지원되지 않는 상태값입니다.',
  noApi: '존재하지 않는 API입니다.',
  unknownCustomer: (uid: string) =>
    `요청하신 customer_uid(${uid})로 등록된 정보를 찾을 수 없습니다.`,
} as const

/** A card number that no issuer gave out: it fails the check digit. */
export const invalidCardNumber = '9366-0000-0090-0001'

/** A `schedule_at` that no worker reaches while tests run. */
export function inADay(): number {
  return Math.floor(Date.now() / 1000) + 86_400
}

export interface ExpectedPayment {
  readonly merchant_uid: string
  readonly amount: number
  readonly status: 'ready' | 'paid' | 'failed' | 'cancelled'
}

/** `shown` has every field of V1's payment and says what is expected. */
export function assertPayment(shown: object, expected: ExpectedPayment): void {
  assertFields(shown, paymentFields)
  assert.deepEqual(pickAs(shown, expected), expected)
}

export function assertBillingKey(shown: object, customerUid: string): void {
  assertFields(shown, billingKeyFields)
  assert.equal((shown as { customer_uid: string }).customer_uid, customerUid)
}

export function assertSchedule(shown: object, expected: Readonly<Record<string, unknown>>): void {
  assertFields(shown, scheduleFields)
  assert.deepEqual(pickAs(shown, expected), expected)
}

function pickAs(shown: object, wanted: object): unknown {
  return Object.fromEntries(
    Object.keys(wanted).map((name) => [name, (shown as Record<string, unknown>)[name]]),
  )
}
