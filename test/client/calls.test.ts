// Every method of the client against a whole server.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import {
  type Client,
  NotFoundError,
  paginate,
  type Payment,
  RefusedError,
  UnauthorizedError,
} from '../../client/client.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { cardFields, cards, clientOf, newName, pay, register, secondsFromNow } from './merchant.ts'

let app: TestApp
let client: Client

before(async () => {
  app = await startTestApp({ role: 'api' })
  client = clientOf(app)
})
after(async () => {
  await assertBooksAgree(app.parts, app.simulator.ledger())
  await app.close()
})

describe('charges', () => {
  test('onetime, foreign and again give the paid payment', async () => {
    const customer_uid = await register(client)
    const order = () => ({ merchant_uid: newName('order'), amount: 3000, name: '월간 구독' })
    const outcomes = [
      await client.subscribe.onetime({ ...order(), ...cardFields() }),
      await client.subscribe.foreign({
        ...order(),
        card_number: cards.approves,
        expiry: '2031-12',
      }),
      await client.subscribe.again({ ...order(), customer_uid }),
    ]
    for (const outcome of outcomes) {
      assert.equal(outcome.kind, 'paid')
      assert.ok(outcome.kind === 'paid' && outcome.payment.amount === 3000)
    }
  })

  test('onetime with a customer_uid keeps the card', async () => {
    const customer_uid = newName('customer')
    const order = { merchant_uid: newName('order'), amount: 3000, customer_uid }
    await client.subscribe.onetime({ ...order, ...cardFields() })
    assert.equal((await client.customers.get(customer_uid)).customer_uid, customer_uid)
  })

  test('a decline is an outcome and a duplicate is a refusal', async () => {
    const merchant_uid = newName('order')
    const order = { merchant_uid, amount: 3000 }
    const declined = await client.subscribe.onetime({ ...order, ...cardFields(cards.declines) })
    assert.ok(declined.kind === 'failed' && declined.payment.fail_reason !== null)
    assert.equal((await client.subscribe.onetime({ ...order, ...cardFields() })).kind, 'paid')
    await assert.rejects(client.subscribe.onetime({ ...order, ...cardFields() }), {
      kind: 'refused',
      code: -1,
      message: /이미 주문이 이루어진 건입니다/,
    })
  })

  test('an answer that the gateway lost is unknown, and the look-up says so too', async () => {
    const merchant_uid = newName('order')
    const order = { merchant_uid, amount: 3000, ...cardFields(cards.answerLost) }
    const outcome = await client.subscribe.onetime(order)
    assert.ok(outcome.kind === 'unknown')
    assert.equal(outcome.payment?.status, 'ready')
    assert.equal(outcome.cause, null)
    assert.equal((await client.payments.outcome(merchant_uid)).kind, 'unknown')
    const again = await client.subscribe.onetime(order, outcome)
    assert.ok(again.kind === 'unknown' && again.payment?.imp_uid === outcome.payment?.imp_uid)
  })

  test('a charge whose answer is lost on the way back is made once and told of', async () => {
    const merchant_uid = newName('order')
    const approvals = () => app.simulator.ledger().totals.approvals
    const approvalsBefore = approvals()
    let losses = 0
    const unlucky = clientOf(app, {
      fetch: async (url, init) => {
        const answer = await fetch(url, init)
        if (!url.endsWith('/onetime') || losses > 0) return answer
        losses += 1
        throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } })
      },
      clock: { now: () => app.parts.clock.now(), sleep: async () => undefined },
    })
    const order = { merchant_uid, amount: 3000, ...cardFields() }
    const outcome = await unlucky.subscribe.onetime(order)
    assert.equal(outcome.kind, 'paid')
    assert.equal(losses, 1)
    assert.equal(approvals(), approvalsBefore + 1)
    const { list } = await client.payments.findAll(merchant_uid)
    assert.deepEqual(
      list.map(({ imp_uid }) => imp_uid),
      outcome.kind === 'paid' ? [outcome.payment.imp_uid] : [],
    )
  })

  test('the same key gives the same payment, another body under it is refused', async () => {
    const order = { merchant_uid: newName('order'), amount: 3000, ...cardFields() }
    const idempotencyKey = newName('key')
    const first = await client.subscribe.onetime(order, { idempotencyKey })
    const second = await client.subscribe.onetime(order, { idempotencyKey })
    assert.deepEqual(second, first)
    await assert.rejects(client.subscribe.onetime({ ...order, amount: 1 }, { idempotencyKey }), {
      kind: 'refused',
      status: 422,
    })
  })

  test('an unknown customer is a refusal with code 1', async () => {
    const order = { customer_uid: newName('nobody'), merchant_uid: newName('order'), amount: 3000 }
    await assert.rejects(client.subscribe.again(order), { kind: 'refused', code: 1, status: 200 })
  })

  test('custom_data that is an object comes back as its JSON', async () => {
    const customer_uid = await register(client)
    const order = { customer_uid, merchant_uid: newName('order'), amount: 3000 }
    const outcome = await client.subscribe.again({ ...order, custom_data: { plan: '월간' } })
    assert.ok(outcome.kind === 'paid')
    assert.equal(outcome.payment.custom_data, '{"plan":"월간"}')
    assert.match(outcome.payment.user_agent ?? '', /^billkey-client\//)
  })
})

describe('payments', () => {
  let payment: Payment
  before(async () => {
    payment = await pay(client)
  })

  test('get, find and findAll give it by its names', async () => {
    const { imp_uid, merchant_uid } = payment
    assert.deepEqual(await client.payments.get(imp_uid), payment)
    assert.deepEqual(await client.payments.find(merchant_uid), payment)
    const sorted = { status: 'paid', sorting: 'started' } as const
    assert.deepEqual(await client.payments.find(merchant_uid, sorted), payment)
    const all = await client.payments.findAll(merchant_uid, { page: 1, limit: 1 })
    assert.deepEqual(all, { total: 1, previous: 0, next: 0, list: [payment] })
  })

  test('getMany gives what is there, and nothing when nothing is', async () => {
    const { imp_uid, merchant_uid } = payment
    assert.deepEqual(await client.payments.getMany({ imp_uid: [imp_uid] }), [payment])
    const some = await client.payments.getMany({ merchant_uid: [merchant_uid, 'none'] })
    assert.deepEqual(some, [payment])
    assert.deepEqual(await client.payments.getMany({ imp_uid: ['imps_0'] }), [])
  })

  test('what is not there is not found, or an empty page', async () => {
    await assert.rejects(client.payments.get('imps_0'), NotFoundError)
    await assert.rejects(client.payments.find('none'), NotFoundError)
    assert.equal((await client.payments.findAll('none')).total, 0)
    assert.deepEqual(await client.payments.outcome('none'), { kind: 'absent' })
    await assert.rejects(client.payments.balance(payment.imp_uid), NotFoundError)
  })

  test('the outcome of an order is that of its paid attempt, not of its declined ones', async () => {
    const merchant_uid = newName('order')
    const order = { merchant_uid, amount: 3000 }
    await client.subscribe.onetime({ ...order, ...cardFields(cards.declines) })
    assert.equal((await client.payments.outcome(merchant_uid)).kind, 'failed')
    await client.subscribe.onetime({ ...order, ...cardFields() })
    assert.equal((await client.payments.outcome(merchant_uid)).kind, 'paid')
  })

  test('paginate walks a list by status to its end', async () => {
    await pay(client)
    await pay(client)
    const { total } = await client.payments.list({ status: 'all' })
    const seen = new Set<string>()
    const pages = paginate((page) =>
      client.payments.list({ status: 'all', sorting: 'started', limit: 2, page }),
    )
    for await (const { imp_uid } of pages) seen.add(imp_uid)
    assert.ok(total > 2)
    assert.equal(seen.size, total)
  })

  test('cancel gives back a part, then the rest, then is refused', async () => {
    const { imp_uid, merchant_uid } = await pay(client, 5000)
    const part = await client.payments.cancel({ imp_uid, amount: 2000, checksum: 5000 })
    assert.ok(part.kind === 'cancelled' && part.payment.cancel_amount === 2000)
    await assert.rejects(client.payments.cancel({ imp_uid, amount: 3001 }), RefusedError)
    const rest = await client.payments.cancel({ merchant_uid, reason: '고객 요청' })
    assert.ok(rest.kind === 'cancelled' && rest.payment.cancel_amount === 5000)
    assert.equal(rest.payment.cancel_history[1]?.reason, '고객 요청')
    await assert.rejects(client.payments.cancel({ imp_uid }), {
      kind: 'refused',
      message: '이미 전액취소된 주문입니다.',
    })
    assert.equal((await client.payments.outcome(merchant_uid)).kind, 'cancelled')
  })

  test('an amount is prepared, changed and looked up', async () => {
    const merchant_uid = newName('prepared')
    await assert.rejects(client.payments.getPrepared(merchant_uid), NotFoundError)
    const prepared = { merchant_uid, amount: 3000, currency: 'KRW' }
    assert.deepEqual(await client.payments.prepare({ merchant_uid, amount: 3000 }), prepared)
    await assert.rejects(client.payments.prepare({ merchant_uid, amount: 3000 }), RefusedError)
    const changed = await client.payments.changePrepared({ merchant_uid, amount: 4000 })
    assert.equal(changed.amount, 4000)
    assert.deepEqual(await client.payments.getPrepared(merchant_uid), changed)
  })
})

describe('customers', () => {
  test('a card is registered, looked up, replaced and deleted', async () => {
    const customerUid = newName('customer / 고객')
    const key = await client.customers.register(customerUid, {
      ...cardFields(),
      customer_name: '홍길동',
    })
    assert.equal(key.customer_name, '홍길동')
    assert.equal(key.inserted, key.updated)
    assert.deepEqual(await client.customers.get(customerUid), key)
    assert.deepEqual(await client.customers.getMany([customerUid, 'nobody']), [key])
    assert.deepEqual(await client.customers.delete(customerUid, { reason: '탈퇴' }), key)
    await assert.rejects(client.customers.get(customerUid), NotFoundError)
    await assert.rejects(client.customers.delete(customerUid), NotFoundError)
    assert.deepEqual(await client.customers.getMany([customerUid]), [])
  })

  test('a card that gets no key is a refusal in the words of the card company', async () => {
    await assert.rejects(
      client.customers.register(newName('customer'), cardFields(cards.notIssued)),
      { kind: 'refused', code: -1, message: /카드정보 인증 및 빌키 발급에 실패하였습니다/ },
    )
  })

  test('the payments of a customer are listed, and nobody has none', async () => {
    const customer_uid = await register(client)
    await client.subscribe.again({ customer_uid, merchant_uid: newName('order'), amount: 3000 })
    const { total, list } = await client.customers.payments(customer_uid, { page: 1 })
    assert.equal(total, 1)
    assert.equal(list[0]?.customer_uid, customer_uid)
    assert.equal((await client.customers.payments('nobody')).total, 0)
  })
})

describe('channels and codes', () => {
  test('channels, cards and banks are listed and looked up', async () => {
    const [channel] = await client.users.pg()
    assert.equal(channel?.channel_key, app.merchant.channel.channelKey)
    const companies = await client.codes.cards()
    const [company] = companies
    assert.ok(companies.length > 10 && company !== undefined)
    assert.deepEqual(await client.codes.card(company.code), company)
    const [bank] = await client.codes.banks()
    assert.ok(bank !== undefined)
    assert.deepEqual(await client.codes.bank(bank.code), bank)
    for (const unknown of [
      client.codes.card('000'),
      client.codes.bank('000'),
      client.codes.tier('AAA'),
    ]) {
      await assert.rejects(unknown, NotFoundError)
    }
  })

  test('a wrong secret is unauthorized, in the words of V1', async () => {
    const stranger = clientOf(app, { impSecret: 'wrong' })
    await assert.rejects(stranger.users.pg(), (error) => {
      assert.ok(error instanceof UnauthorizedError)
      return error.message === '인증에 실패하였습니다. API키와 secret을 확인하세요.'
    })
  })
})

describe('schedules', () => {
  const at = (seconds: number) => secondsFromNow(app.parts.clock, seconds)
  const span = () => ({ from: at(-86_400), to: at(40 * 86_400) })

  test('payments are reserved, looked up, moved, revoked and reserved anew', async () => {
    const customer_uid = await register(client)
    const [first, second] = [newName('order'), newName('order')]
    const reserved = await client.subscribe.schedule({
      customer_uid,
      schedules: [
        { merchant_uid: first, schedule_at: at(3600), amount: 5900, custom_data: { round: 1 } },
        { merchant_uid: second, schedule_at: at(7200), amount: 5900 },
      ],
    })
    assert.deepEqual(
      reserved.map(({ merchant_uid, schedule_status }) => [merchant_uid, schedule_status]),
      [
        [first, 'scheduled'],
        [second, 'scheduled'],
      ],
    )
    assert.equal(reserved[0]?.custom_data, '{"round":1}')
    assert.deepEqual(await client.subscribe.getSchedule(first), reserved[0])
    const movedTo = at(10_800)
    assert.equal((await client.subscribe.moveSchedule(first, movedTo)).schedule_at, movedTo)
    const revoked = await client.subscribe.unschedule({ customer_uid, merchant_uid: [first] })
    assert.deepEqual(
      revoked.map(({ merchant_uid, schedule_status }) => [merchant_uid, schedule_status]),
      [[first, 'revoked']],
    )
    const anew = await client.subscribe.reschedule(first, at(3600))
    assert.equal(anew.schedule_status, 'scheduled')
    const all = await client.subscribe.unschedule({ customer_uid })
    assert.equal(all.length, 2)
    await assert.rejects(client.subscribe.unschedule({ customer_uid }), RefusedError)
  })

  test('a card that comes with the first schedule is kept', async () => {
    const customer_uid = newName('customer')
    await client.subscribe.schedule({
      customer_uid,
      ...cardFields(),
      schedules: [{ merchant_uid: newName('order'), schedule_at: at(3600), amount: 5900 }],
    })
    assert.equal((await client.customers.get(customer_uid)).customer_uid, customer_uid)
  })

  test('a revoked schedule is charged at once by retry', async () => {
    const customer_uid = await register(client)
    const merchant_uid = newName('order')
    const schedules = [{ merchant_uid, schedule_at: at(3600), amount: 5900 }]
    await client.subscribe.schedule({ customer_uid, schedules })
    await client.subscribe.unschedule({ merchant_uid })
    const outcome = await client.subscribe.retry(merchant_uid)
    assert.ok(outcome.kind === 'paid' && outcome.payment.merchant_uid === merchant_uid)
    assert.equal((await client.subscribe.getSchedule(merchant_uid)).payment_status, 'paid')
  })

  test('schedules are listed for all and for one customer, by status', async () => {
    const customer_uid = await register(client)
    const schedules = [1, 2, 3].map((day) => ({
      merchant_uid: newName('order'),
      schedule_at: at(day * 86_400),
      amount: 5900,
    }))
    await client.subscribe.schedule({ customer_uid, schedules })
    await client.subscribe.unschedule({ merchant_uid: schedules[0]?.merchant_uid ?? '' })
    const { from, to } = span()
    const own = await client.subscribe.customerSchedules(customer_uid, { from, to })
    assert.equal(own.total, 3)
    const pending = await client.subscribe.customerSchedules(customer_uid, {
      from,
      to,
      schedule_status: 'scheduled',
    })
    assert.equal(pending.total, 2)
    const found = new Set<string>()
    const pages = paginate((page) =>
      client.subscribe.listSchedules({
        schedule_from: from,
        schedule_to: to,
        schedule_status: 'scheduled',
        sorting: 'scheduled',
        limit: 2,
        page,
      }),
    )
    for await (const { merchant_uid } of pages) found.add(merchant_uid)
    assert.ok(schedules.slice(1).every(({ merchant_uid }) => found.has(merchant_uid)))
    assert.ok(!found.has(schedules[0]?.merchant_uid ?? ''))
    const nobody = await client.subscribe.customerSchedules('nobody', { from, to })
    assert.equal(nobody.total, 0)
  })

  test('what is not there is not found, and a time that has passed is refused', async () => {
    await assert.rejects(client.subscribe.getSchedule('none'), NotFoundError)
    await assert.rejects(client.subscribe.moveSchedule('none', at(3600)), NotFoundError)
    await assert.rejects(client.subscribe.reschedule('none', at(3600)), NotFoundError)
    await assert.rejects(client.subscribe.retry('none'), NotFoundError)
    const customer_uid = await register(client)
    const merchant_uid = newName('order')
    const schedules = [{ merchant_uid, schedule_at: at(3600), amount: 5900 }]
    await client.subscribe.schedule({ customer_uid, schedules })
    await assert.rejects(client.subscribe.moveSchedule(merchant_uid, at(-60)), RefusedError)
  })
})
