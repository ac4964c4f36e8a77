import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import fc from 'fast-check'

import { defaultNameOf, readScheduleAt, retryAfterUnsentMs } from './schedule.ts'

const nowMs = Date.UTC(2026, 0, 1, 12, 0, 0, 700)
const now = Math.floor(nowMs / 1000)

describe('reading schedule_at', () => {
  test('takes the present second and refuses the one before', () => {
    assert.deepEqual(readScheduleAt(now, nowMs), { kind: 'time', atMs: now * 1000 })
    assert.deepEqual(readScheduleAt(now - 1, nowMs), { kind: 'past' })
    assert.deepEqual(readScheduleAt(0, nowMs), { kind: 'past' })
  })

  test('takes any second of the next thousand years for what it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: now, max: now + 31_556_952_000 }), (seconds) => {
        assert.deepEqual(readScheduleAt(seconds, nowMs), { kind: 'time', atMs: seconds * 1000 })
      }),
    )
  })

  test('knows milliseconds of 1974 to 2300 by their size, and says the seconds that were meant', () => {
    const first = Date.UTC(1974, 0, 1)
    const last = Date.UTC(2300, 0, 1)
    fc.assert(
      fc.property(fc.integer({ min: first, max: last }), (sent) => {
        const seconds = Math.floor(sent / 1000)
        assert.deepEqual(readScheduleAt(sent, nowMs), { kind: 'milliseconds', seconds })
      }),
    )
  })
})

describe('the name of an entry without one', () => {
  test('is V1’s, with the time in Korea', () => {
    const at = 1_661_284_500_000
    assert.equal(defaultNameOf('admin', at), 'admin 고객에 대한 2022-08-24 04:55:00 예약 결제')
  })

  test('passes into the next year nine hours before UTC does', () => {
    const at = Date.UTC(2026, 11, 31, 15)
    assert.equal(defaultNameOf('a', at), 'a 고객에 대한 2027-01-01 00:00:00 예약 결제')
  })
})

describe('attempts that do not reach the gateway', () => {
  test('are repeated ever more rarely, for about ten minutes', () => {
    const waits: number[] = []
    for (let attempt = 0; ; attempt += 1) {
      const waitMs = retryAfterUnsentMs(attempt)
      if (waitMs === null) break
      waits.push(waitMs)
    }
    assert.deepEqual(
      waits,
      waits.toSorted((a, b) => a - b),
    )
    const minutes = waits.reduce((sum, waitMs) => sum + waitMs, 0) / 60_000
    assert.ok(minutes >= 8 && minutes <= 12, `${minutes} minutes`)
  })
})
