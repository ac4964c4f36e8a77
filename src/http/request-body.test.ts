import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import {
  responseOf,
  send,
  startServerUnderTest,
  type Envelope,
  type Sent,
} from './server-under-test.ts'

const { app } = startServerUnderTest()
after(() => app.close())

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const json = { 'content-type': 'application/json' }
const again = '/subscribe/payments/again'
const charge = { customer_uid: 'c', merchant_uid: 'm', amount: 1000 }

describe('bodies', () => {
  test('JSON with numeric strings, nulls, blanks, unknown fields and stray spaces in names', async () => {
    const payload = {
      ...charge,
      amount: '92500',
      'currency ': 'KRW',
      name: null,
      extra: {},
      pg: null,
      surplus: [1],
    }
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    assert.deepEqual(await responseOf(app, { method: 'POST', url: again, headers, payload }), {
      ...charge,
      amount: 92500,
      currency: 'KRW',
      extra: {},
    })
  })

  test('a form with nested names, percent-encoded brackets and plus signs', async () => {
    const payload =
      'customer_uid=c&merchant_uid=m%2B1&amount=1000&name=a+b%20c&extra%5BnaverUseCfm%5D=20240101'
    assert.deepEqual(
      await responseOf(app, { method: 'POST', url: again, headers: form, payload }),
      {
        customer_uid: 'c',
        merchant_uid: 'm+1',
        amount: 1000,
        name: 'a b c',
        extra: { naverUseCfm: '20240101' },
      },
    )
  })

  test('a hand-made form: leading spaces in names, raw UTF-8, nothing encoded', async () => {
    const payload = 'customer_uid=c& merchant_uid=m& amount=1000& name=최초인증결제 50%할인'
    assert.deepEqual(
      await responseOf(app, { method: 'POST', url: again, headers: form, payload }),
      {
        ...charge,
        name: '최초인증결제 50%할인',
      },
    )
    const login = 'imp_key=k& imp_secret=s+1'
    const answer = await app.inject({
      method: 'POST',
      url: '/users/getToken',
      headers: form,
      payload: login,
    })
    assert.deepEqual(answer.json<Envelope>().response, { imp_key: 'k', imp_secret: 's 1' })
  })

  const bodiesReadByLooks: Record<string, Sent> = {
    'JSON under the form type (curl -d)': {
      method: 'POST',
      url: again,
      headers: form,
      payload: JSON.stringify(charge),
    },
    'JSON under text/plain': {
      method: 'POST',
      url: again,
      headers: { 'content-type': 'text/plain' },
      payload: JSON.stringify(charge),
    },
    'JSON with a byte order mark': {
      method: 'POST',
      url: again,
      headers: json,
      payload: `\ufeff${JSON.stringify(charge)}`,
    },
    'JSON under no type': {
      method: 'POST',
      url: again,
      headers: { 'content-type': '' },
      payload: JSON.stringify(charge),
    },
    'JSON under a broken type': {
      method: 'POST',
      url: again,
      headers: { 'content-type': 'json' },
      payload: JSON.stringify(charge),
    },
    'a form under no type': {
      method: 'POST',
      url: again,
      headers: { 'content-type': '' },
      payload: 'customer_uid=c&merchant_uid=m&amount=1000\r\n',
    },
  }
  for (const [name, sent] of Object.entries(bodiesReadByLooks)) {
    test(`${name} is read`, async () => {
      assert.deepEqual(await responseOf(app, sent), charge)
    })
  }

  test('the path wins over the body, the body over the query', async () => {
    const url =
      '/subscribe/customers/fromPath?customer_uid=query&reason=query&extra[requester]=admin'
    const payload = { customer_uid: 'body', reason: 'body' }
    assert.deepEqual(await responseOf(app, { method: 'DELETE', url, payload }), {
      customer_uid: 'fromPath',
      reason: 'body',
      extra: { requester: 'admin' },
    })
  })

  test('an empty JSON body is no parameters', async () => {
    for (const [method, url] of [
      ['POST', '/subscribe/payments/schedule/m1/retry'],
      ['DELETE', '/subscribe/customers/m1'],
      ['POST', '/payments/cancel/'],
    ] as const) {
      for (const headers of [json, form, {}]) {
        const { answer } = await send(app, { method, url, headers })
        assert.equal(answer.statusCode, 200, `${method} ${url} ${JSON.stringify(headers)}`)
      }
    }
  })

  const refusals: [
    name: string,
    status: number,
    says: RegExp,
    sent: Omit<Sent, 'method' | 'url'>,
  ][] = [
    ['malformed JSON', 400, /JSON/, { headers: json, payload: '{"amount":' }],
    ['a JSON string', 400, /JSON/, { headers: json, payload: '"a"' }],
    ['a JSON array', 400, /JSON/, { headers: json, payload: '[1]' }],
    ['a form under the JSON type', 400, /JSON/, { headers: json, payload: 'amount=1' }],
    ['EUC-KR', 400, /UTF-8/, { headers: form, payload: Buffer.from('name=\xb1\xe8', 'latin1') }],
    ['too many fields', 400, /너무 많/, { headers: form, payload: 'a=1&'.repeat(10_001) }],
    [
      'XML',
      415,
      /Content-Type/,
      { headers: { 'content-type': 'text/xml' }, payload: '<a b="c"/>' },
    ],
    [
      'a multipart form',
      415,
      /Content-Type/,
      {
        headers: { 'content-type': 'multipart/form-data; boundary=x' },
        payload: '--x\r\n\r\na=b\r\n--x--',
      },
    ],
    [
      'a body over 1 MiB',
      413,
      /너무 큽/,
      { headers: form, payload: `a=${'x'.repeat(1024 * 1024)}` },
    ],
  ]
  for (const [name, status, says, sent] of refusals) {
    test(`${name} is ${status} in an envelope`, async () => {
      const { answer, envelope } = await send(app, { method: 'POST', url: again, ...sent })
      assert.equal(answer.statusCode, status)
      assert.equal(envelope.code, -1)
      assert.equal(envelope.response, null)
      assert.match(String(envelope.message), says)
    })
  }

  test('a body within the limit but of 1,000 schedules is read', async () => {
    const payload = Array.from({ length: 1000 }, (_, i) => `merchant_uid[${i}]=m${i}`).join('&')
    const read = await responseOf(app, {
      method: 'POST',
      url: '/subscribe/payments/unschedule',
      headers: form,
      payload,
    })
    assert.equal((read as { merchant_uid: string[] }).merchant_uid.length, 1000)
  })
})

describe('lists in every spelling', () => {
  const a = { customer_uid: 'a' }
  const queries = [
    'customer_uid[]=a&customer_uid[]=a',
    'customer_uid%5B%5D=a&customer_uid%5B%5D=a',
    'customer_uid[0]=a&customer_uid[1]=a',
    'customer_uid%5B0%5D=a&customer_uid%5B1%5D=a',
    'customer_uid=a&customer_uid=a',
  ]
  for (const query of queries) {
    test(query, async () => {
      assert.deepEqual(
        await responseOf(app, { method: 'GET', url: `/subscribe/customers?${query}` }),
        [a, a],
      )
    })
  }

  test('one scalar is a list of one', async () => {
    assert.deepEqual(
      await responseOf(app, { method: 'GET', url: '/subscribe/customers?customer_uid=a' }),
      [a],
    )
    const url = '/subscribe/payments/unschedule'
    const scalar = await responseOf(app, { method: 'POST', url, payload: { merchant_uid: 'm' } })
    assert.deepEqual(scalar, { merchant_uid: ['m'] })
    const scalarForm = await responseOf(app, {
      method: 'POST',
      url,
      headers: form,
      payload: 'merchant_uid=m',
    })
    assert.deepEqual(scalarForm, { merchant_uid: ['m'] })
  })

  test('an empty list stays one', async () => {
    const url = '/subscribe/payments/unschedule'
    const payload = { customer_uid: 'c', merchant_uid: [] }
    assert.deepEqual(await responseOf(app, { method: 'POST', url, payload }), payload)
  })

  test("aliases of query names are read, the parameter's own name first", async () => {
    for (const query of [
      'from=1&to=2&schedule-status=executed',
      'schedule_from=1&schedule_to=2&schedule_status=executed',
      'from=1&schedule_to=2&schedule-status=revoked&schedule_status=executed',
      'from=1&schedule_to=2&schedule_status=executed&schedule-status=revoked',
    ]) {
      const read = await responseOf(app, {
        method: 'GET',
        url: `/subscribe/payments/schedule?${query}`,
      })
      assert.deepEqual((read as { list: unknown }).list, [{ name: 'executed' }], query)
    }
  })
})
