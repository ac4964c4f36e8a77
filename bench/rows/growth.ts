// Every call next to itself: on a database with years of business in it, and on one that is nearly empty.

import type { RunOptions } from '../contest.ts'
import { figure, type Figure, type RowOutcome } from '../figures.ts'
import { makeSubjects, type MeasuredCall, prepareCalls } from '../growth/every-call.ts'
import { fillDatabase, measureStorage } from '../growth/fill-database.ts'
import type { Measured } from '../load/task.ts'
import { type Rig, startRig } from '../rig.ts'
import { percentileOf, ratiosOf } from '../statistics.ts'

const target = { kind: 'at most', value: 1.3 } as const
const connections = 2
/** Many calls: each has so long at the most. */
const secondsMax = 4

export async function measureGrowth(empty: Rig, options: RunOptions): Promise<RowOutcome> {
  const full = await startRig({ name: 'full' })
  try {
    const amounts = {
      payments: Math.round(10_000_000 * options.scale),
      billingKeys: Math.round(1_000_000 * options.scale),
      schedules: Math.round(1_000_000 * options.scale),
    }
    const subjects = { empty: await makeSubjects(empty), full: await makeSubjects(full) }
    // A worker would seal three years of key use that no worker has seen, and be measured with the calls.
    for (const rig of [empty, full]) {
      await rig.worker?.stop()
      rig.worker = null
    }
    const sinceMs = performance.now()
    await fillDatabase(full, amounts, options.say)
    const filledIn = `filled in ${((performance.now() - sinceMs) / 60_000).toFixed(1)} minutes`
    const storage = await storageFigures(full, amounts.payments)
    const sides = {
      empty: { rig: empty, calls: await prepareCalls(empty, subjects.empty) },
      full: { rig: full, calls: await prepareCalls(full, subjects.full) },
    }
    const { figures, errors } = await compareCalls(sides, options)
    return {
      figures: [...storage, ...figures],
      notes: [
        `${amounts.payments} payments with exchanges and webhooks, ${amounts.billingKeys} billing keys, ${amounts.schedules} schedules; ${filledIn}`,
        `${connections} connections; ratios of the 99th percentiles, and of the medians, full ÷ empty; no worker ran`,
      ],
      errors,
    }
  } finally {
    await full.close()
  }
}

async function storageFigures({ parts }: Rig, payments: number): Promise<Figure[]> {
  const storage = await measureStorage(parts.db)
  const ofPayment = new Set(['payments', 'exchanges', 'webhooks', 'webhook_attempts', 'cancels'])
  const bytes = storage
    .filter(({ table }) => ofPayment.has(table))
    .reduce((sum, one) => sum + one.bytes, 0)
  return [
    figure('bytes per payment with its exchange and webhook, indexes included', 'bytes', [
      bytes / payments,
    ]),
    ...storage.map((one) =>
      figure(`bytes per row of ${one.table}, indexes included`, 'bytes', [
        one.bytes / Math.max(1, one.rows),
      ]),
    ),
  ]
}

interface Side {
  readonly rig: Rig
  readonly calls: readonly MeasuredCall[]
}

type Sides = Readonly<Record<'empty' | 'full', Side>>

async function compareCalls(
  { empty, full }: Sides,
  options: RunOptions,
): Promise<Pick<RowOutcome, 'figures' | 'errors'>> {
  const figures: Figure[] = []
  const errors: string[] = []
  for (const [at, call] of empty.calls.entries()) {
    const other = full.calls[at]
    if (other === undefined) continue
    const runs: { empty: Measured; full: Measured }[] = []
    for (let round = 1; round <= options.rounds; round += 1) {
      runs.push({
        empty: await ask(empty.rig, call, options),
        full: await ask(full.rig, other, options),
      })
    }
    const failed = runs.flatMap((run) => [run.empty, run.full]).find((run) => run.errors > 0)
    if (failed !== undefined) errors.push(`${call.name}: ${failed.firstError}`)
    const ofPercent = (percent: number) =>
      ratiosOf(
        runs.map((run) => percentileOf(run.full.quantilesMs, percent)),
        runs.map((run) => percentileOf(run.empty.quantilesMs, percent)),
      )
    // The ids in a name differ between the two, and from run to run.
    const name = call.name.replaceAll(/imps_\d+|[0-9a-f]{8}-[0-9a-f-]{27}/g, '{id}')
    figures.push({ what: `${name}, p99`, unit: '×', spread: ofPercent(99), target })
    figures.push({ what: `${name}, p50`, unit: '×', spread: ofPercent(50) })
    options.say(
      `${name.padEnd(60)} p99 × ${ofPercent(99).median.toFixed(2)}  p50 × ${ofPercent(50).median.toFixed(2)}` +
        (failed === undefined ? '' : `  ${failed.firstError}`),
    )
  }
  return { figures, errors }
}

function ask(rig: Rig, { work }: MeasuredCall, { seconds }: RunOptions): Promise<Measured> {
  const model = {
    kind: 'closed',
    connections,
    warmupSeconds: 0.5,
    seconds: Math.min(seconds, secondsMax),
  } as const
  return rig.load.run({ work, model })
}
