// The worker of schedules: what is due is charged once, at its time, and every attempt leaves a payment.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { changeChannel } from '../../src/accounts/change-channel.ts'
import { readInstalments } from '../../src/accounts/instalment-rule.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import { retryAfterUnsentMs } from '../../src/schedules/schedule.ts'
import { ledgerOf } from '../api/books.ts'
import { cardOf, cardThat } from '../api/orders.ts'
import { lookUp, newEntry, registerCard, reserve, reserveOne } from '../api/reservations.ts'
import { failedOf, paidOf, responseOf } from '../api/replies.ts'
import { eventually } from '../faults/eventually.ts'
import { orderFault } from '../faults/outcome-checks.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { executed, paymentBy, webhooksOf } from './scheduled-work.ts'

// 2026-03-01 00:00:00 in Korea; every test moves on from where the last one stopped.
const clock = new TestClock(Date.UTC(2026, 1, 28, 15))
let app: TestApp

before(async () => {
  app = await startTestApp({ clock })
  await registerCard(app.merchant, 'shinhan', cardOf('신한카드'), {
    customer_name: '김등록',
    customer_tel: '010-1234-5678',
  })
  await registerCard(app.merchant, 'declined', cardThat('over_limit'))
})
after(async () => {
  await assertBooksAgree(app.parts, app.simulator.ledger())
  await app.close()
})

const inSeconds = (seconds: number) => Math.floor(clock.now() / 1000) + seconds

describe('a schedule that is due', () => {
  test('is charged by the key, and its payment says that it was scheduled', async () => {
    const entry = newEntry(inSeconds(60), {
      name: '3월 구독료',
      buyer_tel: '010-9999-9999',
      custom_data: '{"plan":1}',
      notice_url: 'https://merchant.invalid/hook',
    })
    const reserved = await reserveOne(app.merchant, 'shinhan', entry)
    assert.equal(reserved.schedule_status, 'scheduled')
    clock.advance(60_000)
    const done = await executed(app.merchant, entry.merchant_uid)
    assert.equal(done.schedule_status, 'executed')
    assert.equal(done.payment_status, 'paid')
    assert.equal(done.fail_reason, null)
    assert.equal(done.executed_at, entry.schedule_at)
    assert.match(String(done.imp_uid), /^imps_\d{12}$/)

    const payment = await paymentBy(app.merchant, done)
    assert.deepEqual(
      {
        status: payment.status,
        usage: payment.customer_uid_usage,
        channel: payment.channel,
        agent: payment.user_agent,
        started: payment.started_at,
        name: payment.name,
        buyer: payment.buyer_name,
        tel: payment.buyer_tel,
        data: payment.custom_data,
      },
      {
        status: 'paid',
        usage: 'payment.scheduled',
        channel: 'api',
        agent: null,
        started: entry.schedule_at,
        name: '3월 구독료',
        buyer: '김등록',
        tel: '010-9999-9999',
        data: '{"plan":1}',
      },
    )
    assert.equal(ledgerOf(app, payment.imp_uid).length, 1)
    assert.deepEqual(await webhooksOf(app, app.merchant, entry.merchant_uid), [
      { status: 'paid', url: 'https://merchant.invalid/hook' },
    ])
  })

  test('that is declined stays executed and failed, with the gateway’s words, and is told of', async () => {
    const entry = newEntry(inSeconds(60), { notice_url: 'https://merchant.invalid/hook' })
    await reserveOne(app.merchant, 'declined', entry)
    clock.advance(60_000)
    const done = await executed(app.merchant, entry.merchant_uid)
    assert.equal(done.payment_status, 'failed')
    assert.match(String(done.fail_reason), /^\[S202\]/)
    const payment = await paymentBy(app.merchant, done)
    assert.equal(payment.status, 'failed')
    assert.equal(payment.fail_reason, done.fail_reason)
    assert.deepEqual(await webhooksOf(app, app.merchant, entry.merchant_uid), [
      { status: 'failed', url: 'https://merchant.invalid/hook' },
    ])
  })

  test('is not touched a millisecond before its time', async () => {
    const early = newEntry(inSeconds(30))
    const marker = newEntry(inSeconds(29))
    await reserve(app.merchant, 'shinhan', [early, marker])
    const untilMs = early.schedule_at * 1000 - clock.now()
    clock.advance(untilMs - 1)
    // The marker was due a second earlier: once it is charged, the worker has looked.
    assert.equal((await executed(app.merchant, marker.merchant_uid)).payment_status, 'paid')
    assert.equal((await lookUp(app.merchant, early.merchant_uid)).schedule_status, 'scheduled')
    clock.advance(1)
    const done = await executed(app.merchant, early.merchant_uid)
    assert.equal(done.executed_at, early.schedule_at)
  })
})

describe('an attempt that cannot be begun leaves a failed payment', () => {
  const notice = { notice_url: 'https://merchant.invalid/hook' }

  test('when the billing key is gone', async () => {
    await registerCard(app.merchant, 'leaving')
    const entry = newEntry(inSeconds(20), notice)
    await reserveOne(app.merchant, 'leaving', entry)
    responseOf(await app.merchant.call('DELETE', '/subscribe/customers/leaving'))
    clock.advance(20_000)
    const done = await executed(app.merchant, entry.merchant_uid)
    assert.equal(done.payment_status, 'failed')
    assert.equal(done.fail_reason, '등록된 고객정보가 없습니다.')
    const payment = await paymentBy(app.merchant, done)
    assert.equal(payment.status, 'failed')
    assert.equal(payment.fail_reason, '등록된 고객정보가 없습니다.')
    assert.equal(payment.customer_uid_usage, 'payment.scheduled')
    assert.equal(payment.pg_id, app.merchant.channel.pgId)
    assert.equal(payment.failed_at, entry.schedule_at)
    assert.equal(ledgerOf(app, payment.imp_uid).length, 0)
    const told = await webhooksOf(app, app.merchant, entry.merchant_uid)
    assert.deepEqual(told, [{ status: 'failed', url: 'https://merchant.invalid/hook' }])
  })

  test('when its merchant_uid was paid in the meantime', async () => {
    const entry = newEntry(inSeconds(20), notice)
    await reserveOne(app.merchant, 'shinhan', entry)
    const again = { customer_uid: 'shinhan', merchant_uid: entry.merchant_uid, amount: 100 }
    const paid = paidOf(await app.merchant.call('POST', '/subscribe/payments/again', again))
    clock.advance(20_000)
    const done = await executed(app.merchant, entry.merchant_uid)
    assert.equal(done.payment_status, 'failed')
    assert.match(String(done.fail_reason), /^동일한 주문번호로 중복결제 불가/)
    assert.notEqual(done.imp_uid, paid.imp_uid)
    assert.equal((await paymentBy(app.merchant, done)).status, 'failed')
    // Looking the order up finds the one that is paid.
    const found = await app.merchant.call('GET', `/payments/find/${entry.merchant_uid}/paid`)
    assert.equal(paidOf(found).imp_uid, paid.imp_uid)
    const told = await webhooksOf(app, app.merchant, entry.merchant_uid)
    assert.deepEqual(told, [{ status: 'failed', url: 'https://merchant.invalid/hook' }])
  })

  test('when the channel no longer allows what was reserved', async () => {
    const entry = newEntry(inSeconds(20), { card_quota: 3, amount: 60_000 })
    await reserveOne(app.merchant, 'shinhan', entry)
    await allowInstalments('none')
    clock.advance(20_000)
    const done = await executed(app.merchant, entry.merchant_uid)
    assert.equal(done.payment_status, 'failed')
    assert.match(
      String(done.fail_reason),
      /^파라미터 오류: card_quota \(이 채널에서는 신한카드 할부를 이용할 수 없습니다/,
    )
    assert.equal((await paymentBy(app.merchant, done)).status, 'failed')
    await allowInstalments('2-12')
  })
})

describe('an attempt that does not reach the gateway', () => {
  test('is made again a little later, and nobody is told of a failure', async () => {
    const entry = newEntry(inSeconds(10), { notice_url: 'https://merchant.invalid/hook' })
    await reserveOne(app.merchant, 'shinhan', entry)
    await orderFault(app, { match: { step: 'ready', paymethod: 'CARD-BATCH' }, fault: 'http_500' })
    clock.advance(10_000)
    const failed = await waitForFailedPayment(entry.merchant_uid)
    const waiting = await lookUp(app.merchant, entry.merchant_uid)
    assert.deepEqual(
      [waiting.schedule_status, waiting.imp_uid, waiting.executed_at, waiting.payment_status],
      ['scheduled', null, 0, null],
    )
    assert.deepEqual(await webhooksOf(app, app.merchant, entry.merchant_uid), [])
    clock.advance(5_000)
    const done = await executed(app.merchant, entry.merchant_uid)
    assert.equal(done.payment_status, 'paid')
    assert.notEqual(done.imp_uid, failed.imp_uid)
    assert.deepEqual(
      (await webhooksOf(app, app.merchant, entry.merchant_uid)).map(({ status }) => status),
      ['paid'],
    )
  })

  test('again and again is failed after ten minutes, each attempt on record, and told of once', async () => {
    const entry = newEntry(inSeconds(10), { notice_url: 'https://merchant.invalid/hook' })
    await reserveOne(app.merchant, 'shinhan', entry)
    await orderFault(app, { match: { step: 'ready' }, fault: 'http_500', times: 100 })
    const startedMs = clock.now()
    clock.advance(10_000)
    for (let attempt = 0; ; attempt += 1) {
      await failedAttempts(entry.merchant_uid, attempt + 1)
      const waitMs = retryAfterUnsentMs(attempt)
      if (waitMs === null) break
      assert.equal((await lookUp(app.merchant, entry.merchant_uid)).schedule_status, 'scheduled')
      clock.advance(waitMs)
    }
    await fetch(`${app.simulator.url}/_faults`, { method: 'DELETE' })
    const done = await executed(app.merchant, entry.merchant_uid)
    assert.equal(done.payment_status, 'failed')
    assert.ok(clock.now() - startedMs >= 9 * 60_000)
    const told = await webhooksOf(app, app.merchant, entry.merchant_uid)
    assert.deepEqual(
      told.map(({ status }) => status),
      ['failed'],
    )
    assert.equal(
      app.simulator.ledger().entries.filter(({ orderno }) => orderno === done.imp_uid).length,
      0,
    )
  })

  test('may be revoked or moved while it waits', async () => {
    const [revoked, moved] = [newEntry(inSeconds(10)), newEntry(inSeconds(10))]
    await reserve(app.merchant, 'shinhan', [revoked, moved])
    await orderFault(app, { match: { step: 'ready' }, fault: 'http_500', times: 2 })
    clock.advance(10_000)
    for (const { merchant_uid: uid } of [revoked, moved]) await waitForFailedPayment(uid)
    const body = { merchant_uid: revoked.merchant_uid }
    responseOf(await app.merchant.call('POST', '/subscribe/payments/unschedule', body))
    const later = { schedule_at: inSeconds(60) }
    const path = `/subscribe/payments/schedule/${moved.merchant_uid}`
    responseOf(await app.merchant.call('PUT', path, later))
    const marker = newEntry(inSeconds(30))
    await reserveOne(app.merchant, 'shinhan', marker)
    clock.advance(30_000)
    await executed(app.merchant, marker.merchant_uid)
    const shown = async ({ merchant_uid: uid }: { merchant_uid: string }) =>
      (await lookUp(app.merchant, uid)).schedule_status
    assert.deepEqual([await shown(revoked), await shown(moved)], ['revoked', 'scheduled'])
    clock.advance(30_000)
    assert.equal((await executed(app.merchant, moved.merchant_uid)).payment_status, 'paid')
  })
})

/** Waits until a merchant_uid has so many failed payments. */
async function failedAttempts(merchantUid: string, count: number): Promise<void> {
  await eventually(`failure ${count} of ${merchantUid}`, async () => {
    const path = `/payments/findAll/${merchantUid}/failed?limit=100`
    const { body } = await app.merchant.call('GET', path)
    const total = body.code === 0 ? (body.response as { total: number }).total : 0
    return total === count ? true : undefined
  })
}

async function allowInstalments(text: string): Promise<void> {
  const reading = readInstalments(text)
  assert.equal(reading.kind, 'rule')
  const { db, vault, ids } = app.parts
  const deps = { db, vault, clock: app.parts.clock, uuid: () => ids.uuid() }
  const changes = { instalments: reading.rule }
  const result = await changeChannel(deps, app.merchant.channel, changes, 'test')
  assert.equal(result.kind, 'changed')
}

async function waitForFailedPayment(merchantUid: string) {
  for (;;) {
    const reply = await app.merchant.call('GET', `/payments/find/${merchantUid}/failed`)
    if (reply.status === 200) return failedOf(reply)
    assert.equal(reply.status, 404)
  }
}
