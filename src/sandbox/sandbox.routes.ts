// The sandbox clock over HTTP: freeze, advance, release. Not part of V1; the same envelope and token.

import { type V1Answer, value } from '../http/envelope.ts'
import { Type } from '../http/json-schema.ts'
import { badRequest, refused, type V1Error } from '../http/v1-error.ts'
import { type V1Route, v1Route } from '../http/v1-routes.ts'
import { answerInTime } from '../payments/answer-in-time.ts'
import { unixSeconds } from '../primitives/clock.ts'
import {
  advanceClock,
  type AdvanceWish,
  type ClockDependencies,
  type ClockReading,
  type ClockRefusal,
  freezeClock,
  readClock,
  releaseClock,
} from './move-clock.ts'

const clockSchema = Type.Object({
  now: Type.Integer({ description: "The merchant's present instant, Unix seconds." }),
  frozen: Type.Boolean(),
  advancing_to: Type.Integer({ description: 'Unix seconds; 0 when no advance is under way.' }),
})

const seconds = Type.Optional(Type.Integer({ minimum: 0, maximum: 253_402_300_799 }))
const dayMs = 86_400_000

export function sandboxRoutes(deps: ClockDependencies): V1Route[] {
  return [
    v1Route({
      method: 'GET',
      url: '/sandbox/clock',
      summary: '테스트 시계 조회',
      auth: 'token',
      params: Type.Object({}),
      response: clockSchema,
      handler: async (_, { merchant }) => answer(await readClock(deps, merchant.merchantId)),
    }),
    v1Route({
      method: 'POST',
      url: '/sandbox/clock/freeze',
      summary: '테스트 시계 정지',
      auth: 'token',
      params: Type.Object({ at: seconds }),
      response: clockSchema,
      handler: async ({ at }, { merchant }) =>
        answer(
          await freezeClock(
            deps,
            merchant.merchantId,
            at === undefined ? undefined : at * 1000,
            `api:${merchant.impKey}`,
          ),
        ),
    }),
    v1Route({
      method: 'POST',
      url: '/sandbox/clock/advance',
      summary: '테스트 시계 전진: 그 사이의 예약결제와 웹훅을 순서대로 실행합니다',
      auth: 'token',
      params: Type.Object({
        to: seconds,
        days: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_660 })),
        to_next_event: Type.Optional(Type.Boolean()),
      }),
      response: clockSchema,
      handler: async (input, { merchant }) => {
        const { nowMs } = await readClock(deps, merchant.merchantId)
        const begun = await advanceClock(
          deps,
          merchant.merchantId,
          wishOf(input, nowMs),
          `api:${merchant.impKey}`,
        )
        if (begun.kind !== 'advance') throw refusalOf(begun)
        await answerInTime(
          deps,
          'late',
          begun.done.then(() => 'done'),
        )
        return answer(await readClock(deps, merchant.merchantId))
      },
    }),
    v1Route({
      method: 'POST',
      url: '/sandbox/clock/release',
      summary: '테스트 시계 해제',
      auth: 'token',
      params: Type.Object({}),
      response: clockSchema,
      handler: async (_, { merchant }) =>
        answer(await releaseClock(deps, merchant.merchantId, `api:${merchant.impKey}`)),
    }),
  ]
}

function wishOf(
  input: {
    readonly to?: number | undefined
    readonly days?: number | undefined
    readonly to_next_event?: boolean | undefined
  },
  nowMs: number,
): AdvanceWish {
  if (input.to_next_event === true) return { kind: 'next_event' }
  if (input.to !== undefined) return { kind: 'to', atMs: input.to * 1000 }
  if (input.days !== undefined) return { kind: 'to', atMs: nowMs + input.days * dayMs }
  throw badRequest('파라미터 누락: to, days 또는 to_next_event')
}

function answer(result: ClockReading | ClockRefusal): V1Answer<{
  now: number
  frozen: boolean
  advancing_to: number
}> {
  if ('kind' in result) throw refusalOf(result)
  const { nowMs, isFrozen, advancingToMs } = result
  return value({
    now: unixSeconds(nowMs),
    frozen: isFrozen,
    advancing_to: advancingToMs === null ? 0 : unixSeconds(advancingToMs),
  })
}

function refusalOf(refusal: ClockRefusal): V1Error {
  switch (refusal.kind) {
    case 'has_live_channel':
      return refused('실결제 채널이 있는 가맹점의 시계는 멈출 수 없습니다.', 1)
    case 'not_frozen':
      return refused('테스트 시계가 멈춰 있지 않습니다.', 1)
    case 'advancing':
      return refused('테스트 시계가 이미 전진하고 있습니다.', 1)
    case 'out_of_range':
      return badRequest(
        `파라미터 오류: to (현재 시각 ${unixSeconds(refusal.nowMs)} 이후, 10년 이내여야 합니다.)`,
      )
  }
}
