// Everything the simulated PG holds while it runs. Built once in simulator.ts and handed to each step.

import type { Contract } from './contracts.ts'
import type { FaultScripts } from './fault-scripts.ts'
import type { Ledger } from './ledger.ts'
import type { Notifications, SendNotification } from './notifications.ts'
import type { Randomness } from './randomness.ts'
import type { Settings } from './settings.ts'
import type { Tokens } from './tokens.ts'

export interface PgState {
  readonly contracts: ReadonlyMap<string, Contract>
  readonly ledger: Ledger
  readonly tokens: Tokens
  readonly faults: FaultScripts
  readonly random: Randomness
  /** A stream of its own: with a seed the n-th wait is the same, whatever else was drawn. */
  readonly waits: Randomness
  /** Execute steps in the present second, by CPID and PAYMETHOD. */
  readonly rate: Map<string, { second: number; count: number }>
  /** Milliseconds since 1970 UTC. */
  readonly now: () => number
  /** Waits; rejects when the simulator stops. */
  readonly delay: (ms: number) => Promise<void>
  readonly send: SendNotification
  /** Set once at the start: it needs the state it stands in. */
  notifications: Notifications | null
  readonly startSettings: Settings
  settings: Settings
}

/** One HTTP request of the wire, body read whole. */
export interface WireCall {
  readonly path: string
  /** Scheme and authority under which the client reached us; RETURNURL is built on it. */
  readonly origin: string
  readonly contentType: string | undefined
  readonly authorization: string | undefined
  /** The TOKEN header. */
  readonly token: string | undefined
  readonly body: Buffer
}
