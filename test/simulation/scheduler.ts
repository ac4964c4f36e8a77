// Decides what goes on next: of everything that waits at the gate one at random, or whatever is due by now. Time moves
// when nothing can go on, and a little in between. Every choice is the seed's.

import { type Edge, settle } from './gate.ts'
import { disturb, lostConnection } from './troubles.ts'
import type { World } from './world.ts'

/** Lets the world go on until that instant, or until there is nothing to wait for. */
export async function runUntil(world: World, atMs: number): Promise<void> {
  const { time, gate, choice, chores } = world
  const newsOf = () => world.history.lines + gate.parked.length
  for (;;) {
    await settle(newsOf)
    if (world.findings.length > 0) return
    const chore = chores[0]
    if (chore !== undefined && chore.dueMs <= time.nowMs) {
      chores.shift()
      await doChore(world, chore.name, chore.run)
      continue
    }
    const ready = gate.parked.filter((edge) => mayGoOn(world, edge))
    const isTimeUp = (time.nextDueMs() ?? Number.POSITIVE_INFINITY) <= time.nowMs
    const options = ready.length + Number(isTimeUp)
    if (options === 0) {
      const nextMs = nextNewsMs(world)
      if (nextMs > atMs) {
        time.advanceTo(atMs)
        return
      }
      time.advanceTo(nextMs)
      continue
    }
    if (choice.once(5)) time.advanceTo(time.nowMs + choice.below(300))
    const edge = ready[choice.below(options)]
    if (edge === undefined) time.endOne()
    else await letPass(world, edge)
  }
}

async function doChore(world: World, name: string, run: () => Promise<void>): Promise<void> {
  world.history.note(`chore: ${name}`)
  await run()
}

function frozenUntil({ nodes }: World, { life }: Edge): number {
  return nodes.find((node) => node.life === life)?.frozenUntilMs ?? 0
}

function mayGoOn(world: World, edge: Edge): boolean {
  const { nowMs } = world.time
  return edge.heldUntilMs <= nowMs && frozenUntil(world, edge) <= nowMs
}

/** When something can go on again that cannot now. */
function nextNewsMs(world: World): number {
  const waits = world.gate.parked.map((edge) =>
    Math.max(edge.heldUntilMs, frozenUntil(world, edge)),
  )
  const { time, chores } = world
  return Math.min(
    ...waits,
    time.nextDueMs() ?? Number.POSITIVE_INFINITY,
    chores[0]?.dueMs ?? Number.POSITIVE_INFINITY,
  )
}

async function letPass(world: World, edge: Edge): Promise<void> {
  world.count(edge.kind)
  if (world.hasTrouble && disturb(world, edge)) return
  switch (edge.kind) {
    case 'statement':
      await carryOut(world, edge)
      // Done, and nobody hears of it: the connection broke in between.
      if (world.hasTrouble && world.choice.once(500)) failAfter(world, edge)
      else edge.answer()
      return
    case 'report':
      await carryOut(world, edge)
      edge.answer()
      return
    case 'gateway':
    case 'webhook':
      if (edge.phase === 'answering') {
        world.history.note(`${edge.life.name} hears: ${edge.name}`)
        edge.answer()
        return
      }
      await carryOut(world, edge)
      edge.heldUntilMs = world.time.nowMs + latencyMs(world)
  }
}

async function carryOut(world: World, edge: Edge): Promise<void> {
  const words = await edge.carryOut()
  world.history.note(`${edge.life.name} ${edge.name}: ${words}`)
  if (edge.kind === 'gateway') judgeLedger(world)
}

function failAfter(world: World, edge: Edge): void {
  world.count('answers of the database lost')
  world.history.note(`${edge.life.name} does not hear: ${edge.name}`)
  edge.fail(lostConnection())
}

function latencyMs({ choice }: World): number {
  return choice.once(8) ? choice.below(5_000) : 20 + choice.below(500)
}

// The one rule that can be checked at any instant: the gateway never takes a payment's money twice, nor gives back more.
function judgeLedger({ simulator, findings }: World): void {
  const orders = new Set<string>()
  for (const entry of simulator.ledger().entries) {
    if (entry.kind !== 'approval') continue
    if (orders.has(entry.orderno))
      findings.push({ rule: 'approved twice', subject: entry.orderno, detail: entry.daoutrx })
    if (entry.cancelledAmount > entry.amount)
      findings.push({ rule: 'given back twice', subject: entry.orderno, detail: entry.daoutrx })
    orders.add(entry.orderno)
  }
}
