// The look-ups of payments: parse, call, render.

import type { Queryable } from '../db/database.ts'
import { paged, pageOf, partial, type V1Answer, value } from '../http/envelope.ts'
import { Type } from '../http/json-schema.ts'
import { badRequest, notFound } from '../http/v1-error.ts'
import { type V1Route, v1Route } from '../http/v1-routes.ts'
import type { Clock } from '../primitives/clock.ts'
import type { MerchantId } from '../primitives/ids.ts'
import {
  findPayment,
  listPaymentsByIds,
  pageOfCustomer,
  pageOfMerchantUid,
  pageOfStatus,
  type Sorting,
  sortings,
  type StatusFilter,
  statusFilters,
} from './payment-queries.store.ts'
import { paymentSchema, type PaymentView, viewPayment } from './payment-view.ts'

export interface PaymentQueries {
  readonly db: Queryable
  readonly clock: Clock
}

const nothingFound = '존재하지 않는 결제정보입니다.'
const noBalance =
  '(현재는 PAYCO, KCP만 지원됩니다) 결제건에 대한 금액상세정보가 확인되지 않습니다. 결제 상태가 paid 또는 cancelled가 아닌 경우 확인되지 않습니다.'
const idsMax = 100
const limitMax = 1000
const dayMs = 86_400_000
/** V1: a status list spans at most 90 days. */
const windowDaysMax = 90

const ids = () => Type.Optional(Type.Array(Type.String({ maxLength: 40 }), { maxItems: idsMax }))
const page = Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 }))
const limit = Type.Optional(Type.Integer({ minimum: 1, maximum: limitMax }))
const sorting = Type.Optional(Type.String({ description: sortings.join(', ') }))
const merchantUid = Type.String({ maxLength: 40 })
const seconds = Type.Optional(Type.Integer({ minimum: 0, maximum: 253_402_300_799 }))

export function paymentsRoutes(deps: PaymentQueries): V1Route[] {
  return [
    v1Route({
      method: 'GET',
      url: '/payments',
      summary: '결제내역 복수조회',
      auth: 'token',
      params: Type.Object({ imp_uid: ids(), merchant_uid: ids() }),
      response: Type.Array(paymentSchema),
      handler: (input, { merchant }) =>
        findMany(deps, merchant.merchantId, input.imp_uid ?? [], input.merchant_uid ?? []),
    }),
    v1Route({
      method: 'GET',
      url: '/payments/:imp_uid',
      summary: '결제내역 단건조회',
      auth: 'token',
      params: Type.Object({ imp_uid: Type.String({ maxLength: 64 }) }),
      response: paymentSchema,
      handler: async (input, { merchant }) => {
        const payment = await findPayment(deps.db, merchant.merchantId, input.imp_uid)
        if (payment === undefined) throw notFound(nothingFound)
        return value(viewPayment(payment))
      },
    }),
    balanceRoute(deps),
    ...merchantUidRoutes(deps),
    statusListRoute(deps),
    customerPaymentsRoute(deps),
  ]
}

// V1 shows how an amount was paid in parts (points, coupons) for two wallets only, and says so of every other PG.
function balanceRoute(deps: PaymentQueries): V1Route {
  return v1Route({
    method: 'GET',
    url: '/payments/:imp_uid/balance',
    summary: '결제수단별 금액 상세정보 조회',
    auth: 'token',
    params: Type.Object({ imp_uid: Type.String({ maxLength: 64 }) }),
    response: Type.Object({}),
    handler: async (input, { merchant }) => {
      const payment = await findPayment(deps.db, merchant.merchantId, input.imp_uid)
      throw notFound(payment === undefined ? nothingFound : noBalance)
    },
  })
}

function merchantUidRoutes(deps: PaymentQueries): V1Route[] {
  return [
    v1Route({
      method: 'GET',
      url: '/payments/find/:merchant_uid/:payment_status?',
      summary: '가맹점 주문번호로 결제내역 조회',
      auth: 'token',
      params: Type.Object({
        merchant_uid: merchantUid,
        payment_status: Type.Optional(Type.String()),
        sorting,
      }),
      response: paymentSchema,
      handler: async (input, { merchant }) => {
        const { payments } = await pageOfMerchantUid(
          deps.db,
          merchant.merchantId,
          input.merchant_uid,
          {
            filter: filterOf(input.payment_status),
            sorting: sortingOf(input.sorting),
            limit: 1,
            offset: 0,
          },
        )
        const [first] = payments
        if (first === undefined) throw notFound(nothingFound)
        return value(viewPayment(first))
      },
    }),
    v1Route({
      method: 'GET',
      url: '/payments/findAll/:merchant_uid/:payment_status?',
      summary: '가맹점 주문번호로 결제내역 목록 조회',
      auth: 'token',
      params: Type.Object({
        merchant_uid: merchantUid,
        payment_status: Type.Optional(Type.String()),
        sorting,
        page,
        limit,
      }),
      response: pageOf(paymentSchema),
      handler: async (input, { merchant }) => {
        const cut = cutOf(input)
        const { total, payments } = await pageOfMerchantUid(
          deps.db,
          merchant.merchantId,
          input.merchant_uid,
          {
            ...cut,
            filter: filterOf(input.payment_status),
            sorting: sortingOf(input.sorting),
          },
        )
        if (payments.length === 0) throw notFound(nothingFound)
        return paged({ ...cut, total, list: payments.map(viewPayment) })
      },
    }),
  ]
}

function statusListRoute(deps: PaymentQueries): V1Route {
  return v1Route({
    method: 'GET',
    url: '/payments/status/:payment_status',
    summary: '결제상태로 결제내역 목록 조회',
    auth: 'token',
    params: Type.Object({
      payment_status: Type.String(),
      from: seconds,
      to: seconds,
      sorting,
      page,
      limit,
    }),
    response: pageOf(paymentSchema),
    handler: async (input, { merchant }) => {
      const filter = filterOf(input.payment_status)
      const cut = cutOf(input)
      const nowMs = deps.clock.now(merchant.merchantId)
      const window = {
        ...windowOf(input.from, input.to, nowMs),
        nowMs: Math.min(nowMs, deps.clock.now()),
      }
      const { total, payments } = await pageOfStatus(deps.db, merchant.merchantId, window, {
        ...cut,
        filter,
        sorting: sortingOf(input.sorting),
      })
      if (cut.page > 1 && cut.offset >= total) {
        throw badRequest('파라미터 오류: page (조회 가능한 페이지를 벗어났습니다.)')
      }
      return paged({ ...cut, total, list: payments.map(viewPayment) })
    },
  })
}

function customerPaymentsRoute(deps: PaymentQueries): V1Route {
  return v1Route({
    method: 'GET',
    url: '/subscribe/customers/:customer_uid/payments',
    summary: '빌링키로 결제된 내역 목록 조회',
    auth: 'token',
    params: Type.Object({ customer_uid: Type.String({ maxLength: 80 }), page }),
    response: pageOf(paymentSchema),
    handler: async (input, { merchant }) => {
      const cut = cutOf({ page: input.page })
      const { total, payments } = await pageOfCustomer(
        deps.db,
        merchant.merchantId,
        input.customer_uid,
        cut,
      )
      return paged({ ...cut, total, list: payments.map(viewPayment) })
    },
  })
}

async function findMany(
  deps: PaymentQueries,
  owner: MerchantId,
  impUids: readonly string[],
  merchantUids: readonly string[],
): Promise<V1Answer<PaymentView[]>> {
  if (impUids.length + merchantUids.length === 0) {
    throw badRequest('파라미터 누락: imp_uid[] 또는 merchant_uid[]')
  }
  const payments = await listPaymentsByIds(deps.db, owner, impUids, merchantUids)
  if (payments.length === 0) throw notFound(nothingFound)
  const foundUids = new Set(payments.flatMap(({ impUid, merchantUid: uid }) => [impUid, uid]))
  const isComplete = [...impUids, ...merchantUids].every((id) => foundUids.has(id))
  const views = payments.map(viewPayment)
  return isComplete ? value(views) : partial(views)
}

function filterOf(text: string | undefined): StatusFilter {
  // The Go client spells it the American way.
  const spelt = text === 'canceled' ? 'cancelled' : (text ?? 'all')
  const filter = statusFilters.find((candidate) => candidate === spelt)
  if (filter === undefined) throw badRequest('지원되지 않는 상태값입니다.')
  return filter
}

function sortingOf(text: string | undefined): Sorting {
  const found = sortings.find((candidate) => candidate === (text ?? '-started'))
  if (found === undefined) throw badRequest(`파라미터 오류: sorting (${sortings.join(', ')})`)
  return found
}

function cutOf(input: { page?: number | undefined; limit?: number | undefined }) {
  const limitOr20 = input.limit ?? 20
  const pageOr1 = input.page ?? 1
  return { page: pageOr1, limit: limitOr20, offset: (pageOr1 - 1) * limitOr20 }
}

// V1: `to` defaults to now and `from` to 90 days before it; both seconds count in full.
function windowOf(from: number | undefined, to: number | undefined, nowMs: number) {
  const toMs = to === undefined ? nowMs + 1 : (to + 1) * 1000
  const fromMs = from === undefined ? toMs - windowDaysMax * dayMs : from * 1000
  if (fromMs >= toMs) throw badRequest('파라미터 오류: from (to보다 이전이어야 합니다.)')
  if (toMs - fromMs > windowDaysMax * dayMs + 1000) {
    throw badRequest('파라미터 오류: from, to (조회기간은 최대 90일입니다.)')
  }
  return { fromMs, toMs }
}
