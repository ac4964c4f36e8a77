// Looking reservations up: by time, by customer at both addresses, by status, page by page, in every spelling clients use.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { TestClock } from '../../src/primitives/clock.ts'
import type { ScheduleView } from '../../src/schedules/schedule-view.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { openSchedules } from '../workers/scheduled-work.ts'
import { assertRefused } from './replies.ts'
import {
  newEntry,
  registerCard,
  reserve,
  reserveOne,
  reservePath,
  schedulePageOf,
  uidsOf,
  unschedulePath,
} from './reservations.ts'

const clock = new TestClock(Date.UTC(2026, 4, 1))
const start = clock.now() / 1000
const day = 86_400
let app: TestApp

before(async () => {
  app = await startTestApp({ clock })
  await registerCard(app.merchant, 'yearly')
  await registerCard(app.merchant, 'other')
  const entries = Array.from({ length: 25 }, (_, index) =>
    newEntry(start + (index + 1) * day, { merchant_uid: `m${String(index).padStart(2, '0')}` }),
  )
  assert.equal((await reserve(app.merchant, 'yearly', entries)).body.code, 0)
  await app.merchant.call('POST', unschedulePath, { merchant_uid: ['m24'] })
  await reserveOne(app.merchant, 'other', newEntry(start + 60, { merchant_uid: 'soon' }))
  clock.advance(60_000)
  // Those that are weeks away stay scheduled.
  await openSchedules(app, 24)
})
after(() => app.close())

const get = (path: string) => app.merchant.call('GET', path)
const page = async (path: string) => schedulePageOf(await get(path))
const window = `schedule_from=${start}&schedule_to=${start + 60 * day}`
const names = (from: number, to: number) =>
  Array.from({ length: from - to + 1 }, (_, index) => `m${String(from - index).padStart(2, '0')}`)

describe('the list of a merchant', () => {
  test('is newest first, twenty to a page, with the numbers of the pages beside it', async () => {
    const first = await page(`${reservePath}?${window}`)
    assert.deepEqual([first.total, first.previous, first.next], [26, 0, 2])
    assert.deepEqual(uidsOf(first.list), names(24, 5))
    const second = await page(`${reservePath}?${window}&page=2`)
    assert.deepEqual([second.total, second.previous, second.next], [26, 1, 0])
    assert.deepEqual(uidsOf(second.list), [...names(4, 0), 'soon'])
    const beyond = await page(`${reservePath}?${window}&page=3`)
    assert.deepEqual([beyond.total, beyond.list], [26, []])
  })

  test('is oldest first when asked, with as many to a page as asked', async () => {
    const found = await page(`${reservePath}?${window}&sorting=scheduled&limit=3`)
    assert.deepEqual(uidsOf(found.list), ['soon', 'm00', 'm01'])
    assert.equal(found.next, 2)
  })

  test('takes the first second in and leaves the last one out', async () => {
    const found = await page(`${reservePath}?from=${start + day}&to=${start + 3 * day}`)
    assert.deepEqual(uidsOf(found.list), ['m01', 'm00'])
  })

  test('by status counts what is executed, revoked or scheduled', async () => {
    const by = async (status: string) =>
      uidsOf((await page(`${reservePath}?${window}&schedule_status=${status}&limit=100`)).list)
    assert.deepEqual(await by('revoked'), ['m24'])
    assert.deepEqual(await by('executed'), ['soon'])
    assert.deepEqual(await by('scheduled'), names(23, 0))
  })

  test('has open ends where a client leaves them out, and takes years at once', async () => {
    assert.equal((await page(reservePath)).total, 26)
    assert.equal((await page(`${reservePath}?schedule_from=${start + 2 * day}`)).total, 24)
    assert.equal((await page(`${reservePath}?from=1643497892&to=1948595492`)).total, 26)
  })

  test('refuses what cannot be meant', async () => {
    const bad = (message: RegExp) => ({ status: 400, code: -1, message }) as const
    const refused = async (query: string, message: RegExp) =>
      assertRefused(await get(`${reservePath}?${query}`), bad(message))
    await refused(`from=${start}&to=${start}`, /schedule_from/)
    await refused(`${window}&schedule_status=123`, /지원되지 않는 상태값/)
    await refused(`${window}&page=0`, /page/)
    await refused(`${window}&limit=1001`, /limit/)
    await refused(`${window}&sorting=amount`, /sorting/)
  })

  test('of another merchant is empty', async () => {
    const other = await app.addMerchant()
    assert.equal(schedulePageOf(await other.call('GET', `${reservePath}?${window}`)).total, 0)
  })
})

describe('the list of a customer', () => {
  const paths = [
    '/subscribe/customers/yearly/schedules',
    '/subscribe/payments/schedule/customers/yearly',
  ]
  const bounds = [
    `from=${start}&to=${start + 60 * day}`,
    `schedule_from=${start}&schedule_to=${start + 60 * day}`,
    `schedule_from=${start}&to=${start + 60 * day}`,
  ]
  for (const path of paths) {
    test(`${path} is newest first, in every spelling of the times`, async () => {
      for (const bound of bounds) {
        const found = await page(`${path}?${bound}`)
        assert.equal(found.total, 25)
        assert.deepEqual(uidsOf(found.list), names(24, 5))
        assert.ok(found.list.every(({ customer_uid: uid }: ScheduleView) => uid === 'yearly'))
      }
    })

    test(`${path} knows both spellings of the status`, async () => {
      for (const name of ['schedule-status', 'schedule_status']) {
        const found = await page(`${path}?${bounds[0]}&${name}=revoked`)
        assert.deepEqual(uidsOf(found.list), ['m24'])
      }
    })
  }

  test('that nobody knows is an empty page', async () => {
    for (const path of paths) {
      const found = await page(`${path.replace('yearly', 'nobody')}?${bounds[0]}`)
      assert.deepEqual(found, { total: 0, previous: 0, next: 0, list: [] })
    }
  })
})
