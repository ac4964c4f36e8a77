// Idempotency-Key: the same call under the same key is carried out once and answered alike, whatever becomes of the
// first answer.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import packageJson from '../../package.json' with { type: 'json' }
import { adHocSql } from '../../src/db/database.ts'
import { expireIdempotencyKeys, keptForMs } from '../../src/http/idempotency.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import { createHeldWaits } from '../faults/held-waits.ts'
import { callV1, startTestApp, type TestApp, type V1Reply } from '../support/app.ts'
import { assertBooksUntouched, ledgerDuring } from './books.ts'
import { cardFields, cardThat, encodings, newMerchantUid, newOrder } from './orders.ts'
import {
  assertRefused,
  billingKeyOf,
  duplicateOrder,
  failedOf,
  paidOf,
  paymentOf,
} from './replies.ts'

const clock = new TestClock(Date.UTC(2026, 0, 15))
const waits = createHeldWaits()
let app: TestApp

before(async () => {
  app = await startTestApp({
    clock,
    simulator: { delay: waits.delay },
    environment: { BILLKEY_ANSWER_WITHIN_MS: '20000' },
  })
})
after(() => app.close())

let keys = 0
const newKey = () => `key-${(keys += 1)}`
const onetime = '/subscribe/payments/onetime'
const again = '/subscribe/payments/again'
const cancel = '/payments/cancel'

let authorization: { authorization?: string } = {}

/** Moves the clock, which outruns tokens, and logs in again. */
async function advance(byMs: number): Promise<void> {
  clock.advance(byMs)
  const { impKey, impSecret } = app.merchant
  const body = { imp_key: impKey, imp_secret: impSecret }
  const { response } = (await callV1(app.url, 'POST', '/users/getToken', { body })).body
  authorization = { authorization: response.access_token }
}

const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  app.merchant.call(method, path, body, { ...authorization, ...headers })

const underKey = (key: string, path: string, body?: unknown, method = 'POST') =>
  call(method, path, body, { 'idempotency-key': key })

function assertReplay(reply: V1Reply, first: V1Reply): void {
  assert.deepEqual(reply.body, first.body)
  assert.equal(reply.status, first.status)
  assert.equal(reply.headers.get('idempotency-replayed'), 'true')
  assert.equal(first.headers.get('idempotency-replayed'), null)
}

const underWay = {
  status: 409,
  code: -1,
  message: '같은 Idempotency-Key의 요청을 아직 처리하고 있습니다. 잠시 후 다시 시도하세요.',
} as const
const otherRequest = { status: 422, code: -1, message: /^다른 요청에 이미 사용된/ } as const

/** As after a crash between the deed and the keeping of its answer, with the lease over. */
async function loseAnswer(key: string): Promise<void> {
  const lose = adHocSql(
    `update idempotency_keys set status = null, headers = null, body = null, is_provisional = false,
       lease_until = created_at
     where idempotency_key = $1 and status is not null`,
  )
  assert.equal((await app.parts.db.query(lose, [key])).rowCount, 1)
}

describe('a repeated call under a key', () => {
  test('gets the first answer again, and the gateway hears of it once', async () => {
    const [key, order] = [newKey(), newOrder()]
    const { result, entries } = await ledgerDuring(app, async () => [
      await underKey(key, onetime, order),
      await underKey(key, onetime, order),
      await underKey(key, onetime, order),
    ])
    const [first, second, third] = result as [V1Reply, V1Reply, V1Reply]
    paidOf(first)
    assertReplay(second, first)
    assertReplay(third, first)
    assert.equal(entries.length, 1)
  })

  test('keeps what was said although the payment has been cancelled since', async () => {
    const [key, order] = [newKey(), newOrder()]
    const first = await underKey(key, onetime, order)
    await call('POST', cancel, { imp_uid: paidOf(first).imp_uid })
    assertReplay(await underKey(key, onetime, order), first)
  })

  test('is known in every encoding and spelling of the same parameters', async () => {
    const [key, order] = [newKey(), newOrder({ name: '월간 구독' })]
    const spelt = { ...order, amount: '3000', buyer_name: null, unheard: 'of' }
    const first = await underKey(key, onetime, spelt)
    paidOf(first)
    for (const { encode } of encodings) {
      const { body, headers } = encode(order)
      const reply = await call('POST', `${onetime}/`, body, {
        ...headers,
        'idempotency-key': key,
      })
      assertReplay(reply, first)
    }
  })

  test('gets a declined payment and a refusal again', async () => {
    for (const order of [
      newOrder({ card_number: cardThat('declined') }),
      newOrder({ card_number: '1111-1111-1111-1112' }),
    ]) {
      const key = newKey()
      const first = await underKey(key, onetime, order)
      assert.equal(first.status, 200)
      assertReplay(await assertBooksUntouched(app, () => underKey(key, onetime, order)), first)
    }
  })

  test('of a partial cancel gives the money back once', async () => {
    const payment = paidOf(await call('POST', onetime, newOrder({ amount: 5000 })))
    const [key, wish] = [newKey(), { imp_uid: payment.imp_uid, amount: 1000 }]
    const first = await underKey(key, cancel, wish)
    assert.equal(paymentOf(first).cancel_amount, 1000)
    assertReplay(await assertBooksUntouched(app, () => underKey(key, cancel, wish)), first)
    assert.equal(paymentOf(await underKey(newKey(), cancel, wish)).cancel_amount, 2000)
  })

  test('of a deletion finds what was deleted instead of nothing', async () => {
    billingKeyOf(await call('POST', '/subscribe/customers/gone', cardFields()))
    const key = newKey()
    const remove = () => underKey(key, '/subscribe/customers/gone', undefined, 'DELETE')
    const first = await remove()
    billingKeyOf(first)
    assertReplay(await remove(), first)
  })

  test('from thirty sides at once charges once; the others hear that it is under way', async () => {
    const [key, order] = [newKey(), newOrder()]
    const { result: replies, entries } = await ledgerDuring(app, () =>
      Promise.all(Array.from({ length: 30 }, () => underKey(key, onetime, order))),
    )
    const paid = replies.filter((reply) => reply.status === 200)
    const fresh = paid.filter((reply) => reply.headers.get('idempotency-replayed') === null)
    assert.equal(fresh.length, 1)
    for (const reply of replies) {
      if (reply.status === 200) paidOf(reply)
      else assertRefused(reply, underWay)
    }
    assert.equal(entries.length, 1)
  })
})

describe('a key', () => {
  test('of one request is refused to another, whatever differs', async () => {
    const [key, order] = [newKey(), newOrder()]
    paidOf(await underKey(key, onetime, order))
    const others = [
      [onetime, { ...order, amount: 3001 }],
      [onetime, { ...order, merchant_uid: newMerchantUid() }],
      [onetime, { ...order, card_number: cardThat('declined') }],
      ['/subscribe/customers/somebody', cardFields()],
    ] as const
    for (const [path, body] of others) {
      assertRefused(await assertBooksUntouched(app, () => underKey(key, path, body)), otherRequest)
    }
  })

  test('is the merchant’s own: another one’s is another call', async () => {
    const [key, order] = [newKey(), newOrder()]
    const other = await app.addMerchant()
    const mine = paidOf(await underKey(key, onetime, order))
    const theirs = paidOf(await other.call('POST', onetime, order, { 'idempotency-key': key }))
    assert.notEqual(mine.imp_uid, theirs.imp_uid)
  })

  test('does not lift V1’s rule that a merchant_uid is paid once', async () => {
    const order = newOrder()
    paidOf(await underKey(newKey(), onetime, order))
    assertRefused(await underKey(newKey(), onetime, order), duplicateOrder)
  })

  test('is free again after a 4xx, so that the request can be mended', async () => {
    const [key, order] = [newKey(), newOrder()]
    const broken = [
      { ...order, amount: 'a lot' },
      { ...order, expiry: 'soon' },
      { ...order, currency: 'USD' },
      { ...order, amount: undefined },
    ]
    for (const body of broken) {
      assert.equal((await underKey(key, onetime, body)).status, 400)
    }
    paidOf(await underKey(key, onetime, order))
  })

  test('is taken by nobody who has no token', async () => {
    const [key, order] = [newKey(), newOrder()]
    const headers = { 'idempotency-key': key, authorization: 'no such token' }
    assert.equal((await callV1(app.url, 'POST', onetime, { body: order, headers })).status, 401)
    paidOf(await underKey(key, onetime, order))
  })

  test('that cannot be one is refused, since its sender means to be protected', async () => {
    for (const key of ['', 'two words', 'x'.repeat(256), '\u00e9']) {
      const reply = await assertBooksUntouched(app, () => underKey(key, onetime, newOrder()))
      assertRefused(reply, { status: 400, code: -1, message: /^Idempotency-Key는/ })
    }
    paidOf(await underKey('x'.repeat(255), onetime, newOrder()))
    paidOf(await underKey('"8e03978e-40d5-43dd-bc93-6894a57f9324"', onetime, newOrder()))
  })

  test('means nothing to a GET', async () => {
    const key = newKey()
    for (const path of ['/users/pg', '/cards']) {
      assert.equal((await underKey(key, path, undefined, 'GET')).status, 200)
    }
  })

  test('is kept for 15 days, and is then a new one', async () => {
    const [key, order] = [newKey(), newOrder()]
    const first = await underKey(key, onetime, order)
    await advance(keptForMs - 1)
    assertReplay(await underKey(key, onetime, order), first)
    await advance(1)
    assertRefused(await underKey(key, onetime, order), duplicateOrder)
    const otherOrder = newOrder()
    await advance(keptForMs)
    paidOf(await underKey(key, onetime, otherOrder))
  })

  test('is swept when its days are over, and only then', async () => {
    const { db } = app.parts
    const count = async (key: string) => {
      const found = adHocSql(`select from idempotency_keys where idempotency_key = $1`)
      return (await db.query(found, [key])).rowCount
    }
    const [old, young] = [newKey(), newKey()]
    await underKey(old, onetime, newOrder())
    await advance(keptForMs / 2)
    await underKey(young, onetime, newOrder())
    await advance(keptForMs / 2)
    assert.ok((await expireIdempotencyKeys({ db, clock })) >= 1)
    assert.deepEqual([await count(old), await count(young)], [0, 1])
    assert.equal(await expireIdempotencyKeys({ db, clock }), 0)
  })
})

describe('an answer that did not arrive', () => {
  const registered = async (uid: string, card?: string) => {
    billingKeyOf(await call('POST', `/subscribe/customers/${uid}`, cardFields(card)))
    return { customer_uid: uid, merchant_uid: newMerchantUid(), amount: 700 }
  }

  test('is made up for by the payment as it stands, in every way to charge', async () => {
    const requests = [
      [onetime, newOrder()],
      [onetime, newOrder({ customer_uid: 'issued with payment' })],
      [again, await registered('regular')],
    ] as const
    for (const [path, body] of requests) {
      const key = newKey()
      const first = await underKey(key, path, body)
      await loseAnswer(key)
      const books = await ledgerDuring(app, () => underKey(key, path, body))
      assertReplay(books.result, first)
      assert.deepEqual(books.entries, [])
      assertReplay(await underKey(key, path, body), first)
    }
  })

  test('to a declined charge is not made up for by a second try', async () => {
    const [key, body] = [newKey(), await registered('poor', cardThat('declined'))]
    const { imp_uid: impUid } = failedOf(await underKey(key, again, body))
    await loseAnswer(key)
    const repeated = await ledgerDuring(app, () => underKey(key, again, body))
    assert.equal(failedOf(repeated.result).imp_uid, impUid)
    assert.deepEqual(repeated.entries, [])
  })

  test('to a partial cancel does not give the money back twice', async () => {
    const payment = paidOf(await call('POST', onetime, newOrder({ amount: 5000 })))
    const [key, wish] = [newKey(), { imp_uid: payment.imp_uid, amount: 1000 }]
    const first = await underKey(key, cancel, wish)
    await loseAnswer(key)
    const repeated = await ledgerDuring(app, () => underKey(key, cancel, wish))
    assertReplay(repeated.result, first)
    assert.deepEqual(repeated.entries, [])
  })

  test('when the call began nothing, it is carried out, under V1’s rules', async () => {
    const [key, order] = [newKey(), newOrder()]
    const crashed = adHocSql(
      `update idempotency_keys set idempotency_key = $2, lease_until = created_at,
         status = null, headers = null, body = null, call_id = gen_random_uuid()
       where idempotency_key = $1`,
    )
    const template = newKey()
    paidOf(await underKey(template, onetime, order))
    await app.parts.db.query(crashed, [template, key])
    assertRefused(await underKey(key, onetime, order), duplicateOrder)
    const registration = newKey()
    const register = () => underKey(registration, '/subscribe/customers/twice', cardFields())
    billingKeyOf(await register())
    await loseAnswer(registration)
    const reply = await register()
    billingKeyOf(reply)
    assert.equal(reply.headers.get('idempotency-replayed'), null)
  })
})

describe('a call whose outcome is open', () => {
  test('is under way until its sender is taken for dead; then the payment is shown', async () => {
    const [key, order] = [newKey(), newOrder({ card_number: cardThat('very_slow') })]
    const { result: first, entries } = await ledgerDuring(app, async () => {
      const hanging = underKey(key, onetime, order)
      const wait = await waits.next()
      const refused = await underKey(key, onetime, order)
      assertRefused(refused, underWay)
      assert.match(String(refused.headers.get('retry-after')), /^\d+$/)

      await advance(10 * 60_000)
      const shown = await underKey(key, onetime, order)
      assert.equal(paymentOf(shown).status, 'ready')
      assert.equal(shown.headers.get('billkey-outcome'), 'unknown')
      assert.equal(shown.headers.get('idempotency-replayed'), 'true')
      wait.release()
      return hanging
    })
    paidOf(first)
    assertReplay(await underKey(key, onetime, order), first)
    assert.equal(entries.length, 1)
  })

  test('shows the payment as it stands until that is final, and then keeps it', async () => {
    const [key, order] = [newKey(), newOrder({ card_number: cardThat('uncertain_after_commit') })]
    const first = await underKey(key, onetime, order)
    const { imp_uid: impUid } = paymentOf(first)
    assert.equal(first.headers.get('billkey-outcome'), 'unknown')
    const second = await underKey(key, onetime, order)
    assertReplay(second, first)
    assert.equal(second.headers.get('billkey-outcome'), 'unknown')

    const settled = adHocSql(
      `update payments set state = 'paid', paid_at = started_at, pg_tid = 'T', lease_until = null
       where imp_uid = $1 and state = 'unknown'`,
    )
    assert.equal((await app.parts.db.query(settled, [impUid])).rowCount, 1)
    const third = await underKey(key, onetime, order)
    assert.equal(paidOf(third).imp_uid, impUid)
    assert.equal(third.headers.get('billkey-outcome'), null)
    await app.parts.db.query(adHocSql(`update payments set name = 'moved on' where imp_uid = $1`), [
      impUid,
    ])
    assertReplay(await underKey(key, onetime, order), { ...third, headers: new Headers() })
  })
})

test('every answer of the API names the version that honours the header', async () => {
  const replies = [
    await call('GET', '/cards'),
    await call('GET', '/payments/imps_000000000000'),
    await call('POST', onetime, {}),
    await callV1(app.url, 'POST', '/users/getToken', { body: {} }),
    await callV1(app.url, 'POST', onetime, { body: {} }),
  ]
  assert.deepEqual(
    replies.map(({ status }) => status),
    [200, 404, 400, 400, 401],
  )
  for (const { headers } of replies) {
    assert.equal(headers.get('billkey-version'), packageJson.version)
  }
})

test('neither a card number nor its plain hash is kept with a key', async () => {
  const [key, order] = [newKey(), newOrder()]
  paidOf(await underKey(key, onetime, order))
  const rows = await app.parts.db.query<{ row: string; bytes: number }>(
    adHocSql(
      `select row_to_json(k)::text as "row", length(fingerprint) as "bytes"
       from idempotency_keys k where idempotency_key = $1`,
    ),
    [key],
  )
  const [row] = rows.rows
  assert.ok(row !== undefined)
  assert.equal(row.bytes, 32)
  assert.ok(!row.row.includes(order.card_number.replaceAll(/\D/g, '')))
  assert.ok(!app.logged().includes(key), 'a key is the merchant’s own text and stays out of logs')
})
