// The V1 routes that read reservations. V1 clients mix the names of the time and status parameters, and some leave
// the times out, so every spelling is known everywhere and an absent bound is open.

import type { Queryable } from '../db/database.ts'
import { paged, pageOf, value } from '../http/envelope.ts'
import { Type } from '../http/json-schema.ts'
import { badRequest, notFound } from '../http/v1-error.ts'
import { type V1Route, v1Route } from '../http/v1-routes.ts'
import { outcomeHeader } from '../http/idempotency-answer.ts'
import type { MerchantId } from '../primitives/ids.ts'
import {
  findSchedule,
  pageOfSchedules,
  type ScheduleFilter,
  scheduleFilters,
} from './schedule-queries.store.ts'
import { scheduleSchema, viewSchedule } from './schedule-view.ts'
import { unknownScheduleMessage } from './schedules.routes.ts'

const seconds = Type.Optional(Type.Integer({ minimum: 0, maximum: 253_402_300_799 }))

const listParams = {
  schedule_from: seconds,
  schedule_to: seconds,
  schedule_status: Type.Optional(Type.String({ description: scheduleFilters.join(', ') })),
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
  sorting: Type.Optional(Type.String({ description: 'scheduled: 예약 시각이 이른 순' })),
}

interface ListInput {
  readonly schedule_from?: number
  readonly schedule_to?: number
  readonly schedule_status?: string
  readonly page?: number
  readonly limit?: number
  readonly sorting?: string
}

const aliases = {
  schedule_from: ['from', 'schedule-from'],
  schedule_to: ['to', 'schedule-to'],
  schedule_status: ['schedule-status', 'status'],
}

export function scheduleLookUpRoutes({ db }: { readonly db: Queryable }): V1Route[] {
  return [
    v1Route({
      method: 'GET',
      url: '/subscribe/payments/schedule',
      summary: '예약결제 목록 조회',
      auth: 'token',
      params: Type.Object(listParams),
      aliases,
      response: pageOf(scheduleSchema),
      handler: (input, { merchant }) => listSchedules(db, merchant.merchantId, null, input),
    }),
    ...customerLists.map((place) => customerListRoute(db, place)),
    v1Route({
      method: 'GET',
      url: '/subscribe/payments/schedule/:merchant_uid',
      summary: '예약결제 단건 조회',
      auth: 'token',
      params: Type.Object({ merchant_uid: Type.String({ maxLength: 40 }) }),
      response: scheduleSchema,
      handler: async (input, context) => {
        const found = await findSchedule(db, context.merchant.merchantId, input.merchant_uid)
        if (found === undefined) throw notFound(unknownScheduleMessage)
        if (found.state === 'executing') context.setHeader(outcomeHeader, 'unknown')
        return value(viewSchedule(found))
      },
    }),
  ]
}

// Two addresses of one list.
const customerLists = [
  { method: 'GET', url: '/subscribe/customers/:customer_uid/schedules' },
  { method: 'GET', url: '/subscribe/payments/schedule/customers/:customer_uid' },
] as const

function customerListRoute(db: Queryable, place: (typeof customerLists)[number]): V1Route {
  return v1Route({
    ...place,
    summary: '빌링키로 예약된 결제 목록 조회',
    auth: 'token',
    params: Type.Object({ customer_uid: Type.String({ maxLength: 80 }), ...listParams }),
    aliases,
    response: pageOf(scheduleSchema),
    handler: (input, { merchant }) =>
      listSchedules(db, merchant.merchantId, input.customer_uid, input),
  })
}

// V1 allows three months at most; clients are known to ask for years, and a page costs the same.
async function listSchedules(
  db: Queryable,
  owner: MerchantId,
  customerUid: string | null,
  input: ListInput,
) {
  const { page = 1, limit = 20 } = input
  const fromMs = input.schedule_from === undefined ? null : input.schedule_from * 1000
  const toMs = input.schedule_to === undefined ? null : input.schedule_to * 1000
  if (fromMs !== null && toMs !== null && fromMs >= toMs) {
    throw badRequest('파라미터 오류: schedule_from (schedule_to보다 이전이어야 합니다.)')
  }
  const { total, schedules } = await pageOfSchedules(db, owner, {
    customerUid,
    fromMs,
    toMs,
    filter: filterOf(input.schedule_status),
    isOldestFirst: isOldestFirst(input.sorting),
    limit,
    offset: (page - 1) * limit,
  })
  return paged({ total, page, limit, list: schedules.map(viewSchedule) })
}

function filterOf(status: string | undefined): ScheduleFilter {
  const filter = scheduleFilters.find((candidate) => candidate === (status ?? 'all'))
  if (filter === undefined) throw badRequest('지원되지 않는 상태값입니다.')
  return filter
}

function isOldestFirst(sorting: string | undefined): boolean {
  if (sorting === undefined || sorting === '-scheduled') return false
  if (sorting === 'scheduled') return true
  throw badRequest('파라미터 오류: sorting (scheduled, -scheduled)')
}
