// For tests: a PG that answers as a script says, over real HTTP, and remembers what reached it.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type Socket } from 'node:net'

import iconv from 'iconv-lite'

import { TestClock } from '../../primitives/clock.ts'
import { Secret } from '../../primitives/secret.ts'
import type { ChargeBillingKeyRequest, Gateway, GatewayContract } from '../gateway.ts'
import { createPayjoaGateway, type PayjoaOptions } from './payjoa.gateway.ts'

export interface Seen {
  readonly step: 'ready' | 'execute'
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly bytes: Buffer
  readonly fields: Record<string, string>
  readonly socket: Socket
}

export type Handler = (seen: Seen, response: ServerResponse) => void

export interface ScriptedPg {
  readonly url: string
  readonly port: number
  readonly seen: Seen[]
  executed(): Seen[]
  /** Replaces the ordinary answer until `reset`. */
  onReady: Handler | null
  onExecute: Handler | null
  /** Forgets what was seen and scripted, and closes the gateways that were made. */
  reset(): Promise<void>
  /** A gateway that may talk to this PG. */
  gateway(change?: Partial<PayjoaOptions>): Gateway
  contract(): GatewayContract
  close(): Promise<void>
}

export const token = 'a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5'
export const autoKey = 'C2025KABCDEFG'
export const linkKey = '5a'.repeat(32)

export async function startScriptedPg(): Promise<ScriptedPg> {
  const seen: Seen[] = []
  const gateways: Gateway[] = []
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const one = await receive(request)
    seen.push(one)
    if (one.step === 'execute') (pg.onExecute ?? approve)(one, response)
    else if (pg.onReady === null) grant(response, pg.url)
    else pg.onReady(one, response)
  }
  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  const pg: ScriptedPg = {
    url: `http://127.0.0.1:${port}`,
    port,
    seen,
    executed: () => seen.filter(({ step }) => step === 'execute'),
    onReady: null,
    onExecute: null,
    reset: async () => {
      pg.onReady = null
      pg.onExecute = null
      seen.length = 0
      await Promise.all(gateways.splice(0).map((gateway) => gateway.close()))
    },
    gateway: (change = {}) => {
      const gateway = createPayjoaGateway({ ...optionsFor(port), ...change })
      gateways.push(gateway)
      return gateway
    },
    contract: () => contractAt(pg.url),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return pg
}

async function receive(request: IncomingMessage): Promise<Seen> {
  const bytes = Buffer.concat((await request.toArray()) as Buffer[])
  return {
    step: request.url === '/pay/ready' ? 'ready' : 'execute',
    url: request.url ?? '',
    headers: request.headers,
    bytes,
    fields: JSON.parse(iconv.decode(bytes, 'cp949')) as Record<string, string>,
    socket: request.socket,
  }
}

/** Long enough for a busy machine; a test that waits for a limit shortens that one. */
export const patient = { connectMs: 5_000, readyReadMs: 5_000, executeReadMs: 5_000 } as const

function optionsFor(port: number): PayjoaOptions {
  return {
    clock: new TestClock(0),
    timeouts: patient,
    connectionsPerHost: 4,
    returnUrlHosts: [`127.0.0.1:${port}`],
    allowPlainHttp: true,
  }
}

function contractAt(baseUrl: string): GatewayContract {
  return {
    contractId: 'CTS00001',
    linkKey: new Secret(linkKey),
    baseUrl,
    productType: 'digital',
    cardRoute: 'D',
    allowsKeyInPlain: true,
    allowsKeyInVerified: true,
    allowsBilling: true,
    unmappable: 'reject',
  }
}

export function grant(response: ServerResponse, base: string): void {
  reply(response, { RETURNURL: `${base}/execute/opaque?a=1`, TOKEN: token })
}

export function approve({ fields }: Seen, response: ServerResponse): void {
  reply(response, {
    RESULTCODE: '0000',
    ERRORMESSAGE: '정상 처리 되었습니다.',
    TOKEN: token,
    DAOUTRX: 'CTS25120112000012345',
    ORDERNO: fields['ORDERNO'] ?? '',
    AMOUNT: fields['AMOUNT'] ?? '',
  })
}

export function reply(response: ServerResponse, fields: Readonly<Record<string, string>>): void {
  response.setHeader('Content-Type', 'application/json; charset=EUC-KR')
  response.end(iconv.encode(JSON.stringify(fields), 'cp949'))
}

export function cutShort(response: ServerResponse): void {
  response.writeHead(200, { 'content-length': '500' })
  response.write('{"RESULTCODE":"0000"', () => response.socket?.destroy())
}

export function portOf(server: { address(): unknown }): number {
  return (server.address() as { port: number }).port
}

export async function findClosedPort(): Promise<number> {
  const server = createTcpServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  server.close()
  await once(server, 'close')
  return port
}

let orderCount = 0

export function byKey(): ChargeBillingKeyRequest {
  orderCount += 1
  return {
    order: {
      orderNumber: `order-${orderCount}`,
      productName: '정기구독',
      buyerName: null,
      buyerEmail: null,
      userId: 'customer-1',
      buyerIp: '192.0.2.1',
    },
    gatewayKey: new Secret(autoKey),
    amountWon: 3_000,
    instalmentMonths: 0,
    tax: { mode: 'taxable', taxFreeWon: 0 },
  }
}
