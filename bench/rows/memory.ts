// How much memory the API process takes when everything is asked of it at once, for as long as it goes on.

import { calmDown, type RunOptions } from '../contest.ts'
import { figure, type RowOutcome } from '../figures.ts'
import { type LoadProcess, startLoadProcess } from '../load/load-process.ts'
import type { Measured } from '../load/task.ts'
import { memoryOf } from '../process-usage.ts'
import { type Rig, startBillkey } from '../rig.ts'
import { closedModel } from './charges.ts'
import { againWork, getPaymentWork, getTokenWork, makePayment, onetimeWork } from './requests.ts'

const connections = 32
const looksEveryMs = 500

export async function measureMemory(rig: Rig, options: RunOptions): Promise<RowOutcome> {
  const peaks: number[] = []
  const ends: number[] = []
  const errors: string[] = []
  let points: [number, number][] = []
  // `again` is the rig's own load: its merchant_uids must not meet those of `onetime`.
  const loads = [rig.load, startLoadProcess(), startLoadProcess(), startLoadProcess()]
  for (let round = 1; round <= options.rounds; round += 1) {
    await rig.api.stop()
    rig.api = await startBillkey(rig, 'api')
    await calmDown(rig)
    points = []
    const sinceMs = performance.now()
    const timer = setInterval(() => {
      points.push([(performance.now() - sinceMs) / 1000, memoryOf(rig.api.pid).rssMb])
    }, looksEveryMs)
    const measured = await everythingAtOnce(rig, loads, options)
    clearInterval(timer)
    peaks.push(memoryOf(rig.api.pid).peakRssMb)
    ends.push(memoryOf(rig.api.pid).rssMb)
    for (const one of measured) if (one.firstError !== null) errors.push(one.firstError)
    options.say(`round ${round}  API process at most ${peaks.at(-1)?.toFixed(0)} MB`)
  }
  await Promise.all(loads.slice(1).map((load) => load.stop()))
  return {
    figures: [
      figure('memory of the API process, most', 'MB', peaks, { kind: 'at most', value: 200 }),
      figure('memory of the API process, at the end', 'MB', ends),
    ],
    series: [{ what: 'memory of the API process', unit: 'MB', points }],
    notes: [`${connections} connections each of again, onetime, GET payment and getToken`],
    errors,
  }
}

async function everythingAtOnce(
  rig: Rig,
  loads: readonly LoadProcess[],
  options: RunOptions,
): Promise<Measured[]> {
  const { impUid } = await makePayment(rig)
  const model = closedModel(connections, options)
  const onetime = await onetimeWork(rig)
  const works = [
    await againWork(rig),
    { ...onetime, requests: onetime.requests.map((text) => text.replace('"order-', '"other-')) },
    await getPaymentWork(rig, [impUid]),
    getTokenWork(rig),
  ]
  return Promise.all(
    works.map(async (work, at) => {
      const load = loads[at]
      if (load === undefined) throw new Error('a load is missing')
      return load.run({ work, model })
    }),
  )
}
