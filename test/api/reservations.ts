// What a merchant's program sends to reserve payments, and what must come back: V1's ScheduleAnnotation, written from
// the published document and live captures, not from our schema.

import assert from 'node:assert/strict'

import type { Page } from '../../src/http/envelope.ts'
import type { ScheduleView } from '../../src/schedules/schedule-view.ts'
import type { TestMerchant, V1Reply } from '../support/app.ts'
import { assertFields } from './annotations.ts'
import { cardFields, cardOf, newMerchantUid } from './orders.ts'
import { billingKeyOf, responseOf } from './replies.ts'

export const scheduleFields = {
  customer_uid: 'text',
  merchant_uid: 'text',
  imp_uid: 'text or null',
  pg_provider: 'null',
  pg_id: 'null',
  customer_id: 'text or null',
  schedule_at: 'whole',
  executed_at: 'whole',
  revoked_at: 'whole',
  amount: 'whole',
  name: 'text',
  buyer_name: 'text or null',
  buyer_tel: 'text or null',
  buyer_email: 'text or null',
  buyer_addr: 'text or null',
  buyer_postcode: 'text or null',
  schedule_status: 'text',
  payment_status: 'text or null',
  fail_reason: 'text or null',
  custom_data: 'text or null',
  currency: 'text',
  promotion_id: 'null',
} as const

export const reservePath = '/subscribe/payments/schedule'
export const unschedulePath = '/subscribe/payments/unschedule'

export interface Entry {
  readonly merchant_uid: string
  readonly schedule_at: number
  readonly amount: number
  readonly [field: string]: unknown
}

/** An entry with only what V1 cannot do without. */
export function newEntry(
  scheduleAt: number,
  fields: Readonly<Record<string, unknown>> = {},
): Entry {
  return { merchant_uid: newMerchantUid(), schedule_at: scheduleAt, amount: 9900, ...fields }
}

export function reserve(
  merchant: TestMerchant,
  customerUid: string,
  entries: readonly Entry[],
  fields: Readonly<Record<string, unknown>> = {},
): Promise<V1Reply> {
  const body = { customer_uid: customerUid, schedules: entries, ...fields }
  return merchant.call('POST', reservePath, body)
}

/** Reserves one entry, which must be taken. */
export async function reserveOne(
  merchant: TestMerchant,
  customerUid: string,
  entry: Entry,
): Promise<ScheduleView> {
  const [schedule] = schedulesOf(await reserve(merchant, customerUid, [entry]))
  return schedule as ScheduleView
}

export async function registerCard(
  merchant: TestMerchant,
  customerUid: string,
  number = cardOf('신한카드'),
  fields: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const path = `/subscribe/customers/${customerUid}`
  billingKeyOf(await merchant.call('POST', path, { ...cardFields(number), ...fields }))
}

export function scheduleOf(reply: V1Reply): ScheduleView {
  const schedule = responseOf(reply) as ScheduleView
  assertFields(schedule, scheduleFields)
  return schedule
}

export function schedulesOf(reply: V1Reply): ScheduleView[] {
  const schedules = responseOf(reply) as ScheduleView[]
  assert.ok(Array.isArray(schedules))
  for (const schedule of schedules) assertFields(schedule, scheduleFields)
  return schedules
}

export function schedulePageOf(reply: V1Reply): Page<ScheduleView> {
  const page = responseOf(reply) as Page<ScheduleView>
  assert.deepEqual(Object.keys(page).sort(), ['list', 'next', 'previous', 'total'])
  for (const schedule of page.list) assertFields(schedule, scheduleFields)
  return page
}

export function uidsOf(schedules: readonly ScheduleView[]): string[] {
  return schedules.map(({ merchant_uid: uid }) => uid)
}

/** The schedule as it stands. */
export async function lookUp(merchant: TestMerchant, merchantUid: string): Promise<ScheduleView> {
  return scheduleOf(await merchant.call('GET', `${reservePath}/${merchantUid}`))
}
