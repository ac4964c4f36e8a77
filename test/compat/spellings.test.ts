// Spellings that no single client owns: each parameter, list and body may be written in any way that V1 reads, on
// every endpoint, because merchants copy requests from documents, blogs and other languages.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { cardFields, newMerchantUid, newOrder } from '../api/orders.ts'
import { newEntry, schedulesOf, schedulePageOf, uidsOf } from '../api/reservations.ts'
import {
  assertEnvelope,
  assertRefused,
  billingKeyOf,
  paidOf,
  responseOf,
  unauthorized,
} from '../api/replies.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { inADay } from './expectations.ts'
import { formType, jsonType, openWire, type Wire } from './wire.ts'

let app: TestApp
let wire: Wire
let token: string

before(async () => {
  app = await startTestApp()
  wire = await openWire(app)
  token = `Authorization: ${wire.token}`
  billingKeyOf(await sendJson('POST /subscribe/customers/kim', cardFields()))
  billingKeyOf(await sendJson('POST /subscribe/customers/lee', cardFields()))
})
after(() => app.close())

const get = (path: string) => wire.send({ line: `GET ${path}`, headers: [token] })
const sendJson = (line: string, fields: object) =>
  wire.send({ line, headers: [token, jsonType], body: JSON.stringify(fields) })
const sendForm = (line: string, body: string) =>
  wire.send({ line, headers: [token, formType], body })

/** As PHP's http_build_query does: nested names in brackets, everything escaped. */
function phpForm(fields: object): string {
  const pairs: [string, string][] = []
  const add = (name: string, value: object | string | number | null): void => {
    if (typeof value === 'object') {
      for (const [key, inner] of Object.entries(value ?? {})) add(`${name}[${key}]`, inner)
    } else {
      pairs.push([name, String(value)])
    }
  }
  for (const [name, value] of Object.entries(fields)) add(name, value)
  return new URLSearchParams(pairs).toString()
}

/** Every endpoint that takes a body, with one that succeeds; made anew for each request. */
const bodies: readonly { readonly line: string; readonly fields: () => Promise<object> }[] = [
  {
    line: 'POST /users/getToken',
    fields: async () => ({ imp_key: app.merchant.impKey, imp_secret: app.merchant.impSecret }),
  },
  { line: 'POST /subscribe/customers/park', fields: async () => cardFields() },
  { line: 'POST /subscribe/payments/onetime', fields: async () => newOrder() },
  { line: 'POST /subscribe/payments/again', fields: async () => byKey() },
  { line: 'POST /subscribe/payments/foreign', fields: async () => newOrder() },
  {
    line: 'POST /subscribe/payments/schedule',
    fields: async () => ({ customer_uid: 'kim', schedules: [newEntry(inADay())] }),
  },
  {
    line: 'POST /subscribe/payments/unschedule',
    fields: async () => {
      const entry = await reserved()
      return { customer_uid: 'kim', merchant_uid: [entry.merchant_uid] }
    },
  },
  {
    line: 'POST /payments/cancel',
    fields: async () => ({ imp_uid: (await paid()).imp_uid, reason: '변심', amount: 100 }),
  },
  {
    line: 'POST /payments/prepare',
    fields: async () => ({ merchant_uid: newMerchantUid(), amount: 1000 }),
  },
  {
    line: 'PUT /payments/prepare',
    fields: async () => {
      const fields = { merchant_uid: newMerchantUid(), amount: 1000 }
      responseOf(await sendJson('POST /payments/prepare', fields))
      return { ...fields, amount: 2000 }
    },
  },
]

function byKey() {
  return { customer_uid: 'kim', merchant_uid: newMerchantUid(), amount: 1000 }
}

async function paid() {
  return paidOf(await sendJson('POST /subscribe/payments/onetime', newOrder()))
}

async function reserved(customerUid = 'kim') {
  const entry = newEntry(inADay())
  const fields = { customer_uid: customerUid, schedules: [entry] }
  schedulesOf(await sendJson('POST /subscribe/payments/schedule', fields))
  return entry
}

/** Bodies of one meaning, as different clients write them. */
const spellings: readonly {
  readonly name: string
  readonly type: string | null
  readonly write: (fields: object) => string
}[] = [
  { name: 'JSON', type: 'application/json', write: JSON.stringify },
  { name: 'JSON with a charset', type: 'application/json; charset=utf-8', write: JSON.stringify },
  { name: 'JSON without a type', type: null, write: JSON.stringify },
  {
    name: 'JSON under curl’s form type',
    type: 'application/x-www-form-urlencoded',
    write: JSON.stringify,
  },
  { name: 'a form', type: 'application/x-www-form-urlencoded', write: phpForm },
  {
    name: 'a form with a charset and raw brackets',
    type: 'application/x-www-form-urlencoded; charset=UTF-8',
    write: (fields) => phpForm(fields).replaceAll('%5B', '[').replaceAll('%5D', ']'),
  },
  {
    name: 'an unescaped form',
    type: 'application/x-www-form-urlencoded',
    write: (fields) => decodeURIComponent(phpForm(fields).replaceAll('+', ' ')),
  },
]

describe('every endpoint with a body', () => {
  for (const { line, fields } of bodies) {
    test(`${line} reads ${spellings.length} spellings, with and without a slash at the end`, async () => {
      for (const { name, type, write } of spellings) {
        for (const slash of ['', '/']) {
          const headers = type === null ? [token] : [token, `Content-Type: ${type}`]
          const reply = await wire.send({
            line: line + slash,
            headers,
            body: write(await fields()),
          })
          assert.equal(reply.body.code, 0, `${name}: ${reply.body.message}`)
          responseOf(reply)
        }
      }
    })
  }
})

describe('a length counted in characters instead of bytes', () => {
  // Three syllables are nine bytes: the body ends six bytes early, between two syllables, and what is left over is
  // no request.
  const bytesOf = (uid: string, connection: string) => {
    const form = `${phpForm(newOrder({ merchant_uid: uid }))}&name=월구독`
    const headers = ['Host: x', token, formType, `Content-Length: ${form.length}`, connection]
    return `POST /subscribe/payments/onetime HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n${form}`
  }

  for (const connection of ['Connection: keep-alive', 'Connection: close']) {
    test(`leaves a tail, whose refusal never takes the place of the payment (${connection})`, async () => {
      const uid = newMerchantUid()
      const [first, ...rest] = await wire.sendBytes(bytesOf(uid, connection))
      const { response } = JSON.parse(String(first?.body)) as { response: { status: string } }
      assert.equal(first?.status, 200, first?.body)
      assert.equal(response.status, 'paid')
      assert.equal(paidOf(await get(`/payments/find/${uid}`)).name, '월')
      assert.ok(rest.every(({ status }) => status === 400))
    })
  }
})

describe('nested names of a form', () => {
  test('are schedules with all they hold', async () => {
    const at = inADay()
    const [first, second] = [newMerchantUid(), newMerchantUid()]
    const form = [
      'customer_uid=kim',
      `schedules[0][merchant_uid]=${first}&schedules[0][schedule_at]=${at}&schedules[0][amount]=1000`,
      'schedules[0][extra][naverUseCfm]=20240101&schedules[0][name]=월간 구독',
      `schedules[1][merchant_uid]=${second}&schedules[1][schedule_at]=${at}&schedules[1][amount]=2000`,
    ].join('&')
    const list = schedulesOf(await sendForm('POST /subscribe/payments/schedule', form))
    assert.deepEqual(uidsOf(list), [first, second])
    assert.deepEqual(
      list.map(({ amount, name }) => [amount, name]),
      [
        [1000, '월간 구독'],
        [2000, list[1]?.name],
      ],
    )
  })

  test('name one or several schedules to revoke', async () => {
    for (const write of [
      (uid: string) => `merchant_uid=${uid}`,
      (uid: string) => `merchant_uid[]=${uid}`,
      (uid: string) => `merchant_uid[0]=${uid}`,
      (uid: string) => `merchant_uid%5B%5D=${uid}&merchant_uid%5B%5D=nothing`,
      (uid: string) => `merchant_uid=nothing&merchant_uid=${uid}`,
    ]) {
      const { merchant_uid: uid } = await reserved()
      const list = schedulesOf(await sendForm('POST /subscribe/payments/unschedule', write(uid)))
      assert.deepEqual(uidsOf(list), [uid])
    }
  })

  test('of an extra are ignored, in a body and in a query', async () => {
    const order = `${phpForm(byKey())}&extra[naverUseCfm]=20240101&extra[requester]=admin`
    paidOf(await sendForm('POST /subscribe/payments/again', order))
    billingKeyOf(await sendJson('POST /subscribe/customers/gone', cardFields()))
    const line = 'DELETE /subscribe/customers/gone?reason=x&extra[requester]=admin'
    assert.equal(billingKeyOf(await wire.send({ line, headers: [token] })).customer_uid, 'gone')
  })
})

describe('a list in a query', () => {
  const ways: readonly ((name: string, ids: readonly string[]) => string)[] = [
    (name, ids) => ids.map((id) => `${name}[]=${id}`).join('&'),
    (name, ids) => ids.map((id) => `${name}%5B%5D=${id}`).join('&'),
    (name, ids) => ids.map((id, index) => `${name}[${index}]=${id}`).join('&'),
    (name, ids) => ids.map((id, index) => `${name}%5B${index}%5D=${id}`).join('&'),
    (name, ids) => ids.map((id) => `${name}=${id}`).join('&'),
  ]

  test('of payments is read in every spelling, by either id', async () => {
    const [first, second] = [await paid(), await paid()]
    for (const name of ['imp_uid', 'merchant_uid'] as const) {
      for (const way of ways) {
        const query = way(name, [first[name], second[name]])
        const found = responseOf(await get(`/payments?${query}`)) as { imp_uid: string }[]
        const uids = found.map(({ imp_uid }) => imp_uid).sort()
        assert.deepEqual(uids, [first.imp_uid, second.imp_uid].sort(), query)
      }
      const one = responseOf(await get(`/payments?${name}=${first[name]}`)) as unknown[]
      assert.equal(one.length, 1)
    }
  })

  test('of customers is read in every spelling', async () => {
    for (const way of ways) {
      const query = way('customer_uid', ['kim', 'lee'])
      const found = responseOf(await get(`/subscribe/customers?${query}`)) as unknown[]
      assert.equal(found.length, 2, query)
    }
  })
})

describe('the range of a list of schedules', () => {
  const lists = [
    '/subscribe/payments/schedule',
    '/subscribe/customers/lee/schedules',
    '/subscribe/payments/schedule/customers/lee',
  ]

  for (const path of lists) {
    test(`${path} knows every name, in any combination`, async () => {
      const entry = await reserved('lee')
      for (const from of ['from', 'schedule_from']) {
        for (const to of ['to', 'schedule_to']) {
          for (const status of ['schedule-status', 'schedule_status']) {
            const window = `${from}=${entry.schedule_at}&${to}=${entry.schedule_at + 1}`
            const shown = schedulePageOf(
              await get(`${path}?${window}&${status}=scheduled&limit=1000`),
            )
            assert.ok(uidsOf(shown.list).includes(entry.merchant_uid), `${window} ${status}`)
            const none = schedulePageOf(await get(`${path}?${window}&${status}=revoked&limit=1000`))
            assert.ok(!uidsOf(none.list).includes(entry.merchant_uid))
          }
        }
      }
    })
  }
})

describe('a value', () => {
  const again = (fields: object) =>
    sendJson('POST /subscribe/payments/again', { ...byKey(), ...fields })

  test('that is a number may be text', async () => {
    assert.equal(
      paidOf(await again({ amount: '92500', card_quota: '3', tax_free: '0' })).amount,
      92_500,
    )
  })

  test('that is a truth may be true, "true", 1 or "1"', async () => {
    for (const truth of [true, false, 'true', 'false', 1, 0, '1', '0']) {
      const flags = { interest_free_by_merchant: truth, use_card_point: truth }
      paidOf(await again(flags))
      const { imp_uid } = await paid()
      responseOf(await sendJson('POST /payments/cancel', { imp_uid, enable_webhook: truth }))
    }
  })

  test('that is null or empty is absent', async () => {
    const absent = paidOf(
      await again({ name: null, buyer_name: '', card_quota: '', tax_free: null }),
    )
    assert.deepEqual([absent.name, absent.card_quota], [null, 0])
    const reply = await again({ merchant_uid: '' })
    assertRefused(reply, { status: 400, code: -1, message: '파라미터 누락: merchant_uid' })
  })

  test('has its name after or before a space, or with a dot for the underscore in a form', async () => {
    assert.equal(paidOf(await again({ 'currency ': 'KRW' })).currency, 'KRW')
    const { customer_uid, merchant_uid, amount } = byKey()
    const form = ` customer.uid=${customer_uid}&  merchant_uid=${merchant_uid}& amount =${amount}`
    assert.equal(paidOf(await sendForm('POST /subscribe/payments/again', form)).amount, amount)
  })

  test('that nobody knows is ignored, whatever it is', async () => {
    paidOf(await again({ unknown: { deep: [[{}]] }, __proto__: null, 'a.b[c]': 1, constructor: 1 }))
  })
})

describe('a look-up', () => {
  test('may carry a body, a content type or both', async () => {
    const { imp_uid } = await paid()
    const line = `GET /payments/${imp_uid}`
    for (const request of [
      { line, headers: [token, jsonType] },
      { line, headers: [token, jsonType, 'Content-Length: 0'] },
      { line, headers: [token, formType, 'Content-Length: 0'] },
      { line, headers: [token, jsonType], body: '{"customer_uid":"kim"}' },
      { line, headers: [token, jsonType], body: 'null' },
      { line, headers: [token, formType], body: 'imp_uid=another' },
      { line, headers: [token, jsonType], body: 'not json' },
    ]) {
      assert.equal(paidOf(await wire.send(request)).imp_uid, imp_uid)
    }
  })

  test('may have empty segments and slashes where its path ends', async () => {
    const { imp_uid, merchant_uid } = await paid()
    for (const path of [
      `/payments/${imp_uid}/`,
      `/payments/find/${merchant_uid}/`,
      `/payments/find/${merchant_uid}//`,
      `//payments/find/${merchant_uid}`,
      `/payments/?imp_uid=${imp_uid}`,
    ]) {
      assert.equal((await get(path)).body.code, 0, path)
    }
  })

  test('reads what is percent-encoded in its path', async () => {
    const uid = '주문/1?a=b&c#d+e %25'
    const order = { ...byKey(), merchant_uid: uid }
    const payment = paidOf(await sendJson('POST /subscribe/payments/again', order))
    assert.deepEqual(paidOf(await get(`/payments/find/${encodeURIComponent(uid)}`)), payment)
  })
})

describe('a token', () => {
  test('is read from any of its four places, and Authorization wins', async () => {
    const good = wire.token
    const bad = 'f'.repeat(40)
    for (const [query, headers, isGood] of [
      ['', [`Authorization: ${good}`], true],
      ['', [`authorization: bearer ${good}`], true],
      ['', [`AUTHORIZATION: Bearer  ${good}`], true],
      ['', [`X-ImpTokenHeader: ${good}`], true],
      [`?_token=${good}`, [], true],
      [`?_token=${bad}`, [`Authorization: ${good}`, `X-ImpTokenHeader: ${bad}`], true],
      [`?_token=${good}`, [`Authorization: ${bad}`, `X-ImpTokenHeader: ${good}`], false],
      ['', [], false],
    ] as const) {
      const reply = await wire.send({ line: `GET /subscribe/customers/kim${query}`, headers })
      if (isGood) billingKeyOf(reply)
      else assertRefused(reply, unauthorized)
    }
  })

  test('arrives in one piece, with its length, for a client that reads the first piece only', async () => {
    const { impKey, impSecret } = app.merchant
    const reply = await sendForm(
      'POST /users/getToken',
      `imp_key=${impKey}&imp_secret=${impSecret}`,
    )
    assertEnvelope(reply)
    assert.equal(reply.headers.get('transfer-encoding'), null)
    const length = Buffer.byteLength(JSON.stringify(reply.body))
    assert.equal(Number(reply.headers.get('content-length')), length)
  })
})
