// A whole billkey for a test file: a real database of its own, the simulator over real HTTP, a merchant with a
// channel, and a client that sends what is asked of it and judges nothing.

import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startSimulator, type Simulator } from '../../simulator/simulator.ts'
import type { NewChannel } from '../../src/accounts/add-channel.ts'
import type { Channel } from '../../src/accounts/channel.ts'
import { sandboxContract } from '../../src/commands/sandbox-merchant.ts'
import { openEverything, type Parts } from '../../src/compose/parts.ts'
import { type Role, type Server, startServer } from '../../src/compose/server.ts'
import { type Config, readConfig } from '../../src/config.ts'
import type { Clock } from '../../src/primitives/clock.ts'
import type { IdSource, MerchantId } from '../../src/primitives/ids.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { createTestDatabase } from './database.ts'
import { addSimulatedMerchant } from './simulated-merchant.ts'

export interface V1Reply {
  readonly status: number
  readonly headers: Headers
  /** The envelope, parsed; `response` is whatever V1 gave. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into V1's answers by name
  readonly body: { code: number; message: string | null; response: any }
}

export interface TestMerchant {
  readonly merchantId: MerchantId
  readonly impKey: string
  readonly impSecret: string
  readonly channel: Channel
  /** Calls the API as this merchant, with a live token. A body that is no string is sent as JSON. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<V1Reply>
}

export interface TestApp {
  readonly url: string
  readonly parts: Parts
  readonly server: Server
  readonly simulator: Simulator
  readonly merchant: TestMerchant
  /** Everything that was logged, as text. */
  readonly logged: () => string
  addMerchant(channel?: Partial<NewChannel>): Promise<TestMerchant>
  close(): Promise<void>
}

/** Starts everything in this process; `environment` overrides settings, `simulator` the simulator's. */
export async function startTestApp(
  options: {
    readonly environment?: Record<string, string>
    readonly simulator?: Partial<Parameters<typeof startSimulator>[0]>
    readonly channel?: Partial<NewChannel>
    /** Stands for the machine's clock; the gateway's time limits stay real. */
    readonly clock?: Clock
    /** Stands for randomness, so that a run can be repeated. */
    readonly ids?: IdSource
    /** The gateway tells of itself: notifications go to the server, and the merchant's channel has its daily files. */
    readonly tells?: boolean
    /** Default `all`; `api` leaves the work to other processes. */
    readonly role?: Role
    /** Default debug. */
    readonly logLevel?: string
    /** Puts something between the server and its database: gives the address to use instead. */
    readonly databaseVia?: (connectionString: string) => Promise<string>
  } = {},
): Promise<TestApp> {
  const database = await createTestDatabase()
  const ledger = join(tmpdir(), `billkey-ledger-${randomBytes(8).toString('hex')}.ndjson`)
  const simulator = await startSimulator({ port: 0, ledgerFile: ledger, ...options.simulator })
  const lines: string[] = []
  const log = createLogger({
    level: options.logLevel ?? 'debug',
    destination: { write: (line) => void lines.push(line) },
  })
  const via = options.databaseVia ?? (async (connectionString: string) => connectionString)
  const config: Config = readConfig({
    DATABASE_URL: await via(database.connectionString),
    BILLKEY_PORT: '0',
    BILLKEY_DATA_DIR: tmpdir(),
    // Tests of faults order many in a row.
    BILLKEY_BREAKER_AFTER: '10000',
    BILLKEY_MASTER_KEY: randomBytes(32).toString('base64'),
    ...options.environment,
  })
  const { clock, ids } = options
  const parts = await openEverything(config, {
    isSandbox: true,
    log,
    passwordCost: { ln: 8, r: 8, p: 1 },
    migrates: false,
    ...(clock && { clock }),
    ...(ids && { ids }),
  })
  const server = await startServer(parts, options.role ?? 'all')
  const report = { baseUrl: simulator.url, password: sandboxContract.reportPassword }
  const addMerchant = (channel?: Partial<NewChannel>) =>
    createMerchant(parts, server.url, {
      baseUrl: simulator.url,
      channel: { ...(options.tells === true && { report }), ...options.channel, ...channel },
    })
  const close = async () => {
    await server.stop()
    await parts.close()
    await simulator.close()
    await database.drop()
  }
  // What is left running would keep the test's process alive for ever instead of failing it.
  const merchant = await addMerchant().catch(async (error: unknown) => {
    await close()
    throw error
  })
  if (options.tells === true) await sendNotifications(simulator.url, server.url, merchant)
  const logged = () => lines.join('')
  return { url: server.url, parts, server, simulator, merchant, logged, addMerchant, close }
}

/** Points the simulator's notifications at the merchant's channel. */
export async function sendNotifications(
  simulatorUrl: string,
  serverUrl: string,
  { channel }: Pick<TestMerchant, 'channel'>,
): Promise<void> {
  const to = `${serverUrl}/notifications/daou/${channel.channelKey}`
  await fetch(`${simulatorUrl}/_settings`, {
    method: 'POST',
    body: JSON.stringify({ notificationUrls: { '*': to } }),
  })
}

async function createMerchant(
  parts: Parts,
  url: string,
  { baseUrl, channel }: { readonly baseUrl: string; readonly channel: Partial<NewChannel> },
): Promise<TestMerchant> {
  const { pgId = sandboxContract.cpid } = channel
  const added = await addSimulatedMerchant(parts, {
    name: 'test',
    cpid: pgId,
    simulatorUrl: baseUrl,
    channel: {
      name: 'test channel',
      linkKey: sandboxContract.linkKey,
      rateCapPerSecond: 1000,
      ...channel,
    },
  })
  let token: Promise<string> | undefined
  return {
    ...added,
    async call(method, path, body, headers = {}) {
      token ??= getToken(url, added.impKey, added.impSecret)
      return callV1(url, method, path, {
        body,
        headers: { authorization: await token, ...headers },
      })
    },
  }
}

async function getToken(url: string, impKey: string, impSecret: string): Promise<string> {
  const { body } = await callV1(url, 'POST', '/users/getToken', {
    body: { imp_key: impKey, imp_secret: impSecret },
    headers: {},
  })
  return (body.response as { access_token: string }).access_token
}

/** One call with nothing added but a JSON content type for a body that is no string. */
export async function callV1(
  url: string,
  method: string,
  path: string,
  request: { readonly body?: unknown; readonly headers?: Record<string, string> },
): Promise<V1Reply> {
  const { body, headers = {} } = request
  const isText = typeof body === 'string'
  const reply = await fetch(url + path, {
    method,
    headers: {
      ...(body === undefined || isText ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
  })
  return {
    status: reply.status,
    headers: reply.headers,
    body: (await reply.json()) as V1Reply['body'],
  }
}
