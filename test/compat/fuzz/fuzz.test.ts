// A short run of the fuzzer. `npm run fuzz` is the long one.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { assertUnharmed } from './assert-unharmed.ts'
import { fuzzServer } from './fuzz-server.ts'

// Fixed, so that a failure is the same failure everywhere; the long run draws a new one.
const seed = 20_261_122

test('two thousand malformed requests get envelopes, move no money and harm nothing', async (t) => {
  const report = await fuzzServer({ seed, requests: 2_000, limitMs: 180_000 })
  t.diagnostic(`${report.sent} requests in ${report.tookMs} ms, seed ${report.seed}`)
  t.diagnostic(JSON.stringify(report.byStatus))
  assertUnharmed(report)
  assert.ok(report.sent >= 2_000)
  // The generator must reach the rules, not only the parser.
  for (const status of ['200', '400', '401', '404', '405', '413', '415', '431']) {
    assert.ok((report.byStatus[status] ?? 0) > 0, `nothing was answered with ${status}`)
  }
})
