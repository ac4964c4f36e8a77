// What must hold after a run, short or long.

import assert from 'node:assert/strict'

import type { FuzzReport } from './fuzz-server.ts'

// The server starts at about 150 MB, and requests of a megabyte are under way 16 at a time.
const memoryMbMax = 600

export function assertUnharmed(report: FuzzReport): void {
  assert.deepEqual(report.faults, [], `seed ${report.seed}`)
  assert.deepEqual(report.gateway, { approvals: 0, keysIssued: 0, cancels: 0 })
  assert.deepEqual(report.rows, { unrefusedPayments: 0, schedules: 0, cancels: 0 })
  if (report.memoryMb === null) return
  const { before, peak } = report.memoryMb
  assert.ok(peak < memoryMbMax, `memory grew from ${before} MB to ${peak} MB`)
}
