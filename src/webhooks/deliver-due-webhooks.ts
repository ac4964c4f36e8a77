// The courier: looks for due events, takes up as many as it has hands for, and sends them side by side. Lanes
// (a merchant's endpoint, a notice_url's origin) share the hands: a lane that does not answer keeps one of them
// busy, and all such lanes together at most half, so that the healthy ones always get through.

import { createInFlight } from '../work/in-flight.ts'
import { type DeliverDependencies, deliverWebhook } from './deliver-webhook.ts'
import type { Webhook } from './webhook.ts'
import { type DueLane, findDueLanes, holdDue, takeUp } from './webhooks.store.ts'

export interface Courier {
  /** Begins what is due and there are hands for. Gives how many events it took up or set aside. */
  pass(): Promise<number>
  /** Waits until nothing is under way. */
  idle(): Promise<void>
  /** Waits as long as given for what is under way, then cuts it off. */
  stop(graceMs: number): Promise<void>
}

export interface CourierLimits {
  /** Deliveries of this process at once. */
  readonly hands: number
  readonly handsPerLane: number
  /**
   * Longer than any delivery takes (V1's first: 10 s and 30 s), with room for slow writes and for clocks of
   * machines that differ.
   */
  readonly leaseMs: number
}

export const courierLimits: CourierLimits = { hands: 128, handsPerLane: 32, leaseMs: 120_000 }

const lanesPerPass = 5_000
const heldPerPass = 1_000
/** What the database may take to write down that deliveries were cut off. */
const recordMs = 5_000

interface LaneState {
  underWay: number
  isFailing: boolean
  /** As many were taken up as there were hands for: there may be more, which need not wait for the next pass. */
  mayHaveMore: boolean
}

export function createCourier(
  deps: DeliverDependencies,
  limits: CourierLimits = courierLimits,
): Courier {
  const stopping = new AbortController()
  let isStopping = false
  const lanes = createLanes(limits)
  const inFlight = createInFlight((error) => {
    // The row stays leased and is sent again afterwards: at least once.
    deps.log.error({ err: error }, 'the end of a webhook delivery could not be recorded')
  })

  async function deliver(due: DueLane, webhook: Webhook): Promise<void> {
    const lane = lanes.stateOf(due)
    lanes.begin(lane)
    try {
      const end = await deliverWebhook(deps, webhook, stopping.signal)
      if (end !== 'interrupted') lane.isFailing = end === 'failed'
    } finally {
      lanes.end(lane)
      if (lane.mayHaveMore && lane.underWay <= limits.handsPerLane / 2) goOn(due, lane)
    }
  }

  // A busy endpoint would otherwise get a handful of events a pass, however fast it answers.
  function goOn(due: DueLane, lane: LaneState): void {
    lane.mayHaveMore = false
    if (isStopping || lane.isFailing) return
    // Whether the database is away is for the next pass to tell.
    const more = inTurn(async () => (isStopping ? 0 : serve(due))).catch(() => 0)
    void inFlight.track(more)
  }

  async function serve(due: DueLane): Promise<number> {
    const machineMs = deps.clock.now()
    const times = { nowMs: deps.clock.now(due.merchantId), machineMs }
    if (!due.isOpen) return holdDue(deps.db, due, times, heldPerPass)
    const lane = lanes.stateOf(due)
    const free = lanes.freeHands(lane)
    if (free <= 0) return 0
    const lease = { leaseUntilMs: machineMs + limits.leaseMs }
    const taken = await takeUp(deps.db, due, { ...times, ...lease }, free)
    lane.mayHaveMore = taken.length === free
    for (const webhook of taken) inFlight.track(deliver(due, webhook)).catch(() => undefined)
    return taken.length
  }

  async function pass(): Promise<number> {
    const due = await findDueLanes(deps.db, deps.clock.now(), lanesPerPass)
    lanes.forgetIdle()
    // The healthy ones first; the longest waiting first within each.
    const isFailing = (lane: DueLane) => Number(lanes.stateOf(lane).isFailing)
    let done = 0
    for (const lane of due.toSorted((a, b) => isFailing(a) - isFailing(b))) {
      if (stopping.signal.aborted) break
      done += await serve(lane)
    }
    return done
  }

  // One after another, or two of them would count the same hands as free.
  let lastTurn: Promise<unknown> = Promise.resolve()

  function inTurn(work: () => Promise<number>): Promise<number> {
    const next = lastTurn.then(work)
    lastTurn = next.catch(() => undefined)
    return next
  }

  return {
    pass: () => inTurn(pass),
    async idle() {
      while (inFlight.count > 0) await inFlight.drain(60_000)
    },
    async stop(graceMs) {
      isStopping = true
      await inFlight.drain(graceMs)
      stopping.abort()
      await inFlight.drain(recordMs)
    },
  }
}

const lanesRememberedMax = 10_000

function createLanes({ hands, handsPerLane }: CourierLimits) {
  const states = new Map<string, LaneState>()
  // Asked of every lane of a pass, so it must not look at every lane: no more of them are busy than there are hands.
  const busy = new Set<LaneState>()
  const underWay = (isCounted: (lane: LaneState) => boolean) =>
    [...busy].reduce((sum, lane) => sum + (isCounted(lane) ? lane.underWay : 0), 0)
  return {
    begin(lane: LaneState): void {
      lane.underWay += 1
      busy.add(lane)
    },
    end(lane: LaneState): void {
      lane.underWay -= 1
      if (lane.underWay === 0) busy.delete(lane)
    },
    stateOf({ merchantId, sandbox, lane }: DueLane): LaneState {
      const key = `${merchantId} ${sandbox} ${lane}`
      const state = states.get(key) ?? { underWay: 0, isFailing: false, mayHaveMore: false }
      states.set(key, state)
      return state
    },
    freeHands(lane: LaneState): number {
      const free = hands - underWay(() => true)
      if (!lane.isFailing) return Math.min(free, handsPerLane - lane.underWay)
      const freeForFailing = Math.ceil(hands / 2) - underWay(({ isFailing }) => isFailing)
      return Math.min(free, freeForFailing, 1 - lane.underWay)
    },
    /** Lanes with nothing under way and nothing to remember; all idle ones when there are too many. */
    forgetIdle(): void {
      const isCrowded = states.size > lanesRememberedMax
      for (const [key, { underWay, isFailing }] of states)
        if (underWay === 0 && (!isFailing || isCrowded)) states.delete(key)
    },
  }
}
