// What cannot be meant is refused with the right status and an envelope; nothing is charged and nothing stored.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { callV1, startTestApp, type TestApp } from '../support/app.ts'
import { assertBooksUntouched } from './books.ts'
import { cardFields, newMerchantUid, newOrder } from './orders.ts'
import { assertRefused, billingKeyOf, paidOf, type Refusal } from './replies.ts'

let app: TestApp

before(async () => {
  app = await startTestApp()
  billingKeyOf(await app.merchant.call('POST', '/subscribe/customers/stored', cardFields()))
})
after(async () => {
  // Whatever was thrown at it, it still takes money.
  paidOf(await app.merchant.call('POST', onetime, newOrder()))
  await app.close()
})

const onetime = '/subscribe/payments/onetime'
const again = '/subscribe/payments/again'
const customers = '/subscribe/customers/c'

const json = { 'content-type': 'application/json' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }

const badRequest = (message: string | RegExp): Refusal => ({ status: 400, code: -1, message })
const malformed = (field: string) => badRequest(new RegExp(`^파라미터 오류: ${field} `))

interface BadRequest {
  readonly path?: string
  readonly body: unknown
  readonly headers?: Record<string, string>
}

async function assertAllRefused(requests: readonly BadRequest[], refusal: Refusal): Promise<void> {
  await assertBooksUntouched(app, async () => {
    for (const { path = onetime, body, headers } of requests) {
      assertRefused(await app.merchant.call('POST', path, body, headers), refusal)
    }
  })
}

const againOrder = (fields: object) => ({
  customer_uid: 'stored',
  merchant_uid: newMerchantUid(),
  amount: 3000,
  ...fields,
})

const ordersWith = (fields: Readonly<Record<string, unknown>>): BadRequest[] => [
  { body: newOrder(fields) },
  { body: newOrder({ ...fields, customer_uid: 'c' }) },
  { path: again, body: againOrder(fields) },
]

describe('an amount that cannot be meant', () => {
  const amounts = [
    true,
    false,
    0,
    -1,
    -1000,
    1.5,
    0.1,
    1000.01,
    2 ** 53,
    2 ** 53 + 2,
    1e21,
    10_000_000_000,
    '0',
    '-1',
    '+1000',
    '1.5',
    '1000.01',
    '1e3',
    '0x10',
    '0b1',
    '1,000',
    '1_000',
    '1000원',
    '₩1000',
    '１０００',
    '٣٠٠٠',
    'NaN',
    'Infinity',
    '9007199254740993',
    '99999999999999999999',
    '1000n',
    'abc',
    [1000],
    ['1000'],
    [],
    {},
    { amount: 1000 },
    { total: 1000 },
  ]
  for (const amount of amounts) {
    test(`${JSON.stringify(amount)} is 400 and names the field`, async () => {
      await assertAllRefused(ordersWith({ amount }), malformed('amount'))
    })
  }

  test('is the same in a form', async () => {
    const texts = ['true', '1.5', '-1', '1e3', '0x10', '9007199254740993', '0', '1,000']
    const bodies = texts.map(
      (text) => new URLSearchParams({ ...cardFields(), merchant_uid: 'm', amount: text }),
    )
    await assertAllRefused(
      [
        ...bodies.map((body) => ({ body: body.toString(), headers: form })),
        { body: 'merchant_uid=m&card_number=1&expiry=2031-12&amount[]=1000', headers: form },
        { body: 'merchant_uid=m&card_number=1&expiry=2031-12&amount[a]=1000', headers: form },
      ],
      malformed('amount'),
    )
  })

  test('null, an empty text and no amount at all are a missing one', async () => {
    for (const amount of [null, '', undefined]) {
      await assertAllRefused(ordersWith({ amount }), badRequest('파라미터 누락: amount'))
    }
  })

  test('a tax share above the amount, or none of a won, is refused by its name', async () => {
    for (const fields of [
      { tax_free: 3001 },
      { tax_free: -1 },
      { tax_free: 0.5 },
      { tax_free: true },
    ]) {
      await assertAllRefused(ordersWith(fields), malformed('tax_free'))
    }
    for (const fields of [
      { vat_amount: 3001 },
      { vat_amount: 1000, tax_free: 2500 },
      { vat_amount: 'x' },
    ]) {
      await assertAllRefused(ordersWith(fields), malformed('vat_amount'))
    }
  })

  test('another currency is refused, since its number is not won', async () => {
    for (const currency of ['USD', 'usd', 'JPY', '원']) {
      await assertAllRefused(ordersWith({ currency }), malformed('currency'))
    }
  })
})

describe('other fields that cannot be meant', () => {
  test('missing ones are all named, in one answer', async () => {
    await assertAllRefused(
      [{ body: {} }, { body: undefined }, { body: null }, { body: '', headers: json }],
      badRequest('파라미터 누락: merchant_uid, amount, card_number, expiry'),
    )
    await assertAllRefused(
      [{ body: { amount: 'x', card_number: '1' } }],
      badRequest('파라미터 누락: merchant_uid, expiry'),
    )
  })

  test('a merchant_uid must be a text of at most 40 characters that can be stored', async () => {
    const uids = [
      'x'.repeat(41),
      '가'.repeat(41),
      true,
      { a: 1 },
      ['m'],
      2 ** 53,
      'a\0b',
      '\ud800',
      '\ud800x',
    ]
    for (const uid of uids)
      await assertAllRefused(ordersWith({ merchant_uid: uid }), malformed('merchant_uid'))
  })

  test('a customer_uid of more than 80 characters is refused in a body and in a path', async () => {
    const long = 'x'.repeat(81)
    await assertAllRefused(
      [
        { body: newOrder({ customer_uid: long }) },
        { path: again, body: againOrder({ customer_uid: long }) },
        { path: `/subscribe/customers/${long}`, body: cardFields() },
      ],
      malformed('customer_uid'),
    )
  })

  test('an expiry that is no month and a card number without a digit are refused by name', async () => {
    const cardRoutes = (fields: object) => [
      { body: newOrder({ ...fields }) },
      { body: newOrder({ ...fields, customer_uid: 'c' }) },
      { path: customers, body: { ...cardFields(), ...fields } },
    ]
    for (const expiry of ['2031-13', '2031-00', '2031', 'soon', '1999-12', { y: 2031 }, true]) {
      await assertAllRefused(cardRoutes({ expiry }), malformed('expiry'))
    }
    for (const number of ['----', 'card', '일이삼사', true, ['1234']]) {
      await assertAllRefused(cardRoutes({ card_number: number }), malformed('card_number'))
    }
  })

  test('what the wire of the gateway cannot hold is refused before anything is recorded', async () => {
    const refusals = [
      [{ birth: '12345' }, /생년월일/],
      [{ pwd_2digit: '1' }, /비밀번호/],
      [{ pwd_2digit: 'ab' }, /비밀번호/],
      [{ card_number: '1'.repeat(17) }, /카드번호/],
    ] as const
    for (const [fields, words] of refusals) {
      await assertAllRefused(
        [
          { body: newOrder({ ...fields }) },
          { body: newOrder({ ...fields, customer_uid: 'c' }) },
          { path: customers, body: { ...cardFields(), ...fields } },
        ],
        badRequest(words),
      )
    }
  })

  test('card_quota is a number of months', async () => {
    for (const quota of [-1, 1.5, 100, true, 'x']) {
      await assertAllRefused(ordersWith({ card_quota: quota }), malformed('card_quota'))
    }
  })
})

describe('a body that cannot be read', () => {
  test('JSON that is broken or no object is 400', async () => {
    const texts = [
      '{',
      '{"merchant_uid":"m"',
      "{'merchant_uid':'m'}",
      '{"amount":NaN}',
      '{"amount":01}',
      '[1]',
      '"text"',
      '1',
      'true',
      '{}{}',
      '{"a":1,}',
    ]
    const requests = [onetime, again, customers].flatMap((path) =>
      texts.map((body) => ({ path, body, headers: json })),
    )
    await assertAllRefused(requests, badRequest('요청 본문이 올바른 JSON 객체가 아닙니다.'))
  })

  test('one of more than a megabyte is 413, in any encoding', async () => {
    const long = 'x'.repeat(1024 * 1024)
    const bodies = [
      { body: JSON.stringify(newOrder({ custom_data: long })), headers: json },
      { body: `custom_data=${long}&amount=1`, headers: form },
    ]
    await assertAllRefused(bodies, { status: 413, code: -1, message: '요청 본문이 너무 큽니다.' })
  })

  test('one that is neither JSON nor a form is 415', async () => {
    const bodies = [
      { body: '<order amount="3000"/>', headers: { 'content-type': 'text/xml' } },
      { body: '--b\r\n\r\n--b--', headers: { 'content-type': 'multipart/form-data; boundary=b' } },
      { body: 'amount: 3000', headers: { 'content-type': 'application/yaml' } },
    ]
    await assertAllRefused(bodies, {
      status: 415,
      code: -1,
      message: /^지원하지 않는 Content-Type/,
    })
  })

  test('one that is not UTF-8 is 400', async () => {
    // `이름` in EUC-KR.
    const bytes = Buffer.concat([
      Buffer.from('{"name":"'),
      Buffer.from([0xc0, 0xcc, 0xb8, 0xa7]),
      Buffer.from('"}'),
    ])
    await app.merchant.call('GET', '/users/pg')
    const login = await callV1(app.url, 'POST', '/users/getToken', {
      body: { imp_key: app.merchant.impKey, imp_secret: app.merchant.impSecret },
    })
    const { access_token: token } = login.body.response as { access_token: string }
    await assertBooksUntouched(app, async () => {
      const reply = await fetch(app.url + onetime, {
        method: 'POST',
        headers: { ...json, authorization: token },
        body: bytes,
      })
      assert.equal(reply.status, 400)
      assert.deepEqual(await reply.json(), {
        code: -1,
        message: '요청 본문은 UTF-8이어야 합니다.',
        response: null,
      })
    })
  })

  test('`__proto__` and its kin set nothing, in JSON, in a form or in a query', async () => {
    const order = JSON.stringify(newOrder({ amount: undefined })).slice(1, -1)
    const requests = [
      { body: `{${order},"__proto__":{"amount":3000}}`, headers: json },
      { body: `{${order},"constructor":{"prototype":{"amount":3000}}}`, headers: json },
      {
        body: 'merchant_uid=m&card_number=1&expiry=2031-12&__proto__[amount]=3000',
        headers: form,
      },
      {
        path: `${onetime}?__proto__[amount]=3000&constructor[prototype][amount]=3000`,
        body: `{${order}}`,
        headers: json,
      },
    ]
    await assertAllRefused(requests, badRequest('파라미터 누락: amount'))
    assert.equal(({} as Record<string, unknown>)['amount'], undefined)
  })

  test('ten thousand fields too many are 400', async () => {
    const body = Array.from({ length: 10_001 }, (_, at) => `f${at}=1`).join('&')
    await assertAllRefused([{ body, headers: form }], badRequest('요청 파라미터가 너무 많습니다.'))
  })
})

describe('a request that no route takes', () => {
  test('an unknown path is 404, with and without a token', async () => {
    const unknown = { status: 404, code: -1, message: '존재하지 않는 API입니다.' } as const
    for (const path of [
      '/nowhere',
      '/subscribe',
      '/subscribe/payments/onetime/x',
      '/v2/payments',
    ]) {
      await assertBooksUntouched(app, async () => {
        assertRefused(await app.merchant.call('GET', path), unknown)
        assertRefused(await app.merchant.call('POST', path, newOrder()), unknown)
        assertRefused(await callV1(app.url, 'GET', path, {}), unknown)
      })
    }
  })

  test('a known path by another method is 405 and names those it takes', async () => {
    const requests = [
      ['GET', onetime, 'POST, OPTIONS'],
      ['PUT', onetime, 'POST, OPTIONS'],
      ['DELETE', again, 'POST, OPTIONS'],
      ['GET', '/users/getToken', 'POST, OPTIONS'],
      ['PATCH', customers, 'DELETE, GET, HEAD, POST, OPTIONS'],
      ['DELETE', '/payments/status/all', 'GET, HEAD, OPTIONS'],
    ]
    for (const [method = '', path = '', allowed] of requests) {
      const reply = await assertBooksUntouched(app, () => app.merchant.call(method, path))
      assertRefused(reply, { status: 405, code: -1, message: '허용되지 않은 HTTP 메서드입니다.' })
      assert.equal(reply.headers.get('allow'), allowed, `${method} ${path}`)
    }
  })

  test('a path that cannot be decoded or holds what cannot be stored is 400', async () => {
    const paths = ['/payments/%', '/payments/%E0%A4%A', '/payments/%00', '/payments/find/%00']
    for (const path of [...paths, '/subscribe/customers/%00', `/payments/find/${'x'.repeat(41)}`]) {
      assertRefused(await app.merchant.call('GET', path), badRequest(/./))
    }
  })

  test('a URL longer than any parameter is 431 with an envelope', async () => {
    const reply = await app.merchant.call('GET', `/payments/${'x'.repeat(20_000)}`)
    assertRefused(reply, { status: 431, code: -1, message: /너무 깁니다/ })
  })
})
