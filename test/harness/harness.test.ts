// The harness on a small scale, on every run of the tests: the books agree, and a deliberate fault is found.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { type RunOptions, runHarness } from './run.ts'

const small: RunOptions = {
  seed: 20_260_101,
  payments: 500,
  crashes: 10,
  buyers: 24,
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
    payments: 300,
    crashes: 0,
    mutation: 'unknown is failed',
  })
  const rules = new Set(result.findings.map(({ rule }) => rule))
  assert.ok(
    rules.has('discrepancy late_approval') || rules.has('failed but approved'),
    [...rules].join(),
  )
})
