// The whole object graph, by hand: what is made of what, in which order it starts and stops.

import { resolve } from 'node:path'

import type { Logger } from 'pino'

import packageJson from '../package.json' with { type: 'json' }
import { createAuthenticator } from './accounts/authenticate.ts'
import { createMerchantClock, type MerchantClock } from './accounts/merchant-clock.ts'
import { createLoginThrottle } from './accounts/login-throttle.ts'
import { type ChannelOpener, createChannelOpener } from './accounts/open-channel.ts'
import { usersRoutes } from './accounts/users.routes.ts'
import { billingKeySchema } from './billing-keys/billing-key.ts'
import { billingKeysRoutes } from './billing-keys/billing-keys.routes.ts'
import type { Config } from './config.ts'
import { type Database, openDatabase, sql } from './db/database.ts'
import { findRunningEmbeddedPostgres, startEmbeddedPostgres } from './db/embedded-postgres.ts'
import { migrate } from './db/migrate.ts'
import type { Gateway } from './gateways/gateway.ts'
import { createPayjoaGateway, longestCallMs } from './gateways/payjoa/payjoa.gateway.ts'
import { docsRoutes } from './http/docs-routes.ts'
import { healthRoutes } from './http/health-routes.ts'
import { closeHttpServer, createHttpServer } from './http/server.ts'
import { expireIdempotencyKeys, type Idempotency } from './http/idempotency.ts'
import { describeApi } from './http/openapi.ts'
import { registerV1Routes, type V1Route } from './http/v1-routes.ts'
import { cancelsRoutes } from './payments/cancels.routes.ts'
import { codesRoutes } from './payments/codes.routes.ts'
import type { ChargeDependencies } from './payments/charge.ts'
import { expireLostCancels } from './payments/expire-lost-cancels.ts'
import { expireLostSenders } from './payments/expire-lost-senders.ts'
import { paymentSchema } from './payments/payment-view.ts'
import { paymentsRoutes } from './payments/payments.routes.ts'
import { prepareRoutes } from './payments/prepare.routes.ts'
import { subscribePaymentsRoutes } from './payments/subscribe-payments.routes.ts'
import type { ClockDependencies } from './sandbox/move-clock.ts'
import { sandboxRoutes } from './sandbox/sandbox.routes.ts'
import { scheduleLookUpRoutes } from './schedules/schedule-look-ups.routes.ts'
import { createScheduleWorkers } from './schedules/schedule-workers.ts'
import { scheduleSchema } from './schedules/schedule-view.ts'
import { schedulesRoutes } from './schedules/schedules.routes.ts'
import { type Clock, systemClock } from './primitives/clock.ts'
import { type IdSource, randomIds } from './primitives/ids.ts'
import { Secret } from './primitives/secret.ts'
import { StartupError } from './primitives/startup-error.ts'
import { createLogger } from './telemetry/logger.ts'
import { checkMasterKeys } from './vault/data-keys.ts'
import { loadMasterKeys, type MasterKeys } from './vault/master-key.ts'
import { createVault, type Vault } from './vault/vault.ts'
import type { DeliverDependencies } from './webhooks/deliver-webhook.ts'
import { type Courier, createCourier } from './webhooks/deliver-due-webhooks.ts'
import { createOutboundGuard, type OutboundGuard } from './webhooks/outbound-guard.ts'
import { v1PostLimits } from './webhooks/post-webhook.ts'
import { createInFlight } from './work/in-flight.ts'
import { createPeriodic } from './work/periodic.ts'

/** What every command stands on. */
export interface Parts {
  readonly config: Config
  readonly log: Logger
  readonly clock: MerchantClock
  readonly ids: IdSource
  readonly db: Database
  /** Where the database came from, for people. */
  readonly databaseSource: string
  readonly masterKeys: MasterKeys
  readonly vault: Vault
  readonly gateway: Gateway
  readonly channels: ChannelOpener
  /** Which addresses of merchants may be sent to. */
  readonly guard: OutboundGuard
  /** Resolves when the embedded database ended without being asked to; never for another one. */
  readonly databaseEnded: Promise<'database'>
  close(): Promise<void>
}

export interface OpenOptions {
  /** Lets the vault make its own master key and keep it beside the data. */
  readonly isSandbox: boolean
  /** A server must own its embedded database; a command may use one that ends with another process. */
  readonly isServer?: boolean
  readonly log?: Logger
  /** Stand in for the machine's clock and for randomness; a sandbox may be seeded. */
  readonly clock?: Clock
  readonly ids?: IdSource
  /** Default true; `billkey migrate` does it by itself. */
  readonly migrates?: boolean
}

/** Opens the database (starting the embedded one when no other is named), the vault and the gateway. */
export async function openEverything(config: Config, options: OpenOptions): Promise<Parts> {
  const log = options.log ?? createLogger({ level: config.logLevel })
  const machine = options.clock ?? systemClock
  const dataDir = resolve(config.dataDir)
  const server = await findDatabase(config, dataDir, { log, mayJoin: options.isServer !== true })
  const db = openDatabase({
    connectionString: server.connectionString,
    poolSize: config.poolSize,
    applicationName: 'billkey',
    log,
  })
  try {
    await reachDatabase(db, server.source)
    if (options.migrates !== false) await migrate(db)
    const masterKeys = await loadMasterKeys({
      ...config.masterKey,
      dataDir,
      sandbox: options.isSandbox,
    })
    if (options.migrates !== false) await checkMasterKeys(db, masterKeys)
    const vault = createVault({ database: db, masterKeys, clock: machine })
    const clock = createMerchantClock(db, machine)
    if (options.migrates !== false) await clock.refresh()
    const guard = createOutboundGuard({
      allow: config.webhooks.allow,
      allowsInsideForSandbox: options.isSandbox,
    })
    const gateway = createPayjoaGateway({
      clock: machine,
      timeouts: payjoaTimeouts(config),
      connectionsPerHost: config.payjoa.connections,
      returnUrlHosts: config.payjoa.returnHosts,
      allowPlainHttp: true,
    })
    return {
      config,
      log,
      clock,
      ids: options.ids ?? randomIds,
      db,
      databaseSource: server.source,
      masterKeys,
      vault,
      gateway,
      channels: createChannelOpener({ db, vault, clock }),
      guard,
      databaseEnded: server.ended,
      async close() {
        await gateway.close()
        await db.close()
        await server.stop()
      },
    }
  } catch (error) {
    await db.close()
    await server.stop()
    throw error
  }
}

const reachStatement = sql('reach', 'select 1')

// Whatever the very first statement runs into is for the operator to mend: address, password, certificate.
async function reachDatabase(db: Database, source: string): Promise<void> {
  try {
    await db.query(reachStatement)
  } catch (error) {
    const { message, code = 'no reason given' } = error as Error & { code?: string }
    throw new StartupError(
      'database_unreachable',
      `the database (${source}) cannot be used: ${message === '' ? code : message}: start it, or correct DATABASE_URL`,
      { cause: error },
    )
  }
}

function payjoaTimeouts({ payjoa: { connectMs, readyMs, executeMs } }: Config) {
  return { connectMs, readyReadMs: readyMs, executeReadMs: executeMs }
}

interface FoundDatabase {
  readonly connectionString: Secret
  readonly source: string
  readonly ended: Promise<'database'>
  stop(): Promise<void>
}

// A command in a second terminal uses the server that the first one runs.
async function findDatabase(
  config: Config,
  dataDir: string,
  { log, mayJoin }: { readonly log: Logger; readonly mayJoin: boolean },
): Promise<FoundDatabase> {
  const notOurs = { ended: new Promise<never>(() => undefined), stop: async () => undefined }
  if (config.databaseUrl !== null) {
    const connectionString = new Secret(config.databaseUrl)
    return { connectionString, source: 'DATABASE_URL', ...notOurs }
  }
  const running = mayJoin ? await findRunningEmbeddedPostgres(dataDir) : null
  if (running !== null) {
    const source = `the embedded PostgreSQL of process ${running.ownerPid}`
    return { connectionString: running.connectionString, source, ...notOurs }
  }
  const started = await startEmbeddedPostgres({ dataDir, log })
  return {
    connectionString: started.connectionString,
    source: 'the embedded PostgreSQL',
    ended: started.exited.then(() => 'database'),
    stop: () => started.stop(),
  }
}

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
const sweepEveryMs = 5_000
// A webhook leaves within this time of its event, as long as there are hands free.
const courierEveryMs = 500
const courierGraceMs = 5_000
const keySweepEveryMs = 60_000
// How long another process may take to see a sandbox merchant's clock moved.
const clocksEveryMs = 1_000
/** Beyond the gateway's own limits: what a slow database may take on both sides of the call. */
const leaseMarginMs = 60_000

/** Starts the API, the workers, or both. */
export async function startServer(parts: Parts, role: Role): Promise<Server> {
  const { config, log, clock, ids, db } = parts
  const charge = chargeDependencies(parts)
  const { inFlight } = charge
  const sweeper = createPeriodic({
    everyMs: sweepEveryMs,
    run: async () => {
      const ended = await expireLostSenders({ db, clock, ids })
      if (ended > 0) log.warn({ ended }, 'payments of lost senders were ended')
      const cancels = await expireLostCancels({ db, clock })
      if (cancels > 0) log.warn({ cancels }, 'cancels of lost senders became unknown')
    },
    onFailure: (error) => log.error({ err: error }, 'the sweep for lost senders failed'),
  })
  const keySweeper = createPeriodic({
    everyMs: keySweepEveryMs,
    run: async () => {
      while ((await expireIdempotencyKeys({ db, clock })) > 0);
    },
    onFailure: (error) => log.error({ err: error }, 'the sweep for expired keys failed'),
  })
  const schedules = createScheduleWorkers(charge, { atOnce: config.schedulesAtOnce })
  const courier = createCourier(deliverDependencies(parts))
  const rounds = createPeriodic({
    everyMs: courierEveryMs,
    run: async () => void (await courier.pass()),
    onFailure: (error) => log.error({ err: error }, 'due webhooks could not be looked for'),
  })
  const clocks = createPeriodic({
    everyMs: clocksEveryMs,
    run: () => clock.refresh(),
    onFailure: (error) => log.warn({ err: error }, 'stopped clocks could not be read'),
  })
  const app = createHttpServer({ logger: log, ids, trustedProxies: config.trustedProxies })
  healthRoutes(app, { db })
  if (role !== 'worker') {
    const routes = allRoutes(parts, charge, courier)
    docsRoutes(app, describeRoutes(routes))
    registerV1Routes(app, {
      routes,
      authenticate: createAuthenticator(db, clock),
      idempotency: idempotencyOf(parts, charge.leaseMs),
    })
  }
  const url = await listen(app, config)
  clocks.start()
  if (role !== 'api') {
    sweeper.start()
    keySweeper.start()
    rounds.start()
    schedules.start()
  }
  return {
    url,
    async stop() {
      await closeHttpServer(app, config.answerWithinMs + httpGraceMs)
      await Promise.all([sweeper.stop(), rounds.stop(), schedules.stop(), clocks.stop()])
      await courier.stop(courierGraceMs)
      await keySweeper.stop()
      const isDrained = await inFlight.drain(charge.leaseMs)
      if (!isDrained) log.error({ count: inFlight.count }, 'stopped with charges under way')
    },
  }
}

function idempotencyOf(parts: Parts, leaseMs: number): Idempotency & { readonly version: string } {
  const fingerprintKey = parts.masterKeys.deriveKey('idempotency')
  return { ...parts, fingerprintKey, leaseMs, version: packageJson.version }
}

function chargeDependencies(parts: Parts): ChargeDependencies {
  const { config, log } = parts
  return {
    ...parts,
    inFlight: createInFlight((error) => log.error({ err: error }, 'a charge under way failed')),
    answerWithinMs: config.answerWithinMs,
    // Guide §4 makes two calls to the gateway under one lease.
    leaseMs: 2 * longestCallMs(payjoaTimeouts(config)) + leaseMarginMs,
  }
}

/** What moves a sandbox merchant's clock, for commands. */
export function clockDependencies(parts: Parts): ClockDependencies {
  const courier = createCourier(deliverDependencies(parts))
  return { ...chargeDependencies(parts), clock: parts.clock, courier }
}

/** What sends webhooks, for the courier and for commands. */
export function deliverDependencies(parts: Parts): DeliverDependencies {
  return { ...parts, limits: v1PostLimits, version: packageJson.version }
}

function allRoutes(parts: Parts, charge: ChargeDependencies, courier: Courier): V1Route[] {
  const { db, clock, ids, channels, masterKeys } = parts
  const throttle = createLoginThrottle(clock)
  const tokenKey = masterKeys.deriveKey('access token')
  return [
    ...usersRoutes({ db, clock, ids, tokenKey, throttle, channels }),
    ...subscribePaymentsRoutes(charge),
    ...cancelsRoutes(charge),
    ...schedulesRoutes(charge),
    ...scheduleLookUpRoutes({ db }),
    ...billingKeysRoutes(parts),
    ...paymentsRoutes({ db, clock }),
    ...prepareRoutes({ db, clock }),
    ...codesRoutes(),
    ...sandboxRoutes({ ...charge, clock: parts.clock, courier }),
  ]
}

function describeRoutes(routes: readonly V1Route[]): object {
  const schemas = { Payment: paymentSchema, BillingKey: billingKeySchema, Schedule: scheduleSchema }
  return describeApi({ routes, schemas, version: packageJson.version })
}

/** The OpenAPI document without a server: the routes get nothing to stand on, so none of them could be run. */
export function describeServer(): object {
  const masterKeys: Pick<MasterKeys, 'deriveKey'> = { deriveKey: () => Buffer.alloc(0) }
  return describeRoutes(allRoutes({ masterKeys } as Parts, {} as ChargeDependencies, {} as Courier))
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
