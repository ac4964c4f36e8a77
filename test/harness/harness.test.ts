// The harness on a small scale, on every run of the tests: the books agree, and a deliberate fault is found.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { statements } from '../tidy/sql-statements.ts'
import { edgesOf } from './edges.ts'
import { type RunOptions, runHarness } from './run.ts'

const small: RunOptions = {
  seed: 20_260_101,
  payments: 300,
  crashes: 8,
  buyers: 24,
  lifeMs: 8_000,
  troubleEveryMs: 1_500,
  mutation: null,
  onProgress: () => undefined,
}

test('four books agree after processes were killed in the middle of everything', async () => {
  const result = await runHarness(small)
  assert.deepEqual(result.findings, [], `kept in ${result.dir}`)
  assert.ok(result.crashes >= small.crashes)
  // Some orders are refused, and leave no payment.
  assert.ok(result.counts.payments > small.payments * 0.8)
  assert.ok(result.counts.endedByEvidence > 0, 'nothing was ever unknown')
})

test('a build that calls an unknown outcome failed is found out', async () => {
  const result = await runHarness({
    ...small,
    payments: 100,
    crashes: 0,
    mutation: 'unknown is failed',
  })
  const rules = new Set(result.findings.map(({ rule }) => rule))
  assert.ok(
    rules.has('discrepancy late_approval') || rules.has('failed but approved'),
    [...rules].join(),
  )
})

test('every step that a node is to die at is one that it can come by', () => {
  const known = new Set(statements.map(({ name }) => name))
  const requests =
    /^(?:sending|sent|answered) (?:ready|execute|report)$|^(?:sent|answered) webhook$/
  const faults = [...edgesOf.api, ...edgesOf.worker].filter((edge) => {
    const statement = /^(?:before|after) (\w+)$/.exec(edge)?.[1]
    return statement === undefined ? !requests.test(edge) : !known.has(statement)
  })
  assert.deepEqual(faults, [])
})
