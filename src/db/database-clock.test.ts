import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { createNodeClock } from './database-clock.ts'
import { silentLog } from './storage-log.ts'

let testDatabase: TestDatabase

before(async () => {
  testDatabase = await createTestDatabase({ schema: 'empty' })
})

after(() => testDatabase.drop())

/** More than a busy machine takes over a look; the looks themselves are refused when they are slower. */
const slackMs = 2_000

function clockOf(shift: { ms: number }) {
  const warnings: string[] = []
  const log = { ...silentLog, warn: (_: object, message: string) => void warnings.push(message) }
  const nodeClock = createNodeClock({
    db: testDatabase.database,
    machine: { now: () => Date.now() + shift.ms },
    monotonicMs: () => performance.now(),
    log,
  })
  return { nodeClock, warnings }
}

function assertNear(actualMs: number, expectedMs: number): void {
  assert.ok(Math.abs(actualMs - expectedMs) < slackMs, `${actualMs} is not near ${expectedMs}`)
}

test('a machine that agrees with the database keeps its own time', async () => {
  const { nodeClock, warnings } = clockOf({ ms: 0 })
  await nodeClock.refresh()
  assert.equal(nodeClock.aheadMs(), 0)
  const fromMs = Date.now()
  const readMs = nodeClock.now()
  assert.ok(fromMs <= readMs && readMs <= Date.now())
  assert.deepEqual(warnings, [])
})

for (const [what, ms] of [
  ['ahead', 600_000],
  ['behind', -600_000],
] as const) {
  test(`a machine whose clock is ${what} has the database's time, and is told of`, async () => {
    const { nodeClock, warnings } = clockOf({ ms })
    await nodeClock.refresh()
    assertNear(nodeClock.aheadMs(), ms)
    assertNear(nodeClock.now(), Date.now())
    const aheadMs = nodeClock.aheadMs()
    await nodeClock.refresh()
    assertNear(nodeClock.aheadMs(), aheadMs)
    assert.equal(warnings.length, 1)
  })
}

test('a clock that is set between two looks is not believed, and is right again after the next', async () => {
  const shift = { ms: 0 }
  const { nodeClock } = clockOf(shift)
  await nodeClock.refresh()
  for (const ms of [3_600_000, -3_600_000]) {
    shift.ms = ms
    assertNear(nodeClock.now(), Date.now())
    await nodeClock.refresh()
    assertNear(nodeClock.aheadMs(), ms)
    assertNear(nodeClock.now(), Date.now())
  }
  shift.ms = 0
  await nodeClock.refresh()
  assert.equal(nodeClock.aheadMs(), 0)
})
