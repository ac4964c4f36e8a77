// `npm run faults`: the proof. Seeds, counts and findings go to the screen and, with --out, to a report.

import { parseArgs } from 'node:util'

import { type MutationName, mutations } from './mutations.ts'
import { writeReport } from './report.ts'
import { type Progress, type RunResult, runHarness } from './run.ts'

const help = `Usage: npm run faults -- [--seed <n>] [--seeds <how many>] [--payments <n>] [--crashes <n>]
                        [--buyers <n>] [--life <ms>] [--trouble-every <ms>] [--mutation <name>] [--out <directory>]

Starts PostgreSQL, the simulator, a shop, two API nodes and two workers as processes, charges, schedules and cancels
over HTTP, kills processes at named steps and at random, and makes gateway, database and shop go wrong. Then all is
well again, nobody lends a hand, and four books have to agree: ours, the gateway's, the shop's, the merchants'. Only the
minutes between two tries of an event are skipped.

--life is how long a node lives on average before it is killed at one of its steps, --trouble-every the mean time between
two of all other troubles. A seed decides load and trouble; the times at which processes meet it are the machine's. --out adds the runs to a
report, those with a mutation by themselves. --mutation runs a copy of the sources with a deliberate fault, and succeeds when it is found:
  ${Object.entries(mutations)
    .map(([name, { breaks }]) => `${name}: breaks "${breaks}"`)
    .join('\n  ')}
`

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    payments: { type: 'string', default: '3000' },
    crashes: { type: 'string', default: '15' },
    buyers: { type: 'string', default: '24' },
    life: { type: 'string', default: '10000' },
    'trouble-every': { type: 'string', default: '1200' },
    mutation: { type: 'string' },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

// Where nobody watches, a line every ten seconds.
let shownAt = -1

function show({ phase, orders, crashes, open, seconds }: Progress): void {
  const rate = Math.round(orders / Math.max(1, seconds))
  const words = phase === 'load' ? `${rate}/s` : open === '' ? 'nothing open' : open
  const line = `${phase.padEnd(5)} ${seconds.toFixed(0).padStart(5)} s  ${orders} orders  ${crashes} crashes  ${words}`
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${line}`)
  else if (Math.floor(seconds / 10) !== shownAt) {
    shownAt = Math.floor(seconds / 10)
    process.stdout.write(`${line}\n`)
  }
}

function summary({
  seed,
  counts,
  crashes,
  findings,
  loadSeconds,
  quietSeconds,
  dir,
}: RunResult): string {
  const { payments, paid, cancels, schedules, events, endedByEvidence } = counts
  const verdict =
    findings.length === 0 ? 'the books agree' : `${findings.length} FINDINGS, kept in ${dir}`
  return (
    `seed ${seed}: ${payments} payments (${paid} paid, ${endedByEvidence} ended by evidence), ${cancels} cancels, ` +
    `${schedules} schedules, ${events} events, ${crashes} crashes, ${loadSeconds} s + ${quietSeconds} s quiet: ${verdict}`
  )
}

async function main(): Promise<void> {
  if (values.help) {
    process.stdout.write(help)
    return
  }
  const mutation = (values.mutation ?? null) as MutationName | null
  if (mutation !== null && !Object.hasOwn(mutations, mutation))
    throw new Error(`no mutation '${mutation}'`)
  let isGood = true
  for (
    let seed = Number(values.seed);
    seed < Number(values.seed) + Number(values.seeds);
    seed += 1
  ) {
    const result = await runHarness({
      seed,
      payments: Number(values.payments),
      crashes: Number(values.crashes),
      buyers: Number(values.buyers),
      lifeMs: Number(values.life),
      troubleEveryMs: Number(values['trouble-every']),
      mutation,
      onProgress: show,
    })
    process.stdout.write(`\n${summary(result)}\n`)
    for (const { rule, subject, detail } of result.findings.slice(0, 20)) {
      process.stdout.write(`  ${rule}: ${subject} (${detail})\n`)
    }
    if (values.out !== undefined) await writeReport(values.out, result, mutation)
    isGood &&= mutation === null ? result.findings.length === 0 : result.findings.length > 0
    if (!isGood) {
      const again = `npm run faults -- --seed ${seed} --payments ${values.payments} --crashes ${values.crashes}`
      process.stdout.write(mutation === null ? `again: ${again}\n` : 'the mutation was not found\n')
      break
    }
  }
  process.exit(isGood ? 0 : 1)
}

await main()
