// Walks V1's published document (v1-shapes.ts): every path and method in scope answers with each documented status
// and shape. Where it does not, docs/compatibility.md says so by name, and it says nothing that is not so.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'

import { Ajv } from 'ajv'

import { callV1, startTestApp, type TestApp, type V1Reply } from '../support/app.ts'
import { cardFields, cardThat, newMerchantUid, newOrder } from './orders.ts'
import { assertEnvelope, billingKeyOf, failedOf, paidOf, responseOf } from './replies.ts'
import { type Endpoint, endpoints, type FieldType, type Shape, shapes } from './v1-shapes.ts'

let app: TestApp
before(async () => {
  app = await startTestApp({ role: 'api' })
})
after(() => app.close())

/** How to get a status out of an endpoint; a status without a way counts as a difference. */
type Ways = Readonly<Record<string, Readonly<Record<number, () => Promise<V1Reply>>>>>

const call = (method: string, path: string, body?: unknown) => app.merchant.call(method, path, body)
const get = (path: string) => () => call('GET', path)
const inAnHour = () => Math.floor(Date.now() / 1000) + 3600
const wholeTime = 'from=1&to=9999999999'

async function register(uid: string, card?: string): Promise<string> {
  billingKeyOf(await call('POST', `/subscribe/customers/${uid}`, cardFields(card)))
  return uid
}

async function reserve(uid = 'scheduling'): Promise<string> {
  const merchantUid = newMerchantUid()
  const entry = { merchant_uid: merchantUid, schedule_at: inAnHour(), amount: 500, name: '구독' }
  const body = { customer_uid: await register(uid), schedules: [entry] }
  responseOf(await call('POST', '/subscribe/payments/schedule', body))
  return merchantUid
}

/** A reservation that is over: revoked, which V1 lets be made anew. */
async function revoked(): Promise<string> {
  const merchantUid = await reserve()
  responseOf(await call('POST', '/subscribe/payments/unschedule', { merchant_uid: [merchantUid] }))
  return merchantUid
}

const pay = async () => paidOf(await call('POST', '/subscribe/payments/onetime', newOrder()))

async function prepare(): Promise<string> {
  const merchantUid = newMerchantUid()
  responseOf(await call('POST', '/payments/prepare', { merchant_uid: merchantUid, amount: 100 }))
  return merchantUid
}

const schedule = '/subscribe/payments/schedule'

const ways: Ways = {
  'POST /users/getToken': {
    200: () => {
      const { impKey, impSecret } = app.merchant
      return call('POST', '/users/getToken', { imp_key: impKey, imp_secret: impSecret })
    },
    401: () => call('POST', '/users/getToken', { imp_key: 'nobody', imp_secret: 'knows' }),
  },
  'GET /users/pg': { 200: get('/users/pg') },
  'GET /subscribe/customers': {
    200: async () => call('GET', `/subscribe/customers?customer_uid[]=${await register('one')}`),
    207: async () =>
      call('GET', `/subscribe/customers?customer_uid[]=${await register('one')}&customer_uid[]=no`),
    404: get('/subscribe/customers?customer_uid[]=nobody'),
  },
  'GET /subscribe/customers/{customer_uid}': {
    200: async () => call('GET', `/subscribe/customers/${await register('one')}`),
    404: get('/subscribe/customers/nobody'),
  },
  'POST /subscribe/customers/{customer_uid}': {
    200: () => call('POST', '/subscribe/customers/new', cardFields()),
  },
  'DELETE /subscribe/customers/{customer_uid}': {
    200: async () => call('DELETE', `/subscribe/customers/${await register('leaving')}`),
    404: () => call('DELETE', '/subscribe/customers/nobody'),
  },
  'GET /subscribe/customers/{customer_uid}/payments': {
    200: async () => {
      const order = { customer_uid: await register('paying'), merchant_uid: newMerchantUid() }
      paidOf(await call('POST', '/subscribe/payments/again', { ...order, amount: 100 }))
      return call('GET', '/subscribe/customers/paying/payments')
    },
    404: get('/subscribe/customers/nobody/payments'),
  },
  'GET /subscribe/customers/{customer_uid}/schedules': {
    200: async () => {
      await reserve('listed')
      return call('GET', `/subscribe/customers/listed/schedules?${wholeTime}`)
    },
    400: get('/subscribe/customers/listed/schedules?from=yesterday&to=tomorrow'),
  },
  'GET /payments': {
    200: async () => call('GET', `/payments?imp_uid[]=${(await pay()).imp_uid}`),
    207: async () => call('GET', `/payments?imp_uid[]=${(await pay()).imp_uid}&imp_uid[]=imps_0`),
    404: get('/payments?imp_uid[]=imps_0'),
  },
  'GET /payments/{imp_uid}': {
    200: async () => call('GET', `/payments/${(await pay()).imp_uid}`),
    404: get('/payments/imps_0'),
  },
  'GET /payments/{imp_uid}/balance': {
    200: async () => call('GET', `/payments/${(await pay()).imp_uid}/balance`),
    404: get('/payments/imps_0/balance'),
  },
  'GET /payments/find/{merchant_uid}/{payment_status}': {
    200: async () => call('GET', `/payments/find/${(await pay()).merchant_uid}/paid`),
    404: get('/payments/find/nothing/paid'),
  },
  'GET /payments/findAll/{merchant_uid}/{payment_status}': {
    200: async () => call('GET', `/payments/findAll/${(await pay()).merchant_uid}/paid`),
    400: async () => call('GET', `/payments/findAll/${(await pay()).merchant_uid}/123`),
    404: get('/payments/findAll/nothing/paid'),
  },
  'GET /payments/status/{payment_status}': {
    200: async () => {
      await pay()
      return call('GET', '/payments/status/paid')
    },
    400: get('/payments/status/123'),
  },
  'POST /payments/cancel': {
    200: async () =>
      call('POST', '/payments/cancel', { imp_uid: (await pay()).imp_uid, reason: '변심' }),
  },
  'POST /payments/prepare': {
    200: () => call('POST', '/payments/prepare', { merchant_uid: newMerchantUid(), amount: 100 }),
  },
  'PUT /payments/prepare': {
    200: async () =>
      call('PUT', '/payments/prepare', { merchant_uid: await prepare(), amount: 200 }),
    404: () => call('PUT', '/payments/prepare', { merchant_uid: 'nothing', amount: 200 }),
  },
  'GET /payments/prepare/{merchant_uid}': {
    200: async () => call('GET', `/payments/prepare/${await prepare()}`),
  },
  'POST /subscribe/payments/onetime': {
    200: () => call('POST', '/subscribe/payments/onetime', newOrder({ customer_uid: 'first' })),
  },
  'POST /subscribe/payments/again': {
    200: async () => {
      const customer = await register('regular', cardThat('declined'))
      const order = { customer_uid: customer, merchant_uid: newMerchantUid(), amount: 100 }
      const reply = await call('POST', '/subscribe/payments/again', order)
      failedOf(reply)
      return reply
    },
  },
  [`POST ${schedule}`]: {
    200: async () => {
      const entry = { merchant_uid: newMerchantUid(), schedule_at: inAnHour(), amount: 500 }
      return call('POST', schedule, { customer_uid: await register('one'), schedules: [entry] })
    },
  },
  [`GET ${schedule}`]: {
    200: async () => {
      await reserve()
      return call('GET', `${schedule}?schedule_from=1&schedule_to=9999999999`)
    },
    400: get(`${schedule}?schedule_from=yesterday&schedule_to=tomorrow`),
  },
  'POST /subscribe/payments/unschedule': {
    200: async () =>
      call('POST', '/subscribe/payments/unschedule', { merchant_uid: [await reserve()] }),
  },
  [`GET ${schedule}/{merchant_uid}`]: {
    200: async () => call('GET', `${schedule}/${await reserve()}`),
    404: get(`${schedule}/nothing`),
  },
  [`PUT ${schedule}/{merchant_uid}`]: {
    200: async () =>
      call('PUT', `${schedule}/${await reserve()}`, { schedule_at: inAnHour() + 60 }),
    400: async () => call('PUT', `${schedule}/${await reserve()}`, { schedule_at: 1 }),
    404: () => call('PUT', `${schedule}/nothing`, { schedule_at: inAnHour() }),
  },
  [`POST ${schedule}/{merchant_uid}/reschedule`]: {
    200: async () =>
      call('POST', `${schedule}/${await revoked()}/reschedule`, { schedule_at: inAnHour() }),
    400: async () =>
      call('POST', `${schedule}/${await reserve()}/reschedule`, { schedule_at: inAnHour() }),
    404: () => call('POST', `${schedule}/nothing/reschedule`, { schedule_at: inAnHour() }),
  },
  [`POST ${schedule}/{merchant_uid}/retry`]: {
    200: async () => call('POST', `${schedule}/${await revoked()}/retry`),
    400: async () => call('POST', `${schedule}/${await reserve()}/retry`),
    404: () => call('POST', `${schedule}/nothing/retry`),
  },
  [`GET ${schedule}/customers/{customer_uid}`]: {
    200: async () => {
      await reserve('listed')
      return call('GET', `${schedule}/customers/listed?${wholeTime}`)
    },
    400: get(`${schedule}/customers/listed?from=yesterday&to=tomorrow`),
  },
  'GET /cards': { 200: get('/cards') },
  'GET /cards/{card_standard_code}': { 200: get('/cards/366'), 404: get('/cards/000') },
  'GET /banks': { 200: get('/banks') },
  'GET /banks/{bank_standard_code}': { 200: get('/banks/088'), 404: get('/banks/999') },
  'GET /tiers/{tier_code}': { 200: get('/tiers/ABC'), 404: get('/tiers/XYZ') },
}

/** Without a token, whatever is asked. */
async function withoutToken(name: string): Promise<V1Reply> {
  const [method = '', path = ''] = name.split(' ')
  return callV1(app.url, method, path.replaceAll(/\{\w+\}/g, 'x'), {})
}

const ajv = new Ajv({ allErrors: true, strict: false })

function schemaOf(response: string): object {
  const [, item] = /^list of (\w+)$/.exec(response) ?? []
  if (item !== undefined) return { type: 'array', items: schemaOf(item) }
  const { fields, required } = shapes[response as keyof typeof shapes] satisfies Shape
  const properties = Object.entries(fields).map(([name, type]) => {
    const known = typeSchema(type)
    const isNullable = !required.includes(name)
    return [name, isNullable ? { anyOf: [known, { type: 'null' }] } : known]
  })
  // V1 sends every field, empty or not, so each one has to be there.
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: [...new Set([...Object.keys(fields), ...required])],
  }
}

function typeSchema(type: FieldType): object {
  if (type === 'strings') return { type: 'array', items: { type: 'string' } }
  return type.startsWith('list of ') ? schemaOf(type) : { type }
}

/** What is wrong with an answer; undefined when it is as documented. */
function faultOf(reply: V1Reply, { response }: Endpoint, status: number): string | undefined {
  assertEnvelope(reply)
  if (reply.status !== status) return `HTTP ${reply.status}, code ${reply.body.code}`
  if (status >= 400) return undefined
  if (reply.body.code !== 0) return `code ${reply.body.code}: ${reply.body.message}`
  const { response: given } = reply.body
  const isAsDocumented = ajv.compile(schemaOf(response))
  return isAsDocumented(given) ? undefined : ajv.errorsText(isAsDocumented.errors)
}

/** Differences by name (`GET /path 404`), each with what was found. */
async function findDifferences(): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const endpoint of endpoints) {
    for (const status of endpoint.statuses) {
      const isMissingToken = status === 401 && endpoint.name !== 'POST /users/getToken'
      const way = isMissingToken ? () => withoutToken(endpoint.name) : ways[endpoint.name]?.[status]
      const fault = way === undefined ? 'never answered' : faultOf(await way(), endpoint, status)
      if (fault !== undefined) found.set(`${endpoint.name} ${status}`, fault)
    }
  }
  return found
}

async function namedDifferences(): Promise<string[]> {
  const text = await readFile(new URL('../../docs/compatibility.md', import.meta.url), 'utf8')
  const [, section] =
    /^## Differences from the published document\n([^]*?)(?=^## |$(?![^]))/m.exec(text) ?? []
  assert.ok(section !== undefined, 'docs/compatibility.md lacks the section')
  return [...section.matchAll(/^\| ([A-Z]+ \/\S+ \d{3}) \|/gm)].map(([, name]) => name as string)
}

test('each documented answer is given, or named in docs/compatibility.md', async () => {
  const found = await findDifferences()
  const named = await namedDifferences()
  const unnamed = [...found].filter(([name]) => !named.includes(name))
  assert.deepEqual(unnamed, [], 'differences that nobody is told of')
  assert.deepEqual(
    named.filter((name) => !found.has(name)),
    [],
    'named differences that are none',
  )
})

test('the ways to get answers are to endpoints and statuses of the document', () => {
  const known = new Set(
    endpoints.flatMap(({ name, statuses }) => statuses.map((s) => `${name} ${s}`)),
  )
  const used = Object.entries(ways).flatMap(([name, byStatus]) =>
    Object.keys(byStatus).map((status) => `${name} ${status}`),
  )
  assert.deepEqual(
    used.filter((name) => !known.has(name)),
    [],
  )
  assert.equal(Object.keys(ways).length, endpoints.length)
})

test('the walk can fail: a field that is gone, renamed or of another type is a fault', async () => {
  const endpoint = endpoints.find(({ name }) => name === 'GET /payments/{imp_uid}') as Endpoint
  const reply = await call('GET', `/payments/${(await pay()).imp_uid}`)
  assert.equal(faultOf(reply, endpoint, 200), undefined)
  const spoilt = [{ amount: '3000' }, { status: null }, { cancel_history: {} }, { paid_at: 1.5 }]
  for (const fields of spoilt) {
    const body = { ...reply.body, response: { ...reply.body.response, ...fields } }
    assert.notEqual(faultOf({ ...reply, body }, endpoint, 200), undefined, JSON.stringify(fields))
  }
  const { buyer_tel: _, ...rest } = reply.body.response
  const body = { ...reply.body, response: rest }
  assert.match(String(faultOf({ ...reply, body }, endpoint, 200)), /buyer_tel/)
  assert.match(String(faultOf({ ...reply, status: 207 }, endpoint, 200)), /207/)
})
