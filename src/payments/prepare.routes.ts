// POST, PUT and GET /payments/prepare: V1's registration of an amount, against which its browser SDK checks what
// the shopper's page asks for. Key-in and billing-key payments are not checked against it, as in V1.

import type { Static } from 'typebox'

import type { Queryable } from '../db/database.ts'
import { nullable, type V1Answer, value } from '../http/envelope.ts'
import { Type } from '../http/json-schema.ts'
import { notFound, refused, type V1Error } from '../http/v1-error.ts'
import { type MerchantContext, type V1Route, v1Route } from '../http/v1-routes.ts'
import type { Clock } from '../primitives/clock.ts'
import { amountWonMax } from '../primitives/money.ts'
import {
  findPrepared,
  insertPrepared,
  type PreparedPayment,
  updatePrepared,
} from './prepared-payments.store.ts'

const prepareParams = Type.Object({
  merchant_uid: Type.String({ maxLength: 40, description: '가맹점 주문번호' }),
  amount: Type.Integer({ minimum: 0, maximum: amountWonMax, description: '결제 예정 금액' }),
  currency: Type.Optional(Type.String({ maxLength: 8, description: '기본값 KRW' })),
})

const preparedSchema = Type.Object({
  amount: Type.Integer(),
  currency: nullable(Type.String()),
  merchant_uid: Type.String(),
})

type PreparedView = Static<typeof preparedSchema>

interface PrepareDependencies {
  readonly db: Queryable
  readonly clock: Clock
}

export function prepareRoutes(deps: PrepareDependencies): V1Route[] {
  const common = { auth: 'token', response: preparedSchema } as const
  const write =
    (deed: typeof insertPrepared, refusal: () => V1Error) =>
    async (input: Static<typeof prepareParams>, { merchant }: MerchantContext) =>
      answer(
        await deed(deps.db, written(input, merchant, deps.clock.now(merchant.merchantId))),
        refusal,
      )
  return [
    v1Route({
      ...common,
      method: 'POST',
      url: '/payments/prepare',
      summary: '결제금액 사전등록',
      params: prepareParams,
      handler: write(insertPrepared, alreadyPrepared),
    }),
    v1Route({
      ...common,
      method: 'PUT',
      url: '/payments/prepare',
      summary: '사전등록된 결제금액 수정',
      params: prepareParams,
      handler: write(updatePrepared, notPrepared),
    }),
    v1Route({
      ...common,
      method: 'GET',
      url: '/payments/prepare/:merchant_uid',
      summary: '사전등록된 결제금액 조회',
      params: Type.Object({ merchant_uid: Type.String({ maxLength: 40 }) }),
      handler: async (input, { merchant }) => {
        const found = await findPrepared(deps.db, merchant.merchantId, input.merchant_uid)
        return answer(found, notPrepared)
      },
    }),
  ]
}

function written(
  input: Static<typeof prepareParams>,
  merchant: MerchantContext['merchant'],
  atMs: number,
) {
  const { merchant_uid: merchantUid, amount: amountWon, currency = 'KRW' } = input
  return {
    owner: merchant.merchantId,
    prepared: { merchantUid, amountWon, currency: currency.toUpperCase() },
    atMs,
  }
}

function answer(
  prepared: PreparedPayment | undefined,
  refusal: () => V1Error,
): V1Answer<PreparedView> {
  if (prepared === undefined) throw refusal()
  const { merchantUid, amountWon, currency } = prepared
  return value({ merchant_uid: merchantUid, amount: amountWon, currency })
}

const alreadyPrepared = () =>
  refused('결제정보 사전등록에 실패하였습니다(이미 등록된 merchant_uid입니다).', 1)

const notPrepared = () => notFound('사전등록된 결제정보가 존재하지 않습니다.')
