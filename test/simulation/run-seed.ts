// One seed: months in which everything goes wrong, then quiet, then the books are held against each other.

import {
  compareFourBooks,
  countRows,
  type Counts,
  type Finding,
  listOpen,
} from '../harness/four-books.ts'
import { type ClientBook, emptyBook } from '../harness/load.ts'
import { planOperator, planRounds } from './care.ts'
import { runProgram } from './merchant-program.ts'
import { runUntil } from './scheduler.ts'
import { endTrouble, planTrouble } from './troubles.ts'
import { createWorld, monthMs, type Stage, type World } from './world.ts'

export interface SeedOptions {
  readonly seed: number
  readonly months: number
  /** Told every line of the history. */
  readonly onLine?: (line: string) => void
}

export interface SeedResult {
  readonly seed: number
  readonly findings: readonly Finding[]
  /** The same for the same seed and code. */
  readonly digest: string
  readonly steps: number
  readonly counts: Omit<Counts, 'deliveries'>
  /** What was let through at the gate, and what went wrong, by name. */
  readonly happened: Readonly<Record<string, number>>
  /** Lines that led to a finding. */
  readonly trace: readonly string[]
  readonly months: number
  readonly seconds: number
  /** Of this process; the database's come on top. */
  readonly cpuSeconds: number
}

/** After this nothing may be open any more: longer than evidence is looked for and webhooks are tried. */
const quietMaxMs = 2 * monthMs
const quietStepMs = 6 * 3_600_000

export async function runSeed(stage: Stage, options: SeedOptions): Promise<SeedResult> {
  const beganMs = performance.now()
  const cpuBefore = process.cpuUsage()
  const world = await createWorld(stage, options)
  try {
    const book = emptyBook()
    await liveThrough(world, book)
    const findings = world.findings.length > 0 ? world.findings : await audit(world, book)
    for (const { rule, subject } of findings) world.history.note(`FINDING ${rule}: ${subject}`)
    return {
      seed: options.seed,
      findings,
      digest: world.history.digest(),
      steps: world.history.lines,
      counts: await countRows(world),
      happened: world.counts,
      trace: findings.length === 0 ? [] : world.history.tail(),
      months: options.months,
      seconds: (performance.now() - beganMs) / 1_000,
      cpuSeconds: cpuSecondsSince(cpuBefore),
    }
  } finally {
    await world.close()
  }
}

function cpuSecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000_000
}

async function liveThrough(world: World, book: ClientBook): Promise<void> {
  const { time } = world
  for (const [at, role] of (['api', 'api', 'worker', 'worker'] as const).entries())
    await world.start(role, at)
  planTrouble(world)
  planRounds(world, 0)
  planOperator(world)
  for (const merchant of world.merchants) void runProgram(world, merchant, book)
  await runUntil(world, world.endMs)
  await endTrouble(world)
  const quietUntilMs = time.nowMs + quietMaxMs
  while (time.nowMs < quietUntilMs && world.findings.length === 0) {
    await runUntil(world, time.nowMs + quietStepMs)
    if (world.gate.parked.length === 0 && (await listOpen(world)).length === 0) return
  }
}

async function audit(world: World, book: ClientBook): Promise<Finding[]> {
  const { parts, merchants, simulator, shop } = world
  const received = shop.taken()
  return compareFourBooks({
    parts,
    merchants,
    sandbox: false,
    ledger: simulator.ledger(),
    received,
    book,
  })
}
