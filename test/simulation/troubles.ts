// What goes wrong, and how often. Troubles of a single edge are decided when it is let through; the others are chores that
// come now and then: machines die or hang, the gateway answers nonsense, its files and notifications fail, shops are down.

import type { Transmission } from '../../src/gateways/payjoa/post-once.ts'
import type { Edge } from './gate.ts'
import type { SimulatedNode } from './simulated-node.ts'
import { configure, control, type World } from './world.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** As pg says it when a socket breaks. */
export function lostConnection(): Error {
  return Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' })
}

/** True when something went wrong with this edge, and it has been dealt with. */
export function disturb(world: World, edge: Edge): boolean {
  if (world.choice.once(oneKillIn(edge)) && killAt(world, edge)) return true
  const trouble = troublesOf(world, edge)
  if (trouble === null) return false
  world.count(trouble)
  world.history.note(`${edge.life.name} ${edge.name}: ${trouble}`)
  return true
}

// Around money mostly: most statements are looks that find nothing.
function oneKillIn({ kind, name }: Edge): number {
  if (kind === 'gateway') return 40
  return /settle|intent|cancel|webhook|record/.test(name) ? 150 : 2_000
}

// The process ends between two edges, in the middle of whatever it does.
function killAt(world: World, edge: Edge): boolean {
  const at = world.nodes.findIndex(({ life }) => life === edge.life)
  if (at === -1) return false
  kill(world, at, `${edge.phase} ${edge.name}`)
  return true
}

function kill(world: World, at: number, where: string): void {
  const node = world.nodes[at] as SimulatedNode
  node.kill()
  world.count('processes killed')
  world.history.note(`${node.life.name} is killed: ${where}`)
  const downMs = world.choice.once(4) ? world.choice.below(hourMs) : world.choice.below(minuteMs)
  world.plan(downMs, `start of ${node.role}-${at}`, () => world.start(node.role, at))
}

function troublesOf(world: World, edge: Edge): string | null {
  switch (edge.kind) {
    case 'statement':
      if (!world.choice.once(500)) return null
      edge.fail(lostConnection())
      return 'statements lost'
    case 'gateway':
      return edge.phase === 'asking' ? spoilRequest(world, edge) : spoilAnswer(world, edge)
    case 'report':
      if (!world.choice.once(8)) return null
      edge.answerWith({ kind: 'unavailable', reason: 'the connection broke' })
      return 'daily files not had'
    case 'webhook':
      if (!world.choice.once(15)) return null
      edge.answerWith({ kind: 'failed', error: 'ECONNRESET: the connection broke' })
      return edge.phase === 'asking' ? 'webhooks lost' : 'answers to webhooks lost'
  }
}

const reset: Transmission = { kind: 'lost', cause: 'reset', error: 'ECONNRESET: read' }

function spoilRequest(world: World, edge: Edge): string | null {
  const { choice, time, parts } = world
  if (time.nowMs < world.gatewayDownUntilMs) {
    edge.answerWith({ kind: 'unsent', error: 'ECONNREFUSED: connect' } satisfies Transmission)
    return 'the gateway refuses connections'
  }
  switch (choice.below(50)) {
    case 0:
      edge.answerWith({ kind: 'unsent', error: 'ECONNREFUSED: connect' } satisfies Transmission)
      return 'connections refused'
    case 1:
      edge.answerWith(reset)
      return 'requests lost'
    case 2:
    case 3:
      // The sender hears nothing; the gateway gets it later, within the life of its token.
      edge.postpone(
        timedOut(parts.config.payjoa.executeMs),
        time.nowMs + choice.below(4 * minuteMs),
      )
      return 'requests late'
    default:
      return null
  }
}

function timedOut(limitMs: number): Transmission {
  return { kind: 'lost', cause: 'timeout', error: `no answer within ${limitMs} ms` }
}

function spoilAnswer({ choice, time, parts: { config } }: World, edge: Edge): string | null {
  switch (choice.below(60)) {
    case 0:
    case 1:
      edge.answerWith(reset)
      return 'answers lost'
    case 2:
      edge.answerWith(timedOut(config.payjoa.executeMs))
      return 'answers timed out'
    case 3:
      // Later than callers wait, sooner than the gateway's own limit.
      edge.heldUntilMs = time.nowMs + choice.below(config.payjoa.executeMs)
      return 'answers late'
    default:
      return null
  }
}

type Trouble = (world: World) => Promise<void>

const troubles: Readonly<Record<string, Trouble>> = {
  'a process dies idle': async (world) => {
    const running = world.nodes.filter(({ life }) => !life.isOver)
    if (running.length === 0) return
    kill(world, world.nodes.indexOf(world.choice.of(running)), 'idle')
  },
  'a machine hangs': async ({ nodes, choice, time }) => {
    choice.of(nodes).frozenUntilMs = time.nowMs + choice.below(30 * minuteMs)
  },
  'the gateway answers nonsense': (world) =>
    script(world, { fault: world.choice.of(executeFaults), times: 1 + world.choice.below(3) }),
  'the gateway answers cancels with nonsense': (world) =>
    script(world, { match: { cancel: true }, fault: world.choice.of(executeFaults), times: 1 }),
  'the ready step fails': (world) =>
    script(world, {
      match: { step: 'ready' },
      fault: world.choice.of(readyFaults),
      times: 1 + world.choice.below(3),
    }),
  'the gateway is down': async (world) => {
    world.gatewayDownUntilMs = world.time.nowMs + world.choice.below(12 * hourMs)
  },
  'notifications fail': (world) =>
    script(world, {
      match: { step: 'notification' },
      fault: world.choice.of(notificationFaults),
      times: 1 + world.choice.below(8),
    }),
  'notifications are late': (world) =>
    script(world, {
      match: { step: 'notification' },
      fault: 'late',
      times: 1 + world.choice.below(4),
      delayMs: world.choice.below(10 * minuteMs),
    }),
  'no notifications': (world) => forAWhile(world, { notificationCancels: false }),
  'daily files are refused': (world) => forAWhile(world, { reportStatus: 500 }),
  'daily files break off': (world) => forAWhile(world, { reportIsWhole: false }),
  'the shop is down': async (world) => {
    world.shop.set(false)
    // Longer than four days and its endpoint is paused.
    world.plan(world.choice.below(6 * dayMs), 'the shop is up again', async () =>
      world.shop.set(true),
    )
  },
}

const executeFaults = [
  'answer_lost',
  'truncated',
  'wrong_token',
  'wrong_amount',
  'http_502',
  'garbage',
  'reset_before_commit',
  'uncertain_before_commit',
  'uncertain_after_commit',
  'wrong_order',
  'missing_transaction',
  'http_500_before_commit',
] as const
const readyFaults = ['http_500', 'reset', 'garbage', 'fail_fail', 'missing_token'] as const
const notificationFaults = [
  'dropped',
  'duplicated',
  'altered_cpid',
  'wrong_method',
  'as_post',
] as const

/** Days between two. */
const everyMs = 6 * dayMs

/** One trouble after the other as long as there is to be any. */
export function planTrouble(world: World): void {
  const { choice } = world
  world.plan(choice.below(2 * everyMs), 'trouble', async () => {
    if (!world.hasTrouble) return
    const name = choice.of(Object.keys(troubles))
    world.count(name)
    world.history.note(`trouble: ${name}`)
    await troubles[name]?.(world)
    planTrouble(world)
  })
}

async function script({ simulator }: World, fault: object): Promise<void> {
  await control(simulator.url, 'POST', '/_faults', { match: {}, ...fault })
}

async function forAWhile(world: World, settings: Record<string, unknown>): Promise<void> {
  const { simulator, choice } = world
  await configure(simulator, settings)
  const normal = { notificationCancels: true, reportStatus: 200, reportIsWhole: true }
  const back = Object.fromEntries(
    Object.keys(settings).map((name) => [name, normal[name as keyof typeof normal]]),
  )
  world.plan(choice.below(3 * dayMs), `back to normal: ${Object.keys(back).join(' ')}`, () =>
    configure(simulator, back),
  )
}

/** From now on nothing goes wrong any more; what is down is started. */
export async function endTrouble(world: World): Promise<void> {
  world.hasTrouble = false
  world.gatewayDownUntilMs = 0
  await control(world.simulator.url, 'DELETE', '/_faults')
  await configure(world.simulator, {
    notificationCancels: true,
    reportStatus: 200,
    reportIsWhole: true,
  })
  world.shop.set(true)
  for (const [at, node] of world.nodes.entries()) {
    node.frozenUntilMs = 0
    if (node.life.isOver) await world.start(node.role, at)
  }
}
