// What counts as distress, and how a streak grows and ends.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import type { Unknown, Unsent } from '../gateways/gateway.ts'
import { healthOf, nextStreak, probeAfterMs } from './breaker.ts'

const unsent = (cause: Unsent['cause']): Unsent => ({
  kind: 'unsent',
  cause,
  code: null,
  message: '',
})
const unknown = (cause: Unknown['cause']): Unknown => ({
  kind: 'unknown',
  cause,
  code: null,
  message: '',
  transactionId: null,
})

suite('the health of a gateway', () => {
  test('is proved by every answer, a decline and a refusal at the door included', () => {
    assert.equal(healthOf({ kind: 'approved' }), 'alive')
    assert.equal(healthOf({ kind: 'declined' }), 'alive')
    assert.equal(healthOf(unsent('ready_refused')), 'alive')
    assert.equal(healthOf(unknown('amount_mismatch')), 'alive')
  })

  test('is in doubt where nothing came, or nonsense', () => {
    for (const cause of ['connect', 'ready_failed'] as const)
      assert.equal(healthOf(unsent(cause)), 'distress')
    for (const cause of [
      'timeout',
      'reset',
      'http_status',
      'unparseable',
      'gateway_uncertain',
    ] as const) {
      assert.equal(healthOf(unknown(cause)), 'distress')
    }
  })

  test('is not touched by what never reached it', () => {
    for (const cause of [
      'preflight',
      'over_rate',
      'gateway_down',
      'stopped',
      'not_contracted',
    ] as const) {
      assert.equal(healthOf(unsent(cause)), 'nothing')
    }
  })

  test('a streak counts what comes close together, and ends with an answer', () => {
    const first = nextStreak(undefined, 'distress', 1_000)
    assert.deepEqual(first, { count: 1, sinceMs: 1_000 })
    const second = nextStreak(first, 'distress', 2_000)
    assert.deepEqual(second, { count: 2, sinceMs: 1_000 })
    assert.deepEqual(nextStreak(second, 'nothing', 3_000), second)
    assert.equal(nextStreak(second, 'alive', 3_000), undefined)
    assert.deepEqual(nextStreak(second, 'distress', 62_000), { count: 1, sinceMs: 62_000 })
  })

  test('is asked for again ever more rarely, a minute apart at most', () => {
    assert.deepEqual([0, 1, 2, 5, 40].map(probeAfterMs), [2_000, 4_000, 8_000, 60_000, 60_000])
  })
})
