// What keys were used for is sealed hour by hour; whoever changes it afterwards is found, and whoever goes on working
// with what was sealed is not.

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'

import { sealKeyUse } from '../../src/audit/seal-key-use.ts'
import { signChains } from '../../src/audit/sign-chains.ts'
import type { TrailVerdict } from '../../src/audit/verify-trail.ts'
import { adHocSql } from '../../src/db/database.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import { settleByOperator } from '../../src/reconciliation/settle-by-operator.ts'
import { newOrder } from '../api/orders.ts'
import { paidOf } from '../api/replies.ts'
import { registerCard } from '../api/reservations.ts'
import { orderFault } from '../faults/outcome-checks.ts'
import { startTestApp, type TestApp, type TestMerchant } from '../support/app.ts'
import { tamper, verdictOn } from './trail.ts'

const minuteMs = 60_000
const hourMs = 3_600_000

let app: TestApp
let merchant: TestMerchant
const clock = new TestClock(Date.UTC(2026, 10, 28, 3, 10))
before(async () => {
  app = await startTestApp({ role: 'api', clock })
})
after(() => app.close())

beforeEach(async () => {
  clock.advance(hourMs - (clock.now() % hourMs) + 50 * minuteMs)
  merchant = await app.addMerchant()
})

const againPath = '/subscribe/payments/again'

/** A registered key, two charges with it, and a part of one given back. */
async function useKeys(): Promise<readonly [string, string]> {
  await registerCard(merchant, 'subscriber')
  const impUids: string[] = []
  for (const amount of [3_000, 4_000]) {
    const order = { customer_uid: 'subscriber', ...newOrder({ amount }) }
    impUids.push(paidOf(await merchant.call('POST', againPath, order)).imp_uid)
  }
  const [first = '', second = ''] = impUids
  await cancel(first, 1_000)
  return [first, second]
}

async function cancel(impUid: string, amount: number): Promise<void> {
  const { body } = await merchant.call('POST', '/payments/cancel', { imp_uid: impUid, amount })
  assert.equal(body.code, 0, body.message ?? '')
}

async function seal(): Promise<void> {
  while ((await sealKeyUse(app.parts)) > 0);
  await signChains(app.parts)
}

interface SealRow {
  readonly detail: Record<string, unknown>
}

async function seals(): Promise<Record<string, unknown>[]> {
  const { rows } = await app.parts.db.query<SealRow>(
    adHocSql(`select detail from audit_events
      where merchant_id = $1 and action = 'key_use.sealed' order by sequence`),
    [merchant.merchantId],
  )
  return rows.map(({ detail }) => detail)
}

async function textsOf(verdict: Promise<TrailVerdict>): Promise<string[]> {
  return (await verdict).findings.map(({ text }) => text)
}

describe('the use of keys', () => {
  it('is sealed once an hour is over and its answers are in, in one event', async () => {
    await useKeys()
    clock.advance(10 * minuteMs + 14 * minuteMs)
    await seal()
    assert.deepEqual(await seals(), [])
    clock.advance(2 * minuteMs)
    await Promise.all([seal(), seal(), seal()])
    const [sealed, ...more] = await seals()
    assert.deepEqual(more, [])
    const { exchanges, charges, chargedWon, cancels, cancelledWon } = sealed ?? {}
    assert.deepEqual(
      { exchanges, charges, chargedWon, cancels, cancelledWon },
      { exchanges: 4, charges: 2, chargedWon: 7_000, cancels: 1, cancelledWon: 1_000 },
    )
    const verdict = await verdictOn(app, merchant)
    assert.deepEqual([verdict.findings, verdict.seals], [[], 1])
  })

  it('goes on after it was sealed: cancels, later hours, evidence', async () => {
    const [, second] = await useKeys()
    await orderFault(app, { match: {}, fault: 'answer_lost' })
    const order = { customer_uid: 'subscriber', ...newOrder({ amount: 5_000 }) }
    const lost = await merchant.call('POST', againPath, order)
    assert.equal(lost.headers.get('billkey-outcome'), 'unknown')
    // A token lives for half an hour.
    clock.advance(26 * minuteMs)
    await seal()
    assert.equal((await seals()).length, 1)
    await cancel(second, 4_000)
    const { merchantId } = merchant
    const settled = await settleByOperator(app.parts, {
      merchantId,
      impUid: (lost.body.response as { imp_uid: string }).imp_uid,
      verdict: { kind: 'charged', transactionId: 'CTS26112812000000001', approvalNumber: null },
      actor: 'cli:tester',
      reason: 'found in the admin',
    })
    assert.equal(settled.kind, 'settled')
    clock.advance(2 * hourMs)
    await seal()
    const verdict = await verdictOn(app, merchant)
    assert.deepEqual([verdict.findings, verdict.seals], [[], 2])
    const [evidence] = await eventsOf('payment.settled_by_evidence')
    assert.equal(evidence?.actor, 'cli:tester')
    assert.equal(evidence?.detail['reason'], 'found in the admin')
  })

  it('is not sealed while the merchant’s clock stands, and is found to be due when no worker runs', async () => {
    await useKeys()
    await app.parts.clock.stopAt(merchant.merchantId, clock.now())
    clock.advance(3 * hourMs)
    await seal()
    assert.deepEqual(await seals(), [])
    assert.deepEqual(await textsOf(verdictOn(app, merchant)), [])
    await app.parts.clock.release(merchant.merchantId)
    const texts = await textsOf(verdictOn(app, merchant))
    assert.match(texts.join('\n'), /key use since 2026-11-\d\dT.* is not sealed: no worker runs/)
    await seal()
    assert.equal((await seals()).length, 1)
    assert.deepEqual(await textsOf(verdictOn(app, merchant)), [])
  })

  const changes: readonly (readonly [does: string, sql: string, said: RegExp])[] = [
    [
      'an exchange deleted',
      `delete from exchanges where merchant_id = $1 and purpose = 'charge' and imp_uid = $2`,
      /4 exchanges were sealed and 3 are there, 2 approved charges .* 7000 won charged were sealed and 4000/,
    ],
    [
      'an exchange put in',
      `insert into exchanges (merchant_id, exchange_id, purpose, channel_key, order_number, amount, started_at)
       select merchant_id, gen_random_uuid(), 'issue', channel_key, $2, 0, started_at
       from exchanges where merchant_id = $1 and imp_uid = $2 and purpose = 'charge'`,
      /4 exchanges were sealed and 5 are there/,
    ],
    [
      'another outcome',
      `update exchanges set outcome = 'declined' where merchant_id = $1 and imp_uid = $2 and purpose = 'charge'`,
      /2 approved charges were sealed and 1 are there/,
    ],
    [
      'an answer moved behind the seal',
      `update exchanges set finished_at = finished_at + interval '1 day'
       where merchant_id = $1 and imp_uid = $2 and purpose = 'charge'`,
      /2 approved charges were sealed and 1 are there/,
    ],
    [
      'another record of what was sent and answered',
      `update exchanges set record = jsonb_set(record, '{method}', '"x"')
       where merchant_id = $1 and imp_uid = $2 and purpose = 'charge'`,
      /4 exchanges, or their payments and cancels, were changed/,
    ],
    [
      'a record that went into no archive',
      `update exchanges set record = null where merchant_id = $1 and imp_uid = $2 and purpose = 'charge'`,
      /4 exchanges, or their payments and cancels, were changed/,
    ],
    [
      'another transaction id',
      `update exchanges set transaction_id = 'x' where merchant_id = $1 and imp_uid = $2 and purpose = 'charge'`,
      /4 exchanges, or their payments and cancels, were changed/,
    ],
    [
      'another amount of a payment',
      `update payments set amount = 9000 where merchant_id = $1 and imp_uid = $2`,
      /4 exchanges, or their payments and cancels, were changed/,
    ],
    [
      'another order of a payment',
      `update payments set merchant_uid = 'another' where merchant_id = $1 and imp_uid = $2`,
      /4 exchanges, or their payments and cancels, were changed/,
    ],
    [
      'a payment deleted',
      `delete from payments where merchant_id = $1 and imp_uid = $2`,
      /4 exchanges, or their payments and cancels, were changed/,
    ],
    [
      'another amount of a cancel',
      `update cancels set amount = 900 where merchant_id = $1 and imp_uid = $2`,
      /1000 won given back were sealed and 900 are there/,
    ],
    [
      'another sum given back',
      `update payments set cancel_amount = 2000 where merchant_id = $1 and imp_uid = $2`,
      /payment imps_\d+ is not what its exchanges, evidence and cancels make it/,
    ],
    [
      'a payment that failed by somebody’s hand',
      `update payments set state = 'failed', failure = 'declined', failed_at = paid_at, cancel_amount = 0,
         cancelled_at = null
       where merchant_id = $1 and imp_uid = $2`,
      /payment imps_\d+ is not what its exchanges, evidence and cancels make it/,
    ],
  ]
  for (const [does, sql, said] of changes) {
    it(`shows ${does}`, async () => {
      const [first] = await useKeys()
      clock.advance(2 * hourMs)
      await seal()
      assert.deepEqual(await textsOf(verdictOn(app, merchant)), [])
      await tamper(app, sql, [merchant.merchantId, first])
      const texts = await textsOf(verdictOn(app, merchant))
      assert.match(texts.join('\n'), said)
    })
  }

  async function eventsOf(action: string) {
    const { rows } = await app.parts.db.query<{
      actor: string
      detail: Record<string, unknown>
    }>(adHocSql(`select actor, detail from audit_events where merchant_id = $1 and action = $2`), [
      merchant.merchantId,
      action,
    ])
    return rows
  }
})
