// The two ways to make load. An act that fails is counted and makes the whole row invalid; it is never retried.

import { setTimeout as delay } from 'node:timers/promises'

import { quantile, quantiles } from '../statistics.ts'
import type { ClosedModel, Measured, OpenModel } from './task.ts'

/** One request on one connection; rejects when the answer is wrong. */
export type Act = (connection: number) => Promise<void>

interface Tally {
  readonly latenciesMs: number[]
  readonly latesMs: number[]
  errors: number
  firstError: string | null
  cpuAtStart: NodeJS.CpuUsage
}

export async function runClosed(act: Act, model: ClosedModel): Promise<Measured> {
  const fromMs = performance.now() + model.warmupSeconds * 1000
  const untilMs = fromMs + model.seconds * 1000
  const tally = newTally(fromMs)
  async function ask(connection: number): Promise<void> {
    for (;;) {
      const sinceMs = performance.now()
      if (sinceMs >= untilMs) return
      const isRight = await attempt(act, connection, tally)
      const endMs = performance.now()
      if (isRight && endMs >= fromMs && endMs < untilMs) tally.latenciesMs.push(endMs - sinceMs)
    }
  }
  await Promise.all(Array.from({ length: model.connections }, (_, connection) => ask(connection)))
  return measuredOf(tally, model.seconds)
}

export async function runOpen(act: Act, model: OpenModel): Promise<Measured> {
  const startMs = performance.now()
  const fromMs = startMs + model.warmupSeconds * 1000
  const tally = newTally(fromMs)
  const free = Array.from({ length: model.connections }, (_, connection) => connection)
  const waiting: number[] = []
  const underWay = new Set<Promise<void>>()

  async function serve(connection: number, dueMs: number): Promise<void> {
    const isRight = await attempt(act, connection, tally)
    if (isRight && dueMs >= fromMs) tally.latenciesMs.push(performance.now() - dueMs)
    const next = waiting.shift()
    if (next === undefined) free.push(connection)
    else await serve(connection, next)
  }

  const total = Math.round((model.warmupSeconds + model.seconds) * model.perSecond)
  for (let at = 0; at < total; at += 1) {
    const dueMs = startMs + (at * 1000) / model.perSecond
    const aheadMs = dueMs - performance.now()
    if (aheadMs > 0) await delay(aheadMs)
    if (dueMs >= fromMs) tally.latesMs.push(performance.now() - dueMs)
    const connection = free.pop()
    if (connection === undefined) {
      waiting.push(dueMs)
      continue
    }
    const serving = serve(connection, dueMs)
    underWay.add(serving)
    void serving.finally(() => underWay.delete(serving))
  }
  while (underWay.size > 0) await Promise.all(underWay)
  return measuredOf(tally, model.seconds)
}

async function attempt(act: Act, connection: number, tally: Tally): Promise<boolean> {
  try {
    await act(connection)
    return true
  } catch (error) {
    tally.errors += 1
    tally.firstError ??= error instanceof Error ? error.message : String(error)
    // A server that refuses everything would otherwise be asked as fast as this process can.
    await delay(50)
    return false
  }
}

function newTally(fromMs: number): Tally {
  const tally: Tally = {
    latenciesMs: [],
    latesMs: [],
    errors: 0,
    firstError: null,
    cpuAtStart: process.cpuUsage(),
  }
  setTimeout(() => (tally.cpuAtStart = process.cpuUsage()), Math.max(0, fromMs - performance.now()))
  return tally
}

function measuredOf(tally: Tally, seconds: number): Measured {
  const { user, system } = process.cpuUsage(tally.cpuAtStart)
  const sorted = Float64Array.from(tally.latenciesMs).sort()
  const count = sorted.length
  return {
    count,
    seconds,
    errors: tally.errors,
    firstError: tally.firstError,
    quantilesMs: quantiles(sorted),
    p999Ms: quantile(sorted, 0.999),
    lateP99Ms: quantile(Float64Array.from(tally.latesMs).sort(), 0.99),
    loadCpuMsEach: (user + system) / 1000 / Math.max(1, count),
  }
}
