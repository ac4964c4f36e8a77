// A schedule is a payment reserved for a time. Pure rules: its times, its default name, and when an attempt that
// did not reach the gateway is made again.

import type { MerchantId } from '../primitives/ids.ts'

/**
 * `executing`: its payment's intent is committed and the outcome is awaited or unknown; V1 shows it as executed.
 * Only `scheduled` ones are ever charged by the worker.
 */
export type ScheduleState = 'scheduled' | 'executing' | 'executed' | 'revoked'

export interface Schedule {
  readonly merchantId: MerchantId
  readonly scheduleId: string
  readonly merchantUid: string
  readonly customerUid: string
  readonly state: ScheduleState
  readonly scheduleAtMs: number
  /** When the worker looks at it: scheduleAtMs, or later after an attempt that did not reach the gateway. */
  readonly dueAtMs: number
  readonly unsentAttempts: number
  readonly amountWon: number
  readonly taxFreeWon: number
  readonly vatWon: number | null
  readonly cardQuota: number
  readonly name: string
  readonly customerId: string | null
  readonly buyerName: string | null
  readonly buyerEmail: string | null
  readonly buyerTel: string | null
  readonly buyerAddr: string | null
  readonly buyerPostcode: string | null
  readonly buyerIp: string
  readonly customData: string | null
  readonly noticeUrl: string | null
  /** The payment of the last attempt; null before the first, and after it was put back. */
  readonly impUid: string | null
  readonly paymentStatus: 'paid' | 'failed' | 'cancelled' | null
  readonly failReason: string | null
  readonly executedAtMs: number | null
  readonly revokedAtMs: number | null
}

export type ScheduleTime =
  | { readonly kind: 'time'; readonly atMs: number }
  | { readonly kind: 'past' }
  /** Milliseconds where V1 takes seconds: a year beyond 5000, so it cannot have been meant. */
  | { readonly kind: 'milliseconds'; readonly seconds: number }

/** As milliseconds this is 1973, as seconds the year 5138. */
const secondsMax = 100_000_000_000

/** Reads V1's schedule_at, Unix seconds. The present second is not past yet. */
export function readScheduleAt(scheduleAt: number, nowMs: number): ScheduleTime {
  if (scheduleAt >= secondsMax) {
    return { kind: 'milliseconds', seconds: Math.floor(scheduleAt / 1000) }
  }
  if (scheduleAt < Math.floor(nowMs / 1000)) return { kind: 'past' }
  return { kind: 'time', atMs: scheduleAt * 1000 }
}

const koreaOffsetMs = 9 * 3_600_000

/** V1's name of an entry that has none, with the time in Korea, which knows no daylight saving. */
export function defaultNameOf(customerUid: string, scheduleAtMs: number): string {
  const inKorea = new Date(scheduleAtMs + koreaOffsetMs).toISOString()
  return `${customerUid} 고객에 대한 ${inKorea.slice(0, 10)} ${inKorea.slice(11, 19)} 예약 결제`
}

// About ten minutes in all, which a restart or a short outage of the gateway fits into.
const unsentWaitsMs = [5_000, 10_000, 20_000, 40_000, 60_000, 90_000, 120_000, 120_000, 120_000]

/** How long after an attempt that did not reach the gateway the next one is due; null: it was the last. */
export function retryAfterUnsentMs(unsentAttempts: number): number | null {
  return unsentWaitsMs[unsentAttempts] ?? null
}

/** V1 repeats by hand only what was revoked or has failed. */
export function mayBeRepeated({ state, paymentStatus }: Schedule): boolean {
  return state === 'revoked' || (state === 'executed' && paymentStatus === 'failed')
}
