// What waits behind each channel's rate: parse, call, render.

import type { Channel } from '../accounts/channel.ts'
import { listChannels } from '../accounts/channels.store.ts'
import { instant, instantOrNull, type Queryable } from '../db/database.ts'
import type { Clock } from '../primitives/clock.ts'
import { listOpenBreakers, type OpenBreaker } from '../rate/breakers.store.ts'
import { forecastQueue, type QueueForecast } from '../schedules/queue-forecast.ts'
import { type ChannelQueue, listQueues, queueCountMax } from '../schedules/queue.store.ts'
import { type ConsoleRoute, consoleRoute } from './console-call.ts'
import { signedIn } from './console-caller.ts'
import { queueCalls } from './schedules-view.ts'

export function queueRoutes({
  db,
  clock,
}: {
  readonly db: Queryable
  readonly clock: Clock
}): ConsoleRoute[] {
  return [
    consoleRoute(queueCalls.getQueue, async (_, caller) => {
      const { merchantId } = signedIn(caller)
      const nowMs = clock.now(merchantId)
      const [channels, queues, breakers] = await Promise.all([
        listChannels(db, merchantId),
        listQueues(db, merchantId, nowMs),
        listOpenBreakers(db),
      ])
      const ofChannel = (channelKey: string | null) =>
        queues.find((queue) => queue.channelKey === channelKey)
      const breakerOf = ({ channelKey }: Channel) =>
        breakers.find((open) => open.merchantId === merchantId && open.channelKey === channelKey)
      return {
        asOf: instant(nowMs),
        channels: channels
          .filter(({ disabledAtMs, channelKey }) => disabledAtMs === null || ofChannel(channelKey))
          .map((channel) =>
            showQueue(channel, ofChannel(channel.channelKey), breakerOf(channel), nowMs),
          ),
        keylessCount: ofChannel(null)?.due ?? 0,
      }
    }),
  ]
}

function showQueue(
  { channelKey, name, pgId, rateCapPerSecond }: Channel,
  queue: ChannelQueue | undefined,
  breaker: OpenBreaker | undefined,
  nowMs: number,
) {
  const due = queue?.due ?? 0
  const forecast = forecastQueue(rateCapPerSecond, queue, nowMs)
  // Behind a gateway that is down nobody knows.
  const throughMs = breaker === undefined ? throughAtMs(forecast, nowMs) : null
  return {
    channelKey,
    name,
    pgId,
    rateCapPerSecond,
    due: { count: due, isExact: due < queueCountMax },
    executing: queue?.executing ?? 0,
    oldestDueAt: instantOrNull(queue?.oldestDueAtMs ?? null),
    throughAt: instantOrNull(throughMs),
    gateway: showGateway(breaker),
  }
}

function throughAtMs(forecast: QueueForecast, nowMs: number): number | null {
  switch (forecast.kind) {
    case 'nothing_waits':
      return null
    case 'at_once':
      return nowMs
    case 'through':
      return forecast.atMs
  }
}

function showGateway(breaker: OpenBreaker | undefined) {
  if (breaker === undefined) {
    return { state: 'answers' as const, downSince: null, reason: null, nextProbeAt: null }
  }
  const { openedAtMs, reason, probeAtMs } = breaker
  return {
    state: 'down' as const,
    downSince: instant(openedAtMs),
    reason,
    nextProbeAt: instant(probeAtMs),
  }
}
