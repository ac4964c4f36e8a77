import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createRateLane } from './rate-lane.ts'
import type { Turns } from './rate-lanes.store.ts'

test('whoever missed a turn is refused when the next cannot be taken, and no error is left unheard', async () => {
  const failures: unknown[] = []
  const away = new Error('the database is away')
  let taken = 0
  let looks = 0
  const lane = createRateLane({
    laneIntervalMs: 100,
    totalIntervalMs: 0,
    take: async (): Promise<Turns> => {
      taken += 1
      if (taken > 1) throw away
      return { turns: 1, waitMs: 5 }
    },
    // The process stands still between the wait for the turn and the turn.
    now: () => ((looks += 1) > 3 ? 1_000 : 0),
    onFailure: (error) => void failures.push(error),
  })
  assert.equal(await lane.pass('scheduled'), false)
  assert.deepEqual(failures, [away])
  // The lane goes on: the next one asks anew.
  assert.equal(await lane.pass('interactive'), false)
  assert.equal(taken, 3)
})
