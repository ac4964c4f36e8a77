// Reserving payments, changing and revoking reservations: V1's schedule surface, before anything is executed.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import { callV1, startTestApp, type TestApp } from '../support/app.ts'
import { assertBooksUntouched, ledgerDuring } from './books.ts'
import { cardFields, cardRefusedAs, newMerchantUid } from './orders.ts'
import { assertRefused, billingKeyOf, paidOf, responseOf, unauthorized } from './replies.ts'
import {
  type Entry,
  lookUp,
  newEntry,
  registerCard,
  reserve,
  reserveOne,
  reservePath,
  scheduleOf,
  schedulesOf,
  uidsOf,
  unschedulePath,
} from './reservations.ts'

// 2026-08-24 00:00:00 in Korea. Nothing is executed here: the clock stands still.
const clock = new TestClock(Date.UTC(2026, 7, 23, 15))
const now = clock.now() / 1000
const later = now + 3600
let app: TestApp

before(async () => {
  app = await startTestApp({ clock })
  await registerCard(app.merchant, 'shinhan')
})
after(() => app.close())

const unschedule = (body: unknown) => app.merchant.call('POST', unschedulePath, body)
const noCustomer = { status: 200, code: 1, message: '등록된 고객정보가 없습니다.' } as const
const nothingRevoked = {
  status: 200,
  code: 1,
  message: '취소할 예약결제 기록이 존재하지 않습니다.',
} as const

describe('reserving', () => {
  test('answers with every field, V1’s empties and V1’s default name in Korean time', async () => {
    const entry = newEntry(now + 4 * 3600 + 55 * 60)
    const { result: schedule, entries } = await ledgerDuring(app, () =>
      reserveOne(app.merchant, 'shinhan', entry),
    )
    assert.deepEqual(schedule, {
      customer_uid: 'shinhan',
      merchant_uid: entry.merchant_uid,
      imp_uid: null,
      pg_provider: null,
      pg_id: null,
      customer_id: null,
      schedule_at: entry.schedule_at,
      executed_at: 0,
      revoked_at: 0,
      amount: 9900,
      name: 'shinhan 고객에 대한 2026-08-24 04:55:00 예약 결제',
      buyer_name: null,
      buyer_tel: null,
      buyer_email: null,
      buyer_addr: null,
      buyer_postcode: null,
      schedule_status: 'scheduled',
      payment_status: null,
      fail_reason: null,
      custom_data: null,
      currency: 'KRW',
      promotion_id: null,
    })
    assert.deepEqual(entries, [])
    assert.deepEqual(await lookUp(app.merchant, entry.merchant_uid), schedule)
  })

  test('keeps what the entry says of the order', async () => {
    const fields = {
      name: '프리미엄 구독',
      buyer_name: '홍길동',
      buyer_tel: '010-1234-5678',
      buyer_email: 'hong@example.com',
      buyer_addr: '서울특별시 강남구',
      buyer_postcode: '06000',
      currency: 'KRW',
    }
    const entry = newEntry(later, { ...fields, custom_data: { plan: 7 } })
    const schedule = await reserveOne(app.merchant, 'shinhan', entry)
    assert.deepEqual({ ...schedule, ...fields }, schedule)
    assert.equal(schedule.custom_data, '{"plan":7}')
  })

  test('answers in the order of the request, whatever the times', async () => {
    const entries = [3, 1, 2].map((hours) => newEntry(now + hours * 3600))
    const schedules = schedulesOf(
      await reserve(app.merchant, 'shinhan', entries, { customer_id: 'member-7' }),
    )
    assert.deepEqual(
      uidsOf(schedules),
      entries.map(({ merchant_uid: uid }) => uid),
    )
    assert.deepEqual(
      schedules.map(({ customer_id: id }) => id),
      ['member-7', 'member-7', 'member-7'],
    )
  })

  test('takes a PHP form with nested names, numbers as text', async () => {
    const [first, second] = [newMerchantUid(), newMerchantUid()]
    const form = [
      'customer_uid=shinhan',
      `schedules[0][merchant_uid]=${first}`,
      `schedules[0][schedule_at]=${later}`,
      'schedules[0][amount]=1000',
      'schedules[0][extra][naverUseCfm]=20260101',
      `schedules[1][merchant_uid]=${second}`,
      `schedules[1][schedule_at]=${later}`,
      'schedules[1][amount]=2000',
      'checking_amount=',
    ].join('&')
    const reply = await app.merchant.call('POST', `${reservePath}/`, form, {
      'content-type': 'application/x-www-form-urlencoded',
    })
    assert.deepEqual(
      schedulesOf(reply).map(({ merchant_uid: uid, amount }) => [uid, amount]),
      [
        [first, 1000],
        [second, 2000],
      ],
    )
  })

  test('without a token is unauthorized', async () => {
    const body = { customer_uid: 'shinhan', schedules: [newEntry(later)] }
    assertRefused(await callV1(app.url, 'POST', reservePath, { body }), unauthorized)
  })
})

describe('a request that cannot be reserved stores nothing and asks nothing of the gateway', () => {
  const refusals: readonly [
    string,
    () => object,
    { status: number; code: 1 | -1; message: RegExp },
  ][] = [
    [
      'a time in milliseconds, with a hint',
      () => ({ schedules: [newEntry(later * 1000)] }),
      { status: 400, code: -1, message: new RegExp(`초 단위.*${later}`) },
    ],
    [
      'a time that has passed',
      () => ({ schedules: [newEntry(now - 1)] }),
      { status: 200, code: 1, message: /schedule_at이 현재 시각보다 이전/ },
    ],
    [
      'one merchant_uid twice in the request',
      () => {
        const entry = newEntry(later)
        return { schedules: [newEntry(later), entry, { ...entry, schedule_at: later + 60 }] }
      },
      { status: 200, code: 1, message: /^동일한 주문번호로 중복결제 불가/ },
    ],
    ['no entry', () => ({ schedules: [] }), { status: 400, code: -1, message: /schedules/ }],
    [
      'an entry without a time',
      () => ({ schedules: [{ merchant_uid: newMerchantUid(), amount: 100 }] }),
      { status: 400, code: -1, message: /schedules\[0\]\.schedule_at/ },
    ],
    [
      'an amount of nothing',
      () => ({ schedules: [newEntry(later, { amount: 0 })] }),
      { status: 400, code: -1, message: /schedules\[0\]\.amount/ },
    ],
    [
      'more tax-free than there is',
      () => ({ schedules: [newEntry(later), newEntry(later, { tax_free: 9901 })] }),
      { status: 400, code: -1, message: /schedules\[1\]\.tax_free/ },
    ],
    [
      'dollars',
      () => ({ schedules: [newEntry(later, { currency: 'USD' })] }),
      { status: 400, code: -1, message: /schedules\[0\]\.currency/ },
    ],
    [
      'a customer without a key and without a card',
      () => ({ customer_uid: 'nobody', schedules: [newEntry(later)] }),
      { status: 200, code: 1, message: /^등록된 고객정보가 없습니다\.$/ },
    ],
    [
      'a card without an expiry',
      () => ({ customer_uid: 'nobody', card_number: '4111', schedules: [newEntry(later)] }),
      { status: 400, code: -1, message: /expiry/ },
    ],
  ]
  for (const [what, body, refusal] of refusals) {
    test(what, () =>
      assertBooksUntouched(app, async () => {
        const sent = { customer_uid: 'shinhan', ...body() }
        assertRefused(await app.merchant.call('POST', reservePath, sent), refusal)
      }),
    )
  }

  test('one of many that is reserved already', async () => {
    const taken = newEntry(later)
    await reserveOne(app.merchant, 'shinhan', taken)
    await assertBooksUntouched(app, async () => {
      const reply = await reserve(app.merchant, 'shinhan', [newEntry(later), taken])
      const message = new RegExp(`^동일한 주문번호로 중복결제 불가 .*${taken.merchant_uid}`)
      assertRefused(reply, { status: 200, code: 1, message })
    })
  })

  test('one of many that is paid already', async () => {
    const entry = newEntry(later)
    const order = { customer_uid: 'shinhan', merchant_uid: entry.merchant_uid, amount: 100 }
    paidOf(await app.merchant.call('POST', '/subscribe/payments/again', order))
    await assertBooksUntouched(app, async () => {
      const reply = await reserve(app.merchant, 'shinhan', [newEntry(later), entry])
      assertRefused(reply, { status: 200, code: 1, message: /^동일한 주문번호로 중복결제 불가/ })
    })
  })

  test('by two requests at once, of which one reserves all and the other nothing', async () => {
    const shared = newEntry(later)
    const requests = Array.from({ length: 6 }, () => [newEntry(later), shared, newEntry(later)])
    const replies = await Promise.all(
      requests.map((entries) => reserve(app.merchant, 'shinhan', entries)),
    )
    assert.equal(replies.filter(({ body }) => body.code === 0).length, 1)
    for (const [index, reply] of replies.entries()) {
      const [own] = requests[index] as [Entry, ...Entry[]]
      const found = await app.merchant.call('GET', `${reservePath}/${own.merchant_uid}`)
      assert.equal(found.status, reply.body.code === 0 ? 200 : 404)
    }
  })
})

describe('a customer without a key', () => {
  test('gets one from the card, and the reservations with it', async () => {
    const entry = newEntry(later)
    const reply = await reserve(app.merchant, 'newcomer', [entry], {
      ...cardFields(),
      customer_id: 'member-1',
    })
    assert.equal(schedulesOf(reply).length, 1)
    const key = billingKeyOf(await app.merchant.call('GET', '/subscribe/customers/newcomer'))
    assert.equal(key.customer_id, 'member-1')
    assert.equal(key.card_name, '신한카드')
  })

  test('whose card is refused gets neither', async () => {
    const entry = newEntry(later)
    const card = cardFields(cardRefusedAs('wrong_birth'))
    const reply = await reserve(app.merchant, 'refused', [entry], card)
    const message = /^카드정보 확인에 실패하였습니다\. \[S102\]/
    assertRefused(reply, { status: 200, code: 1, message })
    const found = await app.merchant.call('GET', `${reservePath}/${entry.merchant_uid}`)
    assert.equal(found.status, 404)
    const key = await app.merchant.call('GET', '/subscribe/customers/refused')
    assert.equal(key.body.code, 1)
  })

  test('keeps its key when it sends a card again', async () => {
    const entry = newEntry(later)
    const { result, entries } = await ledgerDuring(app, () =>
      reserve(app.merchant, 'shinhan', [entry], cardFields(cardRefusedAs('stolen'))),
    )
    assert.equal(schedulesOf(result).length, 1)
    assert.deepEqual(entries, [])
  })
})

describe('revoking', () => {
  test('by list answers what was revoked, in the order of the list', async () => {
    const entries = [2, 1, 3].map((hours) => newEntry(now + hours * 3600))
    await reserve(app.merchant, 'shinhan', entries)
    const list = [entries[2], entries[0]].map((entry) => String(entry?.merchant_uid))
    const revoked = schedulesOf(
      await unschedule({ customer_uid: 'shinhan', merchant_uid: [...list, 'unknown'] }),
    )
    assert.deepEqual(uidsOf(revoked), list)
    for (const schedule of revoked) {
      assert.equal(schedule.schedule_status, 'revoked')
      assert.equal(schedule.revoked_at, now)
      assert.equal(schedule.imp_uid, null)
      assert.equal(schedule.payment_status, null)
    }
    const kept = await lookUp(app.merchant, String(entries[1]?.merchant_uid))
    assert.equal(kept.schedule_status, 'scheduled')
  })

  test('by one merchant_uid as plain text, JSON or form, with or without a customer', async () => {
    const [first, second] = [newEntry(later), newEntry(later)]
    await reserve(app.merchant, 'shinhan', [first, second])
    assert.deepEqual(uidsOf(schedulesOf(await unschedule({ merchant_uid: first.merchant_uid }))), [
      first.merchant_uid,
    ])
    const form = `customer_uid=shinhan&merchant_uid=${second.merchant_uid}`
    const reply = await app.merchant.call('POST', `${unschedulePath}/`, form, {
      'content-type': 'application/x-www-form-urlencoded',
    })
    assert.deepEqual(uidsOf(schedulesOf(reply)), [second.merchant_uid])
  })

  test('by customer takes all that is pending, also with an empty list', async () => {
    for (const list of [undefined, [], null]) {
      const uid = `leaver-${String(list)}`
      await registerCard(app.merchant, uid)
      const entries = [newEntry(later + 60), newEntry(later)]
      await reserve(app.merchant, uid, entries)
      const revoked = schedulesOf(await unschedule({ customer_uid: uid, merchant_uid: list }))
      assert.deepEqual(uidsOf(revoked), entries.map(({ merchant_uid: name }) => name).toReversed())
      assertRefused(await unschedule({ customer_uid: uid, merchant_uid: list }), nothingRevoked)
    }
  })

  test('touches neither another customer’s nor another merchant’s', async () => {
    const entry = newEntry(later)
    await reserveOne(app.merchant, 'shinhan', entry)
    const body = { customer_uid: 'somebody-else', merchant_uid: [entry.merchant_uid] }
    assertRefused(await unschedule(body), nothingRevoked)
    const other = await app.addMerchant()
    const reply = await other.call('POST', unschedulePath, { merchant_uid: entry.merchant_uid })
    assertRefused(reply, nothingRevoked)
    const unseen = await other.call('GET', `${reservePath}/${entry.merchant_uid}`)
    assert.equal(unseen.status, 404)
    assert.equal((await lookUp(app.merchant, entry.merchant_uid)).schedule_status, 'scheduled')
  })

  test('of nothing named is refused', async () => {
    const refusal = { status: 400, code: -1, message: /customer_uid 또는 merchant_uid/ } as const
    assertRefused(await unschedule({}), refusal)
    assertRefused(await unschedule({ merchant_uid: [] }), refusal)
  })

  test('frees the merchant_uid, and the latest reservation is the one that is shown', async () => {
    const entry = newEntry(later)
    await reserveOne(app.merchant, 'shinhan', entry)
    await unschedule({ merchant_uid: entry.merchant_uid })
    clock.advance(1)
    await reserveOne(app.merchant, 'shinhan', { ...entry, amount: 777 })
    const shown = await lookUp(app.merchant, entry.merchant_uid)
    assert.equal(shown.schedule_status, 'scheduled')
    assert.equal(shown.amount, 777)
  })
})

describe('changing a time', () => {
  const put = (uid: string, scheduleAt: unknown) =>
    app.merchant.call('PUT', `${reservePath}/${uid}`, { schedule_at: scheduleAt })
  const reschedule = (uid: string, scheduleAt: unknown) =>
    app.merchant.call('POST', `${reservePath}/${uid}/reschedule`, { schedule_at: scheduleAt })
  const retry = (uid: string) => app.merchant.call('POST', `${reservePath}/${uid}/retry`)

  test('moves what is scheduled', async () => {
    const entry = newEntry(later)
    const before = await reserveOne(app.merchant, 'shinhan', entry)
    const moved = scheduleOf(await put(entry.merchant_uid, String(later + 60)))
    assert.deepEqual(moved, { ...before, schedule_at: later + 60 })
    assert.deepEqual(await lookUp(app.merchant, entry.merchant_uid), moved)
  })

  test('refuses a past time, milliseconds, no time, and what is unknown or revoked', async () => {
    const entry = newEntry(later)
    await reserveOne(app.merchant, 'shinhan', entry)
    const uid = entry.merchant_uid
    await assertBooksUntouched(app, async () => {
      assertRefused(await put(uid, now - 1), { status: 400, code: -1, message: /이전입니다/ })
      const hint = { status: 400, code: -1, message: new RegExp(`초 단위.*${later}`) } as const
      assertRefused(await put(uid, later * 1000), hint)
      assertRefused(await put(uid, undefined), { status: 400, code: -1, message: /schedule_at/ })
      assertRefused(await put('unknown', later), { status: 404, code: -1, message: /존재하지 않/ })
    })
    await unschedule({ merchant_uid: uid })
    assertRefused(await put(uid, later), { status: 400, code: -1, message: /이미 취소된 예약/ })
  })

  test('reserves a revoked one anew, with nothing left of the revocation', async () => {
    const entry = newEntry(later)
    const before = await reserveOne(app.merchant, 'shinhan', entry)
    await unschedule({ merchant_uid: entry.merchant_uid })
    const revived = scheduleOf(await reschedule(entry.merchant_uid, later + 120))
    assert.deepEqual(revived, { ...before, schedule_at: later + 120 })
  })

  test('reserves nothing anew that is scheduled, unknown, or paid otherwise', async () => {
    const entry = newEntry(later)
    await reserveOne(app.merchant, 'shinhan', entry)
    const uid = entry.merchant_uid
    const pending = { status: 400, code: -1, message: /아직 실행되지 않은 예약/ } as const
    assertRefused(await reschedule(uid, later), pending)
    assertRefused(await retry(uid), pending)
    const unknown = { status: 404, code: -1, message: /존재하지 않/ } as const
    assertRefused(await reschedule('unknown', later), unknown)
    assertRefused(await retry('unknown'), unknown)
    await unschedule({ merchant_uid: uid })
    const order = { customer_uid: 'shinhan', merchant_uid: uid, amount: 100 }
    paidOf(await app.merchant.call('POST', '/subscribe/payments/again', order))
    const taken = { status: 400, code: -1, message: /^동일한 주문번호로 중복결제 불가/ } as const
    await assertBooksUntouched(app, async () => {
      assertRefused(await reschedule(uid, later), taken)
      assertRefused(await retry(uid), taken)
    })
  })

  test('retries a revoked one at once; a decline is an answer, not an error', async () => {
    const entry = newEntry(later)
    await reserveOne(app.merchant, 'shinhan', entry)
    await unschedule({ merchant_uid: entry.merchant_uid })
    const payment = paidOf(await retry(entry.merchant_uid))
    assert.equal(payment.customer_uid_usage, 'payment.scheduled')
    const done = await lookUp(app.merchant, entry.merchant_uid)
    assert.equal(done.imp_uid, payment.imp_uid)
    assert.deepEqual(
      [done.schedule_status, done.payment_status, done.revoked_at, done.executed_at],
      ['executed', 'paid', 0, Math.floor(clock.now() / 1000)],
    )
    const approved = { status: 400, code: -1, message: /이미 승인된 예약/ } as const
    assertRefused(await retry(entry.merchant_uid), approved)
    assertRefused(await reschedule(entry.merchant_uid, later), approved)
    assertRefused(await put(entry.merchant_uid, later), {
      status: 400,
      code: -1,
      message: /이미 실행된 예약/,
    })
  })

  test('retries nothing whose key is gone', async () => {
    await registerCard(app.merchant, 'gone')
    const entry = newEntry(later)
    await reserveOne(app.merchant, 'gone', entry)
    await unschedule({ merchant_uid: entry.merchant_uid })
    responseOf(await app.merchant.call('DELETE', '/subscribe/customers/gone'))
    await assertBooksUntouched(app, async () => {
      const reply = await retry(entry.merchant_uid)
      assertRefused(reply, { status: 404, code: -1, message: noCustomer.message })
    })
  })

  test('a retry that cannot reach the gateway leaves it failed, to be retried', async () => {
    const entry = newEntry(later)
    await reserveOne(app.merchant, 'shinhan', entry)
    await unschedule({ merchant_uid: entry.merchant_uid })
    await fetch(`${app.simulator.url}/_faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ match: { step: 'ready' }, fault: 'http_500', times: 1 }]),
    })
    const reply = await retry(entry.merchant_uid)
    assert.deepEqual([reply.status, reply.body.code], [200, -1])
    const failed = await lookUp(app.merchant, entry.merchant_uid)
    assert.deepEqual([failed.schedule_status, failed.payment_status], ['executed', 'failed'])
    paidOf(await retry(entry.merchant_uid))
  })
})

test('two retries at once charge once', async () => {
  const entry = newEntry(later)
  await reserveOne(app.merchant, 'shinhan', entry)
  await unschedule({ merchant_uid: entry.merchant_uid })
  const path = `${reservePath}/${entry.merchant_uid}/retry`
  const { result: replies, entries } = await ledgerDuring(app, () =>
    Promise.all(Array.from({ length: 8 }, () => app.merchant.call('POST', path))),
  )
  assert.equal(replies.filter(({ body }) => body.code === 0).length, 1)
  for (const { status, body } of replies) if (body.code !== 0) assert.equal(status, 400)
  assert.equal(entries.filter(({ kind }) => kind === 'approval').length, 1)
})

test('no reservation of this file was executed by itself', async () => {
  const count = adHocSql(
    `select count(*) as n from schedules
     where state in ('executing', 'executed') and schedule_at > to_timestamp($1)`,
  )
  const { rows } = await app.parts.db.query<{ n: number }>(count, [now])
  // The retries above.
  assert.equal(rows[0]?.n, 3)
})
