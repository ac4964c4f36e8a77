// 100,000 schedules due at once: without a cap as fast as `again`, with one just below the cap and never above.

import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'

import { fileOf } from '../../test/support/child-program.ts'
import { calmDown, contest, errorsOf, type RunOptions, runAtLeisure, valuesOf } from '../contest.ts'
import { figure, ratio, type RowOutcome, type Series } from '../figures.ts'
import type { Measured } from '../load/task.ts'
import { memoryOf } from '../process-usage.ts'
import { type Rig, startBillkey } from '../rig.ts'
import { percentileOf } from '../statistics.ts'
import { chargeContestant, closedModel } from './charges.ts'
import {
  addDueSchedules,
  countDue,
  dropDueSchedules,
  type Watched,
  watchApprovals,
} from './due-schedules.ts'
import { againWork } from './requests.ts'

const connections = 64

export async function measureSchedules(rig: Rig, options: RunOptions): Promise<RowOutcome> {
  const count = Math.round(100_000 * options.scale)
  const ours = `again, ${connections} connections`
  const again: number[] = []
  const watched: Watched[] = []
  const peaksMb: number[] = []
  const errors: string[] = []
  for (let round = 1; round <= options.rounds; round += 1) {
    const model = closedModel(connections, options)
    const contestants = [chargeContestant(ours, againWork, model)]
    const turns = await contest(rig, contestants, { ...options, rounds: 1 })
    again.push(...valuesOf(turns, ours))
    errors.push(...errorsOf(turns))
    // The worker begins anew, so that its memory is that of this work.
    await restartWorker(rig)
    await calmDown(rig)
    await addDueSchedules(rig, count)
    const seen = await watchApprovals(rig, { count, secondsMax: boundOf(options) })
    watched.push(seen)
    if (rig.worker !== null) peaksMb.push(memoryOf(rig.worker.pid).peakRssMb)
    await rig.worker?.stop()
    const said = `${seen.approved} of ${count} in ${seen.seconds.toFixed(0)} s`
    options.say(`round ${round}  schedules due at once: ${said}, ${seen.perSecond.toFixed(0)}/s`)
    await dropDueSchedules(rig)
    errors.push(...(await failuresOf(rig)))
  }
  const perSecond = watched.map((seen) => seen.perSecond)
  const target = { kind: 'at least', value: 0.8 } as const
  return {
    figures: [
      figure(ours, '/s', again),
      figure(`${count} schedules due at once, one worker`, '/s', perSecond),
      ratio('schedules ÷ again', perSecond, again, target),
      figure('memory of the worker, most', 'MB', peaksMb),
      figure('memory of the worker, last third ÷ first third', '×', watched.map(growthOf), {
        kind: 'at most',
        value: 1.1,
      }),
    ],
    series: seriesOf(watched.at(-1)),
    notes: [
      `charged in time: ${watched.map(({ approved, seconds }) => `${approved} in ${seconds.toFixed(0)} s`).join('; ')}`,
    ],
    errors,
  }
}

/** Draining all of them is the default; `--seconds` bounds it to ten times that. */
function boundOf({ seconds, isQuick }: RunOptions): number {
  return isQuick ? seconds * 2 : seconds * 10
}

async function restartWorker(rig: Rig): Promise<void> {
  await rig.worker?.stop()
  rig.worker = await startBillkey(rig, 'worker')
}

async function failuresOf({ parts, merchant }: Rig): Promise<string[]> {
  const failed = await runAtLeisure(
    parts.db,
    `select imp_uid from payments where merchant_id = ${merchant.merchantId} and state in ('failed', 'unknown')`,
  )
  return failed > 0 ? [`${failed} payments of schedules are failed or unknown`] : []
}

function growthOf({ memoryMb }: Watched): number {
  const third = Math.max(1, Math.floor(memoryMb.length / 3))
  const middle = (part: typeof memoryMb) =>
    part.map(([, value]) => value).sort((a, b) => a - b)[Math.floor(part.length / 2)] ?? 0
  return middle(memoryMb.slice(-third)) / middle(memoryMb.slice(0, third))
}

function seriesOf(seen: Watched | undefined): Series[] {
  if (seen === undefined) return []
  return [
    { what: 'schedules charged', unit: '/s', points: seen.rate },
    { what: 'memory of the worker', unit: 'MB', points: seen.memoryMb },
  ]
}

/** Calls per second and method; a contract that PAYJOA lets go faster than most. */
const capPerSecond = 50
/** Channels are remembered for five seconds by every process. */
const capSeenAfterMs = 6_000
/** The queue needs a moment to fill its turns. */
const settlingSeconds = 3
const callerPerSecond = 0.5

export async function measureCappedSchedules(rig: Rig, options: RunOptions): Promise<RowOutcome> {
  const count = Math.round(100_000 * options.scale)
  const shares: number[] = []
  const mosts: number[] = []
  const callers: Measured[] = []
  const forecasts: string[] = []
  let last: Watched | undefined
  await setCap(rig, capPerSecond)
  try {
    for (let round = 1; round <= options.rounds; round += 1) {
      await restartWorker(rig)
      await calmDown(rig)
      await addDueSchedules(rig, count)
      const fromMs = Date.now() + settlingSeconds * 1000
      const secondsMax = settlingSeconds + options.seconds
      const calling = callWhile(rig, options.seconds)
      const forecast = askForecast(rig, settlingSeconds * 1000)
      last = await watchApprovals(rig, { count, secondsMax })
      const untilMs = Date.now()
      forecasts.push(await forecast)
      callers.push(await calling)
      const times = (await approvalTimes(rig)).filter((at) => at >= fromMs && at < untilMs)
      shares.push(times.length / ((untilMs - fromMs) / 1000) / capPerSecond)
      mosts.push(mostInOneSecond(times))
      options.say(
        `round ${round}  cap ${capPerSecond}/s: ${((shares.at(-1) ?? 0) * 100).toFixed(1)} % used, at most ${mosts.at(-1)} in one second`,
      )
      await dropDueSchedules(rig)
    }
  } finally {
    await setCap(rig, null)
  }
  const waits = (percent: number) =>
    callers.map(({ quantilesMs }) => percentileOf(quantilesMs, percent))
  return {
    figures: [
      figure(`share of a cap of ${capPerSecond}/s that is used`, '×', shares, {
        kind: 'at least',
        value: 0.97,
      }),
      figure('most calls in any one second, as the simulator saw them', '', mosts, {
        kind: 'at most',
        value: capPerSecond,
      }),
      figure('a call of `again` meanwhile takes, p50', 'ms', waits(50)),
      figure('a call of `again` meanwhile takes, at most', 'ms', waits(100)),
    ],
    series: seriesOf(last),
    notes: [`due when it began: ${count}`, ...forecasts],
    errors: callers
      .filter(({ errors }) => errors > 0)
      .map(({ errors, firstError }) => `again meanwhile: ${errors} errors, ${firstError}`),
  }
}

async function setCap({ parts, merchant }: Rig, cap: number | null): Promise<void> {
  await runAtLeisure(
    parts.db,
    `update channels set rate_cap_per_second = ${cap ?? 'null'} where merchant_id = ${merchant.merchantId}`,
  )
  await delay(capSeenAfterMs)
}

async function callWhile(rig: Rig, seconds: number): Promise<Measured> {
  const work = await againWork(rig)
  return rig.load.run({
    work,
    model: {
      kind: 'open',
      perSecond: callerPerSecond,
      connections: 8,
      warmupSeconds: settlingSeconds,
      seconds,
    },
  })
}

/** What `billkey queue` says, and what there is to hold against it. */
async function askForecast(rig: Rig, afterMs: number): Promise<string> {
  await delay(afterMs)
  const due = await countDue(rig)
  const expected = new Date(Date.now() + (due / capPerSecond) * 1000)
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [fileOf('bin/billkey.js'), 'queue', 'show', '--merchant', String(rig.merchant.merchantId)],
    { env: { PATH: process.env['PATH'], ...rig.environment } },
  )
  const line = stdout.trim().split('\n').at(-1) ?? ''
  const inKorea = new Date(expected.getTime() + 9 * 3_600_000).toISOString().slice(11, 19)
  return `\`billkey queue show\` with ${due} due said: ${line.replaceAll(/ {2,}/g, ' · ')} (${due} at ${capPerSecond}/s end at ${inKorea})`
}

async function approvalTimes({ dir }: Rig): Promise<number[]> {
  const times: number[] = []
  const lines = createInterface({ input: createReadStream(join(dir, 'ledger.ndjson')) })
  for await (const line of lines) {
    if (!line.includes('"kind":"approval"')) continue
    times.push((JSON.parse(line) as { atMs: number }).atMs)
  }
  return times
}

/** Of instants in order of time. */
function mostInOneSecond(times: readonly number[]): number {
  let most = 0
  let first = 0
  for (const [at, time] of times.entries()) {
    while (time - (times[first] ?? time) >= 1_000) first += 1
    most = Math.max(most, at - first + 1)
  }
  return most
}
