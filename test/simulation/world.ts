// Everything that is simulated, of one seed: nodes, gateway, shop, merchants, on one PostgreSQL. Nothing in here moves by
// itself; scheduler.ts moves it.

import { type Simulator, startSimulator } from '../../simulator/simulator.ts'
import { insertMerchant } from '../../src/accounts/accounts.store.ts'
import { addChannel } from '../../src/accounts/add-channel.ts'
import { createApiKey } from '../../src/accounts/create-api-key.ts'
import { newAct } from '../../src/audit/audit-event.ts'
import { anyInstalments } from '../../src/accounts/instalment-rule.ts'
import { type AssembledParts, assembleParts } from '../../src/compose/parts.ts'
import { type Config, readConfig } from '../../src/config.ts'
import { asNodeClock } from '../../src/db/database-clock.ts'
import { adHocSql, type Database } from '../../src/db/database.ts'
import { pgErrorCode } from '../../src/db/pg-errors.ts'
import type { MerchantId } from '../../src/primitives/ids.ts'
import { Secret } from '../../src/primitives/secret.ts'
import { seededIds } from '../../src/primitives/seeded-ids.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { loadMasterKeys, type MasterKeys } from '../../src/vault/master-key.ts'
import { setEndpoint } from '../../src/webhooks/set-endpoint.ts'
import { type Choice, choiceOf } from '../compat/fuzz/random-choice.ts'
import type { Finding } from '../harness/four-books.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createGate, type Gate } from './gate.ts'
import { createHistory, type History } from './history.ts'
import { type Shop, startShop } from './shop.ts'
import { type Ground, type SimulatedNode, startNode } from './simulated-node.ts'
import { createVirtualTime, outsideLife, type VirtualTime } from './virtual-time.ts'

/** What outlives a seed: starting it takes longer than a seed does. */
export interface Stage {
  readonly database: TestDatabase
  readonly shop: Shop
  readonly config: Config
  readonly masterKeys: MasterKeys
  close(): Promise<void>
}

// Nobody's: the tables it seals are emptied with each seed.
const masterKey = Buffer.from(
  'f3a1c95e7720b846d19e3bfc085a64d27b18e0930fcd41a65e972c8b34d06fa1',
  'hex',
)

export async function openStage(): Promise<Stage> {
  const database = await createTestDatabase({ poolSize: 3 })
  const shop = await startShop()
  const config = readConfig({
    DATABASE_URL: database.connectionString,
    BILLKEY_MASTER_KEY: masterKey.toString('base64'),
    BILLKEY_WEBHOOK_ALLOW: '127.0.0.1',
    BILLKEY_BREAKER_AFTER: '3',
    // Nobody looks at it, and describing its routes is most of what a start costs.
    BILLKEY_CONSOLE: 'off',
  })
  const masterKeys = await loadMasterKeys({ ...config.masterKey, dataDir: '', sandbox: false })
  return {
    database,
    shop,
    config,
    masterKeys,
    async close() {
      await shop.receiver.close()
      await database.drop()
    },
  }
}

export interface WorldMerchant {
  readonly merchantId: MerchantId
  readonly impKey: string
  readonly impSecret: string
  readonly cpid: string
  readonly channelKey: string
}

/** Something done by nobody's process at its time, and by itself: a machine is started, a fault begins. */
export interface Chore {
  readonly dueMs: number
  readonly name: string
  readonly run: () => Promise<void>
}

export interface World {
  readonly seed: number
  readonly choice: Choice
  readonly time: VirtualTime
  readonly gate: Gate
  readonly history: History
  readonly shop: Shop
  readonly simulator: Simulator
  /** The operator's: on the database itself, past the gate. */
  readonly parts: AssembledParts
  readonly merchants: readonly WorldMerchant[]
  readonly nodes: SimulatedNode[]
  readonly chores: Chore[]
  readonly findings: Finding[]
  readonly counts: Record<string, number>
  readonly endMs: number
  /** False once all is to become well. */
  hasTrouble: boolean
  gatewayDownUntilMs: number
  count(what: string): void
  plan(waitMs: number, name: string, run: () => Promise<void>): void
  start(role: SimulatedNode['role'], at: number): Promise<void>
  close(): Promise<void>
}

const dayMs = 86_400_000
/** Of 30 days: how long a run is said to be. */
export const monthMs = 30 * dayMs
const beginMs = Date.UTC(2026, 0, 1)
const skewMaxMs = 400

export async function createWorld(
  stage: Stage,
  { seed, months, onLine }: { seed: number; months: number; onLine?: (line: string) => void },
): Promise<World> {
  const choice = choiceOf(seed)
  const time = createVirtualTime(beginMs + choice.below(365) * dayMs + choice.below(dayMs))
  const history = createHistory(() => time.nowMs, onLine)
  const findings: Finding[] = []
  const gate = createGate(({ name }, error) => {
    // A unique violation is how the code learns that another was first; any other refusal is a mistake of ours.
    const code = pgErrorCode(error)
    if (code !== undefined && code !== '23505')
      findings.push({ rule: 'statement refused', subject: name, detail: error.message })
  })
  const { database, config, masterKeys, shop } = stage
  await emptyTables(database.database)
  shop.forget()
  const ground: Ground = {
    config,
    database: database.database,
    masterKeys,
    time,
    gate,
    history,
    seed,
  }
  const parts = assembleParts(config, {
    db: database.database,
    masterKeys,
    nodeClock: asNodeClock(time.clockOf(0)),
    log: createLogger({ level: 'silent' }),
    isSandbox: false,
    ids: seededIds(`${seed} operator`),
    timers: time.timersOf(outsideLife),
  })
  const nodes: SimulatedNode[] = []
  const simulator = await startGateway({ seed, choice, time, nodes, history })
  const merchants = await addMerchants(parts, simulator.url, { shop, count: 1 + choice.below(2) })
  await configure(simulator, {
    notificationUrls: Object.fromEntries(
      merchants.map(({ cpid, channelKey }) => [
        cpid,
        `http://billkey.invalid/notifications/daou/${channelKey}`,
      ]),
    ),
  })
  const counts: Record<string, number> = {}
  const chores: Chore[] = []
  let starts = 0
  return {
    seed,
    choice,
    time,
    gate,
    history,
    shop,
    simulator,
    parts,
    merchants,
    nodes,
    chores,
    findings,
    counts,
    endMs: time.nowMs + months * monthMs,
    hasTrouble: true,
    gatewayDownUntilMs: 0,
    count: (what) => void (counts[what] = (counts[what] ?? 0) + 1),
    plan(waitMs, name, run) {
      chores.push({ dueMs: time.nowMs + waitMs, name, run })
      chores.sort((a, b) => a.dueMs - b.dueMs)
    },
    async start(role, at) {
      starts += 1
      const skewMs = choice.below(2 * skewMaxMs) - skewMaxMs
      nodes[at] = await startNode(ground, { name: `${role}-${at}.${starts}`, role, skewMs })
    },
    async close() {
      for (const node of nodes) node.kill()
      await parts.close()
      await simulator.close()
    },
  }
}

const tablesStatement = adHocSql(
  `select string_agg(quote_ident(tablename), ', ') as names from pg_tables
   where schemaname = 'public' and tablename not like '%migration%'`,
)

async function emptyTables(database: Database): Promise<void> {
  const { rows } = await database.query<{ names: string }>(tablesStatement)
  await database.query(adHocSql(`truncate ${rows[0]?.names} restart identity`))
}

/** Settings of the simulator, from now on. */
export async function configure({ url }: Simulator, settings: object): Promise<void> {
  await control(url, 'POST', '/_settings', settings)
}

export async function control(
  url: string,
  method: string,
  path: string,
  body?: object,
): Promise<void> {
  const reply = await fetch(url + path, {
    method,
    ...(body && { body: JSON.stringify(body) }),
  })
  if (!reply.ok) throw new Error(`the simulator refuses ${path}: ${await reply.text()}`)
  await reply.arrayBuffer()
}

interface GatewayGround {
  readonly seed: number
  readonly choice: Choice
  readonly time: VirtualTime
  readonly nodes: readonly SimulatedNode[]
  readonly history: History
}

function startGateway(ground: GatewayGround): Promise<Simulator> {
  const { seed, choice, time } = ground
  return startSimulator({
    seed,
    now: () => time.nowMs,
    delay: (ms) => time.sleep(ms),
    sendNotification: (request) => deliverNotification(ground, request.url),
    settings: {
      // Never at once: what happens at once could not be ordered by the scheduler.
      notificationDelayMs: 1 + choice.below(8_000),
      notificationDateField: choice.of(['SETTDATE', 'AUTHDATE']),
      notificationResultCode: choice.once(2),
      readyResultCode: choice.once(2),
      answerFields: choice.of(['full', 'sparse']),
      directAnswer: choice.of(['key_and_charge', 'key_only']),
      cancelId: choice.of(['approval', 'own']),
      reportTimeFormat: choice.of(['stamp', 'separated', 'time']),
      reportExtraColumns: choice.once(2),
      reportCancelAmount: choice.of(['positive', 'negative']),
      reportLineEnding: choice.of(['lf', 'crlf']),
    },
  })
}

/** As a load balancer would: to one of the API nodes that run. */
export function pickApi(nodes: readonly SimulatedNode[], choice: Choice): SimulatedNode | null {
  const running = nodes.filter(({ role, life }) => role === 'api' && !life.isOver)
  return running.length === 0 ? null : choice.of(running)
}

/** How long the gateway waits for its answer. */
const notificationMs = 9_000

async function deliverNotification(
  { choice, time, nodes, history }: GatewayGround,
  url: string,
): Promise<{ status: number; page: string }> {
  const node = pickApi(nodes, choice)
  if (node === null) throw new Error('nobody listens')
  history.note(`notification to ${node.life.name}`)
  const { pathname, search } = new URL(url)
  const asked = node.server.app.inject({ method: 'GET', url: pathname + search })
  const reply = await time.within(node.life, notificationMs, Promise.resolve(asked))
  if (reply === null) throw new Error('no answer')
  history.note(`notification answered ${reply.statusCode}`)
  return { status: reply.statusCode, page: reply.body }
}

const cpids = ['CTS00001', 'CTS00101'] as const

async function addMerchants(
  parts: AssembledParts,
  baseUrl: string,
  { shop, count }: { readonly shop: Shop; readonly count: number },
): Promise<WorldMerchant[]> {
  const merchants: WorldMerchant[] = []
  for (const [at, cpid] of cpids.slice(0, count).entries()) {
    const { merchantId } = await insertMerchant(
      parts.db,
      `merchant ${at + 1}`,
      newAct(parts, 'test'),
    )
    const { impKey, impSecret } = await createApiKey(parts, merchantId, { actor: 'test' })
    const digits = cpid.slice(3).padStart(8, '0')
    const added = await addChannel(
      { db: parts.db, vault: parts.vault, clock: parts.clock, uuid: () => parts.ids.uuid() },
      {
        merchantId,
        name: cpid,
        pgId: cpid,
        linkKey: new Secret(digits.repeat(8)),
        baseUrl,
        // The rules of live channels: two hours of notifications, files every ten minutes.
        sandbox: false,
        cardRoute: 'D',
        productType: 'digital',
        taxMode: 'per_payment',
        allowsKeyInPlain: true,
        allowsKeyInVerified: true,
        allowsBilling: true,
        unmappable: 'substitute',
        instalments: anyInstalments,
        rateCapPerSecond: null,
        totalRateCapPerSecond: null,
        lateApprovals: at === 0 ? 'keep' : 'cancel',
        report: { baseUrl, password: new Secret(`report-${digits}`) },
        makeDefault: true,
      },
      'simulation',
    )
    if (added.kind === 'refused') throw new Error(added.message)
    const endpoint = {
      url: `${shop.receiver.url}/hook/${merchantId}`,
      actor: 'simulation',
      sendsFailures: true,
    }
    const set = await setEndpoint(parts, { merchantId, sandbox: false }, endpoint)
    if (set.kind === 'refused') throw new Error(set.message)
    const { channelKey } = added.channel
    merchants.push({ merchantId, impKey, impSecret: impSecret.reveal(), cpid, channelKey })
  }
  return merchants
}
