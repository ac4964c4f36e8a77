// Preflight knows the wire: an order of any texts and numbers is either refused by us, naming a parameter and leaving
// nothing behind, or a simulator that is strict about every field takes it.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import * as fc from 'fast-check'

import type { NewChannel } from '../../src/accounts/add-channel.ts'
import { adHocSql } from '../../src/db/database.ts'
import { startTestApp, type TestApp, type TestMerchant, type V1Reply } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { ledgerDuring } from './books.ts'
import { cardFields, newMerchantUid } from './orders.ts'
import { assertEnvelope, paidOf } from './replies.ts'
import { registerCard } from './reservations.ts'

const kinds: readonly Partial<NewChannel>[] = [
  { unmappable: 'reject' },
  { unmappable: 'substitute' },
  { unmappable: 'reject', taxMode: 'taxable', cardRoute: 'K', allowsKeyInPlain: false },
  { unmappable: 'substitute', taxMode: 'exempt', allowsKeyInVerified: false },
]

let app: TestApp
const merchants: TestMerchant[] = []

before(async () => {
  app = await startTestApp({ logLevel: 'warn' })
  // Each source requires fields that the other does not; a request that has all of them suits both.
  const reply = await fetch(`${app.simulator.url}/_settings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ requiredFields: 'union', cancelReasonUnit: 'bytes' }),
  })
  assert.equal(reply.status, 200, await reply.text())
  for (const kind of kinds) {
    const merchant = await app.addMerchant(kind)
    await registerCard(merchant, 'stored')
    merchants.push(merchant)
  }
})
after(async () => {
  await assertBooksAgree(app.parts, app.simulator.ledger())
  await app.close()
})

// Letters the wire has, letters it lacks, what CP949 alone has, and what only looks like a letter.
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 90, size: 'max' }),
  fc.string({ unit: 'grapheme', maxLength: 60, size: 'max' }),
  fc.string({
    unit: fc.constantFrom('가', '힣', '똠', '펲', '㈜', '①', 'a', ' ', '-'),
    maxLength: 90,
  }),
  fc.constantFrom(
    '|',
    '\u00a0',
    '\u3000',
    '\u200b',
    '한글'.normalize('NFD'),
    '👨‍👩‍👧',
    '﷽',
    'ㅤ',
    '\t\n',
  ),
)
const sometimes = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })
const amount = fc.oneof(
  fc.integer({ min: 1, max: 200_000 }),
  fc.constantFrom(1, 10, 11, 49_999, 50_000, 9_999_999_999),
)

const order = amount.chain((amountWon) =>
  fc.record({
    amount: fc.constant(amountWon),
    tax_free: sometimes(fc.constantFrom(0, 1, Math.floor(amountWon / 2), amountWon)),
    vat_amount: sometimes(fc.constantFrom(0, 1, Math.floor(amountWon / 11))),
    card_quota: sometimes(fc.oneof(fc.integer({ min: 0, max: 13 }), fc.constant(99))),
    merchant_uid: sometimes(anyText.map((text) => [...text].slice(0, 30).join(''))),
    name: sometimes(anyText),
    buyer_name: sometimes(anyText),
    buyer_email: sometimes(fc.oneof(anyText, fc.emailAddress())),
    buyer_tel: sometimes(anyText),
    browser_ip: sometimes(fc.oneof(fc.ipV4(), fc.ipV6(), anyText)),
  }),
)

interface Sent {
  readonly merchant: number
  readonly way: 'key-in' | 'first payment' | 'again'
  readonly order: Readonly<Record<string, unknown>>
  readonly customerUid: string
}

const sent: fc.Arbitrary<Sent> = fc.record({
  merchant: fc.nat({ max: kinds.length - 1 }),
  way: fc.constantFrom('key-in', 'first payment', 'again'),
  order,
  customerUid: anyText.filter((text) => text !== ''),
})

function send({ merchant, way, order: fields, customerUid }: Sent): Promise<V1Reply> {
  const client = merchants[merchant] as TestMerchant
  // Unique whatever the text: nothing here is about duplicates.
  const uid = `${newMerchantUid()}${(fields['merchant_uid'] as string | undefined) ?? ''}`
  const body = { ...fields, merchant_uid: uid }
  if (way === 'again') {
    return client.call('POST', '/subscribe/payments/again', { ...body, customer_uid: 'stored' })
  }
  const typed = { ...body, ...cardFields() }
  const key = way === 'key-in' ? {} : { customer_uid: customerUid }
  return client.call('POST', '/subscribe/payments/onetime', { ...typed, ...key })
}

const parameters = [
  'amount',
  'tax_free',
  'vat_amount',
  'card_quota',
  'merchant_uid',
  'customer_uid',
  'name',
  'buyer_name',
  'buyer_email',
  'buyer_tel',
  'browser_ip',
].join('|')
const namesParameter = new RegExp(`^파라미터 (?:누락|오류): (?:${parameters})(?: \\(|$|, )`)

const countRows = adHocSql(
  `select (select count(*) from payments) + (select count(*) from exchanges) as "count"`,
)

async function rowsStored(): Promise<number> {
  const { rows } = await app.parts.db.query<{ count: number }>(countRows)
  return rows[0]?.count ?? 0
}

test('an order is refused by us and leaves nothing, or the gateway takes it', async () => {
  const seen = { paid: 0, refused: new Set<string>() }
  await fc.assert(
    fc.asyncProperty(sent, async (request) => {
      const rowsBefore = await rowsStored()
      const { result: reply, entries } = await ledgerDuring(app, () => send(request))
      assertEnvelope(reply)
      // No field was refused there: not by 9001, 9011, S503 or any other code.
      assert.deepEqual(
        entries.filter(({ kind }) => kind === 'decline'),
        [],
      )
      if (reply.body.code === 0) {
        seen.paid += 1
        assert.equal(paidOf(reply).amount, request.order['amount'])
        return
      }
      assert.equal(reply.status, 400, String(reply.body.message))
      assert.match(String(reply.body.message), namesParameter)
      seen.refused.add(/: ([a-z_]+)/.exec(String(reply.body.message))?.[1] ?? '')
      assert.deepEqual(entries, [])
      assert.equal(await rowsStored(), rowsBefore)
    }),
    // Every try is a payment: shrinking would take minutes to say what the first failure says.
    { numRuns: 400, endOnFailure: true },
  )
  assert.ok(seen.paid > 50, `${seen.paid} paid`)
  for (const name of ['name', 'buyer_name', 'card_quota', 'tax_free', 'vat_amount']) {
    assert.ok(seen.refused.has(name), `${name} was never refused`)
  }
})
