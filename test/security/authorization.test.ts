// What belongs to one merchant does not exist for another. Every route of the running server is called as a stranger
// with every kind of id that another merchant has, wherever the route takes an id, and answers what it answers to an id
// that nobody has, to the byte. Nothing of the owner's changes meanwhile.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { createApiKey } from '../../src/accounts/create-api-key.ts'
import { revokeApiKey } from '../../src/accounts/accounts.store.ts'
import type { BillingKeyView } from '../../src/billing-keys/billing-key.ts'
import { allRoutes } from '../../src/compose/routes.ts'
import { adHocSql } from '../../src/db/database.ts'
import type { V1Route } from '../../src/http/v1-routes.ts'
import type { PaymentView } from '../../src/payments/payment-view.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import { newAct } from '../../src/audit/audit-event.ts'
import { startTestApp, type TestApp, type TestMerchant } from '../support/app.ts'
import { cardFields, cardOf, newOrder } from '../api/orders.ts'
import { billingKeyOf, pageOf, paidOf, responseOf } from '../api/replies.ts'
import { newEntry, registerCard, reserveOne } from '../api/reservations.ts'
import { type Own, plainParameters, routeIds } from './route-ids.ts'
import { type WatchedRoute, watchRoutes } from './watch-routes.ts'

const nobody = { masterKeys: { deriveKey: () => Buffer.alloc(0) } }
const v1Routes: ReadonlyMap<string, V1Route> = new Map(
  allRoutes(nobody as never, {} as never, {} as never).map((route) => [nameOf(route), route]),
)

function nameOf({ method, url }: WatchedRoute): string {
  return `${method} ${url}`
}

const clock = new TestClock(Date.UTC(2026, 4, 1))
let app: TestApp
let routes: readonly WatchedRoute[]
let owner: TestMerchant
let stranger: TestMerchant
let ownersIds: Readonly<Record<string, string>>
let deadTokens: Readonly<Record<string, string>>
let strangersToken: string
let ownersToken: string
let payment: PaymentView
let key: BillingKeyView

before(async () => {
  const environment = {
    BILLKEY_TRUSTED_PROXIES: '127.0.0.1',
    BILLKEY_METRICS_TOKEN: 'what-opens-the-series',
  }
  const watched = await watchRoutes(() => startTestApp({ environment, clock, role: 'api' }))
  app = watched.started
  // The console has a session instead of a token, and a walk of its own: test/console/guard.test.ts.
  routes = watched.routes.filter(({ url }) => !url.startsWith('/console'))
  owner = app.merchant
  stranger = await app.addMerchant()
  deadTokens = await makeDeadTokens()
  ownersIds = await openBusiness()
  await registerCard(stranger, 'strangers-own')
  ownersToken = await tokenOf(owner)
  strangersToken = await tokenOf(stranger)
})
after(() => app?.close())

async function tokenOf(pair: { readonly impKey: string; readonly impSecret: string }) {
  const body = JSON.stringify({ imp_key: pair.impKey, imp_secret: pair.impSecret })
  const reply = await fetch(`${app.url}/users/getToken`, { method: 'POST', body })
  return ((await reply.json()) as { response: { access_token: string } }).response.access_token
}

/** Tokens that were good once, or look as if. */
async function makeDeadTokens() {
  const { merchantId } = owner
  const late = await createApiKey(app.parts, merchantId, { actor: 'test' })
  const expired = await tokenOf({ impKey: late.impKey, impSecret: late.impSecret.reveal() })
  clock.advance(31 * 60_000)
  const gone = await createApiKey(app.parts, merchantId, { actor: 'test' })
  const revoked = await tokenOf({ impKey: gone.impKey, impSecret: gone.impSecret.reveal() })
  await revokeApiKey(app.parts.db, merchantId, gone.impKey, newAct(app.parts, 'test'))
  const live = await tokenOf(owner)
  const forged = live.slice(0, 10) + twinOf(live.slice(10))
  return { expired, revoked, forged, 'another form': 'x'.repeat(40), 'too long': 'a'.repeat(300) }
}

/** Everything of which a merchant has ids. */
async function openBusiness() {
  const named = { customer_uid: 'subscriber-1234', merchant_uid: 'order-1234' }
  const idempotencyKey = 'idempotency-1234'
  const paid = await owner.call('POST', '/subscribe/payments/onetime', newOrder(named), {
    'idempotency-key': idempotencyKey,
  })
  payment = paidOf(paid)
  key = billingKeyOf(await owner.call('GET', '/subscribe/customers/subscriber-1234'))
  const inAWeek = clock.now() / 1000 + 7 * 86_400
  await reserveOne(owner, 'subscriber-1234', newEntry(inAWeek, { merchant_uid: 'later-1234' }))
  const prepared = { merchant_uid: 'prepared-1234', amount: 5000 }
  responseOf(await owner.call('POST', '/payments/prepare', prepared))
  return {
    imp_uid: payment.imp_uid,
    merchant_uid: payment.merchant_uid,
    'reserved merchant_uid': 'later-1234',
    'prepared merchant_uid': 'prepared-1234',
    customer_uid: 'subscriber-1234',
    channel_key: owner.channel.channelKey,
    pg_tid: payment.pg_tid ?? '',
    apply_num: payment.apply_num ?? '',
    imp_key: owner.impKey,
    imp_secret: owner.impSecret,
    access_token: await tokenOf(owner),
    'Idempotency-Key': idempotencyKey,
  }
}

/** An id of the same form that nobody has. */
function twinOf(id: string): string {
  assert.match(id, /\d/)
  return id.replaceAll(/\d/g, (digit) => String((Number(digit) + 5) % 10))
}

interface Answer {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: string
}

let calls = 0

/** One call as the stranger, from an address that has not failed to sign in before. */
async function send(
  method: string,
  path: string,
  options: { readonly body?: string; readonly headers?: Record<string, string> } = {},
): Promise<Answer> {
  calls += 1
  const reply = await fetch(app.url + path, {
    method,
    headers: {
      'x-forwarded-for': `198.18.${Math.floor(calls / 250) % 250}.${calls % 250}`,
      authorization: strangersToken,
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(options.body === undefined ? {} : { body: options.body }),
  })
  const headers = Object.fromEntries(reply.headers)
  delete headers['date']
  const requestId = headers['x-request-id'] ?? 'none'
  delete headers['x-request-id']
  return { status: reply.status, headers, body: (await reply.text()).replaceAll(requestId, '') }
}

type Place = 'path' | 'query' | 'body' | 'header'

function placesOf({ method, url }: WatchedRoute, id: string): readonly Place[] {
  if (new RegExp(`:${id}\\b`).test(url)) return ['path']
  if (id.includes('.')) return ['body']
  return method === 'GET' ? ['query'] : ['query', 'body']
}

interface Aim {
  readonly route: WatchedRoute
  readonly id: string
  readonly place: Place
  readonly value: string
}

/** Calls a route with `value` as one of its ids, and with whatever else it needs. */
function call({ route, id, place, value }: Aim, fresh: string): Promise<Answer> {
  const own: Own = { customerUid: 'strangers-own', nowSeconds: clock.now() / 1000 }
  const fields = { ...routeIds[nameOf(route)]?.fields?.(fresh, own) }
  if (place === 'body' || place === 'path') put(fields, id, value)
  else delete fields[id]
  const query = new URLSearchParams(place === 'query' ? { [id]: value } : {})
  const headers: Record<string, string> = place === 'header' ? { [id]: value } : {}
  if (route.method === 'GET') {
    for (const [name, field] of Object.entries(fields)) query.set(name, String(field))
  }
  return send(route.method, `${pathOf(route, fields)}?${query.toString()}`, {
    headers,
    ...(route.method !== 'GET' && { body: JSON.stringify(fields) }),
  })
}

function pathOf({ url }: WatchedRoute, fields: Readonly<Record<string, unknown>>): string {
  return url.replaceAll(/\/:(\w+)(\??)/g, (_, name: string, optional: string) => {
    const field = fields[name]
    if (field === undefined && optional !== '') return ''
    return `/${encodeURIComponent((field as string | undefined) ?? 'nothing-0000')}`
  })
}

function put(fields: Record<string, unknown>, id: string, value: string): void {
  const [name = '', inner] = id.split('.')
  if (inner === undefined) fields[name] = value
  else for (const item of fields[name] as Record<string, unknown>[]) item[inner] = value
}

/** What may differ between two answers: the id that was asked for; of a success also numbers and what is made of them. */
function comparable({ status, headers, body }: Answer, value: string, fresh: string): Answer {
  const withoutIds = body
    .replaceAll(value, '<id>')
    .replaceAll(encodeURIComponent(value), '<id>')
    .replaceAll(fresh, '<fresh>')
  const isSuccess = body.startsWith('{"code":0,')
  if (!isSuccess) return { status, headers, body: withoutIds }
  const { 'content-length': _, ...rest } = headers
  return {
    status,
    headers: rest,
    body: withoutIds.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}|\d+/g, '#'),
  }
}

interface OwnersState {
  readonly tables: Readonly<Record<string, unknown>>
  readonly gateway: readonly unknown[]
}

/** Every row of the owner's but the log of its requests, and what the gateway did under its orders or with its billing key. */
async function stateOfOwner(): Promise<OwnersState> {
  const { rows } = await app.parts.db.query<{ name: string }>(
    adHocSql(`select table_name as "name" from information_schema.columns
      where table_schema = 'public' and column_name = 'merchant_id' and table_name <> 'request_log'
      order by table_name`),
  )
  const tables: Record<string, unknown> = {}
  for (const { name } of rows) {
    const all = adHocSql(`select row::text from ${name} as row where merchant_id = $1 order by 1`)
    tables[name] = (await app.parts.db.query(all, [owner.merchantId])).rows
  }
  const { entries } = app.simulator.ledger()
  const issued = entries.find(
    ({ orderno, kind }) => orderno.includes(payment.imp_uid) && kind === 'approval',
  )
  return {
    tables,
    gateway: entries.filter(
      ({ orderno, daoutrx, autokeySha256 }) =>
        orderno === payment.imp_uid ||
        daoutrx === payment.pg_tid ||
        (autokeySha256 !== null && autokeySha256 === issued?.autokeySha256),
    ),
  }
}

suite('the walk', () => {
  test('knows every route of the running server, and no other', () => {
    const running = routes.map(nameOf).sort()
    assert.ok(running.length > 40, `${running.length} routes`)
    assert.deepEqual(running, Object.keys(routeIds).sort())
  })

  test('knows of every parameter whether it names something', () => {
    const unknown = [...v1Routes].flatMap(([name, { params }]) =>
      Object.keys(params.properties)
        .filter((parameter) => !plainParameters.has(parameter))
        .filter((parameter) => routeIds[name]?.ids.includes(parameter) !== true)
        .map((parameter) => `${name}: ${parameter}`),
    )
    assert.deepEqual(unknown, [])
  })

  test('finds no route that tells an id of another merchant from one that nobody has', async () => {
    const before = await stateOfOwner()
    assert.ok(before.gateway.length > 0)
    for (const route of routes) await walk(route)
    assert.deepEqual(await stateOfOwner(), before)
  })

  // Kinds are walked side by side, as no two of them share a value; what one of them leaves behind the next route meets.
  async function walk(route: WatchedRoute): Promise<void> {
    for (const id of routeIds[nameOf(route)]?.ids ?? []) {
      for (const place of placesOf(route, id)) {
        await Promise.all(
          kindsFor({ route, id, place }).map(([kind, value]) =>
            assertSame(`the owner's ${kind} as ${id} in its ${place}`, { route, id, place, value }),
          ),
        )
        // Of two things of one instant either may be listed first.
        clock.advance(1_000)
      }
    }
    if (route.method === 'GET') return
    const value = ownersIds['Idempotency-Key'] as string
    const underKey = { route, id: 'Idempotency-Key', place: 'header', value } as const
    await assertSame("the owner's Idempotency-Key", underKey)
  }

  // Query and body are read as one, so beside a body a query need only show that it is read at all.
  function kindsFor({ route, id, place }: Omit<Aim, 'value'>): [string, string][] {
    const all = Object.entries(ownersIds)
    if (place !== 'query' || route.method === 'GET') return all
    return all.filter(([kind]) => kind.includes(id))
  }

  async function assertSame(what: string, aim: Aim): Promise<void> {
    const [foreign, absent] = await Promise.all(
      [aim.value, twinOf(aim.value)].map(async (value) => {
        const fresh = `fresh${String((calls += 1)).padStart(5, '0')}`
        return comparable(await call({ ...aim, value }, fresh), value, fresh)
      }),
    )
    assert.deepEqual(foreign, absent, `${nameOf(aim.route)}: ${what}`)
    assert.ok((foreign?.status ?? 500) < 500, `${nameOf(aim.route)}: ${what}: ${foreign?.body}`)
  }

  test('can tell: the owner itself is answered otherwise, on every route that looks something up', async () => {
    const [asStranger, blind] = [strangersToken, new Set<string>()]
    for (const route of routes.filter(({ method }) => method === 'GET')) {
      const v1 = v1Routes.get(nameOf(route))
      for (const id of v1?.auth === 'token' ? (routeIds[nameOf(route)]?.ids ?? []) : []) {
        if (['code', 'tier_code'].includes(id)) continue
        const place = placesOf(route, id)[0] as Place
        let differences = 0
        for (const value of Object.values(ownersIds)) {
          strangersToken = ownersToken
          const found = await call({ route, id, place, value }, 'fresh')
          strangersToken = asStranger
          const missed = await call({ route, id, place, value }, 'fresh')
          if (found.body !== missed.body) differences += 1
        }
        if (differences === 0) blind.add(`${nameOf(route)}: ${id}`)
      }
    }
    assert.deepEqual([...blind], [])
  })
})

suite('a token', () => {
  const spellings: Readonly<Record<string, (token: string) => [string, Record<string, string>]>> = {
    'raw in Authorization': (token) => ['', { authorization: token }],
    'after Bearer': (token) => ['', { authorization: `Bearer ${token}` }],
    'in X-ImpTokenHeader': (token) => ['', { 'x-imptokenheader': token, authorization: '' }],
    'in the query': (token) => [`?_token=${token}`, { authorization: '' }],
  }

  test('that is absent, expired, revoked or forged opens no route, in no spelling', async () => {
    const guarded = routes.filter((route) => v1Routes.get(nameOf(route))?.auth === 'token')
    assert.ok(guarded.length > 30, `${guarded.length} routes`)
    const before = await stateOfOwner()
    for (const route of guarded) {
      const path = pathOf(route, ownersIds)
      const request = route.method === 'GET' ? {} : { body: JSON.stringify(cardFields()) }
      const without = await send(route.method, path, { ...request, headers: { authorization: '' } })
      assert.equal(without.status, 401, nameOf(route))
      assert.equal(without.body, '{"code":-1,"message":"Unauthorized","response":null}')
      for (const [kind, token] of Object.entries(deadTokens)) {
        const answers = Object.values(spellings).map((spell) => {
          const [query, headers] = spell(token)
          return send(route.method, path + query, { ...request, headers })
        })
        for (const answer of await Promise.all(answers)) {
          assert.deepEqual(answer, without, `${nameOf(route)}: ${kind}`)
        }
      }
    }
    assert.deepEqual(await stateOfOwner(), before)
  })

  test('that is good opens in each of these spellings', async () => {
    for (const [spelling, spell] of Object.entries(spellings)) {
      const [query, headers] = spell(ownersToken)
      const answer = await send('GET', `/payments/${payment.imp_uid}${query}`, { headers })
      assert.equal(answer.status, 200, spelling)
    }
  })

  test('opens nothing of the operator', async () => {
    for (const authorization of [ownersToken, `Bearer ${ownersToken}`]) {
      const answer = await send('GET', seriesUrl, { headers: { authorization } })
      assert.equal(answer.status, 401)
      assert.ok(!answer.body.includes('billkey_'))
    }
    const operator = { authorization: 'Bearer what-opens-the-series' }
    const { status, body } = await send('GET', seriesUrl, { headers: operator })
    assert.equal(status, 200)
    for (const [kind, id] of Object.entries(ownersIds)) {
      // Numbers are among them, and a series is full of those.
      if (!/^\d+$/.test(id)) assert.ok(!body.includes(id), `the series show ${kind}`)
    }
  })

  test('is not needed where nothing of a merchant is shown', async () => {
    const open = routes.filter((route) => v1Routes.get(nameOf(route))?.auth !== 'token')
    for (const { method, url } of open.filter(
      (route) => routeIds[nameOf(route)]?.ids.length === 0 && route.url !== seriesUrl,
    )) {
      const answer = await send(method, url)
      assert.equal(answer.status, 200, url)
      const known = await send(method, url, { headers: { authorization: ownersToken } })
      assert.deepEqual(atAnyTime(answer), atAnyTime(known))
      for (const [kind, id] of Object.entries(ownersIds)) {
        assert.ok(!answer.body.includes(id), `${url} shows ${kind}`)
      }
    }
  })
})

// The series are the operator's, who has a token of his own for them.
const seriesUrl = '/metrics'

/** Without how long ago something was looked at. */
function atAnyTime({ status, headers, body }: Answer): Answer {
  const { 'content-length': _, ...others } = headers
  return { status, headers: others, body: body.replaceAll(/"ageMs":\d+/g, '') }
}

suite('beside each other', () => {
  test('a list holds only what is one’s own', async () => {
    const other = await app.addMerchant()
    for (const path of [
      '/payments/status/all',
      '/payments/status/paid',
      '/subscribe/customers/subscriber-1234/payments',
    ]) {
      assert.equal(pageOf(await other.call('GET', path)).total, 0, path)
      assert.equal(pageOf(await owner.call('GET', path)).total, 1, path)
    }
  })

  test('asked for together with one’s own, another’s is missing', async () => {
    const other = await app.addMerchant()
    const order = newOrder({ customer_uid: 'own' })
    const own = paidOf(await other.call('POST', '/subscribe/payments/onetime', order))
    const asked = `imp_uid[]=${payment.imp_uid}&imp_uid[]=${own.imp_uid}`
    assert.deepEqual(responseOf(await other.call('GET', `/payments?${asked}`), 207), [own])
    const uids = 'customer_uid[]=subscriber-1234&customer_uid[]=own'
    const found = responseOf(await other.call('GET', `/subscribe/customers?${uids}`), 207)
    assert.deepEqual(
      (found as BillingKeyView[]).map(({ customer_uid: uid }) => uid),
      ['own'],
    )
  })

  test('the same customer_uid is another customer at another merchant', async () => {
    const other = await app.addMerchant()
    const path = '/subscribe/customers/subscriber-1234'
    const theirs = billingKeyOf(await other.call('POST', path, cardFields(cardOf('BC카드'))))
    assert.equal(theirs.card_name, 'BC카드')
    assert.deepEqual(billingKeyOf(await owner.call('GET', path)), key)
    billingKeyOf(await other.call('DELETE', path))
    assert.deepEqual(billingKeyOf(await owner.call('GET', path)), key)
  })

  test('each sees its own channels only', async () => {
    for (const merchant of [owner, stranger]) {
      const channels = responseOf(await merchant.call('GET', '/users/pg'))
      assert.deepEqual(
        (channels as { channel_key: string }[]).map(({ channel_key: known }) => known),
        [merchant.channel.channelKey],
      )
    }
  })
})
