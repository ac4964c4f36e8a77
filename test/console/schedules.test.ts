// Schedules and billing keys in the console: lists, the calendar, changes of one and of many, and what each leaves in the
// audit trail.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import { searchBillingKeys } from '../../src/billing-keys/billing-key-search.store.ts'
import {
  addUpDays,
  countSchedules,
  searchSchedules,
} from '../../src/schedules/schedule-search.store.ts'
import { cardFields, cardThat } from '../api/orders.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { type ConsoleClient, signedInAs } from './console-client.ts'
import { explain } from '../support/explain.ts'
import { addSchedules } from './many-rows.ts'

const hour = 3_600_000
const startMs = Date.UTC(2026, 10, 28, 3, 0)
const clock = new TestClock(startMs)

let app: TestApp
let viewer: ConsoleClient
let operator: ConsoleClient
before(async () => {
  app = await startTestApp({ clock, role: 'api', logLevel: 'warn' })
  viewer = await signedInAs(app, 'viewer')
  operator = await signedInAs(app, 'operator')
})
after(() => app?.close())

const seconds = (atMs: number) => Math.floor(atMs / 1000)
const iso = (atMs: number) => new Date(atMs).toISOString()

async function issueKey(customerUid: string, number?: string): Promise<void> {
  const { body } = await app.merchant.call(
    'POST',
    `/subscribe/customers/${customerUid}`,
    cardFields(number),
  )
  assert.equal(body.code, 0, String(body.message))
}

/** Reserves one; gives its id. */
async function reserve(customerUid: string, merchantUid: string, atMs: number): Promise<string> {
  const { body } = await app.merchant.call('POST', '/subscribe/payments/schedule', {
    customer_uid: customerUid,
    schedules: [{ merchant_uid: merchantUid, schedule_at: seconds(atMs), amount: 4_900 }],
  })
  assert.equal(body.code, 0, String(body.message))
  const { items } = await viewer.ok('GET', `/schedules?q=${merchantUid}`)
  return items[0].scheduleId as string
}

async function actsOn(subject: string): Promise<string[]> {
  const { rows } = await app.parts.db.query<{ actor: string; action: string }>(
    adHocSql('select actor, action from audit_events where subject = $1 order by sequence'),
    [subject],
  )
  const own = rows.filter(({ actor }) => actor === `operator:${operator.email}`)
  return own.map(({ action }) => action)
}

describe('a schedule', () => {
  it('is moved, revoked, reserved anew and charged at once', async () => {
    await issueKey('kim')
    const id = await reserve('kim', 'kim_1', startMs + 48 * hour)
    const path = `/schedules/${id}`
    const shown = await viewer.ok('GET', path)
    assert.equal(shown.state, 'scheduled')
    assert.deepEqual(shown.acts, { reschedule: true, revoke: true, retry: false })
    assert.equal(shown.hasBillingKey, true)
    await operator.refused('schedule_in_past', 'POST', `${path}/reschedule`, {
      dueAt: iso(startMs - 1),
    })
    const moved = await operator.ok('POST', `${path}/reschedule`, {
      dueAt: iso(startMs + 72 * hour),
    })
    assert.equal(moved.scheduleAt, iso(startMs + 72 * hour))
    await operator.refused('schedule_not_repeatable', 'POST', `${path}/retry`)
    const revoked = await operator.ok('POST', `${path}/revoke`, { reason: '해지' })
    assert.equal(revoked.state, 'revoked')
    await operator.refused('schedule_not_scheduled', 'POST', `${path}/revoke`)
    const anew = await operator.ok('POST', `${path}/reschedule`, {
      dueAt: iso(startMs + 24 * hour),
    })
    assert.equal(anew.state, 'scheduled')
    await operator.ok('POST', `${path}/revoke`)
    const charged = await operator.ok('POST', `${path}/retry`)
    assert.equal(charged.state, 'paid')
    assert.equal(charged.attempts.length, 1)
    assert.deepEqual(await actsOn(id), [
      'schedule.moved',
      'schedule.revoked',
      'schedule.reserved_anew',
      'schedule.revoked',
      'schedule.retried',
    ])
    const payment = await viewer.ok('GET', `/payments/${charged.impUid}`)
    assert.equal(payment.scheduleId, id)
  })

  it('whose name was reserved again cannot come back', async () => {
    const id = await reserve('kim', 'kim_2', startMs + 48 * hour)
    await operator.ok('POST', `/schedules/${id}/revoke`)
    await reserve('kim', 'kim_2', startMs + 49 * hour)
    await operator.refused('schedule_uid_taken', 'POST', `/schedules/${id}/reschedule`, {
      dueAt: iso(startMs + 50 * hour),
    })
    await operator.refused('schedule_uid_taken', 'POST', `/schedules/${id}/retry`)
  })

  it('is nothing to viewers and strangers', async () => {
    const id = await reserve('kim', 'kim_3', startMs + 48 * hour)
    const other = await app.addMerchant()
    const stranger = await signedInAs(app, 'owner', other.merchantId)
    await stranger.refused('not_found', 'GET', `/schedules/${id}`)
    await stranger.refused('not_found', 'POST', `/schedules/${id}/revoke`)
    await stranger.refused('not_found', 'POST', `/schedules/${id}/retry`)
    const many = { act: 'revoke', isPreview: false, scheduleIds: [id] }
    const answer = await stranger.ok('POST', '/schedules/bulk', many)
    assert.equal(answer.failures[0].code, 'not_found')
    assert.equal(answer.matched.count, 0)
    assert.deepEqual((await stranger.ok('GET', '/schedules')).items, [])
    await viewer.refused('forbidden', 'POST', `/schedules/${id}/revoke`)
    await viewer.refused('forbidden', 'POST', '/schedules/bulk', many)
    assert.equal((await viewer.ok('GET', `/schedules/${id}`)).state, 'scheduled')
  })
})

describe('many schedules', () => {
  const count = 250
  const prefix = 'bulk_'
  const firstMs = startMs + 100 * 24 * hour
  const filter = { q: prefix }
  before(async () => {
    const { merchantId } = app.merchant
    await addSchedules(app.parts.db, merchantId, { count, firstMs, nowMs: startMs, prefix })
  })

  async function inBites(body: object) {
    const answers = []
    let cursor: string | null | undefined
    do {
      const answer = await operator.ok('POST', '/schedules/bulk', {
        ...body,
        isPreview: false,
        ...(cursor !== undefined && { cursor }),
      })
      answers.push(answer)
      cursor = answer.nextCursor
    } while (cursor !== null)
    return answers
  }
  const doneIn = (answers: { doneCount: number }[]) =>
    answers.reduce((sum, { doneCount }) => sum + doneCount, 0)

  it('are moved after a preview that moves nothing, each once', async () => {
    const wanted = { act: 'reschedule', filter, shiftDays: 7 }
    const preview = await operator.ok('POST', '/schedules/bulk', { ...wanted, isPreview: true })
    assert.deepEqual(preview.matched, { count, isExact: true })
    assert.equal(preview.eligible.count, count)
    assert.equal(preview.sample.length, 20)
    assert.equal(preview.doneCount, 0)
    const before = await viewer.ok('GET', `/schedules?q=${prefix}1&order=oldest&limit=1`)
    assert.equal(before.items[0].scheduleAt, iso(firstMs + hour))
    const later = await inBites(wanted)
    assert.ok(later.length >= 3)
    assert.equal(doneIn(later), count)
    const moved = await viewer.ok('GET', `/schedules?q=${prefix}1&order=oldest&limit=1`)
    assert.equal(moved.items[0].scheduleAt, iso(firstMs + 7 * 24 * hour + hour))
    assert.equal(doneIn(await inBites({ ...wanted, shiftDays: -7 })), count)
    const back = await viewer.ok('GET', `/schedules?q=${prefix}${count}`)
    assert.equal(back.items[0].scheduleAt, iso(firstMs + count * hour))
    assert.equal((await actsOn(back.items[0].scheduleId as string)).length, 2)
    await operator.refused('bad_request', 'POST', '/schedules/bulk', {
      act: 'reschedule',
      filter,
      isPreview: true,
    })
    await operator.refused('nothing_chosen', 'POST', '/schedules/bulk', {
      act: 'revoke',
      isPreview: true,
    })
  })

  it('are revoked by name and by filter, and those without a key fail when charged', async () => {
    const { items } = await viewer.ok('GET', `/schedules?q=${prefix}&limit=3&order=oldest`)
    const scheduleIds = items.map(({ scheduleId }: { scheduleId: string }) => scheduleId)
    const named = await inBites({ act: 'revoke', scheduleIds, reason: '서비스 종료' })
    assert.equal(doneIn(named), 3)
    const again = await inBites({ act: 'revoke', scheduleIds })
    assert.equal(doneIn(again), 0)
    assert.equal(again[0].failures[0].code, 'schedule_not_scheduled')
    const rest = await inBites({ act: 'revoke', filter })
    assert.equal(doneIn(rest), count - 3)
    const charged = await operator.ok('POST', '/schedules/bulk', {
      act: 'retry',
      isPreview: false,
      scheduleIds,
    })
    assert.deepEqual(
      charged.failures.map(({ code }: { code: string }) => code),
      ['charge_failed', 'charge_failed', 'charge_failed'],
    )
  })
})

describe('the lists and the calendar', () => {
  const count = 12_000
  const firstMs = startMs - 10_000 * hour
  let merchantId: TestApp['merchant']['merchantId']
  let stranger: ConsoleClient
  before(async () => {
    ;({ merchantId } = await app.addMerchant())
    stranger = await signedInAs(app, 'viewer', merchantId)
    await addSchedules(app.parts.db, merchantId, {
      count,
      firstMs,
      nowMs: startMs,
      prefix: 'long_',
    })
  })

  it('show a month by days in Korea', async () => {
    const { days } = await stranger.ok('GET', '/schedules/calendar?month=2026-11')
    assert.equal(days.length, 30)
    const today = days.find(({ day }: { day: string }) => day === '2026-11-28')
    // 03:00 UTC is noon in Korea: what was due at noon is scheduled still.
    assert.equal(today.scheduled.count, 12)
    assert.equal(today.paid.count + today.failed.count, 12)
    assert.equal(days[0].paid.count + days[0].failed.count, 24)
    assert.ok(days[0].paid.amountWon > 20_000)
    await stranger.refused('bad_request', 'GET', '/schedules/calendar?month=2026-13')
  })

  it('find what is to come behind years of what has been', async () => {
    const { items } = await stranger.ok('GET', '/schedules?state=scheduled&order=oldest&limit=2')
    assert.deepEqual(
      items.map(({ scheduleAt }: { scheduleAt: string }) => scheduleAt),
      [iso(startMs), iso(startMs + hour)],
    )
    const failed = await stranger.ok('GET', '/schedules/count?state=failed')
    assert.deepEqual([failed.count, failed.isExact], [999, true])
    const one = await stranger.ok(
      'GET',
      '/schedules?customerUid=long_customer_7&state=paid&limit=200',
    )
    assert.equal(one.items.length, 200)
  })

  it('are read along indexes', async () => {
    const period = { fromMs: null, toMs: null }
    const every = { ...period, state: null, customerUid: null, words: null, fitFor: null }
    const newest = { order: 'newest', after: undefined, limit: 50 } as const
    const plans = await explain(app.parts.db, async (db) => {
      for (const order of ['newest', 'oldest'] as const) {
        const page = { ...newest, order }
        await searchSchedules(db, merchantId, every, page)
        await searchSchedules(db, merchantId, { ...every, state: 'scheduled' }, page)
        await searchSchedules(db, merchantId, { ...every, customerUid: 'long_customer_7' }, page)
        await searchSchedules(db, merchantId, { ...every, words: 'long_77' }, page)
      }
      await searchSchedules(db, merchantId, { ...every, state: 'failed' }, newest)
      await countSchedules(db, merchantId, { ...every, state: 'failed' })
      await addUpDays(db, merchantId, { fromMs: startMs, toMs: startMs + 30 * 24 * hour })
    })
    const nodes = plans.flatMap((plan) => plan.nodes)
    assert.ok(!nodes.some(({ type }) => type === 'Seq Scan'), JSON.stringify(plans))
    assert.ok(nodes.some(({ index }) => index === 'schedules_unkept'))
    const sorted = nodes.filter(({ type }) => /Sort/.test(type)).map(({ rows }) => rows)
    assert.ok(Math.max(0, ...sorted) <= 1_001, JSON.stringify(plans))
    const used = new Set(nodes.map(({ index }) => index))
    for (const index of ['schedules_by_time', 'schedules_open', 'schedules_by_customer']) {
      assert.ok(used.has(index), `${index}: ${JSON.stringify(plans)}`)
    }
  })
})

describe('a billing key', () => {
  it('is listed, shown, charged for a test, and deleted as was asked', async () => {
    await issueKey('lee')
    const test = await operator.ok('POST', '/billing-keys/lee/test-charge', { amountWon: 1_200 })
    assert.equal(test.state, 'paid')
    // Or nothing says which of the two payments came last.
    clock.advance(1_000)
    await issueKey('lee', cardThat('declined'))
    await operator.ok('POST', '/billing-keys/lee/test-charge', {})
    const shown = await viewer.ok('GET', '/billing-keys/lee')
    assert.deepEqual(shown.paymentCount, { count: 2, isExact: true })
    assert.equal(shown.paidWon, 1_200)
    assert.equal(shown.failuresInARow, 1)
    assert.equal(shown.lastPayment.v1Status, 'failed')
    assert.equal(shown.mayTestCharge, true)
    assert.notEqual(shown.replacedCardNumberMasked, null)
    const { items } = await viewer.ok('GET', '/billing-keys?q=le')
    assert.deepEqual(
      items.map(({ customerUid }: { customerUid: string }) => customerUid),
      ['lee'],
    )
    assert.deepEqual((await viewer.ok('GET', '/billing-keys?mode=live')).items, [])
    await reserve('lee', 'lee_1', startMs + 48 * hour)
    const path = '/billing-keys/lee'
    await operator.refused('billing_key_has_schedules', 'DELETE', `${path}?pendingSchedules=refuse`)
    const deleted = await operator.ok('DELETE', `${path}?pendingSchedules=revoke&reason=left`)
    assert.deepEqual(deleted, { customerUid: 'lee', pendingSchedules: 1, policy: 'revoke' })
    await operator.refused('not_found', 'GET', path)
    assert.equal((await viewer.ok('GET', '/schedules?q=lee_1')).items[0].state, 'revoked')
    assert.deepEqual(await actsOn('lee'), [
      'billing_key.test_charged',
      'billing_key.test_charged',
      'billing_key.deleted',
    ])
  })

  it('is nothing to viewers and strangers, and no live one is charged for a test', async () => {
    await issueKey('park')
    await viewer.refused('forbidden', 'DELETE', '/billing-keys/park')
    await viewer.refused('forbidden', 'POST', '/billing-keys/park/test-charge', {})
    const other = await app.addMerchant()
    const stranger = await signedInAs(app, 'owner', other.merchantId)
    await stranger.refused('not_found', 'GET', '/billing-keys/park')
    await stranger.refused('not_found', 'DELETE', '/billing-keys/park')
    await stranger.refused('not_found', 'POST', '/billing-keys/park/test-charge', {})
    await app.parts.db.query(
      adHocSql(`update billing_keys set sandbox = false where customer_uid = 'park'`),
    )
    await operator.refused('sandbox_only', 'POST', '/billing-keys/park/test-charge', {})
  })

  it('is found along an index among many', async () => {
    const { merchantId } = await app.addMerchant()
    const at = iso(startMs)
    await app.parts.db.query(
      adHocSql(`insert into billing_keys (merchant_id, customer_uid, channel_key, pg_id, sandbox,
         gateway_key_sealed, card_number_masked, inserted_at, updated_at)
       select ${merchantId}, 'member_' || n, 'c', 'p', true, '\\x00', '123456******1234', '${at}',
         '${at}'::timestamptz + n * interval '1 second' from generate_series(1, 3000) n`),
    )
    await app.parts.db.query(adHocSql('analyze billing_keys'))
    const every = { words: null, channelKey: null, sandbox: null }
    const plans = await explain(app.parts.db, async (db) => {
      const page = await searchBillingKeys(db, merchantId, every, { after: undefined, limit: 50 })
      assert.equal(page.rows[0]?.customerUid, 'member_3000')
      const words = { ...every, words: 'member_299' }
      const found = await searchBillingKeys(db, merchantId, words, { after: undefined, limit: 50 })
      assert.equal(found.rows.length, 11)
    })
    const nodes = plans.flatMap((plan) => plan.nodes)
    assert.ok(!nodes.some(({ type }) => type === 'Seq Scan'), JSON.stringify(plans))
    assert.ok(nodes.some(({ index }) => index === 'billing_keys_by_update'))
    assert.ok(nodes.some(({ index }) => index === 'billing_keys_by_name'))
  })
})
