import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { after, before, describe, it } from 'node:test'

import type { FastifyInstance } from 'fastify'

import { Type } from '../http/json-schema.ts'
import { closeHttpServer, createHttpServer } from '../http/server.ts'
import type { LiveSession } from '../operators/session.ts'
import { merchantId, randomIds } from '../primitives/ids.ts'
import { createLogger } from '../telemetry/logger.ts'
import { consoleCall, consoleRoute } from './console-call.ts'
import { signedIn } from './console-caller.ts'
import { consoleRefusal } from './console-error.ts'
import { maybe } from './console-schema.ts'
import { registerConsole } from './register-console.ts'

const nobody = { mustDo: null, nextToken: null, startedAtMs: 0, seenAtMs: 0, csrfToken: 'csrf' }
const session = (role: LiveSession['role'], more: Partial<LiveSession> = {}): LiveSession => ({
  ...nobody,
  merchantId: merchantId(7),
  sessionId: 's',
  operatorId: 'o',
  email: `${role}@shop.example`,
  role,
  ...more,
})

const sessionsByToken: Readonly<Record<string, LiveSession>> = {
  viewer: session('viewer'),
  operator: session('operator'),
  fresh: session('owner', { mustDo: 'change_password' }),
  old: session('viewer', { nextToken: 'viewer' }),
}

const echo = consoleCall({
  name: 'echo',
  method: 'POST',
  url: '/echo/:id',
  summary: 'Gives back what it was given',
  access: 'operator',
  params: Type.Object({
    id: Type.String({ maxLength: 5 }),
    amountWon: Type.Integer({ minimum: 1 }),
    note: Type.Optional(maybe(Type.String())),
    limit: Type.Integer({ default: 50 }),
    filter: Type.Optional(Type.Object({ q: Type.String() }, { additionalProperties: false })),
  }),
  response: Type.Object({ text: Type.String(), actor: Type.String() }),
})

const look = consoleCall({
  name: 'look',
  method: 'GET',
  url: '/look',
  summary: 'Looks',
  access: 'viewer',
  params: Type.Object({
    limit: Type.Integer({ default: 50, maximum: 200 }),
    isOpen: Type.Optional(Type.Boolean()),
    ids: Type.Optional(Type.Array(Type.String())),
  }),
  response: Type.Object({ text: Type.String(), part: maybe(Type.Object({ a: Type.Integer() })) }),
})

const open = consoleCall({
  name: 'open',
  method: 'POST',
  url: '/open',
  summary: 'For anybody',
  access: 'anyone',
  params: Type.Object({}),
  response: Type.Object({ ok: Type.Boolean() }),
})

const refuses = consoleCall({ ...look, name: 'refuses', url: '/refuses' })
const breaks = consoleCall({ ...look, name: 'breaks', url: '/breaks' })

let app: FastifyInstance
let url: string

before(async () => {
  const logger = createLogger({ level: 'silent', destination: new Writable() })
  app = createHttpServer({ logger, ids: randomIds, trustedProxies: ['127.0.0.1'] })
  registerConsole(app, {
    log: logger,
    document: { openapi: '3.1.1' },
    findSession: async (token) => sessionsByToken[token],
    routes: [
      consoleRoute(echo, async (input, caller) => {
        const answer = { text: JSON.stringify(input), actor: signedIn(caller).actor }
        return { ...answer, secret: 'never sent' }
      }),
      consoleRoute(look, async (input) => ({ text: JSON.stringify(input), part: null })),
      consoleRoute(open, async (_, caller) => {
        caller.setToken('new')
        return { ok: true }
      }),
      consoleRoute(refuses, async () => {
        throw consoleRefusal('clock_advancing', 'The clock is being advanced.')
      }),
      consoleRoute(breaks, async () => {
        throw new Error('a secret of the inside')
      }),
    ],
  })
  url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/console/api`
})
after(() => closeHttpServer(app, 1_000))

interface Answer {
  readonly status: number
  readonly headers: Headers
  // oxlint-disable-next-line typescript/no-explicit-any -- looked into by name
  readonly body: any
}

async function call(
  method: string,
  path: string,
  given: {
    readonly token?: string
    readonly headers?: Record<string, string>
    readonly body?: unknown
  } = {},
): Promise<Answer> {
  const { token, headers = {}, body } = given
  const reply = await fetch(url + path, {
    method,
    headers: {
      ...(token !== undefined && { cookie: `other=1; billkey=${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  return { status: reply.status, headers: reply.headers, body: await reply.json() }
}

const csrf = { 'x-billkey-csrf': 'csrf' }
const post = { token: 'operator', headers: csrf, body: { amountWon: 5 } }

describe('who may call', () => {
  it('nobody who is not signed in', async () => {
    const bare = await call('GET', '/look')
    assert.equal(bare.status, 401)
    assert.equal(bare.body.error.code, 'not_signed_in')
    assert.equal(bare.headers.get('set-cookie'), null)
    const stale = await call('GET', '/look', { token: 'gone' })
    assert.equal(stale.status, 401)
    assert.equal(stale.headers.get('set-cookie'), null)
  })

  it('a role that is too small looks and does not act', async () => {
    assert.equal((await call('GET', '/look', { token: 'viewer' })).status, 200)
    const act = await call('POST', '/echo/1', { ...post, token: 'viewer' })
    assert.equal(act.status, 403)
    assert.equal(act.body.error.code, 'forbidden')
    assert.equal((await call('POST', '/echo/1', post)).status, 200)
  })

  it('nobody who has to change a password first', async () => {
    const look = await call('GET', '/look', { token: 'fresh' })
    assert.equal(look.status, 403)
    assert.equal(look.body.error.code, 'password_change_required')
  })
})

describe('a change made by another site', () => {
  it('is refused by its token, its origin and its site', async () => {
    const without = await call('POST', '/echo/1', { ...post, headers: {} })
    assert.equal(without.body.error.code, 'csrf_refused')
    const strange: readonly Record<string, string>[] = [
      { ...csrf, origin: 'https://evil.example' },
      { ...csrf, 'sec-fetch-site': 'same-site' },
      { ...csrf, 'sec-fetch-site': 'cross-site' },
      { ...csrf, origin: 'null' },
    ]
    for (const headers of strange) {
      const refused = await call('POST', '/echo/1', { ...post, headers })
      assert.equal(refused.status, 403, JSON.stringify(headers))
      assert.equal(refused.body.error.code, 'csrf_refused')
      assert.equal((await call('POST', '/open', { headers })).status, 403)
    }
    const own = { ...csrf, origin: new URL(url).origin, 'sec-fetch-site': 'same-origin' }
    assert.equal((await call('POST', '/echo/1', { ...post, headers: own })).status, 200)
  })

  it('cannot be a form', async () => {
    const form = { ...csrf, 'content-type': 'application/x-www-form-urlencoded' }
    const refused = await call('POST', '/echo/1', { ...post, headers: form, body: 'amountWon=5' })
    assert.equal(refused.status, 415)
  })
})

describe('the cookie', () => {
  it('has the flags of plain HTTP on this machine', async () => {
    const { headers } = await call('POST', '/open')
    assert.equal(
      headers.get('set-cookie'),
      'billkey=new; Path=/console; Max-Age=43200; HttpOnly; SameSite=Strict',
    )
  })

  it('is of this host alone behind TLS, and the plain one is not looked at', async () => {
    const https = { 'x-forwarded-proto': 'https' }
    const { headers } = await call('POST', '/open', { headers: https })
    assert.equal(
      headers.get('set-cookie'),
      '__Host-billkey=new; Path=/; Secure; Max-Age=43200; HttpOnly; SameSite=Strict',
    )
    assert.equal((await call('GET', '/look', { token: 'viewer', headers: https })).status, 401)
    const cookie = '__Host-billkey=viewer'
    assert.equal((await call('GET', '/look', { headers: { ...https, cookie } })).status, 200)
  })

  it('is replaced when its session has a new token', async () => {
    const { headers, status } = await call('GET', '/look', { token: 'old' })
    assert.equal(status, 200)
    assert.match(headers.get('set-cookie') ?? '', /^billkey=viewer;/)
  })
})

describe('parameters', () => {
  it('come from path, query and body, with defaults, as their types', async () => {
    const posted = await call('POST', '/echo/1', { ...post, body: { amountWon: 5, note: null } })
    assert.deepEqual(JSON.parse(posted.body.text), { limit: 50, amountWon: 5, note: null, id: '1' })
    const got = await call('GET', '/look?limit=20&isOpen=true&ids=a,b&ids=c', { token: 'viewer' })
    assert.deepEqual(JSON.parse(got.body.text), { limit: 20, isOpen: true, ids: ['a', 'b', 'c'] })
  })

  it('that are wrong are all named, nested ones too', async () => {
    const body = { amountWon: '5', extra: 1, filter: { q: 1, other: 2 } }
    const refused = await call('POST', '/echo/123456', { ...post, body })
    assert.equal(refused.status, 400)
    assert.deepEqual(refused.body.error.fields, {
      amountWon: 'malformed',
      extra: 'unknown',
      id: 'too_long',
      'filter.q': 'malformed',
      'filter.other': 'unknown',
    })
    const missing = await call('POST', '/echo/1', { ...post, body: {} })
    assert.deepEqual(missing.body.error.fields, { amountWon: 'missing' })
    const tooMuch = await call('GET', '/look?limit=201&isOpen=1', { token: 'viewer' })
    assert.deepEqual(tooMuch.body.error.fields, { limit: 'too_large', isOpen: 'malformed' })
  })

  it('are refused when the body is no JSON object', async () => {
    for (const body of ['{', '[1]', '"x"', 'null']) {
      const refused = await call('POST', '/echo/1', { ...post, body })
      assert.equal(refused.status, 400, body)
      assert.equal(refused.body.error.code, 'bad_request')
    }
    const large = { amountWon: 5, note: 'x'.repeat(200_000) }
    assert.equal((await call('POST', '/echo/1', { ...post, body: large })).status, 413)
  })
})

describe('an answer', () => {
  it('holds nothing that its schema does not name', async () => {
    const { body } = await call('POST', '/echo/1', post)
    assert.deepEqual(Object.keys(body), ['text', 'actor'])
    assert.equal(body.actor, 'operator:operator@shop.example')
  })

  it('that refuses has a code, a sentence and the id of its request', async () => {
    const { status, body, headers } = await call('GET', '/refuses', { token: 'viewer' })
    assert.equal(status, 409)
    assert.deepEqual(body, {
      error: {
        code: 'clock_advancing',
        message: 'The clock is being advanced.',
        fields: null,
        requestId: headers.get('x-request-id'),
      },
    })
    assert.equal((await call('GET', '/nothing')).body.error.code, 'not_found')
  })

  it('says nothing of the inside when something broke', async () => {
    const { status, body } = await call('GET', '/breaks', { token: 'viewer' })
    assert.equal(status, 500)
    assert.equal(body.error.code, 'internal_error')
    assert.ok(!JSON.stringify(body).includes('secret'))
  })
})
