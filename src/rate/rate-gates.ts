// The gate that a call passes between its ready step and the execute request: nothing has left yet, so waiting there is
// safe, and the varying time of the ready step does not bunch calls together.

import type { Queryable } from '../db/database.ts'
import type { Gate } from '../gateways/gateway.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { createRateLane, intervalOf, type RateLane, type Urgency } from './rate-lane.ts'
import { openLane, takeTurns } from './rate-lanes.store.ts'

export interface CappedChannel {
  readonly merchantId: MerchantId
  readonly pgId: string
  /** Of each billing method; null: not limited. */
  readonly rateCapPerSecond: number | null
  /** Of the whole contract; null: not limited. */
  readonly totalRateCapPerSecond: number | null
}

export interface RateGates {
  /** Null where the channel has no cap: its calls take no turns. */
  gateFor(channel: CappedChannel, urgency: Urgency): Gate | null
}

export interface GateLog {
  warn(fields: object, message: string): void
}

export interface RateObserver {
  turnAsked(urgency: Urgency): void
  turnEnded(turn: {
    readonly urgency: Urgency
    readonly passed: boolean
    readonly waitedMs: number
  }): void
}

/** One per process: it holds who waits here. */
export function createRateGates(deps: {
  readonly db: Queryable
  readonly log: GateLog
  readonly observer?: RateObserver
}): RateGates {
  const lanes = new Map<string, Promise<RateLane>>()

  async function open(channel: CappedChannel, lane: string): Promise<RateLane> {
    const name = { merchantId: channel.merchantId, pgId: channel.pgId, lane }
    await openLane(deps.db, name)
    return createRateLane({
      laneIntervalMs: isBilling(lane) ? intervalOf(channel.rateCapPerSecond) : 0,
      totalIntervalMs: intervalOf(channel.totalRateCapPerSecond),
      take: (asked) => takeTurns(deps.db, name, asked),
      now: () => performance.now(),
      onFailure: (error) =>
        deps.log.warn(
          { err: error, pgId: channel.pgId, payMethod: lane },
          'no turn could be taken',
        ),
    })
  }

  function laneOf(channel: CappedChannel, lane: string): Promise<RateLane> {
    const { merchantId, pgId, rateCapPerSecond, totalRateCapPerSecond } = channel
    // A cap that was changed makes another lane here; the database's row is the same.
    const key = [merchantId, pgId, lane, rateCapPerSecond, totalRateCapPerSecond].join(' ')
    const known = lanes.get(key)
    if (known !== undefined) return known
    const opening = open(channel, lane)
    lanes.set(key, opening)
    opening.catch(() => lanes.delete(key))
    return opening
  }

  async function passes(channel: CappedChannel, payMethod: string, urgency: Urgency) {
    try {
      return await (await laneOf(channel, payMethod)).pass(urgency)
    } catch (error) {
      deps.log.warn({ err: error, pgId: channel.pgId, payMethod }, 'no turn could be taken')
      return false
    }
  }

  return {
    gateFor(channel, urgency) {
      if (channel.rateCapPerSecond === null && channel.totalRateCapPerSecond === null) return null
      return async (payMethod) => {
        const sinceMs = performance.now()
        deps.observer?.turnAsked(urgency)
        const passed = await passes(channel, payMethod, urgency)
        deps.observer?.turnEnded({ urgency, passed, waitedMs: performance.now() - sinceMs })
        return passed
      }
    },
  }
}

/** Cancels of a billing payment have its PAYMETHOD too, and are told apart by the adapter's `cancel` before it. */
function isBilling(lane: string): boolean {
  return /^CARDK?-(KEYGEN|BATCH)$/.test(lane)
}
