// How much longer a payment takes than the gateway does, at a constant rate of arrivals. The simulator is given the same
// seed both times, so that it takes the same times for the same calls, and what is left is billkey's.

import { setTimeout as delay } from 'node:timers/promises'

import {
  contest,
  type Contestant,
  cpuNote,
  errorsOf,
  type RunOptions,
  valuesOf,
} from '../contest.ts'
import { figure, type RowOutcome } from '../figures.ts'
import type { OpenModel } from '../load/task.ts'
import { type Rig, startSimulator } from '../rig.ts'
import { percentileOf } from '../statistics.ts'
import { gatewayAlone, gatewayByItself } from './ceilings.ts'
import { againWork } from './requests.ts'

const latencyMs = { p50: 120, p99: 380 }
const seed = 20_260_101

/** In a second 50 arrive of which each takes a second at the very most. */
const connections = 256
const perSecond = 50

export async function measureAddedLatency(rig: Rig, options: RunOptions): Promise<RowOutcome> {
  const { seconds, warmupSeconds } = options
  const model: OpenModel = { kind: 'open', perSecond, connections, warmupSeconds, seconds }
  const ours = `again, ${perSecond} a second`
  await warmUp(rig)
  const again: Contestant = {
    name: ours,
    task: async (of) => ({ work: await againWork(of), model }),
  }
  const both = [gatewayByItself(model), again].map((contestant) => withSameLatencies(contestant))
  const port = Number(new URL(rig.simulator.url).port)
  const turns = await contest(rig, both, options)
  await rig.simulator.stop()
  rig.simulator = await startSimulator(rig, {}, { port })
  const at = (name: string, percent: number) =>
    valuesOf(turns, name, ({ quantilesMs }) => percentileOf(quantilesMs, percent))
  const added = (percent: number) =>
    at(ours, percent).map((ms, round) => ms - (at(gatewayAlone, percent)[round] ?? 0))
  const late = [gatewayAlone, ours].flatMap((name) =>
    valuesOf(turns, name, (turn) => turn.lateP99Ms),
  )
  return {
    figures: [
      figure(`${gatewayAlone}, p50`, 'ms', at(gatewayAlone, 50)),
      figure(`${gatewayAlone}, p99`, 'ms', at(gatewayAlone, 99)),
      figure(`${ours}, p50`, 'ms', at(ours, 50)),
      figure(`${ours}, p99`, 'ms', at(ours, 99)),
      figure('added at p50', 'ms', added(50), { kind: 'at most', value: 5 }),
      figure('added at p99', 'ms', added(99), { kind: 'at most', value: 20 }),
      figure('the load itself was late, p99', 'ms', late),
    ],
    notes: [
      `the simulator takes ${latencyMs.p50} ms at p50 and ${latencyMs.p99} ms at p99`,
      cpuNote(turns, ours),
    ],
    errors: errorsOf(turns),
  }
}

/** V8 compiles what has run a few thousand times: at 50 a second that is minutes, which no round lasts. */
async function warmUp(rig: Rig): Promise<void> {
  const model = { kind: 'closed', connections: 16, warmupSeconds: 0, seconds: 10 } as const
  await rig.load.run({ work: await againWork(rig), model })
}

/** Each turn begins with a simulator that will take the same times. */
function withSameLatencies(contestant: Contestant): Contestant {
  return {
    ...contestant,
    async task(rig) {
      const port = Number(new URL(rig.simulator.url).port)
      await rig.simulator.stop()
      rig.simulator = await startSimulator(rig, { latencyMs }, { port, seed })
      // Kept connections of billkey have ended with the other one.
      await delay(500)
      return contestant.task(rig)
    },
  }
}
