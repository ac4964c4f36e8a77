// A browser without a face: keeps the cookie and the CSRF token of one operator, sends JSON, and holds every answer
// against the contract.

import assert from 'node:assert/strict'

import { Compile } from 'typebox/compile'
import type { TSchema } from 'typebox'

import { consoleAreas } from '../../src/console/console-api.ts'
import type { ConsoleCall } from '../../src/console/console-call.ts'
import { addOperator } from '../../src/operators/manage-operators.ts'
import type { OperatorRole } from '../../src/operators/role.ts'
import { startSession } from '../../src/operators/start-session.ts'
import type { MerchantId } from '../../src/primitives/ids.ts'
import { Secret } from '../../src/primitives/secret.ts'
import type { TestApp } from '../support/app.ts'

export interface ConsoleReply {
  readonly status: number
  readonly headers: Headers
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers by name
  readonly body: any
}

export interface ConsoleClient {
  readonly email: string
  /** The cookie's value; tests may change it. */
  token: string | null
  csrfToken: string | null
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<ConsoleReply>
  /** The same, of a call that must succeed. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  ok(method: string, path: string, body?: unknown): Promise<any>
  /** The same, of a call that must be refused so. */
  refused(code: string, method: string, path: string, body?: unknown): Promise<ConsoleReply>
}

const calls = Object.values(consoleAreas).flat()

/** Nobody yet. */
export function openConsole(url: string, email = ''): ConsoleClient {
  const client: ConsoleClient = {
    email,
    token: null,
    csrfToken: null,
    async call(method, path, body, headers = {}) {
      const reply = await fetch(`${url}/console/api${path}`, {
        method,
        headers: {
          ...(client.token !== null && { cookie: `billkey=${client.token}` }),
          ...(client.csrfToken !== null && { 'x-billkey-csrf': client.csrfToken }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      keepCookie(client, reply)
      const isJson = reply.headers.get('content-type')?.startsWith('application/json') === true
      const answer: unknown = isJson ? await reply.json() : await reply.text()
      if (reply.status === 200 && isJson) assertFits(method, path, answer)
      const csrf = (answer as { csrfToken?: string; session?: { csrfToken?: string } | null }) ?? {}
      client.csrfToken = csrf.csrfToken ?? csrf.session?.csrfToken ?? client.csrfToken
      return { status: reply.status, headers: reply.headers, body: answer }
    },
    async ok(method, path, body) {
      const reply = await client.call(method, path, body)
      assert.equal(reply.status, 200, JSON.stringify(reply.body))
      return reply.body
    },
    async refused(code, method, path, body) {
      const reply = await client.call(method, path, body)
      assert.equal(reply.body.error?.code, code, JSON.stringify(reply.body))
      return reply
    },
  }
  return client
}

function keepCookie(client: ConsoleClient, reply: Response): void {
  for (const cookie of reply.headers.getSetCookie()) {
    const value = /^billkey=([^;]*)/.exec(cookie)?.[1]
    if (value !== undefined) client.token = value === '' ? null : value
  }
}

const validators = new Map<ConsoleCall, ReturnType<typeof Compile>>()

/** Every field is there, and no other: what the console's types promise is what is sent. */
function assertFits(method: string, path: string, answer: unknown): void {
  const [plain = ''] = path.split('?')
  const call = calls
    .filter((one) => one.method === method && patternOf(one.url).test(plain))
    .sort((a, b) => (a.url.match(/:/g) ?? []).length - (b.url.match(/:/g) ?? []).length)[0]
  if (call === undefined) return
  let validator = validators.get(call)
  if (validator === undefined) {
    validator = Compile(closed(call.response) as TSchema)
    validators.set(call, validator)
  }
  const faults = validator.Errors(answer)
  assert.deepEqual(faults.slice(0, 3), [], `${method} ${path}: ${JSON.stringify(answer)}`)
}

function patternOf(url: string): RegExp {
  return new RegExp(`^${url.replaceAll(/:\w+/g, '[^/]+')}$`)
}

function closed(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema
  if (Array.isArray(schema)) return schema.map(closed)
  const members = Object.fromEntries(
    Object.entries(schema).map(([word, member]) => [word, closed(member)]),
  )
  return 'properties' in members ? { additionalProperties: false, ...members } : members
}

let count = 0

/** An operator who is signed in, without the work of a password. */
export async function signedInAs(
  app: TestApp,
  role: OperatorRole,
  merchantId: MerchantId = app.merchant.merchantId,
): Promise<ConsoleClient> {
  count += 1
  const email = `${role}-${count}@shop.example`
  const password = new Secret('a long and quiet river 7')
  const wanted = { merchantId, email, name: role, role, password }
  const added = await addOperator(app.parts, wanted, 'test')
  assert.equal(added.kind, 'added')
  if (added.kind !== 'added') throw new Error('not added')
  const browser = { clientIp: '127.0.0.1', userAgent: 'test' }
  const client = openConsole(app.url, email)
  client.token = (await startSession(app.parts, added.operator, browser, false)).token
  await client.ok('GET', '/session')
  return client
}
