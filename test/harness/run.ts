// One run of the harness: trouble and load for so many payments and crashes, then quiet, then the books.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { adHocSql } from '../../src/db/database.ts'
import { choiceOf } from '../compat/fuzz/random-choice.ts'
import { compareBooks, countAll, listOpen, type Counts, type Finding } from './four-books.ts'
import { emptyBook, runBuyer } from './load.ts'
import { fileOf } from '../support/child-program.ts'
import { mutatedTree, type MutationName } from './mutations.ts'
import { type Rig, startRig } from './rig.ts'
import { endTrouble, type Injected, makeTrouble } from './trouble.ts'

export interface RunOptions {
  readonly seed: number
  /** The run goes on until both are reached. */
  readonly payments: number
  readonly crashes: number
  readonly buyers: number
  /** How long each of the four nodes lives on average before it is killed at one of its steps. */
  readonly lifeMs: number
  /** Mean time between two troubles beside the crash points. */
  readonly troubleEveryMs: number
  readonly mutation: MutationName | null
  readonly onProgress: (progress: Progress) => void
}

export interface Progress {
  readonly phase: 'load' | 'quiet' | 'audit'
  readonly orders: number
  readonly crashes: number
  /** What still waits for something, in words. */
  readonly open: string
  readonly seconds: number
}

export interface RunResult {
  readonly seed: number
  readonly findings: readonly Finding[]
  readonly counts: Counts
  /** Deaths by edge; those without one were killed at random. */
  readonly crashesByEdge: Readonly<Record<string, number>>
  readonly crashes: number
  readonly injected: Injected
  readonly lostAnswers: number
  readonly loadSeconds: number
  readonly quietSeconds: number
  /** Where books and logs are, when something was found. */
  readonly dir: string | null
}

const root = fileOf('')
/** Leases, sandbox windows and files are short in here; what is still open after this is lost. */
const quietMaxMs = 180_000

export async function runHarness(options: RunOptions): Promise<RunResult> {
  const dir = await mkdtemp(join(tmpdir(), `billkey-faults-${options.seed}-`))
  const tree = options.mutation === null ? root : await mutatedTree(dir, options.mutation)
  const crashesByEdge: Record<string, number> = {}
  let crashes = 0
  const rig = await startRig({
    dir,
    choice: choiceOf(options.seed),
    apis: 2,
    workers: 2,
    lifeMs: options.lifeMs,
    tree,
    onDeath(name, edge) {
      crashes += 1
      const at = edge ?? `at random: ${name.replace(/-\d+$/, '')}`
      crashesByEdge[at] = (crashesByEdge[at] ?? 0) + 1
    },
  })
  // What was found by chance is kept to be looked into; a mutation's findings were wanted.
  let isKept = options.mutation === null
  try {
    const result = await runOn(rig, options, () => crashes)
    const isClean = result.findings.length === 0
    if (isClean) isKept = false
    return { ...result, seed: options.seed, crashes, crashesByEdge, dir: isClean ? null : dir }
  } finally {
    await rig.close()
    if (!isKept) await rm(dir, { recursive: true, force: true })
  }
}

async function runOn(
  rig: Rig,
  options: RunOptions,
  crashes: () => number,
): Promise<Omit<RunResult, 'seed' | 'crashes' | 'crashesByEdge' | 'dir'>> {
  const beganMs = performance.now()
  const secondsOf = (sinceMs: number) => Math.round((performance.now() - sinceMs) / 100) / 10
  const book = emptyBook()
  const injected: Injected = {}
  const isOver = () => book.orders >= options.payments && crashes() >= options.crashes
  const tell = (phase: Progress['phase'], open: string) =>
    options.onProgress({
      phase,
      open,
      orders: book.orders,
      crashes: crashes(),
      seconds: secondsOf(beganMs),
    })
  const timer = setInterval(() => tell('load', ''), 1_000)
  const choice = (part: number) => choiceOf(options.seed * 1_000 + part)
  await Promise.all([
    ...Array.from({ length: options.buyers }, (_, at) =>
      runBuyer(rig, { choice: choice(at), book, at }, isOver),
    ),
    makeTrouble(rig, { choice: choice(999), injected, everyMs: options.troubleEveryMs }, isOver),
  ])
  clearInterval(timer)
  const loadSeconds = secondsOf(beganMs)
  const quietMs = performance.now()
  await becomeQuiet(rig, (open) => tell('quiet', open))
  const quietSeconds = secondsOf(quietMs)
  tell('audit', '')
  const findings = await compareBooks(rig, book)
  const counts = await countAll(rig)
  return { findings, counts, injected, lostAnswers: book.lostAnswers, loadSeconds, quietSeconds }
}

/** Everything is well again, and what is open ends by itself: nobody lends a hand. */
async function becomeQuiet(rig: Rig, tell: (open: string) => void): Promise<void> {
  rig.calm()
  // Those that still carry a crash point start anew without one.
  for (const node of rig.nodes) node.kill()
  await delay(1_000)
  await insist(() => endTrouble(rig))
  const untilMs = performance.now() + quietMaxMs
  for (;;) {
    const open = await listOpen(rig).catch(() => ['the database is away'])
    tell(open.join(', '))
    if (open.length === 0 || performance.now() > untilMs) return
    if (open.every((what) => what.includes('events'))) await passWaits(rig)
    await delay(500)
  }
}

/** As if the minutes had passed that an event waits for its next try. */
async function passWaits({ parts }: Rig): Promise<void> {
  await parts.db.query(
    adHocSql(
      `update webhooks set due_at = least(due_at, now()) where state = 'pending' and lease_until is null`,
    ),
  )
}

async function insist(work: () => Promise<void>): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      await work()
      return
    } catch {
      await delay(200)
    }
  }
  throw new Error('simulator or shop did not come back')
}
