// POST /users/getToken and GET /users/pg: parse, call, render.

import { value } from '../http/envelope.ts'
import { Type } from '../http/json-schema.ts'
import { badRequest, unauthorized, V1Error } from '../http/v1-error.ts'
import { type V1Route, v1Route } from '../http/v1-routes.ts'
import { type Clock, unixSeconds } from '../primitives/clock.ts'
import type { Channel } from './channel.ts'
import type { TokenGiver } from './give-access-token.ts'
import type { LoginThrottle } from './login-throttle.ts'
import type { ChannelOpener } from './open-channel.ts'

export interface UsersDependencies {
  readonly clock: Clock
  readonly tokens: TokenGiver
  readonly throttle: LoginThrottle
  readonly channels: ChannelOpener
}

const wrongKey = '인증에 실패하였습니다. API키와 secret을 확인하세요.'
const missingKey = 'imp_key, imp_secret 파라메터가 누락되었습니다.'

const channelSchema = Type.Object({
  pg_provider: Type.String(),
  pg_id: Type.String(),
  sandbox: Type.Boolean(),
  type: Type.String({ description: 'payment, api_payment or certification' }),
  channel_name: Type.String(),
  channel_key: Type.String(),
})

export function usersRoutes(deps: UsersDependencies): V1Route[] {
  return [
    v1Route({
      method: 'POST',
      url: '/users/getToken',
      summary: 'API 인증 토큰 발급',
      auth: 'none',
      // Optional here, since V1 has its own words for a missing key.
      params: Type.Object({
        imp_key: Type.Optional(Type.String({ description: 'REST API key. Required.' })),
        imp_secret: Type.Optional(Type.String({ description: 'REST API secret. Required.' })),
      }),
      response: Type.Object({
        access_token: Type.String(),
        now: Type.Integer({ description: 'Unix seconds of the server.' }),
        expired_at: Type.Integer({ description: 'Unix seconds.' }),
      }),
      handler: async (input, { clientIp }) => {
        const { imp_key: impKey, imp_secret: secret } = input
        if (impKey === undefined || secret === undefined) throw badRequest(missingKey)
        const waitMs = deps.throttle.waitMs(clientIp, impKey)
        if (waitMs > 0) throw tooManyTries(waitMs)
        const given = await deps.tokens.give(impKey, secret)
        if (given === undefined) {
          deps.throttle.failed(clientIp, impKey)
          throw unauthorized(wrongKey)
        }
        deps.throttle.succeeded(clientIp, impKey)
        return value({
          access_token: given.token,
          now: unixSeconds(deps.clock.now(given.merchantId)),
          expired_at: unixSeconds(given.expiresAtMs),
        })
      },
    }),
    v1Route({
      method: 'GET',
      url: '/users/pg',
      summary: 'PG 설정(채널) 목록 조회',
      auth: 'token',
      params: Type.Object({}),
      response: Type.Array(channelSchema),
      handler: async (_, { merchant }) => {
        const channels = await deps.channels.list(merchant.merchantId)
        return value(channels.filter((channel) => channel.disabledAtMs === null).map(viewChannel))
      },
    }),
  ]
}

function viewChannel(channel: Channel) {
  return {
    pg_provider: channel.provider,
    pg_id: channel.pgId,
    sandbox: channel.sandbox,
    // Key-in and billing by API; this server has no payment window.
    type: 'api_payment',
    channel_name: channel.name,
    channel_key: channel.channelKey,
  }
}

// V1 documents no limit on logins; 429 is the status every HTTP client understands.
function tooManyTries(waitMs: number): V1Error {
  return new V1Error({
    status: 429,
    code: -1,
    message: '인증 시도가 너무 많습니다. 잠시 후 다시 시도하세요.',
    headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) },
  })
}
