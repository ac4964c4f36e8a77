// What only a real socket shows: raw bytes, one write, timeouts, a parser's refusal, closing.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import type { HttpTimeouts } from './server.ts'
import { closeHttpServer } from './server.ts'
import { liveToken, startServerUnderTest } from './server-under-test.ts'

const { app, lines } = startServerUnderTest()
before(() => app.listen({ port: 0, host: '127.0.0.1' }))
after(() => closeHttpServer(app, 1000))

function dial(server = app): Socket {
  const { port } = server.server.address() as AddressInfo
  return connect(port, '127.0.0.1')
}

/** Sends bytes as they are and reads until the server closes. */
async function exchange(
  bytes: string | Buffer,
): Promise<{ head: string; body: string; chunks: number }> {
  const socket = dial()
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.write(bytes)
  await once(socket, 'close')
  const [head = '', body = ''] = Buffer.concat(chunks).toString('utf8').split('\r\n\r\n')
  return { head, body, chunks: chunks.length }
}

function request(line: string, headers: string[], body = ''): string {
  const all = ['Host: x', 'Connection: close', `Authorization: ${liveToken}`, ...headers]
  return `${line} HTTP/1.1\r\n${all.join('\r\n')}\r\n\r\n${body}`
}

function responseOf(body: string): unknown {
  return (JSON.parse(body) as { response: unknown }).response
}

describe('bytes that published clients send', () => {
  test('a POST with a JSON type and Content-Length: 0', async () => {
    const { head, body } = await exchange(
      request('POST /subscribe/payments/schedule/m1/retry', [
        'Content-Type: application/json',
        'Content-Length: 0',
      ]),
    )
    assert.match(head, /^HTTP\/1\.1 200 /)
    assert.deepEqual(responseOf(body), { merchant_uid: 'm1' })
  })

  test('a DELETE with a JSON type and no body, a GET with a form type and no body', async () => {
    const gone = await exchange(
      request('DELETE /subscribe/customers/c1?', ['Content-Type: application/json']),
    )
    assert.deepEqual(responseOf(gone.body), { customer_uid: 'c1' })
    const got = await exchange(
      request('GET /payments/imps_1', [
        'Content-Type: application/x-www-form-urlencoded',
        'Content-Length: 0',
      ]),
    )
    assert.deepEqual(responseOf(got.body), { imp_uid: 'imps_1' })
  })

  test('a GET with a body, whose bytes do not disturb the next request of the connection', async () => {
    const first = request('GET /payments/imps_1', ['Content-Length: 9'], '{"a":1}{}').replace(
      'Connection: close\r\n',
      '',
    )
    const { body, head } = await exchange(first + request('GET /payments/imps_2', []))
    assert.match(head, /^HTTP\/1\.1 200 /)
    assert.match(body, /imps_1/)
  })

  test('a naive form: names with leading spaces, raw UTF-8, spaces, no percent-encoding', async () => {
    const form = 'customer_uid=c& merchant_uid=m& amount=1000& name=최초 인증결제'
    const headers = [
      'Content-Type: application/x-www-form-urlencoded',
      `Content-Length: ${Buffer.byteLength(form)}`,
    ]
    const { body } = await exchange(request('POST /subscribe/payments/again/', headers, form))
    assert.deepEqual(responseOf(body), {
      customer_uid: 'c',
      merchant_uid: 'm',
      amount: 1000,
      name: '최초 인증결제',
    })
  })

  test('a body without any Content-Type', async () => {
    const form = 'imp_key=k&imp_secret=s'
    const { body } = await exchange(
      request('POST /users/getToken', [`Content-Length: ${form.length}`], form),
    )
    assert.deepEqual(responseOf(body), { imp_key: 'k', imp_secret: 's' })
  })

  test('no Host header, as HTTP/1.0 scripts send', async () => {
    const { body } = await exchange('GET /whoami HTTP/1.1\r\nConnection: close\r\n\r\n')
    assert.deepEqual(responseOf(body), { clientIp: '127.0.0.1', userAgent: null })
  })

  test('an answer is one write with its length, so that one read gets it whole', async () => {
    const { head, body, chunks } = await exchange(request('GET /payments/imps_1', []))
    assert.equal(chunks, 1)
    assert.match(head, new RegExp(`content-length: ${Buffer.byteLength(body)}(\r\n|$)`, 'i'))
    assert.match(head, /content-type: application\/json; charset=UTF-8(\r\n|$)/i)
    assert.doesNotMatch(head, /transfer-encoding|server:|x-powered-by/i)
  })
})

describe('requests no route sees', () => {
  const broken: Record<string, { bytes: string; status: number }> = {
    'a line that is not HTTP': { bytes: 'hello\r\n\r\n', status: 400 },
    'a header without a colon': { bytes: 'GET / HTTP/1.1\r\nbad header\r\n\r\n', status: 400 },
    'a raw space in the target': {
      bytes: 'GET /payments/a b HTTP/1.1\r\nHost: x\r\n\r\n',
      status: 400,
    },
    'headers too long': {
      bytes: `GET / HTTP/1.1\r\nA: ${'x'.repeat(20_000)}\r\n\r\n`,
      status: 431,
    },
    'a URL too long': { bytes: `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`, status: 431 },
    'two lengths': {
      bytes:
        'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      status: 400,
    },
    'an expectation': { bytes: request('GET /whoami', ['Expect: tea']), status: 417 },
    'an unknown method': { bytes: request('PROPFIND /payments/x', []), status: 405 },
    'raw UTF-8 in the path': { bytes: request('GET /payments/find/주문', []), status: 400 },
    'OPTIONS *': { bytes: request('OPTIONS *', []), status: 404 },
  }
  for (const [name, { bytes, status }] of Object.entries(broken)) {
    test(`${name} is ${status} in an envelope`, async () => {
      const { head, body } = await exchange(bytes)
      assert.match(head, new RegExp(`^HTTP/1.1 ${status} `), head)
      const envelope = JSON.parse(body) as Record<string, unknown>
      assert.equal(envelope['code'], -1)
      assert.equal(envelope['response'], null)
      assert.match(head, /application\/json; charset=UTF-8/)
      assert.match(head, new RegExp(`content-length: ${Buffer.byteLength(body)}(\r\n|$)`, 'i'))
    })
  }

  test('a declared length over 1 MiB is 413 before any byte of it', async () => {
    const { head, body } = await exchange(
      request('POST /payments/cancel', [
        'Content-Length: 2000000',
        'Content-Type: application/json',
      ]),
    )
    assert.match(head, /^HTTP\/1\.1 413 /)
    assert.match(body, /"code":-1/)
  })

  test('a connection that is cut in the middle of a body is no error of ours', async () => {
    const socket = dial()
    const seen = lines.length
    socket.write(
      request(
        'POST /payments/cancel',
        ['Content-Length: 100', 'Content-Type: application/json'],
        '{"a"',
      ),
    )
    await once(socket, 'connect')
    await once(app.server, 'request')
    socket.destroy()
    await until(() => lines.length > seen)
    assert.ok(
      lines.slice(seen).every((line) => line['level'] !== 'error'),
      JSON.stringify(lines.slice(seen)),
    )
  })
})

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

test('closing lets a request in flight finish and then refuses connections', async () => {
  const { app: own } = startServerUnderTest()
  await own.listen({ port: 0, host: '127.0.0.1' })
  const socket = dial(own)
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  const bytes = request('POST /payments/cancel', [
    'Content-Length: 12',
    'Content-Type: application/json',
  ])
  socket.write(bytes)
  await once(own.server, 'request')
  const closed = closeHttpServer(own, 60_000)
  socket.write('{"reason":1}')
  await once(socket, 'close')
  await closed
  assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 200 [^]*"reason":"1"/)
  assert.equal(own.server.listening, false)
})

test('a request that arrives on a busy connection while closing is still served', async () => {
  const { app: own } = startServerUnderTest()
  await own.listen({ port: 0, host: '127.0.0.1' })
  const socket = dial(own)
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  const first = request('POST /payments/cancel', [
    'Content-Length: 2',
    'Content-Type: application/json',
  ])
  socket.write(first.replace('Connection: close\r\n', ''))
  await once(own.server, 'request')
  const closed = closeHttpServer(own, 60_000)
  await until(() => !own.server.listening)
  socket.write(`{}${request('GET /payments/imps_2', [])}`)
  await once(socket, 'close')
  await closed
  const statuses = Buffer.concat(chunks)
    .toString()
    .match(/HTTP\/1\.1 \d+/g)
  assert.deepEqual(statuses, ['HTTP/1.1 200', 'HTTP/1.1 200'])
})

test('closing cuts a request that outlives the grace', async () => {
  const { app: own } = startServerUnderTest()
  await own.listen({ port: 0, host: '127.0.0.1' })
  const socket = dial(own)
  socket.on('error', () => {})
  socket.write(request('POST /payments/cancel', ['Content-Length: 12']))
  await once(own.server, 'request')
  await Promise.all([closeHttpServer(own, 1), once(socket, 'close')])
  assert.equal(own.server.listening, false)
})

test('the limits that protect against slow clients are set', async () => {
  const timeouts: HttpTimeouts = { requestMs: 4000, headersMs: 3000, keepAliveMs: 2000 }
  const { app: own } = startServerUnderTest(timeouts)
  await own.ready()
  assert.equal(own.server.requestTimeout, 4000)
  assert.equal(own.server.headersTimeout, 3000)
  assert.equal(own.server.keepAliveTimeout, 2000)
  await own.close()
})
