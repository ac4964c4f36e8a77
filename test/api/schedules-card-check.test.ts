// V1's checking_amount: the card is charged and given its money back before anything is reserved.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { TestClock } from '../../src/primitives/clock.ts'
import { giveBackKept } from '../../src/payments/give-back.ts'
import { createInFlight } from '../../src/work/in-flight.ts'
import { adHocSql } from '../../src/db/database.ts'
import { orderFault } from '../faults/outcome-checks.ts'
import { startTestApp, type TestApp, type V1Reply } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { ledgerDuring } from './books.ts'
import { cardFields, cardRefusedAs, cardThat } from './orders.ts'
import { assertRefused, paymentOf } from './replies.ts'
import { newEntry, registerCard, reserve, reservePath, schedulesOf } from './reservations.ts'

const clock = new TestClock(Date.UTC(2026, 10, 1))
let app: TestApp

before(async () => {
  app = await startTestApp({ clock })
  await registerCard(app.merchant, 'shinhan')
  await registerCard(app.merchant, 'declined', cardThat('insufficient_balance'))
})
after(async () => {
  await assertBooksAgree(app.parts, app.simulator.ledger())
  await app.close()
})

const entryNow = () => newEntry(clock.now() / 1000 + 3600)
const checked = (uid: string, fields: object = {}, entry = entryNow()) =>
  reserve(app.merchant, uid, [entry], { checking_amount: 1000, ...fields })
const isReserved = async (uid: string) =>
  (await app.merchant.call('GET', `${reservePath}/${uid}`)).status === 200

async function webhooks(): Promise<number> {
  const count = adHocSql('select count(*) as n from webhooks')
  return (await app.parts.db.query<{ n: number }>(count)).rows[0]?.n ?? -1
}

const spoil = (match: object, fault: string) => orderFault(app, { match, fault })

function checkOf({ headers }: V1Reply): { impUid: string; refund: string } {
  const [impUid = '', refund = ''] = (headers.get('billkey-card-check') ?? '').split(' ')
  return { impUid, refund }
}

describe('a card that is good', () => {
  for (const [what, uid, card] of [
    ['of a stored key', 'shinhan', {}],
    ['that is new', 'newcomer', cardFields()],
  ] as const) {
    test(`${what} is charged once and given all of it back`, async () => {
      const { result: reply, entries } = await ledgerDuring(app, () => checked(uid, card))
      assert.equal(schedulesOf(reply).length, 1)
      const { impUid, refund } = checkOf(reply)
      assert.equal(refund, 'cancelled')
      const money = entries.filter(({ kind }) => kind === 'approval' || kind === 'cancel')
      assert.deepEqual(
        money.map(({ kind, amount, orderno }) => [kind, amount, orderno]),
        [
          ['approval', 1000, impUid],
          ['cancel', 1000, impUid],
        ],
      )
      const payment = paymentOf(await app.merchant.call('GET', `/payments/${impUid}`))
      assert.deepEqual(
        [payment.status, payment.cancel_amount, payment.cancel_reason],
        ['cancelled', 1000, '카드 확인 결제 자동 취소'],
      )
    })
  }

  test('of nothing to check is not charged', async () => {
    const { result, entries } = await ledgerDuring(app, () =>
      checked('shinhan', { checking_amount: 0 }),
    )
    assert.equal(schedulesOf(result).length, 1)
    assert.deepEqual(entries, [])
    assert.equal(result.headers.get('billkey-card-check'), null)
  })

  test('is not told of: the merchant knows no such order', async () => {
    const address = adHocSql(
      `insert into webhook_endpoints (
         merchant_id, sandbox, url, format, sends_failures, secret_sealed, created_at, updated_at)
       values ($1, true, 'https://merchant.invalid/hook', 'json', true, '\\x00', $2, $2)`,
    )
    const { merchantId } = app.merchant
    const values = [merchantId, new Date(clock.now()).toISOString()]
    await app.parts.db.query(address, values)
    const before = await webhooks()
    schedulesOf(await checked('shinhan'))
    assert.equal((await checked('declined')).body.code, 1)
    assert.equal(await webhooks(), before)
    const drop = adHocSql('delete from webhook_endpoints where merchant_id = $1')
    await app.parts.db.query(drop, [merchantId])
  })

  test('is not charged for entries that cannot be reserved', async () => {
    const entry = entryNow()
    schedulesOf(await checked('shinhan', { checking_amount: 0 }, entry))
    const { result, entries } = await ledgerDuring(app, () => checked('shinhan', {}, entry))
    assert.equal(result.body.code, 1)
    assert.deepEqual(entries, [])
  })
})

describe('a card that is not', () => {
  test('is refused with the gateway’s words, and nothing is reserved', async () => {
    const entry = entryNow()
    const message = /^카드정보 확인에 실패하였습니다\. \[S203\]/
    assertRefused(await checked('declined', {}, entry), { status: 200, code: 1, message })
    assert.equal(await isReserved(entry.merchant_uid), false)
  })

  test('leaves no key where there was none', async () => {
    for (const [uid, number] of [
      ['new-declined', cardThat('insufficient_balance')],
      ['new-refused', cardRefusedAs('wrong_password')],
    ] as const) {
      const entry = entryNow()
      const reply = await checked(uid, cardFields(number), entry)
      assertRefused(reply, {
        status: 200,
        code: 1,
        message: /^카드정보 확인에 실패하였습니다\. \[S/,
      })
      assert.equal(await isReserved(entry.merchant_uid), false)
      const key = await app.merchant.call('GET', `/subscribe/customers/${uid}`)
      assert.equal(key.body.code, 1)
    }
  })
})

describe('a check whose money is not known to be back', () => {
  const sweep = () =>
    giveBackKept({
      ...app.parts,
      inFlight: createInFlight((error) => assert.fail(String(error))),
      answerWithinMs: 25_000,
      leaseMs: 120_000,
    })
  const statusOf = async (impUid: string) =>
    paymentOf(await app.merchant.call('GET', `/payments/${impUid}`)).status

  test('because the charge is unknown is refused, and says which payment it is', async () => {
    const entry = entryNow()
    await spoil({ paymethod: 'CARD-BATCH', cancel: false }, 'answer_lost')
    const reply = await checked('shinhan', {}, entry)
    const message = /승인 여부를 아직 알 수 없어 예약하지 않았습니다.*imps_\d{12}/
    assertRefused(reply, { status: 200, code: -1, message })
    assert.equal(reply.headers.get('billkey-outcome'), 'unknown')
    assert.equal(await isReserved(entry.merchant_uid), false)
    const [impUid = ''] = /imps_\d{12}/.exec(String(reply.body.message)) ?? []
    assert.equal(await statusOf(impUid), 'ready')
  })

  test('because the cancel is unknown is reserved, says so, and is not cancelled again', async () => {
    await spoil({ cancel: true }, 'answer_lost')
    const reply = await checked('shinhan')
    schedulesOf(reply)
    const { impUid, refund } = checkOf(reply)
    assert.equal(refund, 'unknown')
    assert.equal(reply.headers.get('billkey-outcome'), 'unknown')
    clock.advance(10 * 60_000)
    const { result, entries } = await ledgerDuring(app, sweep)
    assert.equal(result, 0)
    assert.deepEqual(entries, [])
    assert.equal(await statusOf(impUid), 'paid')
  })

  test('because the cancel was refused is reserved, and given back later', async () => {
    await spoil({ cancel: true }, 'declined')
    const reply = await checked('shinhan')
    schedulesOf(reply)
    const { impUid, refund } = checkOf(reply)
    assert.equal(refund, 'pending')
    assert.equal(await statusOf(impUid), 'paid')
    assert.equal(await sweep(), 0)
    clock.advance(5 * 60_000 + 1)
    assert.equal(await sweep(), 1)
    assert.equal(await statusOf(impUid), 'cancelled')
    assert.equal(await sweep(), 0)
  })
})
