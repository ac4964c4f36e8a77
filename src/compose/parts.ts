// What every command and the server stand on: database, vault, gateway, clocks. Opened together, closed together.

import { resolve } from 'node:path'

import type { Logger } from 'pino'

import { createTokenGiver, type TokenGiver } from '../accounts/give-access-token.ts'
import { createMerchantClock, type MerchantClock } from '../accounts/merchant-clock.ts'
import { type ChannelOpener, createChannelOpener } from '../accounts/open-channel.ts'
import type { Config } from '../config.ts'
import { type Database, openDatabase, sql } from '../db/database.ts'
import { asNodeClock, createNodeClock, type NodeClock } from '../db/database-clock.ts'
import { migrate } from '../db/migrate.ts'
import type { EvidenceSource } from '../gateways/evidence.ts'
import type { Gateway } from '../gateways/gateway.ts'
import { createPayjoaEvidence } from '../gateways/payjoa/payjoa-evidence.ts'
import { createPayjoaGateway } from '../gateways/payjoa/payjoa.gateway.ts'
import type { PostOnce } from '../gateways/payjoa/post-once.ts'
import { metricList, type MetricName } from '../monitoring/metric-list.ts'
import { observeEvidence, observeGateway } from '../monitoring/observe-gateway.ts'
import { createObserver, type Observer, observeStatements } from '../monitoring/observer.ts'
import { createHoldWatch, type HoldWatch } from '../payments/hold.ts'
import { type PasswordCost, passwordCost } from '../operators/password.ts'
import { type Clock, systemClock } from '../primitives/clock.ts'
import { type IdSource, randomIds } from '../primitives/ids.ts'
import type { Secret } from '../primitives/secret.ts'
import { StartupError } from '../primitives/startup-error.ts'
import { systemTimers, type Timers } from '../primitives/timers.ts'
import { type EvidenceRules, notificationWindowMs } from '../reconciliation/evidence-rule.ts'
import { healthOf } from '../rate/breaker.ts'
import { type Breakers, createBreakers } from '../rate/breakers.ts'
import type { ChannelName } from '../rate/breakers.store.ts'
import { guardGateway } from '../rate/guard-gateway.ts'
import { createRateGates } from '../rate/rate-gates.ts'
import { createLogger } from '../telemetry/logger.ts'
import { createMetrics, type Metrics } from '../telemetry/metrics.ts'
import { checkMasterKeys } from '../vault/data-keys.ts'
import { loadMasterKeys, type MasterKeys } from '../vault/master-key.ts'
import { createVault, type Vault } from '../vault/vault.ts'
import { createOutboundGuard, type OutboundGuard } from '../webhooks/outbound-guard.ts'
import { postWebhook, type PostWebhook } from '../webhooks/post-webhook.ts'
import { findDatabase, type FoundDatabase } from './find-database.ts'

/** What every command stands on. */
export interface Parts {
  readonly config: Config
  readonly log: Logger
  readonly clock: MerchantClock
  /** The machine's clock, corrected by the database's; `clock` stands on it. */
  readonly nodeClock: NodeClock
  readonly ids: IdSource
  readonly timers: Timers
  readonly db: Database
  /** For connections of a kind that the pool has none of. */
  readonly databaseAddress: Secret
  /** No money moves: there is a simulator, and secrets may travel over plain HTTP. */
  readonly isSandbox: boolean
  /** Where the database came from, for people. */
  readonly databaseSource: string
  readonly masterKeys: MasterKeys
  readonly vault: Vault
  readonly gateway: Gateway
  /** The gateway's notifications and daily files. */
  readonly evidence: EvidenceSource
  readonly evidenceRules: EvidenceRules
  readonly channels: ChannelOpener
  /** Which gateways are taken for down. */
  readonly breakers: Breakers
  /** Which merchants came out of a backup and are not released yet. */
  readonly holds: HoldWatch
  /** Of API keys. */
  readonly tokens: TokenGiver
  /** Of new passwords of operators. */
  readonly passwordCost: PasswordCost
  /** Which addresses of merchants may be sent to. */
  readonly guard: OutboundGuard
  readonly postWebhook: PostWebhook
  readonly metrics: Metrics<MetricName>
  /** What every feature reports to. */
  readonly observer: Observer
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
  /** Given by who has begun to look for it already; it is stopped with the rest. */
  readonly database?: Promise<FoundDatabase>
  /** Stand in for the machine's clock and for randomness; a sandbox may be seeded. */
  readonly clock?: Clock
  readonly ids?: IdSource
  /** Stands in for what a password costs; tests have little time. */
  readonly passwordCost?: PasswordCost
  /** Default true; `billkey migrate` does it by itself. */
  readonly migrates?: boolean
}

/** Opens the database (starting the embedded one when no other is named), the vault and the gateway. */
export async function openEverything(config: Config, options: OpenOptions): Promise<Parts> {
  const log = options.log ?? createLogger({ level: config.logLevel })
  const metrics = createMetrics(metricList)
  const dataDir = resolve(config.dataDir)
  const mayJoin = options.isServer !== true
  const server = await (options.database ?? findDatabase(config, dataDir, { log, mayJoin }))
  const db = openDatabase({
    connectionString: server.connectionString,
    poolSize: config.poolSize,
    applicationName: 'billkey',
    log,
    observer: observeStatements(metrics),
  })
  try {
    await reachDatabase(db, server.source)
    const nodeClock = await startClock(options.clock, { db, log })
    if (options.migrates !== false) await migrate(db)
    const masterKeys = await loadMasterKeys({
      ...config.masterKey,
      dataDir,
      sandbox: options.isSandbox,
    })
    if (options.migrates !== false) await checkMasterKeys(db, masterKeys)
    const parts = assembleParts(config, { ...options, log, nodeClock, db, masterKeys, metrics })
    if (options.migrates !== false) await parts.clock.refresh()
    return {
      ...parts,
      databaseAddress: server.connectionString,
      databaseSource: server.source,
      databaseEnded: server.ended,
      async close() {
        await parts.close()
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

export interface Foundations {
  readonly db: Database
  readonly masterKeys: MasterKeys
  readonly nodeClock: NodeClock
  readonly log: Logger
  readonly isSandbox: boolean
  /** Those that the database reports to already. */
  readonly metrics?: Metrics<MetricName>
  readonly ids?: IdSource
  readonly passwordCost?: PasswordCost
  readonly timers?: Timers
  /** What stands between the gateway's client and its sockets. */
  readonly postToGateway?: PostOnce
  readonly postWebhook?: PostWebhook
}

export type AssembledParts = Omit<Parts, 'databaseAddress' | 'databaseSource' | 'databaseEnded'>

/** Puts a process together on a database that is open. `close` leaves the database open. */
export function assembleParts(config: Config, given: Foundations): AssembledParts {
  const { db, masterKeys, nodeClock, log } = given
  const vault = createVault({ database: db, masterKeys, clock: nodeClock })
  const clock = createMerchantClock(db, nodeClock)
  const guard = createOutboundGuard({
    allow: config.webhooks.allow,
    allowsInsideForSandbox: given.isSandbox,
  })
  const metrics = given.metrics ?? createMetrics(metricList)
  const observer = createObserver(metrics)
  const gateways = openGateways(config, { ...given, vault, clock, metrics, observer })
  const ids = given.ids ?? randomIds
  const tokenKey = masterKeys.deriveKey('access token')
  return {
    config,
    log,
    clock,
    nodeClock,
    ids,
    tokens: createTokenGiver({ db, clock, ids, tokenKey }),
    timers: given.timers ?? systemTimers,
    db,
    isSandbox: given.isSandbox,
    passwordCost: given.passwordCost ?? passwordCost,
    masterKeys,
    vault,
    ...gateways,
    evidenceRules: rulesOf(config),
    holds: createHoldWatch(db),
    guard,
    postWebhook: given.postWebhook ?? postWebhook,
    metrics,
    observer,
    async close() {
      await gateways.gateway.close()
      await gateways.evidence.close()
    },
  }
}

/** The ready step moves no money; a refusal is an answer too. */
async function isAlive(
  gateway: Gateway,
  channels: ChannelOpener,
  { merchantId, channelKey }: ChannelName,
): Promise<boolean> {
  const opened = await channels.ofPayment(merchantId, channelKey)
  if (opened.kind === 'none') return true
  const answers = await gateway.probe(opened.contract)
  return answers.some(({ outcome }) => healthOf(outcome) === 'alive')
}

type GatewayDependencies = Pick<Foundations, 'db' | 'nodeClock' | 'log' | 'postToGateway'> &
  Pick<Parts, 'vault' | 'clock' | 'metrics' | 'observer'>

/** Everything between us and PAYJOA: the gateway, guarded, its evidence, the channels it is spoken to by. */
function openGateways(config: Config, given: GatewayDependencies) {
  const { db, vault, clock, nodeClock, log, postToGateway } = given
  const payjoa = createPayjoaGateway({
    clock: nodeClock,
    timeouts: payjoaTimeouts(config),
    connectionsPerHost: config.payjoa.connections,
    returnUrlHosts: config.payjoa.returnHosts,
    allowPlainHttp: true,
    ...(postToGateway && { post: postToGateway }),
  })
  const evidence = observeEvidence(openEvidence(config), given)
  const channels = createChannelOpener({ db, vault, clock, gates: createRateGates(given) })
  const breakers = createBreakers({
    db,
    clock: nodeClock,
    log,
    opensAfter: config.breakerAfter,
    probe: (channel) => isAlive(payjoa, channels, channel),
  })
  const gateway = observeGateway(guardGateway(payjoa, breakers), given)
  return { gateway, evidence, channels, breakers }
}

function openEvidence({ payjoa }: Config) {
  return createPayjoaEvidence({
    connectMs: payjoa.connectMs,
    readMs: reportReadMs,
    returnUrlHosts: [],
    allowPlainHttp: true,
  })
}

function rulesOf({ evidence }: Config): EvidenceRules {
  return { windowMs: notificationWindowMs, sandboxWindowMs: evidence.sandboxWindowMs }
}

/** How long the gateway's admin may be silent while it makes or sends a file. */
const reportReadMs = 60_000

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

// Asked a few times: the quickest answer says best what time it is there.
const looksAtStart = 3

async function startClock(
  given: Clock | undefined,
  { db, log }: { readonly db: Database; readonly log: Logger },
): Promise<NodeClock> {
  if (given !== undefined) return asNodeClock(given)
  const monotonicMs = () => performance.now()
  const nodeClock = createNodeClock({ db, machine: systemClock, monotonicMs, log })
  for (let look = 0; look < looksAtStart; look += 1) await nodeClock.refresh()
  return nodeClock
}

/** The gateway's time limits as settings name them. */
export function payjoaTimeouts({ payjoa: { connectMs, readyMs, executeMs } }: Config) {
  return { connectMs, readyReadMs: readyMs, executeReadMs: executeMs }
}
