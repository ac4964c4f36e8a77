// Starts and stops the API, the workers, or both. A stop cuts nothing off: nobody is sent here any more, then nothing
// more is taken, then what was begun is answered and settled.

import { setTimeout as delay } from 'node:timers/promises'

import type { Config } from '../config.ts'
import { createAuthenticator } from '../accounts/authenticate.ts'
import { createRequestLog } from '../accounts/request-log.ts'
import { pendingMigrations } from '../db/migrate.ts'
import { DatabaseStartupError } from '../db/startup-error.ts'
import { docsRoutes } from '../http/docs-routes.ts'
import { healthRoutes } from '../http/health-routes.ts'
import { metricsRoutes } from '../http/metrics-routes.ts'
import { beginDraining, closeHttpServer, createHttpServer } from '../http/server.ts'
import { registerV1Routes } from '../http/v1-routes.ts'
import type { ChargeDependencies } from '../payments/charge.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { notificationRoutes } from '../reconciliation/notifications.routes.ts'
import { createNotificationSources } from '../reconciliation/receive-notification.ts'
import { type Courier, createCourier } from '../webhooks/deliver-due-webhooks.ts'
import { createInFlight } from '../work/in-flight.ts'
import { createPeriodic } from '../work/periodic.ts'
import { addConsole } from './console.ts'
import { chargeDependencies, deliverDependencies, idempotencyOf } from './dependencies.ts'
import type { AssembledParts, Parts } from './parts.ts'
import { allRoutes, describeRoutes } from './routes.ts'
import { assembleVitals, type Vitals } from './vitals.ts'
import { createWorkers, type Worker } from './workers.ts'

export interface Server {
  /** `http://host:port` as it listens. */
  readonly url: string
  /** The same of the port of `/metrics`; null: it has none of its own. */
  readonly metricsUrl: string | null
  /** Resolves when a newer billkey has made the tables such that this one must not use them any more. */
  readonly outdated: Promise<'a newer schema'>
  /**
   * Says on /readyz that it drains, keeps serving for the drain delay, then answers what has begun and waits for
   * charges under way, for no longer than a charge's lease.
   */
  stop(): Promise<void>
}

export type Role = 'api' | 'worker' | 'all'

// How long requests under way may take to finish when the process stops, beyond the time in which every answer
// leaves. A charge may take longer and is waited for by itself.
const httpGraceMs = 5_000
const courierGraceMs = 5_000
const metricsGraceMs = 1_000
// How long another process may take to see a sandbox merchant's clock moved.
const clocksEveryMs = 1_000
// How long another process may take to see that a gateway is taken for down.
const breakersEveryMs = 1_000
// How long a clock that was set, here or by a failover to another machine, may mislead.
const nodeClockEveryMs = 5_000
const schemaEveryMs = 5_000
// How long schedules still wait here once their merchant is released.
const holdsEveryMs = 1_000

/** What a process of this role is made of, not yet listening and not yet working. */
export interface AssembledServer {
  readonly app: ReturnType<typeof createHttpServer>
  /** What every role reads again and again, until the very end. */
  readonly readers: readonly Worker[]
  readonly workers: readonly Worker[]
  readonly courier: Courier
  readonly charge: ChargeDependencies
  readonly vitals: Vitals
  /** From now on it says that it is not ready, and keeps no connection. */
  beginDraining(): void
}

/** `isConsoleBeingBuilt`: the console's pages are on their way. */
export function assembleServer(
  parts: AssembledParts,
  role: Role,
  isConsoleBeingBuilt: () => boolean = () => false,
): AssembledServer {
  const { config, log, clock, ids, db, observer } = parts
  const charge = chargeDependencies(parts)
  const { inFlight } = charge
  const courier = createCourier(deliverDependencies(parts))
  let isDraining = false
  const vitals = assembleVitals(parts, { role, inFlight, isDraining: () => isDraining })
  const { trustedProxies, hstsDays } = config
  const app = createHttpServer({ logger: log, ids, trustedProxies, hstsDays, observer })
  healthRoutes(app, vitals)
  const { token } = config.metrics
  if (token !== null) metricsRoutes(app, { ...parts, token })
  // Only the console shows it.
  const requestLog =
    config.console && role !== 'worker' ? createRequestLog({ db, clock, log }) : null
  if (role !== 'worker') {
    const routes = allRoutes(parts, charge, courier)
    docsRoutes(app, describeRoutes(routes))
    notificationRoutes(app, {
      ...parts,
      sources: createNotificationSources(config.evidence.notificationSources),
    })
    if (config.console) addConsole(app, { parts, charge, courier }, isConsoleBeingBuilt)
    registerV1Routes(app, {
      routes,
      authenticate: createAuthenticator(db, clock),
      idempotency: idempotencyOf(parts, charge.leaseMs),
      watch: requestLog?.watch ?? null,
    })
  }
  const workers =
    role === 'api' ? [] : createWorkers(parts, charge, { courier, pulse: vitals.pulse })
  return {
    app,
    readers: [
      ...createReaders(parts),
      ...vitals.readers,
      ...(requestLog === null ? [] : [requestLog]),
    ],
    workers,
    courier,
    charge,
    vitals,
    beginDraining() {
      isDraining = true
      beginDraining(app)
    },
  }
}

/** Starts the API, the workers, or both. */
export async function startServer(
  parts: Parts,
  role: Role,
  isConsoleBeingBuilt?: () => boolean,
): Promise<Server> {
  const { config, log } = parts
  const server = assembleServer(parts, role, isConsoleBeingBuilt)
  const { app, readers, workers, courier, charge, vitals } = server
  await vitals.start()
  const metricsApp = await listenForMetrics(parts, vitals)
  const url = await listen(app, config, 'BILLKEY_PORT').catch(async (error: unknown) => {
    await metricsApp?.close()
    throw error
  })
  const schema = createSchemaWatch(parts)
  for (const worker of [schema.worker, ...readers, ...workers]) worker.start()
  return {
    url,
    metricsUrl: metricsApp?.url ?? null,
    outdated: schema.outdated,
    async stop() {
      server.beginDraining()
      const rounds = createInFlight((error) => log.error({ err: error }, 'a worker did not stop'))
      for (const worker of workers) void rounds.track(worker.stop())
      await delay(config.drainDelayMs)
      // Whatever was begun before now has ended by then, or is taken for dead.
      const untilMs = performance.now() + charge.leaseMs
      const leftMs = () => Math.max(0, untilMs - performance.now())
      await closeHttpServer(app, config.answerWithinMs + httpGraceMs)
      if (!(await rounds.drain(leftMs()))) log.warn({}, 'stopped with rounds of workers under way')
      await Promise.all([schema.worker, ...readers].map((reader) => reader.stop()))
      await courier.stop(courierGraceMs)
      const isDrained = await charge.inFlight.drain(leftMs())
      if (!isDrained) log.error({ count: charge.inFlight.count }, 'stopped with charges under way')
      // Last: how the stop goes is what somebody may want to see.
      await metricsApp?.close()
      vitals.stop()
    },
  }
}

function createReaders(parts: AssembledParts): readonly Worker[] {
  return [
    createNodeClockReader(parts),
    createClockReader(parts),
    createBreakerReader(parts),
    createBreakerProber(parts),
    createHoldReader(parts),
  ]
}

function createNodeClockReader({ nodeClock, log }: AssembledParts): Worker {
  return createPeriodic({
    name: 'node_clock',
    everyMs: nodeClockEveryMs,
    run: () => nodeClock.refresh(),
    onFailure: (error) => log.warn({ err: error }, "the database's clock could not be read"),
  })
}

function createBreakerReader({ breakers, log }: AssembledParts): Worker {
  return createPeriodic({
    name: 'breakers',
    everyMs: breakersEveryMs,
    run: () => breakers.refresh(),
    onFailure: (error) => log.warn({ err: error }, 'open breakers could not be read'),
  })
}

function createBreakerProber({ breakers, log }: AssembledParts): Worker {
  return createPeriodic({
    name: 'breaker_probes',
    everyMs: breakersEveryMs,
    run: () => breakers.probeDue(),
    onFailure: (error) => log.warn({ err: error }, 'a gateway could not be probed'),
  })
}

// A migration that breaks older versions is refused at their start; one that runs already has to notice.
function createSchemaWatch({ db, log }: AssembledParts) {
  const outdated = Promise.withResolvers<'a newer schema'>()
  const worker = createPeriodic({
    name: 'schema',
    everyMs: schemaEveryMs,
    run: async () => void (await pendingMigrations(db)),
    onFailure: (error) => {
      if (error instanceof DatabaseStartupError && error.code === 'database_newer') {
        log.error({ err: error }, 'a newer billkey has changed the tables: this one stops')
        outdated.resolve('a newer schema')
      } else {
        log.warn({ err: error }, 'the version of the tables could not be read')
      }
    },
  })
  return { worker, outdated: outdated.promise }
}

function createHoldReader({ holds, log, metrics }: AssembledParts): Worker {
  let known = 0
  return createPeriodic({
    name: 'holds',
    everyMs: holdsEveryMs,
    run: async () => {
      const held = await holds.refresh()
      metrics.set('billkey_merchants_held', held)
      if (held > known) {
        log.warn(
          { merchants: held },
          'nothing is charged before a restore is released: billkey restore status',
        )
      }
      known = held
    },
    onFailure: (error) => log.warn({ err: error }, 'holds after a restore could not be read'),
  })
}

function createClockReader({ clock, log }: AssembledParts): Worker {
  return createPeriodic({
    name: 'clocks',
    everyMs: clocksEveryMs,
    run: () => clock.refresh(),
    onFailure: (error) => log.warn({ err: error }, 'stopped clocks could not be read'),
  })
}

/** A port beside the API's, which need not be reachable by those who may call the API. */
async function listenForMetrics({ config, log, ids, metrics }: Parts, vitals: Vitals) {
  const { host, port, token } = config.metrics
  if (port === null) return null
  const app = createHttpServer({ logger: log, ids })
  healthRoutes(app, vitals)
  metricsRoutes(app, { metrics, token })
  const url = await listen(app, { host, port }, 'BILLKEY_METRICS_PORT')
  return { url, close: () => closeHttpServer(app, metricsGraceMs) }
}

type Address = Pick<Config, 'host' | 'port'>

async function listen(
  app: ReturnType<typeof createHttpServer>,
  address: Address,
  setting: 'BILLKEY_PORT' | 'BILLKEY_METRICS_PORT',
): Promise<string> {
  try {
    return await app.listen({ host: address.host, port: address.port })
  } catch (error) {
    throw explainListenError(error, address, setting)
  }
}

function explainListenError(
  error: unknown,
  { host, port }: Address,
  setting: 'BILLKEY_PORT' | 'BILLKEY_METRICS_PORT',
): unknown {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'EADDRINUSE') {
    return new StartupError(
      'port_taken',
      `port ${port} is taken: stop the program that uses it, or choose another with ${setting}`,
    )
  }
  if (code === 'EACCES') {
    return new StartupError(
      'port_refused',
      `this user may not listen on port ${port}: choose one above 1023 with ${setting}`,
    )
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new StartupError(
      'host_refused',
      `${host} is no address of this machine: set ${setting.replace('PORT', 'HOST')} to one that is`,
    )
  }
  return error
}
