// What one call costs, counted: the statements it sends, those that are waited for one by one, its durable commits, and
// its requests to the gateway and to the merchant. Times differ from machine to machine; these do not.

import { subscribe, unsubscribe } from 'node:diagnostics_channel'

import type { StatementTap, TappedStatement } from '../support/statement-tap.ts'
import type { WebhookReceiver } from '../support/webhook-receiver.ts'
import { background } from './expected-costs.ts'

export interface Costs {
  /** By name, in the order of their ends; BEGIN and COMMIT by themselves. */
  readonly statements: readonly string[]
  readonly roundTrips: number
  /** Transactions, of one statement or several, that have something to write to disk. */
  readonly commits: number
  readonly gatewayRequests: number
  readonly webhookRequests: number
}

export interface CostCounter {
  /** Counts what `work` brings about; it is over when `work` is. */
  count(work: (heard: Heard) => Promise<void>): Promise<Costs>
  stop(): void
}

export interface Heard {
  /** Resolves when a statement of this name has been carried out. */
  readonly until: (statement: string) => Promise<void>
}

export function createCostCounter(
  tap: StatementTap,
  { gateway, receiver }: { readonly gateway: string; readonly receiver: WebhookReceiver },
): CostCounter {
  let gatewayRequests = 0
  // Of undici, which the gateway's client stands on.
  const channel = 'undici:request:create'
  const listen = (message: unknown) => {
    const { origin } = (message as { request: { origin: string } }).request
    if (origin === gateway) gatewayRequests += 1
  }
  subscribe(channel, listen)
  return {
    async count(work) {
      gatewayRequests = 0
      const webhooksBefore = receiver.received.length
      tap.take()
      const heard: TappedStatement[] = []
      const hear = () => void heard.push(...tap.take())
      await work({
        until: (statement) =>
          waitUntil(() => (hear(), heard.some(({ name }) => name === statement))),
      })
      hear()
      const mine = heard.filter(({ name, text }) => !isBackground(name ?? text))
      return {
        statements: mine.map(({ name, text }) => name ?? text),
        roundTrips: mine.filter(({ isRoundTrip }) => isRoundTrip).length,
        commits: countCommits(mine),
        gatewayRequests,
        webhookRequests: receiver.received.length - webhooksBefore,
      }
    },
    stop: () => void unsubscribe(channel, listen),
  }
}

function isBackground(nameOrText: string): boolean {
  return Object.hasOwn(background, nameOrText) || nameOrText.startsWith(preparesSession)
}

/** What a new connection of the pool says first (src/db/pool.ts); how many there are is chance. */
const preparesSession = "SET timezone = 'UTC'"

function countCommits(statements: readonly TappedStatement[]): number {
  let commits = 0
  let isDirty = false
  for (const { isWrite, endsTransaction } of statements) {
    isDirty ||= isWrite
    if (!endsTransaction) continue
    if (isDirty) commits += 1
    isDirty = false
  }
  return commits
}

const pollMs = 5
const patienceMs = 20_000

async function waitUntil(isSo: () => boolean): Promise<void> {
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += pollMs) {
    if (isSo()) return
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
  throw new Error('it did not happen')
}
