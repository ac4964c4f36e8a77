// V1's customers, which are billing keys: parse, call, render.

import type { Static } from 'typebox'

import type { Database } from '../db/database.ts'
import { value, partial } from '../http/envelope.ts'
import { Type } from '../http/json-schema.ts'
import { badRequest, notFound, refused, type V1Error } from '../http/v1-error.ts'
import { type MerchantContext, type V1Route, v1Route } from '../http/v1-routes.ts'
import { buyerIpOf } from './buyer-ip.ts'
import { billingKeySchema, viewBillingKey } from './billing-key.ts'
import { findBillingKey, listBillingKeys } from './billing-keys.store.ts'
import { readCard } from './card-input.ts'
import { removeBillingKey, type DeleteResult } from './delete-billing-key.ts'
import {
  type BillingKeyDependencies,
  registerBillingKey,
  type RegisterResult,
} from './register-billing-key.ts'
import { errorOfRefused } from './refused-request.ts'

/** Says how many pending schedules a deleted key had, and whether they were `left` or `revoked`. */
const pendingSchedulesHeader = 'Billkey-Pending-Schedules'

const text = (maxLength = 255) => Type.Optional(Type.String({ maxLength }))
const customerUid = Type.String({ maxLength: 80, description: '구매자(빌링키) 고유번호' })

const registerParams = Type.Object({
  customer_uid: customerUid,
  card_number: Type.String({ maxLength: 64, description: 'dddd-dddd-dddd-dddd' }),
  expiry: Type.String({ maxLength: 16, description: 'YYYY-MM' }),
  birth: text(32),
  pwd_2digit: text(16),
  pg: text(),
  channel_key: text(),
  customer_id: text(),
  customer_name: text(),
  customer_tel: text(),
  customer_email: text(),
  customer_addr: text(1000),
  customer_postcode: text(),
  browser_ip: text(45),
})

export type BillingKeysRoutesDependencies = BillingKeyDependencies & { readonly db: Database }

export function billingKeysRoutes(deps: BillingKeysRoutesDependencies): V1Route[] {
  return [
    v1Route({
      method: 'POST',
      url: '/subscribe/customers/:customer_uid',
      summary: '빌링키 발급',
      auth: 'token',
      params: registerParams,
      response: billingKeySchema,
      handler: async (input, context) => answer(await register(deps, input, context)),
    }),
    v1Route({
      method: 'GET',
      url: '/subscribe/customers/:customer_uid',
      summary: '빌링키 조회',
      auth: 'token',
      params: Type.Object({ customer_uid: customerUid }),
      response: billingKeySchema,
      handler: async (input, { merchant }) => {
        const key = await findBillingKey(deps.db, merchant.merchantId, input.customer_uid)
        if (key === undefined) throw unknownCustomer(input.customer_uid)
        return value(viewBillingKey(key))
      },
    }),
    v1Route({
      method: 'GET',
      url: '/subscribe/customers',
      summary: '빌링키 복수 조회',
      auth: 'token',
      params: Type.Object({ customer_uid: Type.Array(customerUid, { maxItems: 100 }) }),
      response: Type.Array(billingKeySchema),
      handler: async (input, { merchant }) => {
        const wanted = [...new Set(input.customer_uid)]
        if (wanted.length === 0) throw badRequest('파라미터 누락: customer_uid[]')
        const found = await listBillingKeys(deps.db, merchant.merchantId, wanted)
        if (found.length === 0)
          throw notFound('요청하신 customer_uid로 등록된 정보를 찾을 수 없습니다.')
        const byUid = new Map(found.map((key) => [key.customerUid, key]))
        const views = wanted.flatMap((uid) => byUid.get(uid) ?? []).map(viewBillingKey)
        return found.length === wanted.length ? value(views) : partial(views)
      },
    }),
    v1Route({
      method: 'DELETE',
      url: '/subscribe/customers/:customer_uid',
      summary: '빌링키 삭제',
      auth: 'token',
      params: Type.Object({ customer_uid: customerUid, reason: text() }),
      response: billingKeySchema,
      handler: async ({ customer_uid: uid }, context) => {
        const { merchantId, impKey } = context.merchant
        const wanted = { merchantId, customerUid: uid, actor: `api:${impKey}` }
        return answerDelete(await removeBillingKey(deps, wanted), uid, context)
      },
    }),
  ]
}

function answerDelete(result: DeleteResult, uid: string, context: MerchantContext) {
  switch (result.kind) {
    case 'absent':
      throw unknownCustomer(uid)
    case 'has_schedules':
      throw refused(
        `예약된 결제가 ${result.pendingSchedules}건 있어 삭제할 수 없습니다. 예약을 먼저 취소해주세요.`,
        1,
      )
    case 'deleted': {
      const { key, pendingSchedules, policy } = result
      if (pendingSchedules > 0) {
        const fate = policy === 'revoke' ? 'revoked' : 'left'
        context.setHeader(pendingSchedulesHeader, `${pendingSchedules} ${fate}`)
      }
      return value(viewBillingKey(key))
    }
  }
}

// V1's document says 404; the server and two clients' test suites say 200 with code 1.
function unknownCustomer(uid: string): V1Error {
  return refused(`요청하신 customer_uid(${uid})로 등록된 정보를 찾을 수 없습니다.`, 1)
}

async function register(
  deps: BillingKeyDependencies,
  input: Static<typeof registerParams>,
  context: MerchantContext,
): Promise<RegisterResult> {
  const reading = readCard(input)
  if (reading.kind === 'malformed') {
    throw badRequest(`파라미터 오류: ${reading.field} (${reading.hint})`)
  }
  return registerBillingKey(deps, {
    merchantId: context.merchant.merchantId,
    customerUid: input.customer_uid,
    card: reading.card,
    cardNumberMasked: reading.numberMasked,
    wish: { channelKey: input.channel_key, pg: input.pg },
    buyerIp: buyerIpOf(input.browser_ip, context.clientIp),
    actor: `api:${context.merchant.impKey}`,
    customer: {
      customerId: input.customer_id ?? null,
      customerName: input.customer_name ?? null,
      customerTel: input.customer_tel ?? null,
      customerEmail: input.customer_email ?? null,
      customerAddr: input.customer_addr ?? null,
      customerPostcode: input.customer_postcode ?? null,
    },
  })
}

function answer(result: RegisterResult) {
  switch (result.kind) {
    case 'registered':
      return value(viewBillingKey(result.key))
    case 'no_channel':
      throw refused(result.message, -1)
    case 'refused':
      throw errorOfRefused(result.request)
    case 'not_issued': {
      const { code, message } = result.outcome
      const reason = code === null ? message : `[${code}]${message}`
      throw refused(`카드정보 인증 및 빌키 발급에 실패하였습니다. ${reason}`, -1)
    }
  }
}
