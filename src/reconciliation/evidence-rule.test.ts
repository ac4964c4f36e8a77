// "It did not happen" is said by nobody before the window has passed, and by a file only where its silence counts.

import assert from 'node:assert/strict'
import { suite, test } from 'node:test'

import fc from 'fast-check'

import { boundsOfKoreanDay, koreanDay } from '../primitives/korean-day.ts'
import {
  mayConcludeNotHappened,
  notificationWindowMs,
  possibleDays,
  type ReportProof,
} from './evidence-rule.ts'
import { wantedReports } from './wanted-reports.ts'

const rules = { windowMs: notificationWindowMs, sandboxWindowMs: 60_000 }
const noonMs = boundsOfKoreanDay('20260310').fromMs + 12 * 3_600_000
const unknown = { startedAtMs: noonMs, sandbox: false }
const afterMs = noonMs + notificationWindowMs
const proof: ReportProof = {
  day: '20260310',
  fetchedAtMs: afterMs,
  unreadable: 0,
  listsMethod: true,
  lacksKnown: false,
}
const by = (...reports: ReportProof[]) => ({ kind: 'reports', reports }) as const
const ruling = (
  witness: Parameters<typeof mayConcludeNotHappened>[1],
  nowMs = afterMs,
  what = unknown,
) => mayConcludeNotHappened(what, witness, nowMs, rules)

suite('that a payment did not happen', () => {
  test('an operator may say when the gateway has stopped to repeat its notification', () => {
    assert.deepEqual(ruling({ kind: 'operator' }, afterMs - 1), {
      kind: 'too_early',
      earliestMs: afterMs,
    })
    assert.deepEqual(ruling({ kind: 'operator' }), { kind: 'allowed' })
  })

  test('an operator may say at once in a sandbox, a file after the sandbox’s window', () => {
    const sandbox = { ...unknown, sandbox: true }
    assert.deepEqual(ruling({ kind: 'operator' }, noonMs, sandbox), { kind: 'allowed' })
    assert.equal(ruling(by(proof), noonMs + 59_999, sandbox).kind, 'too_early')
    assert.equal(ruling(by(proof), noonMs + 60_000, sandbox).kind, 'allowed')
  })

  test('a whole file may prove that is known to list its method', () => {
    assert.deepEqual(ruling(by(proof)), { kind: 'allowed' })
  })

  const faults: readonly [string, ReportProof[], string][] = [
    ['there is no file', [], 'no_file'],
    ['there is only the file of another day', [{ ...proof, day: '20260311' }], 'no_file'],
    ['it was fetched too early', [{ ...proof, fetchedAtMs: afterMs - 1 }], 'fetched_too_early'],
    ['it has a line that cannot be read', [{ ...proof, unreadable: 1 }], 'unreadable_lines'],
    ['it was never seen to list the method', [{ ...proof, listsMethod: false }], 'not_trusted'],
    ['it lacks what we know was paid', [{ ...proof, lacksKnown: true }], 'not_trusted'],
  ]
  for (const [name, reports, reason] of faults) {
    test(`a file does not prove when ${name}`, () => {
      assert.deepEqual(ruling(by(...reports)), { kind: 'unproved', day: '20260310', reason })
    })
  }

  test('takes the files of both days when it was begun near midnight', () => {
    const midnightMs = boundsOfKoreanDay('20260311').fromMs
    const late = { ...unknown, startedAtMs: midnightMs - 60_000 }
    const nowMs = midnightMs + notificationWindowMs
    const fresh = { ...proof, fetchedAtMs: nowMs }
    assert.deepEqual(ruling(by(fresh), nowMs, late), {
      kind: 'unproved',
      day: '20260311',
      reason: 'no_file',
    })
    assert.deepEqual(ruling(by(fresh, { ...fresh, day: '20260311' }), nowMs, late), {
      kind: 'allowed',
    })
  })

  test('is never said of a live payment within two hours, whatever the files are', () => {
    const report = fc.record({
      day: fc.constantFrom('20260309', '20260310', '20260311'),
      fetchedAtMs: fc.integer({ min: noonMs - 1e8, max: noonMs + 1e8 }),
      unreadable: fc.nat({ max: 1 }),
      listsMethod: fc.boolean(),
      lacksKnown: fc.boolean(),
    })
    fc.assert(
      fc.property(
        fc.array(report),
        fc.nat({ max: notificationWindowMs - 1 }),
        (reports, sinceMs) => {
          assert.equal(ruling(by(...reports), noonMs + sinceMs).kind, 'too_early')
        },
      ),
    )
  })
})

suite('a file is wanted', () => {
  const options = { rules, everyMs: 600_000 }

  test('of yesterday once, an hour after midnight', () => {
    const { toMs } = boundsOfKoreanDay('20260310')
    assert.deepEqual(wantedReports([], toMs + 3_599_999, options), [])
    assert.deepEqual(wantedReports([], toMs + 3_600_000, options), [
      { day: '20260310', neededSinceMs: toMs + 3_600_000 },
    ])
  })

  test('of each day on which something unknown could have happened, newer and newer', () => {
    const days = wantedReports([unknown], noonMs + 60_000, options)
    assert.deepEqual(
      days.filter(({ day }) => day === '20260310'),
      [{ day: '20260310', neededSinceMs: noonMs + 60_000 - 600_000 }],
    )
  })

  test('not of days to come, nor of what is a month old', () => {
    const old = { ...unknown, startedAtMs: noonMs - 40 * 86_400_000 }
    const days = wantedReports([old], noonMs, options).map(({ day }) => day)
    assert.deepEqual(days, ['20260309'])
  })
})

test('days are counted in Korea', () => {
  assert.equal(koreanDay(Date.parse('2026-03-09T14:59:59.999Z')), '20260309')
  assert.equal(koreanDay(Date.parse('2026-03-09T15:00:00Z')), '20260310')
  assert.deepEqual(possibleDays({ startedAtMs: noonMs, sandbox: false }), ['20260310'])
})

test('near midnight a transaction may be of either day; in a sandbox the time is twenty times shorter', () => {
  const midnightMs = Date.parse('2026-03-09T15:00:00Z')
  const daysOf = (sinceMidnightMs: number, sandbox: boolean) =>
    possibleDays({ startedAtMs: midnightMs + sinceMidnightMs, sandbox })
  const both = ['20260309', '20260310']
  assert.deepEqual(daysOf(-20 * 60_000, false), both)
  assert.deepEqual(daysOf(10 * 60_000 - 1, false), both)
  assert.deepEqual(daysOf(-60_000, true), both)
  assert.deepEqual(daysOf(-60_001, true), ['20260309'])
  assert.deepEqual(daysOf(30_000, true), ['20260310'])
})
