// One process of billkey inside this one: the real graph of objects, with the gate before its database and before its
// network, and with clock, timers and ids of its own. It ends as a killed process ends: in the middle of everything.

import { Client } from 'undici'

import { assembleParts, type AssembledParts } from '../../src/compose/parts.ts'
import { type AssembledServer, assembleServer, type Role } from '../../src/compose/server.ts'
import type { Config } from '../../src/config.ts'
import { asNodeClock } from '../../src/db/database-clock.ts'
import type { Database } from '../../src/db/database.ts'
import { postOnce, type PostOnce, type Transmission } from '../../src/gateways/payjoa/post-once.ts'
import { seededIds } from '../../src/primitives/seeded-ids.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import type { MasterKeys } from '../../src/vault/master-key.ts'
import { postWebhook, type PostWebhook } from '../../src/webhooks/post-webhook.ts'
import { gatedDatabase } from './gated-database.ts'
import type { Gate } from './gate.ts'
import type { History } from './history.ts'
import { beginLife, type Life, type VirtualTime } from './virtual-time.ts'

/** What all processes of a run stand on. */
export interface Ground {
  readonly config: Config
  readonly database: Database
  readonly masterKeys: MasterKeys
  readonly time: VirtualTime
  readonly gate: Gate
  readonly history: History
  readonly seed: number
}

export interface SimulatedNode {
  readonly life: Life
  readonly role: NodeOptions['role']
  readonly parts: AssembledParts
  readonly server: AssembledServer
  /** Names of what it does by itself. */
  readonly workers: readonly string[]
  /** Nothing of it goes on until then: a machine that hangs. */
  frozenUntilMs: number
  /** Begins a round of a worker, unless its last one is still under way. */
  beginRound(worker: string): boolean
  readonly roundsUnderWay: number
  kill(): void
}

export interface NodeOptions {
  /** Of one life: a process that is started again has another. */
  readonly name: string
  readonly role: Exclude<Role, 'all'>
  /** How wrong its clock goes. */
  readonly skewMs: number
}

export async function startNode(
  ground: Ground,
  { name, role, skewMs }: NodeOptions,
): Promise<SimulatedNode> {
  const { config, database, masterKeys, time, gate, history, seed } = ground
  const life = beginLife(name)
  const base = assembleParts(config, {
    db: gatedDatabase(database, gate, life),
    masterKeys,
    nodeClock: asNodeClock(time.clockOf(skewMs)),
    log: createLogger({ level: 'warn', destination: { write: (line) => noteLog(name, line) } }),
    isSandbox: false,
    ids: seededIds(`${seed} ${name}`),
    timers: time.timersOf(life),
    ...gatedNetwork(gate, life),
  })
  const parts = { ...base, evidence: gatedEvidence(base.evidence, gate, life) }
  const server = assembleServer(parts, role)
  await server.app.ready()
  // What has outgrown its statistics the server counts in its own time, which is not ours.
  const lived = server.workers.filter(({ name }) => name !== 'young_tables')
  const rounds = new Map(lived.map((worker) => [worker.name, worker]))
  const underWay = new Set<string>()

  function noteLog(node: string, line: string): void {
    if (life.isOver) return
    const { msg, err } = JSON.parse(line) as { msg: string; err?: { message?: string } }
    history.note(`${node} says: ${msg}${err?.message === undefined ? '' : ` (${err.message})`}`)
  }

  return {
    life,
    role,
    parts,
    server,
    workers: [...rounds.keys()],
    frozenUntilMs: 0,
    get roundsUnderWay() {
      return underWay.size
    },
    beginRound(worker) {
      if (underWay.has(worker)) return false
      underWay.add(worker)
      history.note(`${name} begins a round: ${worker}`)
      void rounds
        .get(worker)
        ?.round()
        .catch((error: Error) => history.note(`${name} round failed: ${worker} (${error.message})`))
        .finally(() => underWay.delete(worker))
      return true
    },
    kill() {
      life.end()
      gate.dropDead()
      // Its sockets go away with it; whoever it waits for is never heard of.
      void base.close()
    },
  }
}

function gatedNetwork(gate: Gate, life: Life) {
  const postToGateway: PostOnce = (client, request) =>
    gate.pass(
      { life, kind: 'gateway', name: nameOf(request) },
      {
        run: () => postOnce(client, request),
        runLate: () => postAlone(request),
        wordsOf: (transmission) =>
          transmission.kind === 'answered'
            ? `answered ${transmission.status}`
            : `${transmission.kind} ${transmission.error}`,
      },
    )
  const gatedWebhook: PostWebhook = (request, options) =>
    gate.pass(
      { life, kind: 'webhook', name: 'webhook' },
      {
        run: () => postWebhook(request, options),
        wordsOf: (result) =>
          `${result.kind === 'answered' ? `answered ${result.status}` : result.kind} ${/imps_\d{12}/.exec(request.body)?.[0]}`,
      },
    )
  return { postToGateway, postWebhook: gatedWebhook }
}

/** The step, and the payment it is about where the request says so. */
function nameOf({ url, body }: Parameters<PostOnce>[1]): string {
  if (url.pathname.startsWith('/pay/ready')) return 'ready'
  const order = /imps_\d{12}/.exec(body.toString('latin1'))
  return order === null ? 'execute' : `execute ${order[0]}`
}

/** What was on its way when its sender gave up, over no connection of theirs. */
async function postAlone(request: Parameters<PostOnce>[1]): Promise<Transmission> {
  const client = new Client(request.url.origin)
  try {
    return await postOnce(client, request)
  } finally {
    await client.destroy()
  }
}

function gatedEvidence(
  real: AssembledParts['evidence'],
  gate: Gate,
  life: Life,
): AssembledParts['evidence'] {
  return {
    ...real,
    fetchReport: (contract, day) =>
      gate.pass(
        { life, kind: 'report', name: `daily file of ${day}` },
        {
          run: () => real.fetchReport(contract, day),
          wordsOf: (answer) =>
            answer.kind === 'report' ? `${answer.facts.length} lines` : answer.reason,
        },
      ),
  }
}
