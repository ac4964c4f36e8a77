// The PAYJOA look-alike: starts it, and stops it without losing an entry.

import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as waitMs } from 'node:timers/promises'
import { syntheticContracts, type Contract } from './contracts.ts'
import { FaultScripts } from './fault-scripts.ts'
import { answerRequest } from './http-routes.ts'
import {
  defaultLedgerLimits,
  Ledger,
  wholeLedger,
  type LedgerLimits,
  type LedgerView,
} from './ledger.ts'
import { Notifications, sendOverHttp, type SendNotification } from './notifications.ts'
import type { PgState } from './pg-state.ts'
import { seededRandomness } from './randomness.ts'
import { defaultSettings, patchSettings, type Settings } from './settings.ts'
import { Tokens } from './tokens.ts'

export interface SimulatorOptions {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
  /** Without a file the ledger ends with the process. */
  readonly ledgerFile?: string
  readonly ledgerLimits?: LedgerLimits
  readonly settings?: Partial<Settings>
  readonly contracts?: readonly Contract[]
  /** Makes tokens, keys, approval numbers and latencies repeat. */
  readonly seed?: number
  /** Milliseconds since 1970 UTC. */
  readonly now?: () => number
  /** Stands in for waiting; must reject when the signal aborts. */
  readonly delay?: (ms: number, stop: AbortSignal) => Promise<void>
  /** Stands in for the HTTP of notifications. */
  readonly sendNotification?: SendNotification
}

export interface Simulator {
  readonly url: string
  readonly port: number
  /** Everything the ledger remembers, as `GET /_ledger` shows it. */
  ledger(): LedgerView
  /** Cuts every connection, then closes the ledger. */
  close(): Promise<void>
}

/** Rejects when the port is taken, a setting is wrong, or the ledger file is damaged. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const startSettings = initialSettings(options.settings ?? {})
  const stop = new AbortController()
  const host = options.host ?? '127.0.0.1'
  const server = createServer({ keepAliveTimeout: 65_000, noDelay: true })
  // Listening first: a second simulator on the port fails here, before it could touch the ledger.
  server.listen(options.port ?? 0, host)
  await once(server, 'listening')
  let state: PgState
  try {
    state = createState(options, startSettings, stop.signal)
  } catch (error) {
    server.close()
    throw error
  }
  state.notifications = new Notifications(state)
  state.notifications.resume(state.ledger.unacknowledged())
  const { notifications } = state
  const inProgress = serve(server, state)
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    ledger: () => state.ledger.view(wholeLedger),
    async close() {
      stop.abort()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
      // What was in progress may still correct the fate of its answer.
      await Promise.all(inProgress)
      await notifications.close()
      state.ledger.close()
    },
  }
}

function initialSettings(given: Partial<Settings>): Settings {
  const patched = patchSettings(defaultSettings, given)
  if (patched.kind === 'invalid') throw new Error(`settings: ${patched.message}`)
  return patched.settings
}

function createState(
  options: SimulatorOptions,
  startSettings: Settings,
  stop: AbortSignal,
): PgState {
  const ledger = new Ledger(options.ledgerFile ?? null, options.ledgerLimits ?? defaultLedgerLimits)
  // The ledger's length is mixed in, so that a restart with the same seed makes other keys and tokens.
  const seed = options.seed ?? randomInt(2 ** 31)
  const random = seededRandomness(seed + ledger.nextSeq - 1)
  const delay = options.delay ?? ((ms, signal) => waitMs(ms, undefined, { signal }))
  const contracts = options.contracts ?? syntheticContracts
  return {
    contracts: new Map(contracts.map((contract) => [contract.cpid, contract])),
    ledger,
    tokens: new Tokens(random),
    faults: new FaultScripts(),
    random,
    waits: seededRandomness(seed),
    rate: new Map(),
    now: options.now ?? (() => Date.now()),
    delay: async (ms) => (ms > 0 ? delay(ms, stop) : undefined),
    send: options.sendNotification ?? sendOverHttp,
    notifications: null,
    startSettings,
    settings: startSettings,
  }
}

function serve(server: Server, state: PgState): ReadonlySet<Promise<void>> {
  const inProgress = new Set<Promise<void>>()
  server.on('request', (request, response) => {
    const work = answerRequest(state, request, response).catch(() => void response.destroy())
    inProgress.add(work)
    void work.finally(() => inProgress.delete(work))
  })
  return inProgress
}
