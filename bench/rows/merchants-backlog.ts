// Work that is due at one instant, of one merchant or of each of many: put there, and watched while a worker does it.

import { setTimeout as delay } from 'node:timers/promises'

import { countWebhooks, runAtLeisure } from '../contest.ts'
import { customerOfEach, type ManyMerchant } from '../many-merchants.ts'
import { cpuMsOf } from '../process-usage.ts'
import type { Rig } from '../rig.ts'
import { addDueSchedules, countApprovals, dropDueSchedules } from './due-schedules.ts'

export interface Backlog {
  readonly name: string
  readonly count: number
  /** The backlog that it is held against. */
  readonly besides: string | null
  readonly put: () => Promise<void>
  readonly countDone: () => Promise<number>
}

export function backlogs(rig: Rig, merchants: readonly ManyMerchant[]): readonly Backlog[] {
  const count = merchants.length
  const webhooks = { count, countDone: () => countWebhooks(rig.receiver) }
  const schedules = { count, countDone: () => countApprovals(rig) }
  const own = `(select ${rig.merchant.merchantId} as merchant_id, n from generate_series(1, ${count}) n)`
  const webhooksOfOne = `${count} webhooks due, of 1 merchant`
  const schedulesOfOne = `${count} schedules due, of 1 merchant`
  return [
    { ...webhooks, name: webhooksOfOne, besides: null, put: () => putWebhooks(rig, own) },
    {
      ...webhooks,
      name: `${count} webhooks due, of as many merchants`,
      besides: webhooksOfOne,
      put: () => putWebhooks(rig, ofEach(count)),
    },
    {
      ...schedules,
      name: schedulesOfOne,
      besides: null,
      put: () => addDueSchedules(rig, count),
    },
    {
      ...schedules,
      name: `${count} schedules due, of as many merchants`,
      besides: schedulesOfOne,
      put: () => putSchedules(rig, ofEach(count)),
    },
  ]
}

/** The rig's own merchant has fewer rows than the newest ones have numbers. */
function ofEach(count: number): string {
  return `(select merchant_id, row_number() over (order by merchant_id) as n
    from merchants order by merchant_id desc limit ${count})`
}

async function putWebhooks({ parts }: Rig, owners: string): Promise<void> {
  const at = new Date().toISOString()
  await runAtLeisure(
    parts.db,
    `insert into webhooks (
       merchant_id, webhook_id, sandbox, imp_uid, merchant_uid, status, state, due_at, created_at, updated_at)
     select merchant_id, gen_random_uuid(), true, 'imps_due' || n || extract(epoch from '${at}'::timestamptz),
       'due-' || n, 'paid', 'pending', '${at}', '${at}', '${at}'
     from ${owners} o`,
  )
}

async function putSchedules({ parts }: Rig, owners: string): Promise<void> {
  const at = new Date().toISOString()
  await runAtLeisure(
    parts.db,
    `insert into schedules (
       merchant_id, schedule_id, merchant_uid, customer_uid, state, schedule_at, due_at, amount, name, buyer_ip,
       created_at, updated_at)
     select merchant_id, gen_random_uuid(), 'each-' || extract(epoch from '${at}'::timestamptz), '${customerOfEach}',
       'scheduled', '${at}', '${at}', 9900, 'plan', '127.0.0.1', '${at}', '${at}'
     from ${owners} o`,
  )
}

export interface WorkedOff {
  readonly perSecond: number
  readonly workerMsEach: number
}

const looksEveryMs = 100

/** Until all is done or time is up; what is left is nobody's any more. */
export async function workOff(
  rig: Rig,
  { count, put, countDone }: Backlog,
  { secondsMax }: { readonly secondsMax: number },
): Promise<WorkedOff> {
  const workerPid = rig.worker?.pid ?? 0
  const doneBefore = await countDone()
  await put()
  const cpuBefore = cpuMsOf(workerPid)
  const sinceMs = performance.now()
  let done = 0
  let seconds = 0
  while (done < count && seconds < secondsMax) {
    await delay(looksEveryMs)
    done = (await countDone()) - doneBefore
    seconds = (performance.now() - sinceMs) / 1000
  }
  const workerMsEach = (cpuMsOf(workerPid) - cpuBefore) / Math.max(1, done)
  await dropDueSchedules(rig)
  return { perSecond: done / seconds, workerMsEach }
}
