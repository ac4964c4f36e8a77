// How a running server is watched: whether it is ready, what it counts, whether its workers go on.

import { type Migration, migrationsDirectory, readMigrations } from '../db/migrate.ts'
import type { HealthReport } from '../http/health-routes.ts'
import { createBacklogCollector } from '../monitoring/collect-backlogs.ts'
import { observeProcess } from '../monitoring/observe-process.ts'
import { createReadiness } from '../monitoring/readiness.ts'
import { readinessChecks } from '../monitoring/readiness-checks.ts'
import { createEventLoopWatch } from '../telemetry/event-loop.ts'
import type { InFlight } from '../work/in-flight.ts'
import { createPeriodic } from '../work/periodic.ts'
import { createPulse, type Pulse } from '../work/pulse.ts'
import type { AssembledParts } from './parts.ts'
import type { Worker } from './workers.ts'

export interface Vitals {
  readonly pulse: Pulse
  /** Whether this process can do its work. */
  readonly report: () => Promise<HealthReport>
  /** To be started and stopped with the other readers. */
  readonly readers: readonly Worker[]
  /** Looks at the event loop and at what this binary came with, before a newer one takes its place on the disk. */
  start(): Promise<void>
  stop(): void
}

export interface ServerState {
  readonly role: string
  readonly inFlight: InFlight
  readonly isDraining: () => boolean
}

export function assembleVitals(parts: AssembledParts, state: ServerState): Vitals {
  const { clock, metrics, log } = parts
  const { isDraining } = state
  const eventLoop = createEventLoopWatch()
  const pulse = createPulse({
    now: () => clock.now(),
    onRound: (worker, isGood) =>
      metrics.count('billkey_worker_rounds_total', { worker, result: isGood ? 'good' : 'failed' }),
  })
  let migrations: Promise<readonly Migration[]> | undefined
  const readOnce = () => (migrations ??= readMigrations(migrationsDirectory))
  const judge = createReadiness({
    checks: readinessChecks({ ...parts, migrations: readOnce, eventLoop, pulse, isDraining }),
    onState: (check, isGood) => metrics.set('billkey_ready', isGood ? 1 : 0, { check }),
    onChange: (check, verdict) => {
      // A stop is no news: whoever ordered it knows, and the log says it in words of its own.
      if (isDraining()) return
      if (verdict.isGood) log.info({ check }, 'a check of /readyz holds again')
      else log.warn({ check, reason: verdict.reason }, 'a check of /readyz does not hold')
    },
  })
  const report = async (): Promise<HealthReport> => {
    const { isReady, checks } = await judge()
    if (isDraining()) return { status: 'draining', checks }
    return { status: isReady ? 'ready' : 'not ready', checks }
  }
  observeProcess(metrics, { ...parts, ...state, eventLoop, pulse })
  return {
    pulse,
    report,
    readers: backlogReaders(parts, report),
    async start() {
      eventLoop.start()
      await readOnce()
    },
    stop: () => eventLoop.stop(),
  }
}

// Only where somebody may scrape what they find.
function backlogReaders(
  { config, db, clock, metrics, log }: AssembledParts,
  report: Vitals['report'],
): readonly Worker[] {
  const { port, token, everyMs } = config.metrics
  if (port === null && token === null) return []
  const collect = createBacklogCollector({ db, clock, metrics, everyMs })
  return [
    createPeriodic({
      name: 'backlogs',
      everyMs,
      run: async () => {
        await report()
        await collect()
      },
      onFailure: (error) => log.warn({ err: error }, 'backlogs could not be counted'),
    }),
  ]
}
