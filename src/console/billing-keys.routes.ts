// Billing keys, for operators: parse, call, render.

import type { Static } from 'typebox'

import { newAct } from '../audit/audit-event.ts'
import { recordAct } from '../audit/audit-events.store.ts'
import { listChannels } from '../accounts/channels.store.ts'
import type { BillingKey } from '../billing-keys/billing-key.ts'
import { findReplacedCard, searchBillingKeys } from '../billing-keys/billing-key-search.store.ts'
import { findBillingKey } from '../billing-keys/billing-keys.store.ts'
import { buyerIpOf } from '../billing-keys/buyer-ip.ts'
import { removeBillingKey } from '../billing-keys/delete-billing-key.ts'
import { messageOfRefused } from '../billing-keys/refused-request.ts'
import { type Database, instant } from '../db/database.ts'
import { countMax } from '../db/walk-rows.ts'
import { heldMessage } from '../payments/hold.ts'
import { chargeBillingKey } from '../payments/charge-billing-key.ts'
import {
  type ChargeDependencies,
  type ChargeResult,
  type Order,
  plainOrder,
} from '../payments/charge.ts'
import { addUpCustomer, everyPayment, searchPayments } from '../payments/payment-search.store.ts'
import { failReasonOf, type Payment, statusOf } from '../payments/payment.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { countPending } from '../schedules/schedule-search.store.ts'
import {
  billingKeyCalls,
  type billingKeySchema,
  type billingKeySummarySchema,
} from './billing-keys-view.ts'
import { type ConsoleRoute, consoleRoute } from './console-call.ts'
import { signedIn } from './console-caller.ts'
import { type ConsoleError, consoleRefusal, notFound } from './console-error.ts'
import { readCursor, walkedPageOf } from './page.ts'
import { modeOf, showPaymentSummary } from './payment-answers.ts'
import { sandboxOf } from './read-filter.ts'

export type BillingKeyRoutesDependencies = ChargeDependencies & { readonly db: Database }

export function billingKeyRoutes(deps: BillingKeyRoutesDependencies): ConsoleRoute[] {
  return [
    consoleRoute(billingKeyCalls.listBillingKeys, async (input, caller) => {
      const { q, channelKey = null, mode, limit, cursor } = input
      const filter = { words: q?.trim() ?? null, channelKey, sandbox: sandboxOf(mode) }
      const search = { after: readCursor(cursor), limit }
      const { merchantId } = signedIn(caller)
      return walkedPageOf(await searchBillingKeys(deps.db, merchantId, filter, search), showSummary)
    }),
    consoleRoute(billingKeyCalls.getBillingKey, async ({ customerUid }, caller) =>
      showKey(deps, signedIn(caller).merchantId, customerUid),
    ),
    consoleRoute(billingKeyCalls.deleteBillingKey, async (input, caller) => {
      const { customerUid, pendingSchedules: policy } = input
      const reason = input.reason?.trim() || undefined
      const wanted = { ...signedIn(caller), customerUid, policy, reason }
      const result = await removeBillingKey(deps, wanted)
      switch (result.kind) {
        case 'deleted': {
          const { pendingSchedules, policy: kept } = result
          return { customerUid, pendingSchedules, policy: kept }
        }
        case 'absent':
          throw notFound('billing key')
        case 'has_schedules':
          throw consoleRefusal(
            'billing_key_has_schedules',
            `It has ${result.pendingSchedules} pending schedules: revoke them, or say what becomes of them.`,
          )
      }
    }),
    testChargeRoute(deps),
  ]
}

function showSummary(key: BillingKey): Static<typeof billingKeySummarySchema> {
  return {
    customerUid: key.customerUid,
    channelKey: key.channelKey,
    pgId: key.pgId,
    mode: modeOf(key.sandbox),
    cardNumberMasked: key.cardNumberMasked,
    cardCode: key.cardCode,
    cardName: key.cardName,
    cardType: key.cardType,
    customerId: key.customerId,
    customerName: key.customerName,
    customerTel: key.customerTel,
    customerEmail: key.customerEmail,
    insertedAt: instant(key.insertedAtMs),
    updatedAt: instant(key.updatedAtMs),
  }
}

const newestLookedAt = 10

async function showKey(
  { db }: BillingKeyRoutesDependencies,
  owner: MerchantId,
  customerUid: string,
): Promise<Static<typeof billingKeySchema>> {
  const key = await findBillingKey(db, owner, customerUid)
  if (key === undefined) throw notFound('billing key')
  const newestFirst = { order: 'newest', after: undefined, limit: newestLookedAt } as const
  const [replaced, channels, counted, pending, newest] = await Promise.all([
    findReplacedCard(db, owner, customerUid),
    listChannels(db, owner),
    addUpCustomer(db, owner, customerUid),
    countPending(db, owner, customerUid, countMax),
    searchPayments(db, owner, { ...everyPayment, customerUid }, newestFirst),
  ])
  const channel = channels.find(({ channelKey }) => channelKey === key.channelKey)
  const isChannelEnabled = channel !== undefined && channel.disabledAtMs === null
  return {
    ...showSummary(key),
    customerAddr: key.customerAddr,
    customerPostcode: key.customerPostcode,
    replacedCardNumberMasked: replaced,
    isChannelEnabled,
    paymentCount: { count: counted.count, isExact: counted.isExact },
    paidWon: counted.paidWon,
    pendingScheduleCount: { count: pending, isExact: pending < countMax },
    lastPayment: showLast(newest.rows[0]),
    failuresInARow: failuresInARow(newest.rows),
    mayTestCharge: key.sandbox && isChannelEnabled,
  }
}

function showLast(payment: Payment | undefined) {
  if (payment === undefined) return null
  const { impUid, amountWon, startedAtMs } = payment
  return { impUid, v1Status: statusOf(payment), amountWon, startedAt: instant(startedAtMs) }
}

function failuresInARow(newestFirst: readonly Payment[]): number {
  const end = newestFirst.findIndex(({ state }) => state !== 'failed')
  return end === -1 ? newestFirst.length : end
}

function testChargeRoute(deps: BillingKeyRoutesDependencies): ConsoleRoute {
  return consoleRoute(billingKeyCalls.testCharge, async (input, caller) => {
    const { merchantId, actor } = signedIn(caller)
    const { customerUid, amountWon, name = '테스트 결제' } = input
    const key = await findBillingKey(deps.db, merchantId, customerUid)
    if (key === undefined) throw notFound('billing key')
    if (!key.sandbox) {
      throw consoleRefusal('sandbox_only', 'The key is of a live contract: it would take money.')
    }
    const merchantUid = `console_${deps.ids.digits(14)}`
    // Before the charge, so that there is none without its event.
    const detail = { merchantUid, amount: amountWon }
    const charged = { action: 'billing_key.test_charged', subject: customerUid, detail }
    await recordAct(deps.db, merchantId, charged, newAct(deps, actor))
    const buyerIp = buyerIpOf(undefined, caller.clientIp)
    const order: Order = {
      ...plainOrder,
      purpose: 'order',
      merchantUid,
      amountWon,
      name,
      buyerIp,
    }
    const result = await chargeBillingKey(deps, {
      merchantId,
      customerUid,
      order,
      usage: 'payment',
    })
    if (result.kind !== 'payment') throw nothingCharged(result)
    return showPaymentSummary(result.payment)
  })
}

function nothingCharged(result: Exclude<ChargeResult, { kind: 'payment' }>): ConsoleError {
  switch (result.kind) {
    case 'no_billing_key':
      return notFound('billing key')
    case 'no_channel':
      return consoleRefusal('channel_disabled', result.message)
    case 'refused':
      return consoleRefusal('charge_refused', messageOfRefused(result.request))
    case 'not_issued':
      return consoleRefusal(
        'card_refused',
        failReasonOf(result.outcome.code, result.outcome.message),
      )
    case 'held':
      return consoleRefusal('held_after_restore', heldMessage)
    case 'duplicate':
    case 'not_claimed':
      return consoleRefusal('charge_refused', 'An order of that name was there already: try again.')
  }
}
