// Connections that are kept between deliveries: for the same server under the same ruling only, and one that was closed
// meanwhile costs the merchant nothing.

import assert from 'node:assert/strict'
import { getEventListeners, once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, test } from 'node:test'

import { createOutboundGuard } from '../../src/webhooks/outbound-guard.ts'
import { postWebhook, v1PostLimits } from '../../src/webhooks/post-webhook.ts'

interface Seen {
  /** The receiver's own address and the sender's port: which connection it was. */
  readonly connection: string
  readonly body: string
}

let server: Server
let seen: Seen[]
let answer: (request: IncomingMessage, response: ServerResponse) => void

beforeEach(async () => {
  seen = []
  answer = (_, response) => response.end('OK')
  server = createServer((request, response) => void take(request, response))
  server.listen(0, '0.0.0.0')
  await once(server, 'listening')
})

afterEach(() => {
  server.close()
  server.closeAllConnections()
})

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = Buffer.concat(await request.toArray()).toString()
  const { localAddress, remotePort } = request.socket
  seen.push({ connection: `${localAddress} ${remotePort}`, body })
  answer(request, response)
}

function post(body: string, ...addresses: readonly string[]) {
  const { port } = server.address() as AddressInfo
  return postWebhook(
    { url: `http://shop.example:${port}/hook`, sandbox: true, headers: {}, body },
    {
      guard: createOutboundGuard({
        allow: ['127.0.0.0/8'],
        allowsInsideForSandbox: false,
        resolve: async () => [...addresses],
      }),
      limit: v1PostLimits.first,
      bodyMs: v1PostLimits.bodyMs,
      signal: stop,
    },
  )
}

const stop = new AbortController().signal

const connections = () => seen.map(({ connection }) => connection)

test('the next delivery to the same server goes by the same connection', async () => {
  for (const body of ['one', 'two', 'three']) {
    const result = await post(body, '127.0.0.1')
    assert.deepEqual(result, { kind: 'answered', status: 200, retryAfter: null, body: 'OK' })
  }
  assert.deepEqual(
    seen.map(({ body }) => body),
    ['one', 'two', 'three'],
  )
  assert.equal(new Set(connections()).size, 1)
})

test('a delivery that is over leaves nothing with the signal of the process', async () => {
  await post('one', '127.0.0.1')
  answer = (request) => void request.socket.destroy()
  await post('two', '127.0.0.1')
  await post('three', '10.0.0.1')
  assert.deepEqual(getEventListeners(stop, 'abort'), [])
})

test('a name that stands for another address gets another connection, to that one', async () => {
  await post('one', '127.0.0.1')
  await post('two', '127.0.0.2')
  await post('three', '127.0.0.1')
  const [first, second, third] = connections()
  assert.match(first ?? '', /^127\.0\.0\.1 /)
  assert.match(second ?? '', /^127\.0\.0\.2 /)
  assert.equal(third, first)
})

test('a kept connection that is closed as it is used again: the webhook is sent once more at once', async () => {
  await post('one', '127.0.0.1')
  answer = (request) => {
    request.socket.destroy()
    answer = (_, response) => response.end('OK')
  }
  const result = await post('two', '127.0.0.1')
  assert.equal(result.kind, 'answered')
  assert.deepEqual(
    seen.map(({ body }) => body),
    ['one', 'two', 'two'],
  )
  const [first, second, third] = connections()
  assert.equal(second, first)
  assert.notEqual(third, first)
})

test('a new connection that is closed is a failure, and waits for its next try', async () => {
  answer = (request) => void request.socket.destroy()
  const result = await post('one', '127.0.0.1')
  assert.equal(result.kind, 'failed')
  assert.equal(seen.length, 1)
})

test('an answer that is not read to its end does not spoil the next one', async () => {
  answer = (_, response) => response.end('x'.repeat(1_000_000))
  const first = await post('one', '127.0.0.1')
  answer = (_, response) => response.end('OK')
  const second = await post('two', '127.0.0.1')
  assert.equal(first.kind === 'answered' && first.body, 'x'.repeat(2_048))
  assert.equal(second.kind === 'answered' && second.body, 'OK')
})
