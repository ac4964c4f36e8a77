// Contestants take turns, A B A B …, so that what disturbs the machine for a while disturbs all of them.

import { setTimeout as delay } from 'node:timers/promises'

import { adHocSql, type Database } from '../src/db/database.ts'
import type { Measured, Task } from './load/task.ts'
import { figure, type Figure, ratio } from './figures.ts'
import { type Memory, memoryOf, cpuMsOf } from './process-usage.ts'
import type { Process, Rig } from './rig.ts'
import { percentileOf } from './statistics.ts'

export interface RunOptions {
  readonly rounds: number
  readonly seconds: number
  readonly warmupSeconds: number
  /** Of the rows that generate data: 1 is what the targets are about. */
  readonly scale: number
  readonly isQuick: boolean
  readonly say: (line: string) => void
}

export interface Contestant {
  readonly name: string
  /** Asked for at each turn: tokens change. */
  readonly task: (rig: Rig) => Promise<Omit<Task, 'prefix'>>
  /** Whose processor time is worth knowing. */
  readonly processes?: (rig: Rig) => Processes
}

/** Process ids by kind; of a kind with several the sum counts. */
export type Processes = Readonly<Record<string, number | readonly number[]>>

export interface Turn extends Measured {
  readonly perSecond: number
  /** Processor milliseconds per right answer, by process. */
  readonly cpuMsEach: Readonly<Record<string, number>>
  readonly apiMemory: Memory
  /** Webhooks that arrived while this was measured, and that still waited at its end. */
  readonly webhooks: number
  readonly webhookBacklog: number
}

export type Turns = ReadonlyMap<string, readonly Turn[]>

export async function contest(
  rig: Rig,
  contestants: readonly Contestant[],
  options: RunOptions,
): Promise<Turns> {
  const turns = new Map<string, Turn[]>(contestants.map(({ name }) => [name, []]))
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const contestant of contestants) {
      await calmDown(rig)
      const turn = await takeTurn(rig, contestant, options)
      turns.get(contestant.name)?.push(turn)
      options.say(
        `round ${round}  ${contestant.name.padEnd(34)} ${turn.perSecond.toFixed(0).padStart(6)}/s` +
          `  p50 ${millis(turn, 50)}  p99 ${millis(turn, 99)}  errors ${turn.errors}` +
          (turn.firstError === null ? '' : `  ${turn.firstError.slice(0, 200)}`),
      )
    }
  }
  return turns
}

function millis({ quantilesMs }: Measured, percent: number): string {
  return `${percentileOf(quantilesMs, percent).toFixed(1)} ms`
}

async function takeTurn(
  rig: Rig,
  { task, processes = billkeyProcesses }: Contestant,
  options: RunOptions,
): Promise<Turn> {
  const given = await task(rig)
  const pids = processes(rig)
  const measuring = rig.load.run(given)
  await delay(options.warmupSeconds * 1000)
  const cpuBefore = cpuOf(pids)
  const webhooksBefore = await countWebhooks(rig.receiver)
  await delay(given.model.seconds * 1000)
  const cpuAfter = cpuOf(pids)
  const webhooksAfter = await countWebhooks(rig.receiver)
  const measured = await measuring
  const each = Object.entries(cpuAfter).map(([name, ms]): [string, number] => [
    name,
    (ms - (cpuBefore[name] ?? 0)) / Math.max(1, measured.count),
  ])
  return {
    ...measured,
    perSecond: measured.count / measured.seconds,
    cpuMsEach: { ...Object.fromEntries(each), load: measured.loadCpuMsEach },
    apiMemory: memoryOf(rig.api.pid),
    webhooks: webhooksAfter - webhooksBefore,
    webhookBacklog: await countBacklog(rig),
  }
}

export function billkeyProcesses(rig: Rig): Record<string, number> {
  return {
    api: rig.api.pid,
    ...(rig.worker !== null && { worker: rig.worker.pid }),
    postgres: rig.postmasterPid,
    simulator: rig.simulator.pid,
    receiver: rig.receiver.pid,
  }
}

function cpuOf(processes: Processes): Record<string, number> {
  const sumOf = (pids: number | readonly number[]) =>
    [pids].flat().reduce((sum, pid) => sum + cpuMsOf(pid), 0)
  return Object.fromEntries(Object.entries(processes).map(([name, pids]) => [name, sumOf(pids)]))
}

export async function countWebhooks({ url }: Process): Promise<number> {
  return Number(await (await fetch(`${url}/_count`)).text())
}

export async function countBacklog({ parts }: Rig): Promise<number> {
  const { rows } = await parts.db.query<{ count: number }>(
    adHocSql(`select count(*)::int as count from webhooks where state = 'pending'`),
  )
  return rows[0]?.count ?? 0
}

/** What the last one left behind must not cost the next one: webhooks that wait, dirty pages, dead rows. */
export async function calmDown(rig: Rig): Promise<void> {
  const { db } = rig.parts
  await delay(500)
  // Those that the worker is just writing to are its own.
  await runAtLeisure(
    db,
    `delete from webhooks where webhook_id in (
       select webhook_id from webhooks where state = 'pending' order by webhook_id for update skip locked)`,
  )
  await runAtLeisure(db, 'checkpoint')
  await delay(1_000)
}

/** However long it takes. */
export function runAtLeisure(db: Database, text: string): Promise<number> {
  const unhurried = { statementTimeoutMs: 0 }
  return db.transaction(async (tx) => (await tx.query(adHocSql(text))).rowCount, unhurried)
}

export function valuesOf(
  turns: Turns,
  name: string,
  value: (turn: Turn) => number = ({ perSecond }) => perSecond,
): number[] {
  return (turns.get(name) ?? []).map(value)
}

/** Processor milliseconds of all processes together, the load's own included, per right answer. */
export function processorMs({ cpuMsEach }: Turn): number {
  return Object.values(cpuMsEach).reduce((sum, ms) => sum + ms, 0)
}

/**
 * What the ratio would be if nothing but processor time counted: where every process shares a few cores, that is the
 * ratio at the ceiling, and unlike requests per second it hardly changes with what else a machine does.
 */
export function processorRatio(turns: Turns, ours: string, by: string): Figure {
  const what = `${ours} ÷ ${by}, by processor time alone`
  return ratio(what, valuesOf(turns, by, processorMs), valuesOf(turns, ours, processorMs))
}

const kindsOfPayment = ['api', 'worker', 'postgres'] as const

/** Of payments: each kind with all its processes; the worker's for each webhook that arrived, since some may wait. */
export function paymentFigures(turns: Turns, name: string): Figure[] {
  const millis = (kind: string, { cpuMsEach, count, webhooks }: Turn) =>
    ((cpuMsEach[kind] ?? 0) * count) / Math.max(1, kind === 'worker' ? webhooks : count)
  return kindsOfPayment.map((kind) =>
    figure(
      `${name}, processor of ${kind}`,
      'ms',
      valuesOf(turns, name, (turn) => millis(kind, turn)),
    ),
  )
}

/** What went wrong in any turn. */
export function errorsOf(turns: Turns): string[] {
  return [...turns].flatMap(([name, ofOne]) =>
    ofOne
      .filter(({ errors }) => errors > 0)
      .map(({ errors, firstError }) => `${name}: ${errors} errors, the first: ${firstError}`),
  )
}

/** "api 1.2, postgres 0.8": medians of processor milliseconds per answer. */
export function cpuNote(turns: Turns, name: string): string {
  const ofOne = turns.get(name) ?? []
  const names = Object.keys(ofOne[0]?.cpuMsEach ?? {})
  const parts = names
    .map((process) => {
      const sorted = ofOne.map(({ cpuMsEach }) => cpuMsEach[process] ?? 0).sort((a, b) => a - b)
      return { process, ms: sorted[Math.floor(sorted.length / 2)] ?? 0 }
    })
    .filter(({ ms }) => ms >= 0.005)
  const total = parts.reduce((sum, { ms }) => sum + ms, 0)
  return `processor milliseconds per answer, ${name}: ${parts
    .map(({ process, ms }) => `${process} ${ms.toFixed(2)}`)
    .join(', ')}; together ${total.toFixed(2)}`
}
