import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import * as fc from 'fast-check'
import {
  liveToken,
  responseOf,
  send,
  startServerUnderTest,
  type Envelope,
} from './server-under-test.ts'

const { app, lines } = startServerUnderTest()
after(() => app.close())

const json = { 'content-type': 'application/json' }
const again = '/subscribe/payments/again'
const charge = { customer_uid: 'c', merchant_uid: 'm', amount: 1000 }

describe('the envelope', () => {
  test('a success is HTTP 200 with the integer 0, null message, exact type and a length', async () => {
    const { answer } = await send(app, { method: 'GET', url: '/payments/imps_1' })
    assert.equal(answer.body, '{"code":0,"message":null,"response":{"imp_uid":"imps_1"}}')
    assert.equal(answer.headers['content-type'], 'application/json; charset=UTF-8')
    assert.equal(Number(answer.headers['content-length']), answer.rawPayload.length)
    assert.equal(answer.headers['transfer-encoding'], undefined)
  })

  test('a POST answers 200, never 201', async () => {
    const { answer } = await send(app, { method: 'POST', url: again, payload: charge })
    assert.equal(answer.statusCode, 200)
  })

  test('every answer forbids sniffing and storing, carries an id and names no server', async () => {
    for (const url of ['/payments/x', '/nowhere', '/payments/%E0%A4%A', '/explode']) {
      const { answer } = await send(app, { method: 'GET', url })
      assert.equal(answer.headers['x-content-type-options'], 'nosniff', url)
      assert.equal(answer.headers['cache-control'], 'no-store', url)
      assert.match(String(answer.headers['x-request-id']), /^[0-9a-f]{8}\.[0-9a-z]+$/, url)
      assert.equal(answer.headers['server'], undefined)
      assert.equal(answer.headers['x-powered-by'], undefined)
    }
  })

  test('a paged list has numbers for neighbours, keeps nulls and drops undeclared fields', async () => {
    const url = '/subscribe/payments/schedule?from=1&to=2'
    assert.deepEqual(await responseOf(app, { method: 'GET', url }), {
      total: 41,
      previous: 0,
      next: 2,
      list: [{ name: null }],
    })
    const last = await responseOf(app, { method: 'GET', url: `${url}&page=3` })
    assert.deepEqual(last, { total: 41, previous: 2, next: 0, list: [{ name: null }] })
  })

  test('a multi-get that found some answers 207 with code 0, none 404', async () => {
    const some = await send(app, {
      method: 'GET',
      url: '/subscribe/customers?customer_uid[]=a&customer_uid[]=b',
    })
    assert.equal(some.answer.statusCode, 207)
    assert.deepEqual(some.envelope, { code: 0, message: null, response: [{ customer_uid: 'a' }] })
    assert.equal(some.answer.headers['content-type'], 'application/json; charset=UTF-8')
    const none = await send(app, { method: 'GET', url: '/subscribe/customers?customer_uid=b' })
    assert.equal(none.answer.statusCode, 404)
    assert.deepEqual(none.envelope, { code: -1, message: '없습니다.', response: null })
  })

  test('a business refusal is HTTP 200 with code 1', async () => {
    const { answer, envelope } = await send(app, { method: 'GET', url: '/subscribe/customers/x' })
    assert.equal(answer.statusCode, 200)
    assert.deepEqual(envelope, {
      code: 1,
      message: '등록된 정보를 찾을 수 없습니다.',
      response: null,
    })
  })
})

describe('the token', () => {
  const spellings: Record<string, { headers?: Record<string, string>; query?: string }> = {
    'raw Authorization': { headers: { authorization: liveToken } },
    Bearer: { headers: { authorization: `Bearer ${liveToken}` } },
    'bearer in lower case with spaces': { headers: { authorization: `bearer   ${liveToken} ` } },
    'X-ImpTokenHeader': { headers: { 'X-ImpTokenHeader': liveToken } },
    'X-ImpTokenHeader beside an empty Authorization': {
      headers: { authorization: '', 'x-imptokenheader': liveToken },
    },
    '_token in the query': { query: `?_token=${liveToken}` },
    'Authorization before X-ImpTokenHeader': {
      headers: { authorization: liveToken, 'x-imptokenheader': 'stale' },
    },
  }
  for (const [name, { headers = {}, query = '' }] of Object.entries(spellings)) {
    test(`${name} is accepted`, async () => {
      const answer = await app.inject({ url: `/payments/imps_1${query}`, headers })
      assert.equal(answer.statusCode, 200)
    })
  }

  const strangers: Record<string, Record<string, string>> = {
    'no token': {},
    'an unknown token': { authorization: 'x'.repeat(40) },
    'Bearer without a token': { authorization: 'Bearer' },
    'a valid X-ImpTokenHeader under a wrong Authorization': {
      authorization: 'wrong',
      'x-imptokenheader': liveToken,
    },
    'an endless token': { authorization: liveToken + ' '.repeat(10) + 'y'.repeat(4000) },
  }
  for (const [name, headers] of Object.entries(strangers)) {
    test(`${name} is 401 Unauthorized`, async () => {
      const answer = await app.inject({ url: '/payments/imps_1', headers })
      assert.equal(answer.statusCode, 401)
      assert.deepEqual(answer.json(), { code: -1, message: 'Unauthorized', response: null })
      assert.equal(answer.headers['www-authorize'], 'iamport')
    })
  }

  test('a stranger is refused before the body is read', async () => {
    const answer = await app.inject({ method: 'POST', url: again, headers: json, payload: '{' })
    assert.equal(answer.statusCode, 401)
  })
})

describe('parameters that cannot be read', () => {
  test('every missing one is named', async () => {
    const { answer, envelope } = await send(app, {
      method: 'POST',
      url: again,
      payload: { amount: 'x' },
    })
    assert.equal(answer.statusCode, 400)
    assert.deepEqual(envelope, {
      code: -1,
      message: '파라미터 누락: customer_uid, merchant_uid',
      response: null,
    })
  })

  test('a malformed one is named with its rule', async () => {
    const { envelope } = await send(app, {
      method: 'POST',
      url: again,
      payload: { ...charge, amount: true },
    })
    assert.equal(envelope.message, '파라미터 오류: amount (0 이상의 정수여야 합니다.)')
  })
})

describe('what a handler knows and what is logged', () => {
  test("the caller's address, agent and headers reach the handler; its headers reach the client", async () => {
    const answer = await app.inject({
      url: '/whoami',
      remoteAddress: '::ffff:203.0.113.9',
      headers: { 'user-agent': 'shop/1', tier: 'ABC' },
    })
    assert.deepEqual(answer.json<Envelope>().response, {
      clientIp: '203.0.113.9',
      userAgent: 'shop/1',
      tier: 'ABC',
    })
    assert.equal(answer.headers['billkey-outcome'], 'unknown')
  })

  test('a bug answers 500 with its request id and no text of its own, and is logged', async () => {
    const { answer, envelope } = await send(app, { method: 'GET', url: '/explode' })
    assert.equal(answer.statusCode, 500)
    const requestId = String(answer.headers['x-request-id'])
    assert.equal(envelope.code, -1)
    assert.ok(envelope.message?.includes(requestId))
    assert.ok(!answer.body.includes('hunter2'))
    const line = lines.find(
      (entry) => entry['requestId'] === requestId && entry['level'] === 'error',
    )
    assert.equal((line?.['err'] as { message: string } | undefined)?.message, 'password is hunter2')
  })

  test('one line per request, with the route pattern instead of the URL', async () => {
    const answer = await app.inject({ url: `/payments/imps_000000000042?_token=${liveToken}` })
    const requestId = answer.headers['x-request-id']
    const own = lines.filter((entry) => entry['requestId'] === requestId)
    assert.equal(own.length, 1)
    const { method, route, status, merchantId, ms } = own[0] ?? {}
    assert.deepEqual(
      { method, route, status, merchantId },
      {
        method: 'GET',
        route: '/payments/:imp_uid',
        status: 200,
        merchantId: 7,
      },
    )
    assert.equal(typeof ms, 'number')
    assert.ok(!JSON.stringify(own).includes(liveToken))
    assert.ok(!JSON.stringify(own).includes('000000000042'))
  })
})

test('no request gets a 5xx or anything but an envelope', async () => {
  const urls = [
    '/payments/',
    again,
    '/subscribe/payments/schedule',
    '/users/getToken',
    '/subscribe/customers/',
    '/',
    '/x',
  ]
  const request = fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH'),
    url: fc.constantFrom(...urls),
    tail: fc.string({
      unit: fc.constantFrom(...Array.from('abM09/%?&=[]+._-:;,@~!$()*')),
      maxLength: 30,
    }),
    type: fc.constantFrom(
      'application/json',
      'application/x-www-form-urlencoded',
      '',
      'text/plain',
      'x',
      'a/b;',
    ),
    body: fc.oneof(
      fc.json({ maxDepth: 4 }),
      fc.string({ unit: 'binary' }),
      fc
        .object({
          key: fc.constantFrom('amount', 'merchant_uid', 'customer_uid', 'extra', '__proto__'),
        })
        .map((value) => JSON.stringify(value)),
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc.string({ unit: fc.constantFrom(...Array.from('amount=1&[]%2+ ')), maxLength: 60 }),
    ),
  })
  await fc.assert(
    fc.asyncProperty(request, async ({ method, url, tail, type, body }) => {
      const hasBody = method !== 'GET'
      const answer = await app.inject({
        method: method as 'GET',
        url: url + tail,
        headers: { authorization: liveToken, ...(hasBody ? { 'content-type': type } : {}) },
        ...(hasBody ? { payload: body } : {}),
      })
      assert.ok(answer.statusCode < 500, answer.body)
      assert.equal(answer.headers['content-type'], 'application/json; charset=UTF-8')
      const envelope = answer.json<Envelope>()
      assert.deepEqual(Object.keys(envelope), ['code', 'message', 'response'])
      assert.equal(envelope.code === 0, envelope.message === null)
      assert.equal(envelope.code === 0, envelope.response !== null)
    }),
    { numRuns: 600 },
  )
})
