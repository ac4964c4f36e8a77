// The simulation on a small scale, on every run of the tests: a few lives without a finding, one of them lived twice the
// same way, and deliberate faults that are found.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import type { MutationName } from '../harness/mutations.ts'
import { runSeed, type SeedResult } from './run-seed.ts'
import { runSeeds } from './run-seeds.ts'
import { openStage, type Stage } from './world.ts'

suite('a month in which everything goes wrong', () => {
  let stage: Stage
  before(async () => {
    stage = await openStage()
  })
  after(() => stage.close())

  test('is lived twice the same way, and ends with four books that agree', async () => {
    const first = await runSeed(stage, { seed: 1, months: 1 })
    assert.deepEqual(first.findings, [], first.trace.slice(-40).join('\n'))
    assert.ok(first.counts.payments > 0 && first.steps > 500, 'nothing happened')
    // Another one in between: what is remembered from seed to seed would show.
    const other = await runSeed(stage, { seed: 3, months: 1 })
    assert.deepEqual(other.findings, [], other.trace.slice(-40).join('\n'))
    assert.notEqual(other.digest, first.digest)
    const again = await runSeed(stage, { seed: 1, months: 1 })
    assert.equal(again.digest, first.digest)
    assert.deepEqual(again.counts, first.counts)
  })
})

/** Seeds at which they are known to show; any would do, sooner or later. */
const faults: readonly (readonly [MutationName, number])[] = [
  ['sent again', 1],
  ['unknown is failed', 1],
]

for (const [mutation, firstSeed] of faults) {
  test(`a build in which '${mutation}' is found out`, async () => {
    const results: SeedResult[] = []
    await runSeeds({
      firstSeed,
      seeds: 6,
      months: 1,
      jobs: 1,
      mutation,
      onResult(result) {
        results.push(result)
        return result.findings.length === 0
      },
    })
    assert.ok(
      results.some(({ findings }) => findings.length > 0),
      'not found',
    )
  })
}
