// The process itself: processor, memory, event loop, connections to the database. Read when somebody asks.

import packageJson from '../../package.json' with { type: 'json' }
import type { Database } from '../db/database.ts'
import type { NodeClock } from '../db/database-clock.ts'
import type { Breakers } from '../rate/breakers.ts'
import type { EventLoopWatch } from '../telemetry/event-loop.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { InFlight } from '../work/in-flight.ts'
import type { Pulse } from '../work/pulse.ts'
import type { MetricName } from './metric-list.ts'

export interface ProcessFacts {
  readonly role: string
  readonly db: Pick<Database, 'poolState'>
  readonly nodeClock: Pick<NodeClock, 'aheadMs'>
  readonly breakers: Pick<Breakers, 'open'>
  readonly inFlight: Pick<InFlight, 'count'>
  readonly eventLoop: EventLoopWatch
  readonly pulse: Pulse
}

/** Series of open breakers; their number is in a series of its own. */
const breakersShownMax = 50

export function observeProcess(metrics: Metrics<MetricName>, facts: ProcessFacts): void {
  const { version } = packageJson
  metrics.set('billkey_build_info', 1, { version, node: process.version, role: facts.role })
  metrics.set('process_start_time_seconds', performance.timeOrigin / 1000)
  let cpuSeconds = 0
  metrics.beforeScrape(() => {
    const { user, system } = process.cpuUsage()
    const nowSeconds = (user + system) / 1e6
    metrics.count('process_cpu_seconds_total', {}, Math.max(0, nowSeconds - cpuSeconds))
    cpuSeconds = nowSeconds
    const { rss, heapUsed } = process.memoryUsage()
    metrics.set('process_resident_memory_bytes', rss)
    metrics.set('nodejs_heap_size_used_bytes', heapUsed)
    metrics.set('nodejs_eventloop_lag_max_seconds', facts.eventLoop.longestMs() / 1000)
    metrics.set('billkey_charges_in_flight', facts.inFlight.count)
    metrics.set('billkey_clock_ahead_seconds', facts.nodeClock.aheadMs() / 1000)
    showPool(metrics, facts.db)
    showBreakers(metrics, facts.breakers)
    for (const { name, ageMs } of facts.pulse.beats()) {
      metrics.set('billkey_worker_last_good_age_seconds', ageMs / 1000, { worker: name })
    }
  })
}

function showPool(metrics: Metrics<MetricName>, db: ProcessFacts['db']): void {
  const { size, total, idle, waiting, longestWaitMs } = db.poolState()
  metrics.set('billkey_db_pool_connections', size, { state: 'max' })
  metrics.set('billkey_db_pool_connections', total, { state: 'open' })
  metrics.set('billkey_db_pool_connections', idle, { state: 'idle' })
  metrics.set('billkey_db_pool_waiting', waiting)
  metrics.set('billkey_db_pool_longest_wait_seconds', longestWaitMs / 1000)
}

function showBreakers(metrics: Metrics<MetricName>, breakers: ProcessFacts['breakers']): void {
  const open = breakers.open()
  metrics.set('billkey_gateway_breakers_open', open.length)
  metrics.clear('billkey_gateway_breaker_open')
  for (const { channelKey } of open.slice(0, breakersShownMax)) {
    metrics.set('billkey_gateway_breaker_open', 1, { channel: channelKey })
  }
}
