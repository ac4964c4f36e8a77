// The home page: parse, ask, render.

import type { Static } from 'typebox'

import type { Channel } from '../accounts/channel.ts'
import { listChannels } from '../accounts/channels.store.ts'
import { instant, instantOrNull, type Queryable } from '../db/database.ts'
import type { Clock } from '../primitives/clock.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { listOpenBreakers, type OpenBreaker } from '../rate/breakers.store.ts'
import { findEndpoint } from '../webhooks/endpoints.store.ts'
import type { Endpoint } from '../webhooks/webhook.ts'
import { type ConsoleRoute, consoleRoute } from './console-call.ts'
import { signedIn } from './console-caller.ts'
import {
  addDays,
  koreanDate,
  type Period,
  pointStarts,
  startOfKoreanDate,
  totalDays,
  totalPoints,
} from './daily-totals.ts'
import {
  troubleCountMax,
  countRefunds,
  countTroubles,
  type DayTotal,
  failuresLookedAt,
  listFailureReasons,
  listUpcoming,
  lookAtSetUp,
  sumFailed,
  type Troubles,
} from './overview.store.ts'
import { overviewCalls, type overviewSchema } from './overview-view.ts'

export interface OverviewDependencies {
  readonly db: Queryable
  readonly clock: Clock
}

export function overviewRoutes(deps: OverviewDependencies): ConsoleRoute[] {
  return [
    consoleRoute(overviewCalls.getOverview, async ({ period }, caller) =>
      showOverview(deps, signedIn(caller).merchantId, period),
    ),
  ]
}

const upcomingDays = 14
const reasonDays = 30

type Overview = Static<typeof overviewSchema>

async function showOverview(
  { db, clock }: OverviewDependencies,
  owner: MerchantId,
  period: Period,
): Promise<Overview> {
  const nowMs = clock.now(owner)
  const today = koreanDate(nowMs)
  const day = { fromMs: startOfKoreanDate(today), toMs: startOfKoreanDate(addDays(today, 1)) }
  const channels = await listChannels(db, owner)
  const starts = pointStarts(period, today)
  const [days, failedWon, refunds, troubles, reasons, upcoming, endpoints, breakers, setUp] =
    await Promise.all([
      totalDays(db, owner, {
        fromDay: starts[0] as string,
        toDay: addDays(today, 1),
        nowMs: Math.min(clock.now(), nowMs),
      }),
      sumFailed(db, owner, day),
      countRefunds(db, owner, day),
      countTroubles(db, owner, day.fromMs),
      listFailureReasons(db, owner, {
        ...day,
        fromMs: startOfKoreanDate(addDays(today, 1 - reasonDays)),
      }),
      listUpcoming(db, owner, { ...day, toMs: startOfKoreanDate(addDays(today, upcomingDays)) }),
      Promise.all([true, false].map((sandbox) => findEndpoint(db, { merchantId: owner, sandbox }))),
      listOpenBreakers(db),
      lookAtSetUp(db, owner),
    ])
  const set = endpoints.filter((endpoint): endpoint is Endpoint => endpoint !== undefined)
  const [total = 0] = reasons.map((reason) => reason.total)
  return {
    asOf: instant(nowMs),
    today: showToday(days.at(-1) as DayTotal, { failedWon, refunds, troubles }),
    period,
    series: totalPoints(starts, days).map((point) => showPoint(point)),
    failureReasons: reasons.map(({ reason, count, amountWon }) => ({ reason, count, amountWon })),
    failuresCounted: { count: total, isComplete: total < failuresLookedAt },
    upcoming: fillDays(today, upcoming),
    ...showTroubles(troubles, set),
    gateways: channels
      .filter(({ disabledAtMs }) => disabledAtMs === null)
      .map((channel) => showGateway(channel, breakers)),
    setUp: {
      hasChannel: channels.some(({ disabledAtMs }) => disabledAtMs === null),
      ...setUp,
      hasWebhookEndpoint: set.some(({ url }) => url !== null),
    },
  }
}

function showToday(
  total: DayTotal,
  more: { readonly failedWon: number; readonly refunds: number; readonly troubles: Troubles },
): Overview['today'] {
  const { unknownTodayCount, unknownTodayWon } = more.troubles
  return {
    day: total.day,
    approved: { count: total.approvedCount, amountWon: total.approvedWon },
    failed: { count: total.failedCount, amountWon: more.failedWon },
    unknown: { count: unknownTodayCount, amountWon: unknownTodayWon },
    refunded: { count: more.refunds, amountWon: total.refundedWon },
  }
}

function showPoint(point: DayTotal): Overview['series'][number] {
  const { day: start, approvedCount, approvedWon, refundedWon, failedCount } = point
  const tried = approvedCount + failedCount
  return {
    start,
    approvedCount,
    approvedWon,
    refundedWon,
    failedCount,
    revenueWon: approvedWon - refundedWon,
    approvalRate: tried === 0 ? null : approvedCount / tried,
  }
}

function fillDays(today: string, found: Awaited<ReturnType<typeof listUpcoming>>) {
  return Array.from({ length: upcomingDays }, (_, index) => {
    const day = addDays(today, index)
    return found.find((one) => one.day === day) ?? { day, count: 0, amountWon: 0 }
  })
}

function showTroubles(troubles: Troubles, endpoints: readonly Endpoint[]) {
  const counted = (count: number) => ({
    count: Math.min(count, troubleCountMax),
    isExact: count <= troubleCountMax,
  })
  const { unknownCount, unknownWon } = troubles
  return {
    unknownPayments: { ...counted(unknownCount), amountWon: unknownWon },
    openDiscrepancies: counted(troubles.discrepancies),
    webhooks: {
      pending: counted(troubles.webhooksPending),
      held: counted(troubles.webhooksHeld),
      givenUpToday: counted(troubles.webhooksGivenUpToday),
      oldestPendingAt: instantOrNull(troubles.oldestPendingAtMs),
      endpoints: endpoints.map(({ sandbox, url, failingSinceMs, pausedAtMs }) => ({
        mode: sandbox ? ('sandbox' as const) : ('live' as const),
        url,
        failingSince: instantOrNull(failingSinceMs),
        pausedAt: instantOrNull(pausedAtMs),
      })),
    },
  }
}

function showGateway(
  { merchantId, channelKey, name, pgId, sandbox }: Channel,
  breakers: readonly OpenBreaker[],
): Overview['gateways'][number] {
  const breaker = breakers.find(
    (open) => open.merchantId === merchantId && open.channelKey === channelKey,
  )
  return {
    channelKey,
    name,
    pgId,
    mode: sandbox ? 'sandbox' : 'live',
    state: breaker === undefined ? 'answers' : 'down',
    downSince: instantOrNull(breaker?.openedAtMs ?? null),
    downReason: breaker?.reason ?? null,
  }
}
