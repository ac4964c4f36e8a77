// A merchant's server for webhooks, over real HTTP on loopback: keeps what arrives, byte for byte, and answers as
// it is told to.

import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface ReceivedWebhook {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Gets the response to do with as it likes, the socket included. */
export type Answering = (
  response: ServerResponse,
  received: ReceivedWebhook,
) => void | Promise<void>

export interface WebhookReceiver {
  /** `http://127.0.0.1:port` and no path. */
  readonly url: string
  readonly port: number
  readonly received: ReceivedWebhook[]
  /** From now on; 200 at first. */
  answer(answering: number | Answering): void
  /** Resolves when so many have arrived in all. */
  arrived(count: number): Promise<void>
  close(): Promise<void>
}

/** `wantedPort`: 0 takes any. */
export async function startWebhookReceiver(wantedPort = 0): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = []
  const sockets = new Set<Socket>()
  const waiting: { readonly count: number; readonly tell: () => void }[] = []
  let answering: Answering = answerWith(200)
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const webhook: ReceivedWebhook = {
        method: request.method ?? '',
        target: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      }
      received.push(webhook)
      for (const { count, tell } of waiting) if (received.length >= count) tell()
      void answering(response, webhook)
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
  })
  server.listen(wantedPort, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    received,
    answer(wanted) {
      answering = typeof wanted === 'number' ? answerWith(wanted) : wanted
    },
    arrived: (count) =>
      received.length >= count
        ? Promise.resolve()
        : new Promise((resolve) => waiting.push({ count, tell: resolve })),
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

export function answerWith(status: number, headers: Record<string, string> = {}): Answering {
  return (response) => {
    response.writeHead(status, headers)
    response.end(status === 200 ? 'OK' : `answered ${status}`)
  }
}
