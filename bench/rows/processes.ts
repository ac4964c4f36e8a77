// 1, 2 and 4 pairs of an API node and a worker on one PostgreSQL: what a further pair gains where cores are free, and
// what it costs where they are not. All pairs of a turn are new, and each has done as much before it is measured.

import {
  billkeyProcesses,
  calmDown,
  type Contestant,
  contest,
  errorsOf,
  paymentFigures,
  type Processes,
  processorRatio,
  type RunOptions,
  type Turns,
  valuesOf,
} from '../contest.ts'
import { figure, type Figure, ratio, type RowOutcome } from '../figures.ts'
import type { HttpWork } from '../load/task.ts'
import { backendsMb } from '../process-usage.ts'
import { type Process, type Rig, startBillkey } from '../rig.ts'
import { percentileOf } from '../statistics.ts'
import { closedModel } from './charges.ts'
import { againWork, getPaymentWork, makePayment } from './requests.ts'

const pairCounts = [1, 2, 4] as const
const connections = 64
const lookUpConnections = 16
/** Few enough for two cores: nobody waits for a processor. */
const easyPerSecond = 30

const again = (pairs: number) => `again, ${named(pairs)}`
const easyAgain = (pairs: number) => `again, ${easyPerSecond} a second, ${named(pairs)}`
const lookUp = (pairs: number) => `GET payment, ${named(pairs)}`

function named(pairs: number): string {
  return pairs === 1 ? '1 pair' : `${pairs} pairs`
}

export async function measureProcesses(rig: Rig, options: RunOptions): Promise<RowOutcome> {
  const { impUid } = await makePayment(rig)
  const fleet = createFleet(rig, options)
  try {
    const contestants = pairCounts.flatMap((pairs) =>
      contestantsOf(fleet, { pairs, impUid, options }),
    )
    const turns = await contest(rig, contestants, options)
    return {
      figures: [
        ...pairCounts.flatMap((pairs) => figuresOf(turns, pairs)),
        figure('memory of a database connection, not shared', 'MB', backendsMb(rig.postmasterPid)),
      ],
      notes: [
        `connections, spread over the API nodes: ${connections} for again, ${lookUpConnections} for GET payment`,
        'on a machine whose cores are all busy a further pair can gain nothing: what it costs there is the ratio by processor time alone',
      ],
      errors: errorsOf(turns),
    }
  } finally {
    await fleet.stopFurther()
  }
}

interface Wanted {
  readonly pairs: number
  readonly impUid: string
  readonly options: RunOptions
}

function contestantsOf(fleet: Fleet, { pairs, impUid, options }: Wanted): Contestant[] {
  const closed = closedModel(connections, options)
  const { seconds, warmupSeconds } = options
  const easy = {
    kind: 'open',
    perSecond: easyPerSecond,
    connections,
    seconds,
    warmupSeconds,
  } as const
  const processes = () => fleet.processes()
  const spreadAgain = async (rig: Rig) => fleet.spread(await againWork(rig))
  return [
    {
      name: again(pairs),
      async task(rig) {
        await fleet.become(pairs)
        return { work: await spreadAgain(rig), model: closed }
      },
      processes,
    },
    {
      name: easyAgain(pairs),
      task: async (rig) => ({ work: await spreadAgain(rig), model: easy }),
      processes,
    },
    {
      name: lookUp(pairs),
      task: async (rig) => ({
        work: fleet.spread(await getPaymentWork(rig, [impUid])),
        model: closedModel(lookUpConnections, options),
      }),
      processes,
    },
  ]
}

interface Fleet {
  /** Ends all pairs there are, and starts so many. */
  become(pairs: number): Promise<void>
  spread(work: HttpWork): HttpWork
  processes(): Processes
  /** Leaves the rig the pair it closes itself. */
  stopFurther(): Promise<void>
}

/** Its first pair is the rig's own. */
function createFleet(rig: Rig, options: RunOptions): Fleet {
  let further: readonly (readonly [api: Process, worker: Process])[] = []
  const startPair = () => Promise.all([startBillkey(rig, 'api'), startBillkey(rig, 'worker')])
  const apis = () => [rig.api, ...further.map(([api]) => api)]

  async function stopFurther(): Promise<void> {
    const stopping = further.flat().map((process) => process.stop())
    further = []
    await Promise.all(stopping)
  }

  function spread(work: HttpWork): HttpWork {
    return { ...work, origin: apis().map(({ url }) => url) }
  }

  return {
    async become(pairs) {
      await Promise.all([stopFurther(), rig.api.stop(), rig.worker?.stop()])
      const [first, ...others] = await Promise.all(Array.from({ length: pairs }, startPair))
      if (first === undefined) throw new Error('there is no pair to measure')
      ;[rig.api, rig.worker] = first
      further = others
      // A process is faster once its code is compiled: the more share the load, the longer that takes.
      const model = { ...closedModel(connections, options), warmupSeconds: 0 }
      const seconds = options.warmupSeconds * pairs
      await rig.load.run({ work: spread(await againWork(rig)), model: { ...model, seconds } })
      await calmDown(rig)
    },
    spread,
    processes: () => ({
      ...billkeyProcesses(rig),
      api: apis().map(({ pid }) => pid),
      worker: [rig.worker, ...further.map(([, worker]) => worker)].flatMap((worker) =>
        worker === null ? [] : [worker.pid],
      ),
    }),
    stopFurther,
  }
}

function figuresOf(turns: Turns, pairs: number): Figure[] {
  const p99 = valuesOf(turns, easyAgain(pairs), ({ quantilesMs }) => percentileOf(quantilesMs, 99))
  return [
    ...throughputFigures(turns, again, pairs),
    ratio(
      `${again(pairs)}, webhooks that arrived ÷ payments`,
      valuesOf(turns, again(pairs), ({ webhooks, seconds }) => webhooks / seconds),
      valuesOf(turns, again(pairs)),
    ),
    ...paymentFigures(turns, again(pairs)),
    ...paymentFigures(turns, easyAgain(pairs)),
    figure(`${easyAgain(pairs)}, p99`, 'ms', p99),
    ...throughputFigures(turns, lookUp, pairs),
    ...lookUpFigures(turns, lookUp(pairs)),
  ]
}

function throughputFigures(
  turns: Turns,
  nameOf: (pairs: number) => string,
  pairs: number,
): Figure[] {
  const ours = nameOf(pairs)
  const one = nameOf(1)
  const perSecond = figure(ours, '/s', valuesOf(turns, ours))
  if (pairs === 1) return [perSecond]
  return [
    perSecond,
    ratio(`${ours} ÷ ${one}`, valuesOf(turns, ours), valuesOf(turns, one)),
    processorRatio(turns, ours, one),
  ]
}

function lookUpFigures(turns: Turns, name: string): Figure[] {
  return (['api', 'postgres'] as const).map((kind) =>
    figure(
      `${name}, processor of ${kind}`,
      'ms',
      valuesOf(turns, name, ({ cpuMsEach }) => cpuMsEach[kind] ?? 0),
    ),
  )
}
