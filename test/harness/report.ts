// The report of all runs so far: a Markdown page with its chart, made from a file of results that grows by the run.

import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'

import { edgesOf } from './edges.ts'
import { type MutationName, mutations } from './mutations.ts'
import type { RunResult } from './run.ts'

interface Kept extends Omit<RunResult, 'dir'> {
  /** The deliberate fault that was to be found; absent in what is kept of runs of the code as it is. */
  readonly mutation?: MutationName | null
}

export async function writeReport(
  dir: string,
  result: RunResult,
  mutation: MutationName | null,
): Promise<void> {
  await mkdir(dir, { recursive: true })
  const file = join(dir, 'runs.ndjson')
  // Where the run kept its books is nothing to publish.
  await appendFile(file, `${JSON.stringify({ ...result, mutation, dir: undefined })}\n`)
  const kept = (await readFile(file, 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Kept)
  const runs = kept.filter((run) => (run.mutation ?? null) === null)
  await writeFile(join(dir, 'faults.svg'), chartOf(crashesOf(runs)))
  await writeFile(join(dir, 'README.md'), pageOf(runs, foundOf(kept)))
}

/** Edges at which nobody died yet are shown as well. */
function crashesOf(runs: readonly Kept[]): [string, number][] {
  const none = Object.fromEntries([...edgesOf.api, ...edgesOf.worker].map((edge) => [edge, 0]))
  return summed([none, ...runs.map(({ crashesByEdge }) => crashesByEdge)])
}

function summed(counts: readonly Readonly<Record<string, number>>[]): [string, number][] {
  const sums = new Map<string, number>()
  for (const one of counts) {
    for (const [name, count] of Object.entries(one)) sums.set(name, (sums.get(name) ?? 0) + count)
  }
  return [...sums].sort((a, b) => b[1] - a[1])
}

/** What the newest run with each deliberate fault found, as rows of a table. */
function foundOf(kept: readonly Kept[]): string {
  const newest = new Map<MutationName, Kept>()
  for (const run of kept) if (run.mutation) newest.set(run.mutation, run)
  return [...newest]
    .map(([name, { findings, counts }]) => {
      const rules = [...new Set(findings.map(({ rule }) => rule))].toSorted()
      const found = `${findings.length} (${rules.join('; ')})`
      return `| ${name} | ${mutations[name].breaks} | ${counts.payments} | ${found} |`
    })
    .join('\n')
}

function pageOf(runs: readonly Kept[], found: string): string {
  const sum = (of: (run: Kept) => number) => runs.reduce((total, run) => total + of(run), 0)
  const rows = (pairs: readonly (readonly [string, number])[]) =>
    pairs.map(([name, count]) => `| ${name} | ${count} |`).join('\n')
  const findings = sum(({ findings: found }) => found.length)
  return `# Faults: what was done to it, and what the books said

Made by \`npm run faults -- --out docs/proof\`; each run adds to it. Rig: ${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, ${Math.round(totalmem() / 2 ** 30)} GB, all processes on one machine.

| | |
|---|---|
| runs (seeds) | ${runs.length} (${runs.map(({ seed }) => seed).join(', ')}) |
| payments | ${sum(({ counts }) => counts.payments)}, of which paid ${sum(({ counts }) => counts.paid)} |
| cancels done | ${sum(({ counts }) => counts.cancels)} |
| schedules | ${sum(({ counts }) => counts.schedules)} |
| events, deliveries | ${sum(({ counts }) => counts.events)}, ${sum(({ counts }) => counts.deliveries)} |
| processes killed | ${sum(({ crashes }) => crashes)} |
| answers that the merchants lost | ${sum(({ lostAnswers }) => lostAnswers)} |
| payments and cancels ended by evidence | ${sum(({ counts }) => counts.endedByEvidence)} |
| seconds under load, seconds until quiet | ${Math.round(sum(({ loadSeconds }) => loadSeconds))}, ${Math.round(sum(({ quietSeconds }) => quietSeconds))} |
| **findings** | **${findings}** |

A finding is a breach of any of: one approval at the gateway per payment at most; what we call paid was approved, what we call failed was not; every approval is a payment of
ours; cancelled amounts agree; nothing unresolved; no open discrepancy; every answer a merchant got still holds; a repeated call began nothing twice; every event arrived, once by its
id, signed, in order, and none was invented.

![Processes killed, by the step they were killed at](faults.svg)

## Killed at

| step | times |
|---|---|
${rows(crashesOf(runs))}

## Made to go wrong

| what | times |
|---|---|
${rows(summed(runs.map(({ injected }) => injected)))}

## Faults put in on purpose

Each in a copy of the sources, to see whether the harness sees it: \`npm run faults -- --mutation <name>\` succeeds when it does.

| fault | rule it breaks | payments | findings |
|---|---|---|---|
${found}
`
}

const rowHeight = 18
const labelWidth = 300
const barsWidth = 420

/** Bars, drawn by hand: the one picture there is needs no library. */
function chartOf(pairs: readonly (readonly [string, number])[]): string {
  const most = Math.max(1, ...pairs.map(([, count]) => count))
  const bars = pairs.map(([name, count], at) => {
    const y = 30 + at * rowHeight
    const width = Math.max(1, Math.round((count / most) * barsWidth))
    return `<text x="${labelWidth - 8}" y="${y + 12}" text-anchor="end">${name}</text>
  <rect x="${labelWidth}" y="${y}" width="${width}" height="${rowHeight - 4}" fill="#2563eb"/>
  <text x="${labelWidth + width + 6}" y="${y + 12}">${count}</text>`
  })
  const height = 40 + pairs.length * rowHeight
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${labelWidth + barsWidth + 60}" height="${height}" font-family="sans-serif" font-size="12">
  <rect width="100%" height="100%" fill="#ffffff"/>
  <text x="8" y="18" font-weight="bold">Processes killed, by step</text>
  ${bars.join('\n  ')}
</svg>
`
}
