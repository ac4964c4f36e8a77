// Ten thousand merchants beside one: what processes do by themselves, what they remember of each, and payments, webhooks
// and schedules that are spread over all of them, so that nothing that is remembered for seconds is of use.

import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { createAuthenticator } from '../../src/accounts/authenticate.ts'
import { listUnsigned } from '../../src/audit/checkpoints.store.ts'
import { adHocSql } from '../../src/db/database.ts'
import { merchantId } from '../../src/primitives/ids.ts'
import { findDueOfEach, findDueSchedules } from '../../src/schedules/schedule-queries.store.ts'
import { findDueLanes } from '../../src/webhooks/webhooks.store.ts'
import {
  calmDown,
  contest,
  cpuNote,
  errorsOf,
  paymentFigures,
  processorRatio,
  type RunOptions,
  valuesOf,
} from '../contest.ts'
import { figure, type Figure, ratio, type RowOutcome } from '../figures.ts'
import { addManyMerchants, type ManyMerchant, trailsSigned } from '../many-merchants.ts'
import { requestText } from '../load/http-connection.ts'
import type { HttpWork } from '../load/task.ts'
import { cpuMsOf } from '../process-usage.ts'
import { type Rig, startBillkey } from '../rig.ts'
import { chargeContestant, closedModel } from './charges.ts'
import { backlogs, type WorkedOff, workOff } from './merchants-backlog.ts'
import { againBody, againWork } from './requests.ts'

const connections = 16
/** What a process does after its start only. */
const settleMs = 3_000

export async function measureMerchants(rig: Rig, options: RunOptions): Promise<RowOutcome> {
  const count = Math.max(10, Math.round(10_000 * options.scale))
  const alone = await idleUsage(rig, options)
  const sinceMs = performance.now()
  const bytesBefore = await databaseBytes(rig)
  const merchants = await addManyMerchants(rig, count, options.say)
  await trailsSigned(rig)
  const bytesOfEach = ((await databaseBytes(rig)) - bytesBefore) / count
  const addedIn = `${count} merchants with channel, endpoint and a card each, added and their trails signed in ${((performance.now() - sinceMs) / 1000).toFixed(0)} s`
  const rememberedBytes = await rememberedOfEach(rig, merchants)
  const paid = await payments(rig, merchants, options)
  const among = await idleUsage(rig, options)
  const looks = await lookFigures(rig, count)
  const due = await workOffRounds(rig, merchants, options)
  return {
    figures: [
      ...idleFigures(alone, among, count),
      ...looks,
      figure('bytes of a merchant without payments', 'bytes', [bytesOfEach]),
      figure('remembered of a merchant by an API node', 'bytes', [rememberedBytes]),
      ...paid.figures,
      ...due,
    ],
    notes: [addedIn, ...paid.notes],
    errors: paid.errors,
  }
}

async function databaseBytes({ parts: { db } }: Rig): Promise<number> {
  await db.query(adHocSql('vacuum'))
  const { rows } = await db.query<{ bytes: number }>(
    adHocSql('select pg_database_size(current_database())::float8 as bytes'),
  )
  return rows[0]?.bytes ?? 0
}

const looksTimed = 20

/** What workers ask the database for of all merchants at once, with nothing due; each so many times. */
async function lookFigures({ parts: { db, clock } }: Rig, count: number): Promise<Figure[]> {
  const looks = {
    'due webhooks': () => findDueLanes(db, clock.now(), 5_000),
    'due schedules': () => findDueSchedules(db, clock.now(), 48),
    'due schedules of each merchant': () => findDueOfEach(db, clock.now(), 8),
    'trails to sign': () => listUnsigned(db, merchantId(-1), 100),
  }
  const figures: Figure[] = []
  for (const [what, look] of Object.entries(looks)) {
    const took: number[] = []
    for (let time = 0; time < looksTimed; time += 1) {
      const sinceMs = performance.now()
      await look()
      took.push(performance.now() - sinceMs)
    }
    figures.push(figure(`a look for ${what}, ${count} merchants`, 'ms', took))
  }
  return figures
}

type Usage = Readonly<Record<'api' | 'worker' | 'postgres', readonly number[]>>

/** Processor milliseconds per second of processes that nobody asks anything, once a round. */
async function idleUsage(rig: Rig, { rounds, seconds }: RunOptions): Promise<Usage> {
  await Promise.all([rig.api.stop(), rig.worker?.stop()])
  const [api, worker] = await Promise.all([startBillkey(rig, 'api'), startBillkey(rig, 'worker')])
  rig.api = api
  rig.worker = worker
  await delay(settleMs)
  const used: Record<keyof Usage, number[]> = { api: [], worker: [], postgres: [] }
  const look = () => ({
    api: cpuMsOf(api.pid),
    worker: cpuMsOf(worker.pid),
    postgres: cpuMsOf(rig.postmasterPid),
  })
  for (let round = 1; round <= rounds; round += 1) {
    const before = look()
    await delay(seconds * 1000)
    const after = look()
    for (const kind of ['api', 'worker', 'postgres'] as const) {
      used[kind].push((after[kind] - before[kind]) / seconds)
    }
  }
  return used
}

function idleFigures(alone: Usage, among: Usage, count: number): Figure[] {
  return (['api', 'worker', 'postgres'] as const).flatMap((kind) => [
    figure(`${kind} with nothing to do, a second, 1 merchant`, 'ms', alone[kind]),
    figure(`${kind} with nothing to do, a second, ${count} merchants`, 'ms', among[kind]),
  ])
}

/** Bytes on the heap of all that is remembered of a merchant: token, channels, opened link key, data keys. */
async function rememberedOfEach(rig: Rig, merchants: readonly ManyMerchant[]): Promise<number> {
  const { db, clock, channels } = rig.parts
  const authenticate = createAuthenticator(db, clock)
  const before = heapBytes()
  for (const { merchantId: owner, token } of merchants) {
    await authenticate(token)
    const opened = await channels.choose(owner, 'billing', {})
    if (opened.kind === 'none') throw new Error(opened.message)
  }
  const bytes = (heapBytes() - before) / merchants.length
  // Used once more, or all of it could have been collected.
  await authenticate(merchants[0]?.token ?? '')
  return bytes
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

async function payments(
  rig: Rig,
  merchants: readonly ManyMerchant[],
  options: RunOptions,
): Promise<RowOutcome> {
  const one = 'again, 1 merchant'
  const many = `again, ${merchants.length} merchants in turn`
  const model = closedModel(connections, options)
  const turns = await contest(
    rig,
    [
      chargeContestant(one, againWork, model),
      chargeContestant(many, async (of) => againOfEach(of, merchants), model),
    ],
    options,
  )
  return {
    figures: [
      figure(one, '/s', valuesOf(turns, one)),
      figure(many, '/s', valuesOf(turns, many)),
      ratio(`${many} ÷ ${one}`, valuesOf(turns, many), valuesOf(turns, one)),
      processorRatio(turns, many, one),
      ...paymentFigures(turns, one),
      ...paymentFigures(turns, many),
    ],
    notes: [cpuNote(turns, one), cpuNote(turns, many)],
    errors: errorsOf(turns),
  }
}

function againOfEach({ api }: Rig, merchants: readonly ManyMerchant[]): HttpWork {
  const body = againBody(0)
  return {
    kind: 'http',
    origin: api.url,
    requests: merchants.map(({ token }) =>
      requestText('POST', '/subscribe/payments/again', { headers: { authorization: token }, body }),
    ),
    mustContain: '"status":"paid"',
  }
}

async function workOffRounds(
  rig: Rig,
  merchants: readonly ManyMerchant[],
  options: RunOptions,
): Promise<Figure[]> {
  const kinds = backlogs(rig, merchants)
  const worked = new Map<string, WorkedOff[]>(kinds.map(({ name }) => [name, []]))
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const kind of kinds) {
      await calmDown(rig)
      const seen = await workOff(rig, kind, { secondsMax: options.seconds * 3 })
      worked.get(kind.name)?.push(seen)
      options.say(
        `round ${round}  ${kind.name.padEnd(48)} ${seen.perSecond.toFixed(0)}/s, worker ${seen.workerMsEach.toFixed(2)} ms each`,
      )
    }
  }
  return kinds.flatMap(({ name, besides }) =>
    backlogFigures(name, worked.get(name) ?? [], besides === null ? null : { besides, worked }),
  )
}

function backlogFigures(
  name: string,
  ours: readonly WorkedOff[],
  against: {
    readonly besides: string
    readonly worked: ReadonlyMap<string, readonly WorkedOff[]>
  } | null,
): Figure[] {
  const ratesOf = (seen: readonly WorkedOff[]) => seen.map(({ perSecond }) => perSecond)
  const figures = [
    figure(name, '/s', ratesOf(ours)),
    figure(
      `${name}, processor of the worker for each`,
      'ms',
      ours.map(({ workerMsEach }) => workerMsEach),
    ),
  ]
  if (against === null) return figures
  const { besides, worked } = against
  const theirs = ratesOf(worked.get(besides) ?? [])
  return [...figures, ratio(`${name} ÷ ${besides}`, ratesOf(ours), theirs)]
}
