// `again` and `onetime`: how many payments a second, each with its webhook, next to what could be had at most.

import {
  type Contestant,
  contest,
  cpuNote,
  errorsOf,
  processorRatio,
  type RunOptions,
  type Turns,
  valuesOf,
} from '../contest.ts'
import { figure, type Figure, ratio, type RowOutcome, type Target } from '../figures.ts'
import type { ClosedModel, HttpWork } from '../load/task.ts'
import { describeRecording, recordAgain } from '../record-payment.ts'
import { type Rig, startPeer } from '../rig.ts'
import { percentileOf } from '../statistics.ts'
import {
  bareFastifyPost,
  bareHttpPost,
  barePost,
  gatewayAlone,
  gatewayByItself,
  sqlAlone,
  sqlOfPayment,
} from './ceilings.ts'
import { againWork, onetimeWork } from './requests.ts'

export function closedModel(
  connections: number,
  { seconds, warmupSeconds }: RunOptions,
): ClosedModel {
  return { kind: 'closed', connections, seconds, warmupSeconds }
}

/** What the in-memory fake of this API reaches that is in use today: to be ahead of it is the least. */
const toBe = {
  again: { kind: 'at least', value: 0.1, goal: 0.14 },
  onetime: { kind: 'at least', value: 0.08, goal: 0.11 },
  ofSql: { kind: 'at least', value: 0.5 },
  /** Every payment has one, so fewer arrivals than payments means a backlog that grows. */
  webhooks: { kind: 'at least', value: 0.97 },
  memory: { kind: 'at most', value: 200 },
} as const satisfies Record<string, Target>

const connectionCounts = [16, 64] as const

export async function measureAgain(rig: Rig, options: RunOptions): Promise<RowOutcome> {
  const statements = await recordAgain(rig)
  options.say(describeRecording(statements))
  const { fastify, http } = await startBarePeers(rig)
  const figures: Figure[] = []
  const notes = [describeRecording(statements)]
  const errors: string[] = []
  for (const connections of connectionCounts) {
    const model = closedModel(connections, options)
    const ours = `again, ${connections} connections`
    const turns = await contest(
      rig,
      [
        barePost(bareHttpPost, http, model),
        barePost(bareFastifyPost, fastify, model),
        sqlAlone(statements, model),
        gatewayByItself(model),
        chargeContestant(ours, againWork, model),
      ],
      options,
    )
    figures.push(...chargeFigures(turns, ours, toBe.again), ...ceilingFigures(turns, ours))
    notes.push(...[sqlOfPayment, gatewayAlone, ours].map((name) => cpuNote(turns, name)))
    errors.push(...errorsOf(turns))
  }
  await Promise.all([fastify.stop(), http.stop()])
  return { figures, notes, errors }
}

export async function measureOnetime(rig: Rig, options: RunOptions): Promise<RowOutcome> {
  const { fastify, http } = await startBarePeers(rig)
  await http.stop()
  const figures: Figure[] = []
  const notes: string[] = []
  const errors: string[] = []
  for (const connections of connectionCounts) {
    const model = closedModel(connections, options)
    const ours = `onetime, ${connections} connections`
    const turns = await contest(
      rig,
      [barePost(bareFastifyPost, fastify, model), chargeContestant(ours, onetimeWork, model)],
      options,
    )
    figures.push(...chargeFigures(turns, ours, toBe.onetime))
    notes.push(cpuNote(turns, ours))
    errors.push(...errorsOf(turns))
  }
  await fastify.stop()
  return { figures, notes, errors }
}

async function startBarePeers(rig: Rig) {
  const [fastify, http] = await Promise.all([
    startPeer(rig, 'bare-fastify'),
    startPeer(rig, 'bare-http'),
  ])
  return { fastify, http }
}

export function chargeContestant(
  name: string,
  work: (rig: Rig) => Promise<HttpWork>,
  model: ClosedModel,
): Contestant {
  return { name, task: async (rig) => ({ work: await work(rig), model }) }
}

function chargeFigures(turns: Turns, ours: string, target: Target): Figure[] {
  const perSecond = valuesOf(turns, ours)
  const p99 = valuesOf(turns, ours, ({ quantilesMs }) => percentileOf(quantilesMs, 99))
  const webhooks = valuesOf(turns, ours, (turn) => turn.webhooks / turn.seconds)
  const memory = valuesOf(turns, ours, ({ apiMemory }) => apiMemory.peakRssMb)
  return [
    figure(bareFastifyPost, '/s', valuesOf(turns, bareFastifyPost)),
    figure(ours, '/s', perSecond),
    ratio(`${ours} ÷ ${bareFastifyPost}`, perSecond, valuesOf(turns, bareFastifyPost), target),
    processorRatio(turns, ours, bareFastifyPost),
    figure(`${ours}, webhooks that arrived`, '/s', webhooks),
    ratio(`${ours}, webhooks that arrived ÷ payments`, webhooks, perSecond, toBe.webhooks),
    figure(`${ours}, p99`, 'ms', p99),
    figure(`${ours}, most memory of the API process`, 'MB', memory, toBe.memory),
  ]
}

function ceilingFigures(turns: Turns, ours: string): Figure[] {
  const perSecond = valuesOf(turns, ours)
  return [
    figure(bareHttpPost, '/s', valuesOf(turns, bareHttpPost)),
    figure(sqlOfPayment, '/s', valuesOf(turns, sqlOfPayment)),
    figure(gatewayAlone, '/s', valuesOf(turns, gatewayAlone)),
    ratio(`${ours} ÷ ${sqlOfPayment}`, perSecond, valuesOf(turns, sqlOfPayment), toBe.ofSql),
    processorRatio(turns, ours, sqlOfPayment),
    ratio(`${ours} ÷ ${gatewayAlone}`, perSecond, valuesOf(turns, gatewayAlone)),
  ]
}
