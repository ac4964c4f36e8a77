// Everything a run needs, running: PostgreSQL, simulator, shop, API nodes and workers, and merchants with channels.

import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { openEverything, type Parts } from '../../src/compose/parts.ts'
import { readConfig } from '../../src/config.ts'
import { migrate } from '../../src/db/migrate.ts'
import { type RunningPostgres, startServer } from '../../src/db/start-server.ts'
import { silentLog } from '../../src/db/storage-log.ts'
import type { MerchantId } from '../../src/primitives/ids.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { setEndpoint } from '../../src/webhooks/set-endpoint.ts'
import type { Choice } from '../compat/fuzz/random-choice.ts'
import { endsWithParent, fileOf, freePort } from '../support/child-program.ts'
import { addSimulatedMerchant } from '../support/simulated-merchant.ts'
import { createCrashPlan, type NodeRole } from './edges.ts'
import { type Supervised, supervise } from './processes.ts'

export interface RigOptions {
  readonly dir: string
  readonly choice: Choice
  readonly apis: number
  readonly workers: number
  /** How long a node lives on average; long, when few are to die among many payments. */
  readonly lifeMs: number
  /** The source tree to run; another one for a mutation. */
  readonly tree: string
  /** Told of each death of a process: its name, and the edge it died at, if at one. */
  readonly onDeath: (name: string, edge: string | null) => void
}

export interface RigMerchant {
  readonly merchantId: MerchantId
  readonly impKey: string
  readonly impSecret: string
}

export interface Rig {
  readonly parts: Parts
  readonly merchants: readonly RigMerchant[]
  readonly apiUrls: readonly string[]
  readonly simulatorUrl: string
  readonly shopUrl: string
  readonly shopBook: string
  readonly nodes: readonly Supervised[]
  readonly simulator: Supervised
  readonly shop: Supervised
  /** From now on nodes start without a crash point. */
  calm(): void
  close(): Promise<void>
}

// A process crash loses nothing that was written, so the disk need not be waited for; commits are not relaxed.
const postgresSettings = { fsync: 'off', full_page_writes: 'off', max_connections: '60' }

/** Short, so that what is lost shows as lost while the run lasts. */
const timeLimits = {
  BILLKEY_PAYJOA_CONNECT_MS: '1000',
  BILLKEY_PAYJOA_READY_MS: '2000',
  BILLKEY_PAYJOA_EXECUTE_MS: '3000',
  BILLKEY_LEASE_MARGIN_MS: '2000',
  BILLKEY_ANSWER_WITHIN_MS: '10000',
  BILLKEY_REPORT_EVERY_MS: '240000',
  BILLKEY_SANDBOX_EVIDENCE_MS: '8000',
}

const cpids = ['CTS00001', 'CTS00101', 'CTS00201'] as const

export async function startRig(options: RigOptions): Promise<Rig> {
  const { dir, choice } = options
  await mkdir(dir, { recursive: true })
  const postgres = await startServer({
    dataDir: join(dir, 'pg'),
    log: silentLog,
    settings: postgresSettings,
  })
  const masterKey = randomBytes(32).toString('base64')
  const base = {
    DATABASE_URL: postgres.connectionString.reveal(),
    BILLKEY_MASTER_KEY: masterKey,
    BILLKEY_DATA_DIR: dir,
    BILLKEY_WEBHOOK_ALLOW: '127.0.0.1',
    BILLKEY_LOG_LEVEL: 'warn',
    BILLKEY_POOL_SIZE: '8',
    ...timeLimits,
  }
  const parts = await openParts(base)
  const ports = await Promise.all(
    Array.from({ length: options.apis + options.workers + 2 }, freePort),
  )
  const [simulatorPort = 0, shopPort = 0, ...nodePorts] = ports
  const simulatorUrl = `http://127.0.0.1:${simulatorPort}`
  const shopUrl = `http://127.0.0.1:${shopPort}`
  const apiUrls = nodePorts.slice(0, options.apis).map((port) => `http://127.0.0.1:${port}`)
  const { merchants, notificationUrls } = await addMerchants(parts, {
    simulatorUrl,
    shopUrl,
    apiUrls,
  })
  let isCalm = false
  const compileCache = join(dir, 'compiled')
  const nextCrash = createCrashPlan(choice, options.lifeMs)

  await compileOnce(options.tree, compileCache)
  const told = (name: string) => (edge: string | null) => options.onDeath(name, edge)
  const nodes = nodePorts.map((port, at) => {
    const role: NodeRole = at < options.apis ? 'api' : 'worker'
    const name = `${role}-${at + 1}`
    const crash = () => (isCalm ? {} : { CRASH_AT: nextCrash(role) })
    const program = {
      name,
      args: [
        ...endsWithParent,
        '--import',
        fileOf('test/harness/crash-at-edge.ts'),
        join(options.tree, 'bin/billkey.js'),
        'serve',
        '--role',
        role,
      ],
      environment: () => ({
        ...base,
        BILLKEY_PORT: String(port),
        BILLKEY_LOG_LEVEL: 'info',
        NODE_COMPILE_CACHE: compileCache,
        ...crash(),
      }),
      readyText: 'billkey serves',
    }
    return supervise(program, { logDir: dir, onDeath: told(name) })
  })
  const settings = {
    notificationUrls,
    notificationEveryMs: 8_000,
    notificationWindowMs: 7_200_000,
    notificationTimeoutMs: 5_000,
    latencyMs: { p50: 3, p99: 20 },
    slowMs: 3_500,
    verySlowMs: 6_000,
  }
  const simulator = supervise(
    {
      name: 'simulator',
      args: [
        ...endsWithParent,
        fileOf('simulator/main.ts'),
        '--port',
        String(simulatorPort),
        '--ledger',
        join(dir, 'ledger.ndjson'),
        '--settings',
        JSON.stringify(settings),
      ],
      environment: () => ({}),
      readyText: '"ready"',
    },
    { logDir: dir, onDeath: told('simulator') },
  )
  const shopBook = join(dir, 'received.ndjson')
  const shop = supervise(
    {
      name: 'shop',
      args: [
        ...endsWithParent,
        fileOf('test/harness/receiver-main.ts'),
        String(shopPort),
        shopBook,
      ],
      environment: () => ({}),
      readyText: 'ready',
    },
    { logDir: dir, onDeath: told('shop') },
  )
  await Promise.all([simulator.start(), shop.start()])
  await Promise.all(nodes.map((node) => node.start().catch(() => undefined)))
  return {
    parts,
    merchants,
    apiUrls,
    simulatorUrl,
    shopUrl,
    shopBook,
    nodes,
    simulator,
    shop,
    calm: () => void (isCalm = true),
    close: () => closeAll({ parts, postgres, processes: [...nodes, simulator, shop] }),
  }
}

// Nodes start a hundred times, and a killed one keeps nothing of what it compiled.
async function compileOnce(tree: string, compileCache: string): Promise<void> {
  const env = { PATH: process.env['PATH'], NODE_COMPILE_CACHE: compileCache }
  const child = spawn(process.execPath, [join(tree, 'bin/billkey.js'), '--help'], {
    env,
    stdio: 'ignore',
  })
  await once(child, 'exit')
}

async function openParts(environment: Record<string, string>): Promise<Parts> {
  const config = readConfig({ ...environment, BILLKEY_LOG_LEVEL: 'silent', BILLKEY_POOL_SIZE: '4' })
  const log = createLogger({ level: 'silent' })
  const parts = await openEverything(config, { isSandbox: true, log })
  await migrate(parts.db)
  return parts
}

interface Urls {
  readonly simulatorUrl: string
  readonly shopUrl: string
  readonly apiUrls: readonly string[]
}

async function addMerchants(parts: Parts, { simulatorUrl, shopUrl, apiUrls }: Urls) {
  const merchants: RigMerchant[] = []
  const notificationUrls: Record<string, string> = {}
  for (const [at, cpid] of cpids.entries()) {
    const { merchantId, impKey, impSecret, channel } = await addSimulatedMerchant(parts, {
      name: `merchant ${at + 1}`,
      cpid,
      simulatorUrl,
      hasReport: true,
    })
    const endpoint = { url: `${shopUrl}/hook/${merchantId}`, actor: 'harness', sendsFailures: true }
    const set = await setEndpoint(parts, { merchantId, sandbox: true }, endpoint)
    if (set.kind === 'refused') throw new Error(set.message)
    const api = apiUrls[at % apiUrls.length] ?? ''
    notificationUrls[cpid] = `${api}/notifications/daou/${channel.channelKey}`
    merchants.push({ merchantId, impKey, impSecret })
  }
  return { merchants, notificationUrls }
}

async function closeAll({
  parts,
  postgres,
  processes,
}: {
  readonly parts: Parts
  readonly postgres: RunningPostgres
  readonly processes: readonly Supervised[]
}): Promise<void> {
  await Promise.all(processes.map((each) => each.retire('SIGKILL')))
  await parts.close()
  await postgres.stop()
}
