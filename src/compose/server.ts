// Starts and stops the API, the workers, or both.

import type { Config } from '../config.ts'
import { createAuthenticator } from '../accounts/authenticate.ts'
import { docsRoutes } from '../http/docs-routes.ts'
import { healthRoutes } from '../http/health-routes.ts'
import { closeHttpServer, createHttpServer } from '../http/server.ts'
import { registerV1Routes } from '../http/v1-routes.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { notificationRoutes } from '../reconciliation/notifications.routes.ts'
import { createNotificationSources } from '../reconciliation/receive-notification.ts'
import { createCourier } from '../webhooks/deliver-due-webhooks.ts'
import { createPeriodic } from '../work/periodic.ts'
import { chargeDependencies, deliverDependencies, idempotencyOf } from './dependencies.ts'
import type { Parts } from './parts.ts'
import { allRoutes, describeRoutes } from './routes.ts'
import { createWorkers, type Worker } from './workers.ts'

export interface Server {
  /** `http://host:port` as it listens. */
  readonly url: string
  /** Answers what has begun, waits for charges under way, stops the workers. */
  stop(): Promise<void>
}

export type Role = 'api' | 'worker' | 'all'

// How long requests under way may take to finish when the process stops, beyond the time in which every answer
// leaves. A charge may take longer and is waited for by itself.
const httpGraceMs = 5_000
const courierGraceMs = 5_000
// How long another process may take to see a sandbox merchant's clock moved.
const clocksEveryMs = 1_000
// How long another process may take to see that a gateway is taken for down.
const breakersEveryMs = 1_000

/** Starts the API, the workers, or both. */
export async function startServer(parts: Parts, role: Role): Promise<Server> {
  const { config, log, clock, ids, db } = parts
  const charge = chargeDependencies(parts)
  const courier = createCourier(deliverDependencies(parts))
  const { trustedProxies, hstsDays } = config
  const app = createHttpServer({ logger: log, ids, trustedProxies, hstsDays })
  healthRoutes(app, { db })
  if (role !== 'worker') {
    const routes = allRoutes(parts, charge, courier)
    docsRoutes(app, describeRoutes(routes))
    notificationRoutes(app, {
      ...parts,
      sources: createNotificationSources(config.evidence.notificationSources),
    })
    registerV1Routes(app, {
      routes,
      authenticate: createAuthenticator(db, clock),
      idempotency: idempotencyOf(parts, charge.leaseMs),
    })
  }
  const url = await listen(app, config)
  const workers = [
    createClockReader(parts),
    createBreakerReader(parts),
    ...(role === 'api' ? [] : createWorkers(parts, charge, courier)),
  ]
  for (const worker of workers) worker.start()
  return {
    url,
    async stop() {
      await closeHttpServer(app, config.answerWithinMs + httpGraceMs)
      await Promise.all(workers.map((worker) => worker.stop()))
      await courier.stop(courierGraceMs)
      const isDrained = await charge.inFlight.drain(charge.leaseMs)
      if (!isDrained) log.error({ count: charge.inFlight.count }, 'stopped with charges under way')
    },
  }
}

function createBreakerReader({ breakers, log }: Parts): Worker {
  return createPeriodic({
    everyMs: breakersEveryMs,
    run: () => breakers.refresh(),
    onFailure: (error) => log.warn({ err: error }, 'open breakers could not be read'),
  })
}

function createClockReader({ clock, log }: Parts): Worker {
  return createPeriodic({
    everyMs: clocksEveryMs,
    run: () => clock.refresh(),
    onFailure: (error) => log.warn({ err: error }, 'stopped clocks could not be read'),
  })
}

async function listen(app: ReturnType<typeof createHttpServer>, config: Config): Promise<string> {
  try {
    return await app.listen({ host: config.host, port: config.port })
  } catch (error) {
    throw explainListenError(error, config)
  }
}

function explainListenError(error: unknown, { host, port }: Config): unknown {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'EADDRINUSE') {
    return new StartupError(
      'port_taken',
      `port ${port} is taken: stop the program that uses it, or choose another with BILLKEY_PORT`,
    )
  }
  if (code === 'EACCES') {
    return new StartupError(
      'port_refused',
      `this user may not listen on port ${port}: choose one above 1023 with BILLKEY_PORT`,
    )
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new StartupError(
      'host_refused',
      `${host} is no address of this machine: set BILLKEY_HOST to one that is`,
    )
  }
  return error
}
