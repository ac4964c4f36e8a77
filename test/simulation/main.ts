// `npm run simulate`: months of everything that can go wrong, in seconds, again and again; each seed another life.

import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'

import { type MutationName, mutations } from '../harness/mutations.ts'
import { runSeed, type SeedResult } from './run-seed.ts'
import { runSeeds } from './run-seeds.ts'
import { openStage } from './world.ts'

const help = `Usage: npm run simulate -- [--seed <n>] [--seeds <how many>] [--months <n>] [--jobs <n>] [--keep-going]
                          [--trace] [--mutation <name>]

Lives through months of a merchant's life on a clock of its own: nodes of the real server, the simulated gateway and a
shop in one process, on a real PostgreSQL. A seed decides everything: what merchants do, which statement or request
goes next, who is killed where, what gets lost. The same seed gives the same history. Then all is well, and four books
have to agree. Ctrl-C ends it after the seeds under way. Documented in docs/proof/simulation.md.

  --seed        the first seed (1)            --months      of 30 days, per seed (2)
  --seeds       how many, one by one (1)      --jobs        processes side by side (${availableParallelism()})
  --keep-going  past a seed with a finding    --trace       one seed here, every line of its history
  --mutation    runs a copy of the sources with a deliberate fault, and succeeds when it is found:
${Object.entries(mutations)
  .map(([name, { breaks }]) => `      ${name}: breaks "${breaks}"`)
  .join('\n')}
`

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    months: { type: 'string', default: '2' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    'keep-going': { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    mutation: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function tellFindings({ seed, months, findings, trace, steps }: SeedResult): void {
  print(`\nseed ${seed}: ${findings.length} FINDINGS after ${steps} steps`)
  for (const { rule, subject, detail } of findings.slice(0, 10))
    print(`  ${rule}: ${subject} (${detail})`)
  const subject = findings[0]?.subject ?? ''
  print(`what led to the first one:`)
  for (const line of linesAbout(subject, trace)) print(`  ${line}`)
  print(`again, line by line: npm run simulate -- --seed ${seed} --months ${months} --trace`)
}

const linesMax = 60

/** The story of one payment: what names it, and what befell machines meanwhile. */
function linesAbout(subject: string, trace: readonly string[]): readonly string[] {
  const first = trace.findIndex((line) => line.includes(subject))
  if (subject === '' || first === -1) return trace.slice(-linesMax)
  return trace
    .slice(first)
    .filter((line) => line.includes(subject) || / is killed|trouble:| hangs|start of/.test(line))
    .slice(-linesMax)
}

interface Totals {
  seeds: number
  payments: number
  cancels: number
  events: number
  endedByEvidence: number
  readonly happened: Record<string, number>
  readonly seconds: number[]
  cpuSeconds: number
  readonly failed: number[]
}

function add(
  totals: Totals,
  { seed, counts, happened, seconds, cpuSeconds, findings }: SeedResult,
): void {
  totals.seeds += 1
  totals.payments += counts.payments
  totals.cancels += counts.cancels
  totals.events += counts.events
  totals.endedByEvidence += counts.endedByEvidence
  totals.seconds.push(seconds)
  totals.cpuSeconds += cpuSeconds
  if (findings.length > 0) totals.failed.push(seed)
  for (const [name, count] of Object.entries(happened))
    totals.happened[name] = (totals.happened[name] ?? 0) + count
}

function tellTotals(totals: Totals, tookSeconds: number): void {
  const { seeds, payments, cancels, events, endedByEvidence, happened, seconds, failed } = totals
  const sorted = seconds.toSorted((a, b) => a - b)
  const at = (part: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0).toFixed(2)
  const months = seeds * Number(values.months)
  print(
    `${seeds} seeds, ${months} months in ${tookSeconds.toFixed(1)} s: ${Math.round((seeds / tookSeconds) * 3_600)} seeds/hour, ` +
      `${(months / tookSeconds).toFixed(2)} months/s`,
  )
  const cpu = (totals.cpuSeconds / seeds).toFixed(2)
  print(
    `seconds per seed: p10 ${at(0.1)}, p50 ${at(0.5)}, p90 ${at(0.9)}, most ${at(1)}; ${cpu} of the processor`,
  )
  print(
    `${payments} payments, ${cancels} cancels, ${events} events, ${endedByEvidence} ended by evidence`,
  )
  for (const name of Object.keys(happened).sort())
    print(`  ${String(happened[name]).padStart(9)} ${name}`)
  print(failed.length === 0 ? 'the books agree' : `FINDINGS in seeds ${failed.join(', ')}`)
}

async function runMany(mutation: MutationName | null): Promise<boolean> {
  const totals: Totals = {
    seeds: 0,
    payments: 0,
    cancels: 0,
    events: 0,
    endedByEvidence: 0,
    happened: {},
    seconds: [],
    cpuSeconds: 0,
    failed: [],
  }
  const beganMs = performance.now()
  let shownMs = 0
  let isAsked = false
  process.once('SIGINT', () => void (isAsked = true))
  await runSeeds({
    firstSeed: Number(values.seed),
    seeds: Number(values.seeds),
    months: Number(values.months),
    jobs: Number(values.jobs),
    mutation,
    onResult(result) {
      add(totals, result)
      const isClean = result.findings.length === 0
      if (!isClean) tellFindings(result)
      const nowMs = performance.now()
      if (isClean && nowMs - shownMs > 2_000) {
        shownMs = nowMs
        print(`seed ${result.seed}: ${result.digest}, ${totals.seeds} of ${values.seeds} done`)
      }
      return !isAsked && (isClean || values['keep-going'])
    },
  })
  tellTotals(totals, (performance.now() - beganMs) / 1_000)
  const isFound = totals.failed.length > 0
  if (mutation !== null && !isFound) print('the mutation was not found')
  return mutation === null ? !isFound : isFound
}

async function runTraced(): Promise<boolean> {
  const stage = await openStage()
  try {
    const options = { seed: Number(values.seed), months: Number(values.months), onLine: print }
    const result = await runSeed(stage, options)
    for (const { rule, subject, detail } of result.findings)
      print(`FINDING ${rule}: ${subject} (${detail})`)
    print(`digest ${result.digest}`)
    return result.findings.length === 0
  } finally {
    await stage.close()
  }
}

async function main(): Promise<void> {
  if (values.help) {
    process.stdout.write(help)
    return
  }
  const { mutation } = values
  if (mutation !== undefined && !Object.hasOwn(mutations, mutation))
    throw new Error(`no mutation '${mutation}'`)
  const isGood = values.trace
    ? await runTraced()
    : await runMany((mutation ?? null) as MutationName | null)
  process.exitCode = isGood ? 0 : 1
}

await main()
