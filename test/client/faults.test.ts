// What the client does when the server or the way to it fails. The rule under test: nothing is sent twice that could
// be carried out twice, and nothing that may have been carried out is called failed.

import assert from 'node:assert/strict'
import { after, beforeEach, describe, test } from 'node:test'
import { inspect } from 'node:util'

import fc from 'fast-check'

import {
  type Client,
  createClient,
  DeclinedError,
  NotFoundError,
  paginate,
  paidOrThrow,
  RefusedError,
  TransportError,
  UnauthorizedError,
  UnknownOutcomeError,
} from '../../client/client.ts'
import {
  billkeyHeaders,
  breaksOff,
  neverAnswers,
  resets,
  says,
  saysRaw,
  startScriptedServer,
  type Step,
  token,
} from './scripted-server.ts'
import { createWaitingClock, type WaitingClock } from './waiting-clock.ts'

const server = await startScriptedServer()
after(() => server.close())

const secret = 'the-secret-of-the-key'
const order = { customer_uid: 'customer', merchant_uid: 'order-1', amount: 3000 }
const card = { card_number: '9366-0000-0090-0000', expiry: '2031-12', birth: '820213' }
const paid = { imp_uid: 'imps_1', merchant_uid: 'order-1', status: 'paid', amount: 3000 }
const charged = says({ response: paid, headers: billkeyHeaders })

let clock: WaitingClock
let client: Client

beforeEach(() => {
  server.forget()
  clock = createWaitingClock()
  client = makeClient()
})

function makeClient(options: Partial<Parameters<typeof createClient>[0]> = {}): Client {
  return createClient({
    baseUrl: server.url,
    impKey: 'key',
    impSecret: secret,
    timeoutMs: 5_000,
    clock,
    ...options,
  })
}

const hosted = token('token-1')
const billkey = token('token-1', { billkey: true })

/** Ways a charge's answer goes missing; what the server did stays open in all of them. */
const losses: readonly (readonly [string, Step])[] = [
  ['a reset', resets],
  ['an answer that breaks off', breaksOff],
  ['HTTP 500 in the envelope', says({ status: 500, code: -1, message: 'oops' })],
  ['HTTP 502 of a proxy', saysRaw(502, '<html>Bad Gateway</html>')],
  ['HTTP 408 of a proxy', saysRaw(408, '')],
  ['garbage with HTTP 200', saysRaw(200, '<html>')],
  ['a code that is text', says({ code: '0', response: paid })],
  ['code 0 without a response', says()],
  ['a redirect', saysRaw(307, '', { location: '/elsewhere' })],
  ['HTTP 201', says({ status: 201, response: paid })],
]

describe('a server that does not honour Idempotency-Key', () => {
  beforeEach(() => server.login(hosted))

  for (const [name, loss] of losses) {
    test(`a charge answered with ${name} is unknown and sent once`, async () => {
      server.script(loss, charged)
      const outcome = await client.subscribe.again(order)
      assert.equal(outcome.kind, 'unknown')
      assert.ok(outcome.kind === 'unknown' && outcome.cause instanceof UnknownOutcomeError)
      assert.equal(outcome.payment, null)
      assert.equal(server.requests.length, 1)
    })

    test(`a cancel answered with ${name} is unknown and sent once`, async () => {
      server.script(loss, charged)
      const outcome = await client.payments.cancel({ imp_uid: 'imps_1' })
      assert.equal(outcome.kind, 'unknown')
      assert.equal(server.requests.length, 1)
    })

    test(`a change answered with ${name} throws that it is unknown and is sent once`, async () => {
      server.script(loss, charged)
      await assert.rejects(client.customers.register('customer', card), UnknownOutcomeError)
      assert.equal(server.requests.length, 1)
    })
  }

  test('a charge that times out is unknown and sent once', async () => {
    server.script(neverAnswers, charged)
    const outcome = await makeClient({ timeoutMs: 30 }).subscribe.again(order)
    assert.equal(outcome.kind, 'unknown')
    assert.equal(server.requests.length, 1)
  })

  test('a charge whose caller gives up after it left is unknown', async () => {
    const giveUp = new AbortController()
    server.script(() => giveUp.abort())
    const outcome = await client.subscribe.again(order, { signal: giveUp.signal })
    assert.equal(outcome.kind, 'unknown')
  })

  test('a charge whose caller gave up before it left is no outcome', async () => {
    const signal = AbortSignal.abort()
    await assert.rejects(client.subscribe.again(order, { signal }), TransportError)
    assert.deepEqual(server.requests, [])
  })

  test('a charge refused with 429 is not sent again, and says when it may be', async () => {
    const headers = { 'retry-after': '7' }
    server.script(says({ status: 429, code: -1, message: 'later', headers }), charged)
    await assert.rejects(client.subscribe.again(order), { kind: 'refused', retryAfterMs: 7000 })
    assert.equal(server.requests.length, 1)
  })
})

describe('a server that honours Idempotency-Key', () => {
  beforeEach(() => server.login(billkey))

  for (const [name, loss] of losses.filter(([name]) => /HTTP 5|reset|breaks|408/.test(name))) {
    test(`a charge answered with ${name} is sent again under the same key`, async () => {
      server.script(loss, charged)
      const outcome = await client.subscribe.again(order)
      assert.equal(outcome.kind, 'paid')
      const keys = server.requests.map(({ headers }) => headers['idempotency-key'])
      assert.equal(keys.length, 2)
      assert.equal(keys[0], keys[1])
      assert.equal(server.requests[0]?.body, server.requests[1]?.body)
    })
  }

  test('a call still under way elsewhere is asked for until its answer is there', async () => {
    const underWay = says({
      status: 409,
      code: -1,
      message: '처리 중',
      headers: { ...billkeyHeaders, 'retry-after': '1' },
    })
    server.script(resets, underWay, underWay, underWay, charged)
    assert.equal((await client.subscribe.again(order)).kind, 'paid')
    assert.deepEqual(clock.sleptMs.slice(1), [1000, 1000, 1000])
  })

  test('a call under way for longer than one may wait is unknown', async () => {
    const headers = { ...billkeyHeaders, 'retry-after': '2' }
    server.script(says({ status: 409, code: -1, message: '처리 중', headers }))
    const outcome = await client.subscribe.again(order)
    assert.equal(outcome.kind, 'unknown')
    // At 0, 2, 4 and 6 s, the last one past the 5 s of the time limit.
    assert.equal(server.requests.length, 4)
  })

  test('an answer that stays lost is unknown after two more tries', async () => {
    server.script(resets)
    assert.equal((await client.subscribe.again(order)).kind, 'unknown')
    assert.equal(server.requests.length, 3)
    const [first = 0, second = 0] = clock.sleptMs
    assert.ok(first >= 125 && first <= 250 && second >= 500 && second <= 1000)
  })

  test('retriesMax 0 sends once', async () => {
    server.script(resets)
    const { kind } = await makeClient({ retriesMax: 0 }).subscribe.again(order)
    assert.equal(kind, 'unknown')
    assert.equal(server.requests.length, 1)
  })

  const ignorant: readonly (readonly [string, Step])[] = [
    ['haste', says({ status: 429, code: -1, message: 'later', headers: billkeyHeaders })],
    ['a proxy that finds nothing', saysRaw(404, 'not found')],
    [
      'the token',
      says({ status: 401, code: -1, message: 'Unauthorized', headers: billkeyHeaders }),
    ],
    ['a server that knows no keys', says({ code: -1, message: '이미 주문이 이루어진 건입니다.' })],
  ]
  for (const [name, refusal] of ignorant) {
    test(`a lost charge stays unknown when the next answer is a refusal for ${name}`, async () => {
      server.script(resets, refusal)
      assert.equal((await client.subscribe.again(order)).kind, 'unknown')
    })
  }

  test('a lost charge stays unknown when the token cannot be renewed afterwards', async () => {
    const unauthorized = says({ status: 401, code: -1, message: 'Unauthorized' })
    server.script((reply, request) => {
      server.login(unauthorized)
      resets(reply, request)
    }, unauthorized)
    const outcome = await client.subscribe.again(order)
    assert.equal(outcome.kind, 'unknown')
  })

  test('a lost charge is not sent to a server that took the place of the first', async () => {
    server.script(
      (reply, request) => {
        server.login(hosted)
        resets(reply, request)
      },
      says({ status: 401, code: -1, message: 'Unauthorized' }),
      charged,
    )
    assert.equal((await client.subscribe.again(order)).kind, 'unknown')
    assert.equal(server.requests.length, 2)
  })

  test('a refusal of a server that knows of the lost sending is a refusal', async () => {
    const refusal = { code: 1, message: '등록되지 않은 구매자입니다.', headers: billkeyHeaders }
    server.script(resets, says(refusal))
    await assert.rejects(client.subscribe.again(order), { kind: 'refused', code: 1 })
  })

  test('every call has a key of its own, unless the caller gives one', async () => {
    server.script(charged)
    await client.subscribe.again(order)
    await client.subscribe.again(order)
    await client.subscribe.again(order, { idempotencyKey: 'order-1-first' })
    const [first, second, third] = server.requests.map(({ headers }) => headers['idempotency-key'])
    assert.match(String(first), /^[0-9a-f-]{36}$/)
    assert.notEqual(first, second)
    assert.equal(third, 'order-1-first')
  })

  test('an unknown outcome names the key to repeat the call with', async () => {
    server.script(resets)
    const outcome = await client.subscribe.again(order)
    assert.ok(outcome.kind === 'unknown')
    assert.equal(outcome.idempotencyKey, server.requests[0]?.headers['idempotency-key'])
  })
})

describe('answers that are no faults', () => {
  beforeEach(() => server.login(billkey))

  const outcomes = [
    ['paid', says({ response: paid }), 'paid'],
    [
      'failed',
      says({ response: { ...paid, status: 'failed', fail_reason: '한도초과' } }),
      'failed',
    ],
    ['given back since', says({ response: { ...paid, status: 'cancelled' } }), 'cancelled'],
    ['ready', says({ response: { ...paid, status: 'ready' } }), 'unknown'],
    ['of a status nobody knows', says({ response: { ...paid, status: 'pending' } }), 'unknown'],
    ['of another order', says({ response: { ...paid, merchant_uid: 'order-2' } }), 'unknown'],
    ['no payment', says({ response: {} }), 'unknown'],
    ['a number', says({ response: 1 }), 'unknown'],
    ['open', says({ response: paid, headers: { 'billkey-outcome': 'unknown' } }), 'unknown'],
  ] as const
  for (const [name, step, kind] of outcomes) {
    test(`a charge whose payment is ${name} is ${kind}, and sent once`, async () => {
      server.script(step)
      assert.equal((await client.subscribe.onetime({ ...order, ...card })).kind, kind)
      assert.equal(server.requests.length, 1)
    })
  }

  test('a cancel that the server does not know the outcome of is unknown', async () => {
    const open = { 'billkey-outcome': 'unknown' }
    for (const status of ['paid', 'cancelled']) {
      server.script(says({ response: { ...paid, status }, headers: open }))
      const outcome = await client.payments.cancel({ imp_uid: 'imps_1', amount: 1 })
      assert.ok(outcome.kind === 'unknown' && outcome.payment?.status === status)
    }
  })

  test('paidOrThrow gives the payment, or throws what stands in its way', async () => {
    server.script(
      says({ response: paid }),
      says({ response: { ...paid, status: 'failed', fail_reason: '한도초과' } }),
      says({ response: { ...paid, status: 'ready' } }),
    )
    assert.equal(paidOrThrow(await client.subscribe.again(order)).imp_uid, 'imps_1')
    const declined = await client.subscribe.again(order)
    assert.throws(
      () => paidOrThrow(declined),
      (error) => {
        assert.ok(error instanceof DeclinedError)
        return error.kind === 'declined' && error.message === '한도초과'
      },
    )
    const open = await client.subscribe.again(order)
    assert.throws(() => paidOrThrow(open), UnknownOutcomeError)
  })

  test('a code other than 0 is a refusal, with what the server said', async () => {
    const headers = { 'x-request-id': 'request-1' }
    server.script(says({ code: 1, message: '등록되지 않은 구매자입니다.', headers }))
    await assert.rejects(client.subscribe.again(order), {
      name: 'RefusedError',
      kind: 'refused',
      message: '등록되지 않은 구매자입니다.',
      status: 200,
      code: 1,
      requestId: 'request-1',
    })
  })

  test('HTTP 400 is a refusal and 404 says that nothing is there', async () => {
    server.script(says({ status: 400, code: -1, message: '파라미터 누락: amount' }))
    await assert.rejects(client.subscribe.again(order), RefusedError)
    server.script(says({ status: 404, code: -1, message: '존재하지 않는 결제정보입니다.' }))
    await assert.rejects(client.payments.get('imps_0'), NotFoundError)
    assert.equal(server.requests.length, 2)
  })
})

describe('questions', () => {
  beforeEach(() => server.login(hosted))

  for (const [name, loss] of losses.filter(([name]) => /HTTP 5|reset|breaks|408/.test(name))) {
    test(`a look-up answered with ${name} is asked again of any server`, async () => {
      server.script(loss, says({ response: paid }))
      assert.equal((await client.payments.get('imps_1')).status, 'paid')
      assert.equal(server.requests.length, 2)
      assert.equal(server.requests[0]?.headers['idempotency-key'], undefined)
    })
  }

  test('a look-up that stays without an answer is a transport error, not an open outcome', async () => {
    server.script(resets)
    await assert.rejects(client.payments.get('imps_1'), TransportError)
    assert.equal(server.requests.length, 3)
  })

  test('Retry-After is kept to when it is short, and told when it is long', async () => {
    const busy = (seconds: string) =>
      says({ status: 429, code: -1, message: 'later', headers: { 'retry-after': seconds } })
    server.script(busy('3'), says({ response: paid }))
    await client.payments.get('imps_1')
    assert.deepEqual(clock.sleptMs, [3000])
    server.script(busy('60'))
    await assert.rejects(client.payments.get('imps_1'), { kind: 'refused', retryAfterMs: 60_000 })
  })

  test('the pages of a list are walked to the end, and never backwards', async () => {
    const pages = [
      { total: 3, previous: 0, next: 2, list: ['a', 'b'] },
      { total: 3, previous: 1, next: 1, list: ['c'] },
    ]
    const asked: number[] = []
    const all: string[] = []
    const walk = paginate(async (page) => {
      asked.push(page)
      return pages[page - 1] as (typeof pages)[number]
    })
    for await (const item of walk) all.push(item)
    assert.deepEqual(all, ['a', 'b', 'c'])
    assert.deepEqual(asked, [1, 2])
  })
})

describe('tokens', () => {
  beforeEach(() => {
    server.login(hosted)
    server.script(says({ response: paid }))
  })

  test('calls at the same time share one request for a token', async () => {
    await Promise.all(Array.from({ length: 20 }, () => client.payments.get('imps_1')))
    assert.equal(server.logins.length, 1)
    assert.equal(server.requests[0]?.headers.authorization, 'Bearer token-1')
  })

  test('a token is renewed half a minute before its end, by the time the server gave', async () => {
    await client.payments.get('imps_1')
    clock.advance(1_769_000)
    await client.payments.get('imps_1')
    assert.equal(server.logins.length, 1)
    clock.advance(1_500)
    await client.payments.get('imps_1')
    assert.equal(server.logins.length, 2)
  })

  test('a token that is not taken is renewed once, and the charge sent again', async () => {
    const unauthorized = says({ status: 401, code: -1, message: 'Unauthorized' })
    server.script((reply, request) => {
      server.login(token('token-2'))
      unauthorized(reply, request)
    }, charged)
    assert.equal((await client.subscribe.again(order)).kind, 'paid')
    assert.deepEqual(
      server.requests.map(({ headers }) => headers.authorization),
      ['Bearer token-1', 'Bearer token-2'],
    )
  })

  test('a server that takes no token of its own is asked twice, not for ever', async () => {
    server.script(says({ status: 401, code: -1, message: 'Unauthorized' }))
    await assert.rejects(client.subscribe.again(order), UnauthorizedError)
    assert.equal(server.requests.length, 2)
    assert.equal(server.logins.length, 2)
  })

  test('a wrong secret is said at once, and nothing is charged', async () => {
    server.login(says({ status: 401, code: -1, message: '인증에 실패하였습니다.' }))
    await assert.rejects(client.subscribe.again(order), {
      kind: 'unauthorized',
      message: '인증에 실패하였습니다.',
    })
    assert.equal(server.logins.length, 1)
    assert.deepEqual(server.requests, [])
  })

  test('a request for a token is repeated, and its failure is not kept', async () => {
    server.login((reply, request) => {
      server.login(hosted)
      resets(reply, request)
    })
    await client.payments.get('imps_1')
    assert.equal(server.logins.length, 2)
    server.login(saysRaw(500, ''))
    const another = makeClient()
    await assert.rejects(another.payments.get('imps_1'), TransportError)
    server.login(hosted)
    await another.payments.get('imps_1')
  })

  test('an answer to getToken without a token is a transport error', async () => {
    server.login(says({ response: { access_token: 1 } }))
    await assert.rejects(client.payments.get('imps_1'), TransportError)
  })
})

describe('what never left', () => {
  test('a refused connection is tried again, and is not an open outcome', async () => {
    const closed = await startScriptedServer()
    await closed.close()
    const away = makeClient({ baseUrl: closed.url })
    await assert.rejects(away.subscribe.again(order), TransportError)
    assert.equal(clock.sleptMs.length, 2)
  })

  test('a charge whose connection is refused is sent when the server is back', async () => {
    server.login(hosted)
    server.script(charged)
    let refusals = 2
    const flaky = makeClient({
      fetch: async (url, init) => {
        if (url.endsWith('/again') && refusals-- > 0) {
          throw new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } })
        }
        return fetch(url, init)
      },
    })
    assert.equal((await flaky.subscribe.again(order)).kind, 'paid')
    assert.equal(server.requests.length, 1)
  })

  const wrongs: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['an empty imp_uid', () => client.payments.get('')],
    ['a merchant_uid of dots', () => client.payments.find('..')],
    ['a customer_uid of one dot', () => client.customers.delete('.')],
    ['a charge of NaN won', () => client.subscribe.again({ ...order, amount: NaN })],
    ['a refund of NaN won', () => client.payments.cancel({ imp_uid: 'imps_1', amount: NaN })],
    ['a refund of 0 won', () => client.payments.cancel({ imp_uid: 'imps_1', amount: 0 })],
    ['a refund of half a won', () => client.payments.cancel({ imp_uid: 'imps_1', amount: 0.5 })],
    [
      'a refund whose amount is undefined',
      // What a program without types, or a sum gone wrong, sends.
      () => client.payments.cancel({ imp_uid: 'imps_1', amount: undefined as unknown as number }),
    ],
    [
      'a checksum that is undefined',
      () => client.payments.cancel({ imp_uid: 'imps_1', checksum: undefined as unknown as number }),
    ],
    [
      'an empty list of orders to revoke',
      () => client.subscribe.unschedule({ customer_uid: 'customer', merchant_uid: [] }),
    ],
  ]
  for (const [name, call] of wrongs) {
    test(`${name} is refused before anything is sent`, async () => {
      await assert.rejects(call(), TypeError)
      assert.deepEqual(server.requests, [])
    })
  }

  test('an address that is none is refused when the client is made', () => {
    for (const baseUrl of ['', 'billkey.example.com', 'ftp://x', 'https://x/?a=b']) {
      assert.throws(() => makeClient({ baseUrl }), TypeError, baseUrl)
    }
  })
})

describe('the wire', () => {
  beforeEach(() => {
    server.login(hosted)
    server.script(says({ response: paid }))
  })

  test('a name of the merchant arrives as one segment of the path, whatever is in it', async () => {
    const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(names, async (name) => {
        fc.pre(!/^\.{1,2}$/.test(name))
        server.forget()
        await client.payments.get(name)
        const segments = (server.requests[0]?.target ?? '').split('/')
        assert.equal(segments.length, 3)
        assert.equal(decodeURIComponent(segments[2] ?? ''), name)
      }),
      { numRuns: 100 },
    )
  })

  test('arrays of a query have brackets, and what is undefined is not sent', async () => {
    await client.payments.getMany({ imp_uid: ['a', 'b'], merchant_uid: ['가 나'] })
    const { searchParams } = new URL(server.requests[0]?.target ?? '', server.url)
    assert.deepEqual(searchParams.getAll('imp_uid[]'), ['a', 'b'])
    assert.deepEqual(searchParams.getAll('merchant_uid[]'), ['가 나'])
    await client.payments.list({ status: 'paid', page: undefined, limit: 5 })
    assert.equal(server.requests[1]?.target, '/payments/status/paid?limit=5')
  })

  test('custom_data that is an object is sent as its JSON', async () => {
    await client.subscribe.again({ ...order, custom_data: { plan: '월간' } })
    const sent = JSON.parse(server.requests[0]?.body ?? '') as { custom_data: unknown }
    assert.equal(sent.custom_data, '{"plan":"월간"}')
  })

  test('a base address may have a path and a slash at its end', async () => {
    server.script(says({ response: paid }))
    const behind = makeClient({
      baseUrl: `${server.url}/v1/`,
      fetch: (url, init) => {
        assert.ok(url.startsWith(`${server.url}/v1/`) && !url.includes('//payments'), url)
        return fetch(url.replace('/v1/', '/'), init)
      },
    })
    await behind.payments.get('imps_1')
  })

  test('neither secret nor card stands in an error, an outcome or the client', async () => {
    server.script(resets)
    const outcome = await client.subscribe.onetime({ ...order, ...card })
    const refused = await client.customers
      .register('customer', card)
      .catch((error: unknown) => error)
    server.login(resets)
    const unreachable = await makeClient()
      .payments.get('imps_1')
      .catch((error: unknown) => error)
    const shown = inspect([outcome, refused, unreachable, client], { depth: 20 })
    for (const hidden of [secret, card.card_number, card.birth, 'token-1']) {
      assert.ok(!shown.includes(hidden), hidden)
    }
  })
})
