// Every answer tells browsers and proxies the same, whoever made it: a route, a refusal, a failure, the parser of
// requests that are no HTTP. None says what it runs on.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, suite, test } from 'node:test'

import { securityHeaders } from '../../src/http/security-headers.ts'
import { eventually } from '../faults/eventually.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { shutDatabase } from '../faults/database-sabotage.ts'
import { type WatchedRoute, watchRoutes } from './watch-routes.ts'

type Answer = { readonly status: number; readonly headers: Headers; readonly body: string }

const apart = "default-src 'none'; frame-ancestors 'none'"
/** Static files of the docs change with a new version only; nothing in them is anybody's. */
const mayBeStored = /^\/docs\/./

suite('headers', () => {
  let app: TestApp
  let routes: readonly WatchedRoute[]
  before(async () => {
    const environment = { BILLKEY_HSTS_DAYS: '365' }
    const watched = await watchRoutes(() => startTestApp({ environment, role: 'api' }))
    app = watched.started
    routes = watched.routes
  })
  after(() => app?.close())

  function assertSafe({ headers }: Answer, what: string): void {
    assert.equal(headers.get('x-content-type-options'), 'nosniff', what)
    assert.equal(headers.get('referrer-policy'), 'no-referrer', what)
    assert.equal(headers.get('strict-transport-security'), 'max-age=31536000', what)
    assert.equal(headers.get('server'), null, what)
    assert.equal(headers.get('x-powered-by'), null, what)
    assert.equal(headers.get('access-control-allow-origin'), null, what)
    assert.equal(headers.get('set-cookie'), null, what)
    const policy = headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'none'/, what)
    assert.match(policy, /frame-ancestors 'none'/, what)
    assert.doesNotMatch(policy, /unsafe/, what)
    if (!mayBeStored.test(what)) assert.equal(headers.get('cache-control'), 'no-store', what)
  }

  async function ask(method: string, path: string, body?: string): Promise<Answer> {
    const answer = await fetch(app.url + path, { method, ...(body !== undefined && { body }) })
    return { status: answer.status, headers: answer.headers, body: await answer.text() }
  }

  test('stand on every answer of every route, with a token and without one', async () => {
    for (const { method, url } of routes) {
      const path = url.replaceAll(/:(\w+)\??/g, 'x')
      const answer = await ask(method, path)
      assertSafe(answer, path)
      // Pages have scripts of their own; everything else may load nothing.
      if (path === '/docs' || (path.startsWith('/console') && !path.startsWith('/console/api')))
        assert.match(answer.headers.get('content-security-policy') ?? '', /script-src 'self'/)
      else assert.equal(answer.headers.get('content-security-policy'), apart, path)
      if (method === 'GET') assertSafe(await ask('HEAD', path), path)
      assertSafe(await ask('OPTIONS', path), path)
    }
    for (const path of ['/payments/status/all', '/users/pg', '/payments/imps_000000000000']) {
      const { status, headers } = await app.merchant.call('GET', path)
      assertSafe({ status, headers, body: '' }, path)
    }
  })

  test('stand on what the server refuses by itself', async () => {
    const token = '/users/getToken'
    for (const [status, method, path, body] of [
      [404, 'GET', '/nowhere', undefined],
      [404, 'GET', '/docs/../package.json', undefined],
      [405, 'PATCH', token, undefined],
      [400, 'POST', token, '{"imp_key":'],
      [400, 'GET', '/payments/%E0%A4%A', undefined],
      [413, 'POST', token, ' '.repeat(1_200_000)],
      [401, 'GET', '/payments/x', undefined],
      [400, 'POST', token, '<xml/>'],
      [403, 'GET', '/notifications/daou/nobody', undefined],
    ] as const) {
      const answer = await ask(method, path, body)
      assert.equal(answer.status, status, path)
      assertSafe(answer, `${status} ${path}`)
    }
  })

  test('stand on what is written on the socket by hand', async () => {
    for (const [status, request] of [
      [400, 'not http at all\r\n\r\n'],
      [400, 'GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n'],
      [
        400,
        'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      ],
      [431, `GET / HTTP/1.1\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`],
      [431, `GET /${'z'.repeat(40_000)} HTTP/1.1\r\n\r\n`],
      [417, 'GET / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n'],
      [404, 'GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'],
      [404, 'GET /nowhere HTTP/1.0\r\n\r\n'],
      [404, 'TRACE /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ] as const) {
      const answer = await speak(request)
      assert.equal(answer.status, status, request.slice(0, 60))
      assertSafe(answer, request.slice(0, 60))
      assert.ok(!answer.body.includes('yyyy') && !answer.body.includes('zzzz'))
    }
  })

  async function speak(request: string): Promise<Answer> {
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1')
    socket.on('error', () => undefined) // It may be cut in the middle of what we say.
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    socket.end(request)
    await once(socket, 'close')
    const [head = '', body = ''] = text.split('\r\n\r\n')
    const [first = '', ...lines] = head.split('\r\n')
    const pairs = lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()]
    })
    return { status: Number(first.split(' ')[1]), headers: new Headers(pairs), body }
  }

  test('stand on failures of our own', async () => {
    const open = await shutDatabase(app)
    try {
      // What it found a moment ago holds for a second or two.
      const ready = await eventually('not ready', async () => {
        const reply = await fetch(`${app.url}/readyz`)
        return reply.status === 503 ? reply : undefined
      })
      assertSafe({ status: 503, headers: ready.headers, body: await ready.text() }, '/readyz')
      const body = JSON.stringify({ imp_key: 'x', imp_secret: 'y' })
      const failed = await fetch(`${app.url}/users/getToken`, { method: 'POST', body })
      assert.equal(failed.status, 500)
      assertSafe({ status: 500, headers: failed.headers, body: await failed.text() }, '500')
    } finally {
      await open()
    }
  })
})

test('nothing is said of TLS where nobody set it', () => {
  assert.deepEqual(Object.keys(securityHeaders(0)), [
    'x-content-type-options',
    'cache-control',
    'referrer-policy',
    'content-security-policy',
  ])
})
