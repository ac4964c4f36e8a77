import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import {
  jitterPart,
  nextTry,
  pauseAfterMs,
  readRetryAfterMs,
  retryAfterMaxMs,
  retryDelaysMs,
} from './retry-schedule.ts'

const dayMs = 86_400_000
const totalMs = retryDelaysMs.reduce((sum, delayMs) => sum + delayMs, 0)

describe('the schedule', () => {
  it('goes on for more than four days, whatever the jitter', () => {
    assert.ok(totalMs > 4 * dayMs)
  })

  it('starts with V1’s five re-sends, a minute apart', () => {
    assert.deepEqual(retryDelaysMs.slice(0, 5), Array(5).fill(60_000))
  })

  it('never gets shorter', () => {
    assert.deepEqual(
      [...retryDelaysMs],
      retryDelaysMs.toSorted((a, b) => a - b),
    )
  })

  it('ends after an endpoint that takes nothing is paused', () => {
    assert.ok(pauseAfterMs < totalMs)
  })
})

const facts = fc.record({
  nowMs: fc.integer({ min: 0, max: 4e12 }),
  retryAfterMs: fc.option(fc.integer({ min: 0, max: 1e12 })),
  fraction: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
})

describe('the next try', () => {
  it('comes no sooner than the schedule and the receiver say, and not much later', () => {
    fc.assert(
      fc.property(fc.nat(retryDelaysMs.length - 1), facts, (step, given) => {
        const next = nextTry(step, given)
        assert.ok(next.kind === 'retry')
        const delayMs = retryDelaysMs[step] as number
        const askedMs = Math.min(given.retryAfterMs ?? 0, retryAfterMaxMs)
        const waitMs = next.dueAtMs - given.nowMs
        assert.ok(waitMs >= Math.max(delayMs, askedMs))
        assert.ok(waitMs <= Math.max(delayMs * (1 + jitterPart) + 1, askedMs))
        assert.equal(next.retryStep, step + 1)
      }),
    )
  })

  it('is spread by the jitter', () => {
    const at = (fraction: number) => nextTry(8, { nowMs: 0, retryAfterMs: null, fraction })
    assert.notDeepEqual(at(0), at(0.5))
  })

  it('does not come after the last', () => {
    const given = { nowMs: 0, retryAfterMs: 5_000, fraction: 0 }
    assert.deepEqual(nextTry(retryDelaysMs.length, given), { kind: 'exhausted' })
  })
})

describe('Retry-After', () => {
  const nowMs = Date.parse('2026-03-02T00:00:00Z')

  it('is seconds or a date', () => {
    assert.equal(readRetryAfterMs('120', nowMs), 120_000)
    assert.equal(readRetryAfterMs(' 7 ', nowMs), 7_000)
    assert.equal(readRetryAfterMs('Mon, 02 Mar 2026 00:01:30 GMT', nowMs), 90_000)
    assert.equal(readRetryAfterMs('Monday, 02-Mar-26 00:01:30 GMT', nowMs), 90_000)
  })

  it('is never negative', () => {
    assert.equal(readRetryAfterMs('Sun, 01 Mar 2026 00:00:00 GMT', nowMs), 0)
  })

  it('is ignored when it is neither', () => {
    for (const text of [
      null,
      '',
      '-5',
      '1.5',
      'soon',
      '99999999999',
      'Mon, nonsense',
      '2026-03-02',
    ])
      assert.equal(readRetryAfterMs(text, nowMs), null, String(text))
  })
})
