// Whatever is sent: never a 5xx, always an envelope, and money moves only for an amount that was plainly asked for.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import * as fc from 'fast-check'

import { adHocSql } from '../../src/db/database.ts'
import type { PaymentView } from '../../src/payments/payment-view.ts'
import { startTestApp, type TestApp, type V1Reply } from '../support/app.ts'
import { ledgerDuring } from './books.ts'
import { cardFields, cardOf, cardRefusedAs, cardThat, newMerchantUid } from './orders.ts'
import { assertEnvelope, billingKeyOf, paidOf } from './replies.ts'

let app: TestApp

before(async () => {
  app = await startTestApp()
  billingKeyOf(await app.merchant.call('POST', '/subscribe/customers/stored', cardFields()))
  paidOf(
    await app.merchant.call('POST', '/subscribe/payments/again', {
      customer_uid: 'stored',
      merchant_uid: 'paid before',
      amount: 1000,
    }),
  )
})
after(() => app.close())

// Texts that parsers, databases and encoders have tripped over.
const nastyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom(
    '\0',
    '\ud800',
    '%',
    '%zz',
    '|',
    "'; drop table payments --",
    '__proto__',
    '한글 이름',
    '뷁',
    '😀',
    '\u202e',
    '\r\nx: y',
    '{"a":1}',
    '[STOPREQ]',
    'x'.repeat(300),
    '가'.repeat(90),
  ),
)
const nastyValue = fc.oneof(
  nastyText,
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(null, '', true, [], {}, 2 ** 53, -1, 1.5),
)

const amount = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 200_000 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 200_000 }).map(String) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 200_000 }).map((won) => `${won}.00`) },
  { weight: 2, arbitrary: fc.double() },
  { weight: 1, arbitrary: fc.maxSafeInteger() },
  {
    weight: 1,
    arbitrary: fc.constantFrom('1e3', '0x10', '1,000', '１００', ' 7 ', '007', '-0', '+1'),
  },
  { weight: 2, arbitrary: nastyValue },
)

/** A field as it should be, mostly: seldom enough that an order of a dozen fields is often right in all of them. */
const mostly = <T>(right: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 11, arbitrary: right }, { weight: 1, arbitrary: nastyValue })

const body = fc.record(
  {
    // Made when it is sent, so that a repeated run does not meet its own order.
    merchant_uid: fc.oneof(
      { weight: 9, arbitrary: fc.constant(newMerchantUid) },
      { weight: 1, arbitrary: nastyValue },
      { weight: 1, arbitrary: fc.constant('paid before') },
    ),
    amount,
    card_number: mostly(
      fc.oneof(
        { weight: 5, arbitrary: fc.constant(cardOf('신한카드')) },
        {
          weight: 2,
          arbitrary: fc.constantFrom(cardThat('declined'), cardRefusedAs('stolen'), '1234', '-'),
        },
      ),
    ),
    expiry: mostly(fc.constantFrom('2031-12', '203112', '12/31')),
    birth: mostly(fc.constantFrom('820213', '1234567890')),
    pwd_2digit: mostly(fc.constantFrom('00', '97')),
    customer_uid: mostly(fc.constantFrom('stored', 'new', undefined)),
    name: mostly(fc.constant('한글 이름')),
    buyer_name: mostly(fc.constant('홍길동')),
    buyer_email: mostly(fc.constant('gildong@example.com')),
    tax_free: mostly(fc.constantFrom(undefined, 0)),
    card_quota: mostly(fc.constantFrom(undefined, 0)),
    custom_data: nastyValue,
    browser_ip: mostly(fc.constant('203.0.113.7')),
    pg: mostly(fc.constant(undefined)),
  },
  { requiredKeys: ['merchant_uid', 'amount', 'card_number', 'expiry'] },
)

type Body = Record<string, unknown>

function fresh(fields: Body): Body {
  const { merchant_uid: uid } = fields
  return { ...fields, merchant_uid: typeof uid === 'function' ? (uid as () => string)() : uid }
}

interface Sent {
  readonly path: string
  readonly fields: Body
  readonly encoding: 'json' | 'form'
}

const sent: fc.Arbitrary<Sent> = fc.record({
  path: fc.constantFrom(
    '/subscribe/payments/onetime',
    '/subscribe/payments/again',
    '/subscribe/customers/new',
  ),
  fields: body,
  encoding: fc.constantFrom('json', 'form'),
})

function send({ path, fields, encoding }: Sent): Promise<V1Reply> {
  if (encoding === 'json') return app.merchant.call('POST', path, fields)
  const form = new URLSearchParams(
    Object.entries(fields).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, formText(value)]],
    ),
  )
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return app.merchant.call('POST', path, form.toString(), headers)
}

function formText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The only amounts that may be charged: a whole number of won, or decimal digits that say one. */
function wonPlainlyMeant(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? value : undefined
  const said = typeof value === 'string' ? /^\s*(\d+)(?:\.0+)?\s*$/.exec(value) : null
  return said === null ? undefined : Number(said[1])
}

test('random orders are charged for what they say or not at all', async () => {
  const seen = { approvals: 0, refusals: 0 }
  await fc.assert(
    fc.asyncProperty(sent, async (request) => {
      const fields = fresh(request.fields)
      const { result: reply, entries } = await ledgerDuring(app, () => send({ ...request, fields }))
      assertEnvelope(reply)
      assert.ok(reply.status < 500)
      const approvals = entries.filter((entry) => entry.kind === 'approval')
      const payment = reply.body.response as PaymentView | null
      const isPaid = payment?.status === 'paid'
      assert.equal(approvals.length, isPaid ? 1 : 0)
      seen.approvals += approvals.length
      seen.refusals += payment === null ? 1 : 0
      if (!isPaid) return
      const [approval] = approvals
      assert.equal(approval?.amount, wonPlainlyMeant(formless(request, fields)['amount']))
      assert.equal(payment.amount, approval?.amount)
      assert.equal(payment.imp_uid, approval?.orderno)
    }),
    { numRuns: 500 },
  )
  assert.ok(seen.approvals > 10 && seen.refusals > 100, JSON.stringify(seen))
  assert.deepEqual(await unsettled(), [])
})

/** A form carries texts only. */
function formless({ encoding }: Sent, fields: Body): Body {
  return encoding === 'json' ? fields : { ...fields, amount: formText(fields['amount']) }
}

/** Every payment that the gateway answered is settled. */
async function unsettled(): Promise<unknown[]> {
  const statement = adHocSql(`select imp_uid from payments where state in ('sending', 'unknown')`)
  return (await app.parts.db.query(statement, [])).rows
}

const contentType = fc.constantFrom(
  'application/json',
  'application/x-www-form-urlencoded',
  'text/plain',
  'text/xml',
  'multipart/form-data; boundary=x',
  'nonsense',
  'application/json; charset=euc-kr',
)

test('random texts as bodies of any type move no money and break nothing', async () => {
  const path = fc.constantFrom(
    '/users/getToken',
    '/subscribe/payments/onetime',
    '/subscribe/payments/again',
    '/subscribe/customers/new',
  )
  const text = fc.oneof(
    nastyText,
    fc.json(),
    nastyValue.map((value) => `{"merchant_uid":"m","amount":${JSON.stringify(value)}`),
    fc
      .array(fc.tuple(nastyText, nastyText))
      .map((pairs) => pairs.map((pair) => pair.join('=')).join('&')),
  )
  await fc.assert(
    fc.asyncProperty(path, text, contentType, async (url, content, type) => {
      const { result: reply, entries } = await ledgerDuring(app, () =>
        app.merchant.call('POST', url, content, { 'content-type': type }),
      )
      assertEnvelope(reply)
      assert.ok(reply.status < 500)
      assert.notEqual(reply.body.code, 0)
      assert.deepEqual(entries, [])
    }),
    { numRuns: 300 },
  )
})

test('random paths and queries of look-ups answer with an envelope', async () => {
  const segment = nastyText
    .filter((text) => text.isWellFormed())
    .map((text) => encodeURIComponent(text))
  const route = fc.constantFrom(
    '/payments',
    '/payments/find',
    '/payments/findAll',
    '/payments/status',
    '/subscribe/customers',
    '/cards',
    '/banks',
    '/users/pg',
  )
  const query = fc.array(
    fc.tuple(
      fc.constantFrom(
        'page',
        'limit',
        'sorting',
        'from',
        'to',
        'imp_uid[]',
        'merchant_uid',
        'customer_uid[x]',
        '_token',
      ),
      fc.oneof(segment, fc.integer().map(String)),
    ),
    { maxLength: 3 },
  )
  await fc.assert(
    fc.asyncProperty(
      route,
      fc.array(segment, { maxLength: 2 }),
      query,
      async (url, parts, pairs) => {
        const search = pairs.map(([name, text]) => `${name}=${text}`).join('&')
        const path = [url, ...parts].join('/')
        const reply = await app.merchant.call('GET', `${path}?${search}`)
        assertEnvelope(reply)
        assert.ok(reply.status < 500, `${path}?${search}`)
      },
    ),
    { numRuns: 300 },
  )
})
