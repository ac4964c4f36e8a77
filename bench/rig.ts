// Everything that is measured, running, each part a process of its own: PostgreSQL as billkey starts it (durable), the
// simulator, a receiver of webhooks, an API node, a worker, the bare servers, and the load.

import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { createApiKey } from '../src/accounts/create-api-key.ts'
import { openEverything, type Parts } from '../src/compose/parts.ts'
import { readConfig } from '../src/config.ts'
import { adHocSql } from '../src/db/database.ts'
import { startEmbeddedPostgres } from '../src/db/embedded-postgres.ts'
import { migrate } from '../src/db/migrate.ts'
import type { RunningPostgres } from '../src/db/start-server.ts'
import { silentLog } from '../src/db/storage-log.ts'
import { createLogger } from '../src/telemetry/logger.ts'
import { setEndpoint } from '../src/webhooks/set-endpoint.ts'
import { endsWithParent, fileOf, freePort, launch } from '../test/support/child-program.ts'
import { addSimulatedMerchant, type SimulatedMerchant } from '../test/support/simulated-merchant.ts'
import { type LoadProcess, startLoadProcess } from './load/load-process.ts'
import { profilingOptions } from './profile-text.ts'

export interface Process {
  readonly name: string
  readonly pid: number
  readonly url: string
  /** SIGTERM, and waits for its end. */
  stop(): Promise<void>
}

export interface Rig {
  readonly dir: string
  readonly parts: Parts
  readonly postgres: RunningPostgres
  readonly postmasterPid: number
  readonly databaseUrl: string
  readonly receiver: Process
  readonly load: LoadProcess
  readonly merchant: SimulatedMerchant
  /** The one that runs; started anew where a row wants other settings. */
  simulator: Process
  api: Process
  worker: Process | null
  /** Environment of every billkey process. */
  readonly environment: Readonly<Record<string, string>>
  /** Where profiles of billkey's processes go when they end; null: they are not profiled. */
  readonly profileDir: string | null
  /** May be called twice. */
  close(): Promise<void>
}

type Foundation = Pick<Rig, 'dir' | 'environment' | 'profileDir'>

export const cpid = 'CTS00001'
/** As docs/simulator.md makes it from the CPID. */
export const linkKey = '00000001'.repeat(8)
/** Billing keys that charges are spread over. */
export const customers = 50

/** Starts are many and not what is measured here; `rows/start.ts` does without. */
const compileCache = fileOf('.billkey/bench-compiled')

/** `name` names its log file too. */
export async function startProcess(
  rig: { readonly dir: string },
  program: {
    readonly name: string
    readonly args: readonly string[]
    readonly readyText: string
    readonly port: number
    readonly environment?: Readonly<Record<string, string>>
  },
): Promise<Process> {
  const { name, args, readyText, port, environment = {} } = program
  const launched = launch(
    {
      name,
      args: [...endsWithParent, ...args],
      readyText,
      environment: () => ({ NODE_COMPILE_CACHE: compileCache, ...environment }),
    },
    rig.dir,
  )
  await launched.ready
  const { child } = launched
  return {
    name,
    pid: child.pid as number,
    url: `http://127.0.0.1:${port}`,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

export async function startBillkey(
  rig: Foundation,
  role: 'api' | 'worker',
  environment: Readonly<Record<string, string>> = {},
): Promise<Process> {
  const port = await freePort()
  const { profileDir } = rig
  const profiling = profileDir === null ? [] : profilingOptions(profileDir, role)
  return startProcess(rig, {
    name: role,
    port,
    args: [...profiling, fileOf('bin/billkey.js'), 'serve', '--role', role],
    readyText: 'billkey serves',
    environment: {
      ...rig.environment,
      ...asInProduction,
      BILLKEY_PORT: String(port),
      ...environment,
    },
  })
}

/** Of docs/operate/production.md. */
const asInProduction = { NODE_OPTIONS: '--max-semi-space-size=8', MALLOC_ARENA_MAX: '2' }

/** Settings are the simulator's own; without a seed its latencies differ each time. */
export async function startSimulator(
  rig: { readonly dir: string },
  settings: object = {},
  { seed, port }: { readonly seed?: number; readonly port?: number } = {},
): Promise<Process> {
  const at = port ?? (await freePort())
  const ledger = join(rig.dir, 'ledger.ndjson')
  const args = ['--port', String(at), '--ledger', ledger, '--settings', JSON.stringify(settings)]
  return startProcess(rig, {
    name: 'simulator',
    port: at,
    args: [
      fileOf('simulator/main.ts'),
      ...args,
      ...(seed === undefined ? [] : ['--seed', `${seed}`]),
    ],
    readyText: '"ready"',
  })
}

export async function startPeer(
  rig: { readonly dir: string },
  name: 'bare-http' | 'bare-fastify' | 'webhook-counter',
  ...args: readonly string[]
): Promise<Process> {
  const port = await freePort()
  const program = fileOf(`bench/peers/${name}.ts`)
  return startProcess(rig, {
    name,
    port,
    args: [program, String(port), ...args],
    readyText: 'ready',
  })
}

/** Data lies beside the sources and not in a temporary directory, which may be memory: commits must reach a disk. */
export async function startRig({
  name = 'rig',
  profileDir = null,
}: {
  readonly name?: string
  readonly profileDir?: string | null
} = {}): Promise<Rig> {
  const dir = fileOf(`.billkey/bench-${process.pid}-${name}`)
  await mkdir(dir, { recursive: true })
  const postgres = await startEmbeddedPostgres({ dataDir: join(dir, 'pg'), log: silentLog })
  const databaseUrl = postgres.connectionString.reveal()
  const environment = {
    DATABASE_URL: databaseUrl,
    BILLKEY_MASTER_KEY: randomBytes(32).toString('base64'),
    BILLKEY_DATA_DIR: dir,
    BILLKEY_WEBHOOK_ALLOW: '127.0.0.1',
  }
  const foundation: Foundation = { dir, environment, profileDir }
  const [parts, receiver, simulator] = await Promise.all([
    openParts(environment),
    startPeer(foundation, 'webhook-counter'),
    startSimulator(foundation),
  ])
  const [api, worker] = await Promise.all([
    startBillkey(foundation, 'api'),
    startBillkey(foundation, 'worker'),
  ])
  const merchant = await addMerchant(parts, simulator.url, receiver.url)
  // Whoever stops the benchmark and the row that breaks by that both close it.
  let closing: Promise<void> | undefined
  const rig: Rig = {
    ...foundation,
    parts,
    postgres,
    postmasterPid: await readPostmasterPid(parts),
    databaseUrl,
    receiver,
    load: startLoadProcess(),
    merchant,
    simulator,
    api,
    worker,
    close: () => (closing ??= closeAll(rig)),
  }
  await registerCustomers(rig)
  return rig
}

async function closeAll(rig: Rig): Promise<void> {
  await rig.load.stop()
  await Promise.all([rig.api.stop(), rig.worker?.stop()])
  await Promise.all([rig.simulator.stop(), rig.receiver.stop()])
  await rig.parts.close()
  await rig.postgres.stop()
  await rm(rig.dir, { recursive: true, force: true })
}

async function openParts(environment: Readonly<Record<string, string>>): Promise<Parts> {
  const config = readConfig({ ...environment, BILLKEY_POOL_SIZE: '4' })
  const log = createLogger({ level: 'silent' })
  const parts = await openEverything(config, { isSandbox: true, log })
  await migrate(parts.db)
  return parts
}

async function addMerchant(
  parts: Parts,
  simulatorUrl: string,
  receiverUrl: string,
): Promise<SimulatedMerchant> {
  const merchant = await addSimulatedMerchant(parts, { name: 'bench', cpid, simulatorUrl })
  const endpoint = { url: `${receiverUrl}/hook`, actor: 'bench' }
  const set = await setEndpoint(parts, { ...merchant, sandbox: true }, endpoint)
  if (set.kind === 'refused') throw new Error(set.message)
  return merchant
}

/** Of the simulator: it approves. */
export const card = {
  card_number: '1234-1234-1234-1234',
  expiry: '2035-12',
  birth: '820213',
  pwd_2digit: '00',
} as const

async function registerCustomers(rig: Rig): Promise<void> {
  for (let at = 0; at < customers; at += 1) {
    await callApi(rig, 'POST', `/subscribe/customers/customer-${at}`, card)
  }
}

async function readPostmasterPid({ db }: Parts): Promise<number> {
  const text = `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1) as pid`
  const { rows } = await db.query<{ pid: string }>(adHocSql(text))
  return Number(rows[0]?.pid)
}

/** One call as the merchant; rejects when it does not succeed. Gives the body as it came. */
export async function callApi(
  rig: Rig,
  method: string,
  path: string,
  body?: object,
): Promise<string> {
  return callWith(await liveToken(rig), rig, { method, path, ...(body && { body }) })
}

/** The same as whoever the token belongs to, and without asking for one. */
export async function callWith(
  token: string,
  { api }: Pick<Rig, 'api'>,
  {
    method,
    path,
    body,
  }: { readonly method: string; readonly path: string; readonly body?: object },
): Promise<string> {
  const reply = await fetch(api.url + path, {
    method,
    headers: { authorization: token, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await reply.text()
  if (!text.includes('"code":0')) throw new Error(`${method} ${path}: ${text}`)
  return text
}

/** Longer than any measurement; V1's tokens live half an hour and are renewed in their last minute only. */
const tokenLeftSecondsMin = 600

/** A token that outlives the next measurement, if need be of another API key. */
export async function liveToken(rig: Rig): Promise<string> {
  const { impKey, impSecret, merchantId } = rig.merchant
  const first = await getToken(rig, impKey, impSecret)
  if (first.expired_at - Date.now() / 1000 > tokenLeftSecondsMin) return first.access_token
  const another = await createApiKey(rig.parts, merchantId, { actor: 'bench' })
  return (await getToken(rig, another.impKey, another.impSecret.reveal())).access_token
}

export async function getToken(rig: Rig, impKey: string, impSecret: string) {
  const reply = await fetch(`${rig.api.url}/users/getToken`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ imp_key: impKey, imp_secret: impSecret }),
  })
  const { response } = (await reply.json()) as {
    response: { access_token: string; expired_at: number }
  }
  return response
}
