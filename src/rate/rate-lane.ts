// The turns of one lane in this process: those who wait are served together with one statement, callers who wait for
// an answer before schedules. A turn that was missed is not used late: two calls too close together would break the cap.

import { setTimeout as delay } from 'node:timers/promises'

import type { Turns, TurnsAsked } from './rate-lanes.store.ts'

export type Urgency = 'interactive' | 'scheduled'

export interface LaneOptions {
  readonly laneIntervalMs: number
  readonly totalIntervalMs: number
  /** Takes turns of all processes' lane. */
  readonly take: (asked: TurnsAsked) => Promise<Turns>
  /** Monotonic, in milliseconds. */
  readonly now: () => number
  /** No turns could be taken; whoever waited has been refused. */
  readonly onFailure: (error: unknown) => void
}

export interface RateLane {
  /** Resolves at its turn; false when that does not come within the patience of its urgency. */
  pass(urgency: Urgency): Promise<boolean>
}

/** So that an answer still leaves in time; a schedule has all day, its sender's lease has not. */
const patienceMs: Readonly<Record<Urgency, number>> = { interactive: 10_000, scheduled: 60_000 }
// Schedules take turns only so far ahead: that is the longest they keep a caller waiting.
const scheduledHorizonMs = 300
/** Turns taken with one statement. */
const batchMax = 32
/** A second's worth of intervals is longer than a second by more than twice this. */
const lateMaxMs = 12

/** Calls per second → milliseconds between two, a little more than exact: n + 1 calls never fit into a second. */
export function intervalOf(capPerSecond: number | null): number {
  return capPerSecond === null ? 0 : 1_025 / capPerSecond
}

interface Waiting {
  readonly urgency: Urgency
  readonly sinceMs: number
  readonly settle: (passes: boolean) => void
}

export function createRateLane(options: LaneOptions): RateLane {
  const { laneIntervalMs, totalIntervalMs, take, now, onFailure } = options
  const queues: Readonly<Record<Urgency, Waiting[]>> = { interactive: [], scheduled: [] }
  let isServing = false

  /** Never rejects. */
  async function serve(): Promise<void> {
    if (isServing) return
    isServing = true
    try {
      for (;;) {
        const urgency: Urgency = queues.interactive.length > 0 ? 'interactive' : 'scheduled'
        if (queues[urgency].length === 0) return
        await serveSome(urgency)
      }
    } catch (error) {
      // The database is away: nobody passes, and nothing has left. Whoever asked for the round, everybody in it is told.
      for (const queue of Object.values(queues)) {
        for (const { settle } of queue.splice(0)) settle(false)
      }
      onFailure(error)
    } finally {
      isServing = false
    }
  }

  async function serveSome(urgency: Urgency): Promise<void> {
    const queue = queues[urgency]
    const horizonMs = urgency === 'interactive' ? patienceMs.interactive : scheduledHorizonMs
    const count = Math.min(queue.length, batchMax)
    const { turns, waitMs } = await take({ laneIntervalMs, totalIntervalMs, count, horizonMs })
    const firstMs = now() + waitMs
    const spacingMs = Math.max(laneIntervalMs, totalIntervalMs)
    for (const [at, waiting] of queue.splice(0, turns).entries()) {
      void letPass(waiting, firstMs + at * spacingMs)
    }
    if (turns < count) await waitOrRefuse(urgency, waitMs - horizonMs)
  }

  async function waitOrRefuse(urgency: Urgency, waitMs: number): Promise<void> {
    const untilMs = now() - patienceMs[urgency]
    const queue = queues[urgency]
    // Whoever waits for an answer has no turn within its patience; a schedule may wait until its own is over.
    const refused =
      urgency === 'interactive' ? queue.splice(0) : queue.filter(({ sinceMs }) => sinceMs < untilMs)
    if (urgency === 'scheduled') queue.splice(0, refused.length)
    for (const { settle } of refused) settle(false)
    if (urgency === 'scheduled' && queue.length > 0) await sleepOrCaller(Math.max(5, waitMs))
  }

  // Cut short by a caller who wants an answer.
  async function sleepOrCaller(ms: number): Promise<void> {
    for (let leftMs = ms; leftMs > 0 && queues.interactive.length === 0; leftMs -= 20) {
      await delay(Math.min(leftMs, 20))
    }
  }

  async function letPass(waiting: Waiting, slotMs: number): Promise<void> {
    const leftMs = slotMs - now()
    if (leftMs > 0) await delay(leftMs)
    if (now() - slotMs <= lateMaxMs) {
      waiting.settle(true)
      return
    }
    queues[waiting.urgency].unshift(waiting)
    await serve()
  }

  return {
    pass(urgency) {
      return new Promise<boolean>((resolve) => {
        queues[urgency].push({ urgency, sinceMs: now(), settle: resolve })
        void serve()
      })
    },
  }
}
