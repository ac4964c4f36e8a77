// `npm run bench`: measures billkey side by side with what else there is, and writes what it found.

import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { fileOf } from '../test/support/child-program.ts'
import type { RunOptions } from './contest.ts'
import { describeRig } from './describe-rig.ts'
import type { RowOutcome, RowResult } from './figures.ts'
import { writeProfileTexts } from './profile-text.ts'
import { tableText, writePage, writeResults } from './results-page.ts'
import { type Rig, startRig } from './rig.ts'
import { measureAddedLatency } from './rows/added-latency.ts'
import { measureAgain, measureOnetime } from './rows/charges.ts'
import { measureGrowth } from './rows/growth.ts'
import { measureGetPayment, measureGetToken } from './rows/look-ups.ts'
import { measureMemory } from './rows/memory.ts'
import { measureMerchants } from './rows/merchants.ts'
import { measurePlans } from './rows/plans.ts'
import { measureProcesses } from './rows/processes.ts'
import { measureCappedSchedules, measureSchedules } from './rows/schedules.ts'
import { measureStart } from './rows/start.ts'
import { measureStorage } from './rows/storage.ts'

interface Row {
  readonly name: string
  readonly title: string
  readonly measure: (rig: Rig, options: RunOptions) => Promise<RowOutcome>
  /** Takes long, so only when it is named. */
  readonly isOnDemand?: true
}

const rows: readonly Row[] = [
  { name: 'again', title: 'Charging a billing key (again)', measure: measureAgain },
  { name: 'onetime', title: 'Charging a card (onetime)', measure: measureOnetime },
  { name: 'get-payment', title: 'Looking a payment up', measure: measureGetPayment },
  { name: 'get-token', title: 'Getting a token', measure: measureGetToken },
  {
    name: 'added-latency',
    title: 'Time added to the gateway’s own',
    measure: measureAddedLatency,
  },
  { name: 'schedules', title: 'Schedules due at once, no cap', measure: measureSchedules },
  {
    name: 'schedules-capped',
    title: 'Schedules due at once, with a cap',
    measure: measureCappedSchedules,
  },
  { name: 'processes', title: 'More processes on one database', measure: measureProcesses },
  { name: 'storage', title: 'Bytes of a payment', measure: measureStorage },
  { name: 'start', title: 'Starting', measure: measureStart },
  { name: 'memory', title: 'Memory under full load', measure: measureMemory },
  {
    name: 'growth',
    title: 'With years of business in the database',
    measure: measureGrowth,
    isOnDemand: true,
  },
  {
    name: 'merchants',
    title: 'Ten thousand merchants',
    measure: measureMerchants,
    isOnDemand: true,
  },
  {
    name: 'plans',
    title: 'Plans of statements',
    measure: measurePlans,
    isOnDemand: true,
  },
]

const help = `Usage: npm run bench -- [row …] [--rounds <n>] [--seconds <n>] [--scale <n>] [--quick] [--profile] [--out <directory>]

Starts PostgreSQL (durable), the simulator, a receiver of webhooks, an API node, a worker, bare servers to compare with
and the load, each as a process of its own, measures them in turn, and writes tables and charts to bench/results.

Rows: ${rows.map(({ name, isOnDemand }) => (isOnDemand === true ? `${name} (only when named)` : name)).join(', ')}

  --rounds   how often everybody has a turn (default 5)
  --seconds  how long a turn takes, after its warm-up (default 10)
  --scale    a part of the rows that are put into the database (default 1)
  --quick    one short round of each, to see that all runs; writes nothing unless --out is given
  --profile  also write where the API node and the worker spent their time, as text; slows them down
  --out      where results are written (default bench/results)

Any error makes its row invalid, and the exit code 1.
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    scale: { type: 'string' },
    quick: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

function readOptions(): RunOptions {
  const { rounds, seconds, scale, quick } = values
  const number = (given: string | undefined, fallback: number) =>
    given === undefined ? fallback : positive(given)
  return {
    isQuick: quick,
    rounds: number(rounds, quick ? 1 : 5),
    seconds: number(seconds, quick ? 3 : 10),
    warmupSeconds: quick ? 1 : 4,
    scale: number(scale, quick ? 0.02 : 1),
    say: (line) => void process.stdout.write(`${line}\n`),
  }
}

function positive(text: string): number {
  const number = Number(text)
  if (!(number > 0)) throw new Error(`${text} is no number above 0`)
  return number
}

function chosenRows(): readonly Row[] {
  if (positionals.length === 0) return rows.filter(({ isOnDemand }) => isOnDemand !== true)
  return positionals.map((name) => {
    const row = rows.find((candidate) => candidate.name === name)
    if (row === undefined) throw new Error(`there is no row '${name}'`)
    return row
  })
}

async function measure(
  rig: Rig,
  row: Row,
  options: RunOptions,
): Promise<{ readonly result: RowResult; readonly texts: Readonly<Record<string, string>> }> {
  options.say(`\n== ${row.title}`)
  const { texts = {}, ...outcome } = await row.measure(rig, options)
  const { name, title } = row
  const result: RowResult = {
    name,
    title,
    rounds: options.rounds,
    seconds: options.seconds,
    at: new Date().toISOString(),
    series: [],
    ...outcome,
    rig: await describeRig(rig),
  }
  options.say(tableText(result))
  return { result, texts }
}

/** To be stopped, and its data removed, when somebody has seen enough. */
let running: Rig | null = null

function stopOnRequest(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      const closed = running?.close() ?? Promise.resolve()
      void closed.finally(() => process.exit(130))
    })
  }
}

/** Without a folder of results they go where the command is run. */
async function keepProfiles(dir: string, row: string, out: string | null): Promise<void> {
  if (out !== null) await mkdir(out, { recursive: true })
  const written = await writeProfileTexts(dir, out ?? '.', row)
  if (out !== null) await writePage(out)
  process.stdout.write(`${written.join('\n')}\n`)
  await rm(dir, { recursive: true, force: true })
}

async function main(): Promise<void> {
  if (values.help) {
    process.stdout.write(help)
    return
  }
  stopOnRequest()
  const options = readOptions()
  const chosen = chosenRows()
  const out = values.out ?? (values.quick ? null : fileOf('bench/results'))
  let isValid = true
  for (const row of chosen) {
    // Each row has a database of its own: what one leaves behind is nobody else's.
    const profileDir = values.profile ? await mkdtemp(join(tmpdir(), 'billkey-profile-')) : null
    const rig = await startRig({ profileDir })
    running = rig
    try {
      const { result, texts } = await measure(rig, row, options)
      isValid &&= result.errors.length === 0
      // Of profiled processes only the profiles are worth keeping.
      if (out !== null && profileDir === null) await writeResults(out, result, texts)
    } finally {
      running = null
      await rig.close()
    }
    if (profileDir !== null) await keepProfiles(profileDir, row.name, out)
  }
  process.exitCode = isValid ? 0 : 1
}

await main()
