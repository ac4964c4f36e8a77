// V1's code tables: card companies, banks, and the tiers of sub-merchants, of which there are none here.

import { value } from '../http/envelope.ts'
import { Type } from '../http/json-schema.ts'
import { notFound } from '../http/v1-error.ts'
import { type V1Route, v1Route } from '../http/v1-routes.ts'
import { banks } from './banks.ts'
import { cardCompanies, type StandardCode } from './card-companies.ts'

const codeSchema = Type.Object({ code: Type.String(), name: Type.String() })

export function codesRoutes(): V1Route[] {
  return [
    ...tableRoutes('/cards', 'card_standard_code', '카드사', cardCompanies),
    ...tableRoutes('/banks', 'bank_standard_code', '은행', banks),
    tierRoute(),
  ]
}

// A tier is a sub-merchant of V1's agencies. A merchant here is a merchant by itself, so every code is unknown.
function tierRoute(): V1Route {
  return v1Route({
    method: 'GET',
    url: '/tiers/:tier_code',
    summary: '하위상점 정보 조회',
    auth: 'token',
    params: Type.Object({ tier_code: Type.String({ maxLength: 64 }) }),
    response: Type.Object({ tier_code: Type.String(), tier_name: Type.String() }),
    handler: async () => {
      throw notFound('존재하지 않는 하위상점(tier) 코드입니다.')
    },
  })
}

function tableRoutes(
  url: string,
  parameter: 'card_standard_code' | 'bank_standard_code',
  noun: string,
  table: readonly StandardCode[],
): V1Route[] {
  const all = [...table]
  return [
    v1Route({
      method: 'GET',
      url,
      summary: `${noun} 코드 목록 조회`,
      auth: 'token',
      params: Type.Object({}),
      response: Type.Array(codeSchema),
      handler: async () => value(all),
    }),
    v1Route({
      method: 'GET',
      url: `${url}/:code`,
      summary: `${noun} 코드 단건 조회`,
      auth: 'token',
      params: Type.Object({ code: Type.String({ maxLength: 16, description: parameter }) }),
      response: codeSchema,
      handler: async ({ code }) => {
        const found = table.find((entry) => entry.code === code)
        if (found === undefined) throw notFound(`존재하지 않는 ${noun} 코드입니다.`)
        return value(found)
      },
    }),
  ]
}
