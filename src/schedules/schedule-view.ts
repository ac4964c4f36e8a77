// The schedule as V1 shows it: every field present, null for absent strings, 0 for absent timestamps.

import type { Static } from 'typebox'

import { nullable } from '../http/envelope.ts'
import { Type } from '../http/json-schema.ts'
import { unixSeconds } from '../primitives/clock.ts'
import type { Schedule } from './schedule.ts'

const text = () => nullable(Type.String())
const instant = (description: string) =>
  Type.Integer({ description: `${description} Unix seconds, 0 when it has not happened.` })

/** ScheduleResultAnnotation of the published V1 document. */
export const scheduleSchema = Type.Object({
  customer_uid: Type.String(),
  merchant_uid: Type.String(),
  imp_uid: text(),
  pg_provider: text(),
  pg_id: text(),
  customer_id: text(),
  schedule_at: Type.Integer({ description: 'Unix seconds.' }),
  executed_at: instant('Of the last attempt.'),
  revoked_at: instant('Of the revocation.'),
  amount: Type.Integer({ description: 'Won.' }),
  name: text(),
  buyer_name: text(),
  buyer_email: text(),
  buyer_tel: text(),
  buyer_addr: text(),
  buyer_postcode: text(),
  schedule_status: Type.String({ description: 'scheduled, executed or revoked.' }),
  payment_status: nullable(
    Type.String({
      description:
        'paid, failed or cancelled; null before the attempt and while its outcome is unknown.',
    }),
  ),
  fail_reason: text(),
  custom_data: text(),
  currency: Type.String(),
  promotion_id: text(),
})

export type ScheduleView = Static<typeof scheduleSchema>

/** Renders a schedule as V1 does. */
export function viewSchedule(schedule: Schedule): ScheduleView {
  return {
    customer_uid: schedule.customerUid,
    merchant_uid: schedule.merchantUid,
    imp_uid: schedule.impUid,
    // V1 fills these and promotion_id for super billing keys and promotions only, which there are none of here.
    pg_provider: null,
    pg_id: null,
    customer_id: schedule.customerId,
    schedule_at: unixSeconds(schedule.scheduleAtMs),
    executed_at: secondsOrZero(schedule.executedAtMs),
    revoked_at: secondsOrZero(schedule.revokedAtMs),
    amount: schedule.amountWon,
    name: schedule.name,
    buyer_name: schedule.buyerName,
    buyer_email: schedule.buyerEmail,
    buyer_tel: schedule.buyerTel,
    buyer_addr: schedule.buyerAddr,
    buyer_postcode: schedule.buyerPostcode,
    schedule_status: schedule.state === 'executing' ? 'executed' : schedule.state,
    payment_status: schedule.paymentStatus,
    fail_reason: schedule.failReason,
    custom_data: schedule.customData,
    currency: 'KRW',
    promotion_id: null,
  }
}

function secondsOrZero(instantMs: number | null): number {
  return instantMs === null ? 0 : unixSeconds(instantMs)
}
