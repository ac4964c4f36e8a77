// One attempt at a schedule. Taking the schedule and committing the payment's intent are one statement, so two
// workers never charge one twice, and a worker that dies leaves it due or its payment on its way. Every attempt
// that ends a schedule leaves a payment: where nothing could be sent, a failed one.

import { findBillingKey } from '../billing-keys/billing-keys.store.ts'
import { messageOfRefused } from '../billing-keys/refused-request.ts'
import { isUniqueViolation } from '../db/pg-errors.ts'
import type { Unsent } from '../gateways/gateway.ts'
import { type ChargeDependencies, type ChargeResult, type Order } from '../payments/charge.ts'
import { chargeBillingKey } from '../payments/charge-billing-key.ts'
import { failReasonOf } from '../payments/payment.ts'
import { impUidTaken } from '../payments/intents.store.ts'
import { type ScheduleClaim } from '../payments/schedule-claim.ts'
import { assert } from '../primitives/assert.ts'
import { nextAttemptImpUids } from './attempt-uid.ts'
import { retryAfterUnsentMs, type Schedule } from './schedule.ts'
import { failSchedule, scheduleUidTaken } from './schedules.store.ts'

/** V1's words for a schedule whose customer has no key. */
export const noBillingKeyMessage = '등록된 고객정보가 없습니다.'

/** V1's words for a merchant_uid that is reserved or paid already. */
export const duplicateUidMessage = '동일한 주문번호로 중복결제 불가'

/**
 * Charges a schedule, if it is still to be had: `due` for the worker, `retry` by hand. Does not record what
 * could not be begun; `executeDueSchedule` does. `callId`: of a call under an Idempotency-Key.
 */
export async function chargeSchedule(
  deps: ChargeDependencies,
  schedule: Schedule,
  { by, callId }: { readonly by: ScheduleClaim['by']; readonly callId: string | null },
): Promise<ChargeResult> {
  try {
    return await chargeBillingKey(deps, {
      merchantId: schedule.merchantId,
      customerUid: schedule.customerUid,
      order: { ...orderOf(schedule), callId },
      usage: 'payment.scheduled',
      claim: {
        scheduleId: schedule.scheduleId,
        by,
        impUids: nextAttemptImpUids(schedule.scheduleId, schedule.unsentAttempts),
        retryUnsentMs: by === 'due' ? retryAfterUnsentMs(schedule.unsentAttempts) : null,
      },
    })
  } catch (error) {
    // A revoked one was to be retried while its merchant_uid was reserved anew.
    if (isUniqueViolation(error, scheduleUidTaken)) return { kind: 'not_claimed' }
    throw error
  }
}

/** The worker's attempt. Says whether the schedule was ours; never charges before `dueAtMs` by the clock given. */
export async function executeDueSchedule(
  deps: ChargeDependencies,
  schedule: Schedule,
): Promise<'executed' | 'not_claimed'> {
  const result = await chargeSchedule(deps, schedule, { by: 'due', callId: null })
  switch (result.kind) {
    case 'payment':
      return 'executed'
    case 'not_claimed':
    case 'held':
      return 'not_claimed'
    case 'duplicate':
      return recordFailure(
        deps,
        schedule,
        `${duplicateUidMessage} (동일한 merchant_uid로 결제 또는 취소된 기록이 있습니다)`,
      )
    case 'no_billing_key':
      return recordFailure(deps, schedule, noBillingKeyMessage)
    case 'no_channel':
      return recordFailure(deps, schedule, result.message)
    case 'refused':
      return recordFailure(deps, schedule, messageOfRefused(result.request))
    case 'not_issued':
      return recordFailure(deps, schedule, reasonOf(result.outcome))
  }
}

function reasonOf({ code, message }: Pick<Unsent, 'code' | 'message'>): string {
  return failReasonOf(code, message)
}

// As for any imp_uid: 12 random digits may clash.
const impUidTriesMax = 5

async function recordFailure(
  deps: ChargeDependencies,
  schedule: Schedule,
  failReason: string,
): Promise<'executed' | 'not_claimed'> {
  const place = await placeOf(deps, schedule)
  for (let tries = 0; tries < impUidTriesMax; tries += 1) {
    try {
      const isOurs = await failSchedule(deps.db, schedule, 'due', {
        ...place,
        impUid: deps.ids.impUid(),
        failReason,
        webhookId: deps.ids.uuid(),
        atMs: deps.clock.now(schedule.merchantId),
      })
      return isOurs ? 'executed' : 'not_claimed'
    } catch (error) {
      if (!isUniqueViolation(error, impUidTaken)) throw error
    }
  }
  throw new Error('no free imp_uid was found')
}

/** The channel a failed attempt is booked on: the key's, or the one that would serve the merchant now. */
async function placeOf(deps: ChargeDependencies, { merchantId, customerUid }: Schedule) {
  const key = await findBillingKey(deps.db, merchantId, customerUid)
  if (key !== undefined) return pickPlace(key)
  const opened = await deps.channels.choose(merchantId, 'billing', {})
  if (opened.kind === 'open') return pickPlace(opened.channel)
  // Channels are disabled, never deleted, and a key was issued on one of them before anything was reserved.
  const [channel] = await deps.channels.list(merchantId)
  assert(channel !== undefined, `merchant ${merchantId} has a schedule and never had a channel`)
  return pickPlace(channel)
}

interface Place {
  readonly channelKey: string
  readonly pgId: string
  readonly sandbox: boolean
}

function pickPlace({ channelKey, pgId, sandbox }: Place): Place {
  return { channelKey, pgId, sandbox }
}

function orderOf(schedule: Schedule): Order {
  return {
    merchantUid: schedule.merchantUid,
    amountWon: schedule.amountWon,
    taxFreeWon: schedule.taxFreeWon,
    vatWon: schedule.vatWon,
    cardQuota: schedule.cardQuota,
    name: schedule.name,
    buyerName: schedule.buyerName,
    buyerEmail: schedule.buyerEmail,
    buyerTel: schedule.buyerTel,
    buyerAddr: schedule.buyerAddr,
    buyerPostcode: schedule.buyerPostcode,
    customData: schedule.customData,
    noticeUrl: schedule.noticeUrl,
    buyerIp: schedule.buyerIp,
    userAgent: null,
    purpose: 'order',
  }
}
