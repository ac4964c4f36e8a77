// One clock for all nodes: the database's. A machine whose own clock agrees with it uses its own; one that does not is
// corrected by the difference, which is measured again every few seconds. So leases and due times that one node
// writes mean the same to another, whatever their clocks say.

import type { Clock } from '../primitives/clock.ts'
import { type Queryable, sql } from './database.ts'
import type { StorageLog } from './storage-log.ts'

export interface NodeClock extends Clock {
  /** Looks at the database's clock again. To be called every few seconds. */
  refresh(): Promise<void>
  /** How far the machine's own clock is ahead of the database's, as of the last look; 0 where they agree. */
  aheadMs(): number
}

export interface NodeClockDependencies {
  readonly db: Queryable
  /** The machine's own. */
  readonly machine: Clock
  /** Milliseconds since some moment; never set. */
  readonly monotonicMs: () => number
  readonly log: StorageLog
}

const readStatement = sql('read_database_clock', 'select clock_timestamp() as "nowMs"')

/** Clocks kept by NTP differ by less. */
const agreeWithinMs = 20
/** Between two looks the machine's clock was set, rather than slewed. */
const steppedMs = 100
/** An answer that took longer says too little of when the clock was read. */
const answerMaxMs = 1_000
/** Worth an operator's attention. */
export const clockSkewMaxMs = 2_000

/** The machine's clock as it stood at the last look, to tell whether it was set since. */
interface Anchor {
  readonly machineMs: number
  readonly monotonicMs: number
  readonly aheadMs: number
}

export function createNodeClock({
  db,
  machine,
  monotonicMs,
  log,
}: NodeClockDependencies): NodeClock {
  let anchor: Anchor = { machineMs: machine.now(), monotonicMs: monotonicMs(), aheadMs: 0 }

  // A clock that was set is not believed until the next look; the monotonic one carries the old on.
  function machineNow(): number {
    const readMs = machine.now()
    const carriedMs = anchor.machineMs + monotonicMs() - anchor.monotonicMs
    return Math.abs(readMs - carriedMs) <= steppedMs ? readMs : Math.floor(carriedMs)
  }

  function tell(aheadMs: number, beforeMs: number): void {
    const isOff = Math.abs(aheadMs) > clockSkewMaxMs
    const wasOff = Math.abs(beforeMs) > clockSkewMaxMs
    if (isOff && Math.abs(aheadMs - beforeMs) > clockSkewMaxMs) log.warn({ aheadMs }, offWarning)
    if (wasOff && !isOff) log.info({ aheadMs }, "this machine's clock agrees with the database's")
  }

  return {
    now: () => machineNow() - anchor.aheadMs,
    aheadMs: () => anchor.aheadMs,
    async refresh() {
      const askedMs = monotonicMs()
      const { rows } = await db.query<{ nowMs: number }>(readStatement)
      const answeredMs = monotonicMs()
      const tookMs = answeredMs - askedMs
      if (tookMs > answerMaxMs) return
      const machineMs = machine.now()
      const databaseMs = (rows[0] as { nowMs: number }).nowMs + tookMs / 2
      const beforeMs = anchor.aheadMs
      const aheadMs = correction(machineMs - databaseMs, beforeMs, agreeWithinMs + tookMs / 2)
      anchor = { machineMs, monotonicMs: answeredMs, aheadMs }
      tell(aheadMs, beforeMs)
    },
  }
}

const offWarning =
  "this machine's clock differs from the database's, whose time is used instead: set it by NTP"

/** What was used before stays while the measurement allows it, and none is used where none is needed. */
function correction(measuredMs: number, beforeMs: number, uncertainMs: number): number {
  for (const keptMs of [beforeMs, 0]) {
    if (Math.abs(measuredMs - keptMs) <= uncertainMs) return keptMs
  }
  return Math.round(measuredMs)
}

/** A clock that was handed in, for tests: it is what the test says it is. */
export function asNodeClock(clock: Clock): NodeClock {
  return { now: () => clock.now(), refresh: async () => undefined, aheadMs: () => 0 }
}
