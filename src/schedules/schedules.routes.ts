// The V1 routes that reserve payments and change reservations: parse, call, render.

import type { Static } from 'typebox'

import { buyerIpOf } from '../billing-keys/buyer-ip.ts'
import { readCard } from '../billing-keys/card-input.ts'
import { errorOfRefused, messageOfRefused } from '../billing-keys/refused-request.ts'
import { type V1Answer, value } from '../http/envelope.ts'
import { Type } from '../http/json-schema.ts'
import { badRequest, notFound, refused, type V1Error } from '../http/v1-error.ts'
import { type MerchantContext, type V1Route, v1Route } from '../http/v1-routes.ts'
import type { ChargeDependencies } from '../payments/charge.ts'
import { answerCharge } from '../payments/charge-answer.ts'
import { outcomeHeader } from '../http/idempotency-answer.ts'
import { heldAfterRestore } from '../payments/hold.ts'
import { orderOf, orderParams } from '../payments/order-params.ts'
import { paymentSchema } from '../payments/payment-view.ts'
import { revisitCharge } from '../payments/revisit-call.ts'
import { amountWonMax } from '../primitives/money.ts'
import {
  type ChangeResult,
  moveReservation,
  reserveAnew,
  retrySchedule,
  type Unchangeable,
} from './change-schedule.ts'
import type { CardCheck, NewCard } from './check-card.ts'
import { duplicateUidMessage, noBillingKeyMessage } from './execute-schedule.ts'
import { type ReservedEntry, reservePayments, type ReserveResult } from './reserve-payments.ts'
import { readScheduleAt, type Schedule } from './schedule.ts'
import { scheduleSchema, type ScheduleView, viewSchedule } from './schedule-view.ts'
import { revokeSchedules } from './schedules.store.ts'

/** Says what became of a card check's money: `<imp_uid> cancelled`, `pending` or `unknown`. */
const cardCheckHeader = 'Billkey-Card-Check'
export const unknownScheduleMessage = '예약결제 정보가 존재하지 않습니다.'

// V1 documents no bound; this one keeps a statement sane.
const entriesMax = 1000

const text = (maxLength = 255) => Type.Optional(Type.String({ maxLength }))
const customerUid = Type.String({ maxLength: 80, description: '구매자(빌링키) 고유번호' })
const merchantUid = Type.String({ maxLength: 40, description: '가맹점 주문번호' })
const scheduleAt = Type.Integer({ minimum: 0, description: '결제 예약 시각. Unix timestamp(초).' })

const reserveParams = Type.Object({
  customer_uid: customerUid,
  customer_id: text(),
  checking_amount: Type.Optional(Type.Integer({ minimum: 0, maximum: amountWonMax })),
  card_number: text(64),
  expiry: text(16),
  birth: text(32),
  pwd_2digit: text(16),
  pg: text(),
  channel_key: text(),
  schedules: Type.Array(Type.Object({ ...orderParams, schedule_at: scheduleAt }), {
    minItems: 1,
    maxItems: entriesMax,
  }),
})

const namedParams = Type.Object({ merchant_uid: merchantUid })
const timedParams = Type.Object({ merchant_uid: merchantUid, schedule_at: scheduleAt })

export function schedulesRoutes(deps: ChargeDependencies): V1Route[] {
  return [reserveRoute(deps), revokeRoute(deps), ...changeRoutes(deps)]
}

function reserveRoute(deps: ChargeDependencies): V1Route {
  return v1Route({
    method: 'POST',
    url: '/subscribe/payments/schedule',
    summary: '결제 예약',
    auth: 'token',
    params: reserveParams,
    response: Type.Array(scheduleSchema),
    handler: async (input, context) => {
      const result = await reservePayments(deps, {
        merchantId: context.merchant.merchantId,
        customerUid: input.customer_uid,
        customerId: input.customer_id ?? null,
        entries: entriesOf(input, context, deps.clock.now(context.merchant.merchantId)),
        newCard: newCardOf(input),
        checkingWon: input.checking_amount ?? 0,
        buyerIp: buyerIpOf(undefined, context.clientIp),
        actor: `api:${context.merchant.impKey}`,
      })
      return answerReserve(result, context)
    },
  })
}

function revokeRoute(deps: ChargeDependencies): V1Route {
  return v1Route({
    method: 'POST',
    url: '/subscribe/payments/unschedule',
    summary: '결제 예약 취소',
    auth: 'token',
    params: Type.Object({
      customer_uid: Type.Optional(customerUid),
      merchant_uid: Type.Optional(Type.Array(merchantUid, { maxItems: entriesMax })),
    }),
    response: Type.Array(scheduleSchema),
    handler: async (input, { merchant }) => {
      const { customer_uid: customer = null, merchant_uid: list = [] } = input
      if (customer === null && list.length === 0) {
        throw badRequest('파라미터 누락: customer_uid 또는 merchant_uid')
      }
      const revoked = await revokeSchedules(
        deps.db,
        merchant.merchantId,
        { customerUid: customer, merchantUids: list.length === 0 ? null : list },
        deps.clock.now(merchant.merchantId),
      )
      if (revoked.length === 0) throw refused('취소할 예약결제 기록이 존재하지 않습니다.', 1)
      return value(inOrderOf(list, revoked).map(viewSchedule))
    },
  })
}

/** As they were named; those of a whole customer by their time. */
function inOrderOf(list: readonly string[], schedules: readonly Schedule[]): Schedule[] {
  const places = new Map(list.map((uid, index) => [uid, index]))
  const placeOf = ({ merchantUid: uid }: Schedule) => places.get(uid) ?? 0
  return schedules.toSorted((a, b) => placeOf(a) - placeOf(b) || a.scheduleAtMs - b.scheduleAtMs)
}

function changeRoutes(deps: ChargeDependencies): V1Route[] {
  return [
    v1Route({
      method: 'PUT',
      url: '/subscribe/payments/schedule/:merchant_uid',
      summary: '결제 예약 시각 변경',
      auth: 'token',
      params: timedParams,
      response: scheduleSchema,
      handler: async (input, { merchant }) => {
        const atMs = futureTimeOf(input.schedule_at, deps.clock.now(merchant.merchantId))
        const named = { merchantId: merchant.merchantId, merchantUid: input.merchant_uid }
        return answerChange(await moveReservation(deps, named, atMs), whyUnmovable)
      },
    }),
    v1Route({
      method: 'POST',
      url: '/subscribe/payments/schedule/:merchant_uid/reschedule',
      summary: '실패하거나 취소된 결제의 재예약',
      auth: 'token',
      params: timedParams,
      response: scheduleSchema,
      handler: async (input, { merchant }) => {
        const atMs = futureTimeOf(input.schedule_at, deps.clock.now(merchant.merchantId))
        const named = { merchantId: merchant.merchantId, merchantUid: input.merchant_uid }
        return answerChange(await reserveAnew(deps, named, atMs), whyUnrepeatable)
      },
    }),
    v1Route({
      method: 'POST',
      url: '/subscribe/payments/schedule/:merchant_uid/retry',
      summary: '실패하거나 취소된 예약결제의 즉시 재시도',
      auth: 'token',
      params: namedParams,
      response: paymentSchema,
      handler: async (input, context) => {
        const { merchant, callId } = context
        const named = { merchantId: merchant.merchantId, merchantUid: input.merchant_uid }
        const result = await retrySchedule(deps, { ...named, callId })
        if (result.kind === 'absent' || result.kind === 'unfit' || result.kind === 'taken') {
          throw unchangeable(result, whyUnrepeatable)
        }
        if (result.kind === 'no_billing_key') throw notFound(noBillingKeyMessage)
        return answerCharge(result, context)
      },
      revisit: revisitCharge(deps),
    }),
  ]
}

function entriesOf(
  input: Static<typeof reserveParams>,
  context: MerchantContext,
  nowMs: number,
): ReservedEntry[] {
  return input.schedules.map((entry, index) => {
    const name = `schedules[${index}].`
    const time = readScheduleAt(entry.schedule_at, nowMs)
    if (time.kind === 'milliseconds') throw millisecondsRefused(name, time.seconds)
    // V1 documents no status for this; like its other refusals of a schedule it is 200 with code 1.
    if (time.kind === 'past') throw refused(`${name}schedule_at이 현재 시각보다 이전입니다.`, 1)
    return { order: orderOf(entry, context, name), scheduleAtMs: time.atMs }
  })
}

/** For a change of time, where V1 answers 400 to the past. */
function futureTimeOf(scheduleAtSeconds: number, nowMs: number): number {
  const time = readScheduleAt(scheduleAtSeconds, nowMs)
  if (time.kind === 'milliseconds') throw millisecondsRefused('', time.seconds)
  if (time.kind === 'past') {
    throw badRequest('파라미터 오류: schedule_at (현재 시각보다 이전입니다.)')
  }
  return time.atMs
}

function millisecondsRefused(prefix: string, seconds: number): V1Error {
  return badRequest(
    `파라미터 오류: ${prefix}schedule_at (밀리초로 보입니다. 초 단위 Unix timestamp로 보내주세요. 예: ${seconds})`,
  )
}

function newCardOf(input: Static<typeof reserveParams>): NewCard | null {
  const { card_number: number, expiry } = input
  if (number === undefined && expiry === undefined) return null
  if (number === undefined) throw badRequest('파라미터 누락: card_number')
  if (expiry === undefined) throw badRequest('파라미터 누락: expiry')
  const { birth, pwd_2digit } = input
  const reading = readCard({ card_number: number, expiry, birth, pwd_2digit })
  if (reading.kind === 'malformed') {
    throw badRequest(`파라미터 오류: ${reading.field} (${reading.hint})`)
  }
  const { card, numberMasked } = reading
  return { card, numberMasked, wish: { channelKey: input.channel_key, pg: input.pg } }
}

function answerReserve(result: ReserveResult, context: MerchantContext): V1Answer<ScheduleView[]> {
  switch (result.kind) {
    case 'reserved':
      tellOfCheck(result.check, context)
      return value(result.schedules.map(viewSchedule))
    case 'duplicate':
      throw refused(
        `${duplicateUidMessage} (이미 예약되었거나 결제된 merchant_uid: ${namesOf(result.merchantUids)})`,
        1,
      )
    case 'no_billing_key':
      throw refused(noBillingKeyMessage, 1)
    case 'card_refused':
      throw refused(`카드정보 확인에 실패하였습니다. ${result.reason}`, 1)
    case 'no_channel':
      throw refused(result.message, -1)
    case 'refused':
      throw errorOfRefused(result.request)
    case 'entry_refused':
      // As V1 refuses whatever else it cannot reserve.
      throw refused(messageOfRefused(result.request), 1)
    case 'held':
      throw heldAfterRestore()
    case 'check_unknown':
      context.setHeader(outcomeHeader, 'unknown')
      throw refused(
        `카드 확인 결제의 승인 여부를 아직 알 수 없어 예약하지 않았습니다. 승인된 것으로 확인되면 자동으로 취소됩니다. (imp_uid: ${result.impUid})`,
        -1,
      )
  }
}

function tellOfCheck(check: CardCheck | null, context: MerchantContext): void {
  if (check === null) return
  context.setHeader(cardCheckHeader, `${check.impUid} ${check.refund}`)
  if (check.refund === 'unknown') context.setHeader(outcomeHeader, 'unknown')
}

// Enough to find the fault; a thousand of them would make a message nobody reads.
const namedUidsMax = 20

function namesOf(uids: readonly string[]): string {
  const rest = uids.length - namedUidsMax
  const named = uids.slice(0, namedUidsMax).join(', ')
  return rest > 0 ? `${named} 외 ${rest}건` : named
}

function answerChange(
  result: ChangeResult,
  why: (schedule: Schedule) => V1Error,
): V1Answer<ScheduleView> {
  if (result.kind === 'changed') return value(viewSchedule(result.schedule))
  throw unchangeable(result, why)
}

function unchangeable(result: Unchangeable, why: (schedule: Schedule) => V1Error): V1Error {
  switch (result.kind) {
    case 'absent':
      return notFound(unknownScheduleMessage)
    case 'unfit':
      return why(result.schedule)
    case 'taken':
      return badRequest(
        `${duplicateUidMessage} (동일한 merchant_uid로 예약되었거나 결제된 기록이 있습니다)`,
      )
  }
}

function whyUnmovable({ state }: Schedule): V1Error {
  return state === 'revoked'
    ? badRequest('이미 취소된 예약입니다.')
    : badRequest('이미 실행된 예약입니다.')
}

function whyUnrepeatable({ state }: Schedule): V1Error {
  if (state === 'scheduled') return badRequest('아직 실행되지 않은 예약입니다.')
  return state === 'executing'
    ? badRequest('이미 실행 중인 예약입니다.')
    : badRequest('이미 승인된 예약입니다.')
}
