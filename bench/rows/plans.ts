// The plans of all statements on the way of a payment, of a look-up, of a scheduled charge and of a webhook, on a database
// with a business in it. What counts are the pages touched: they differ neither with the machine nor with its load.

import { setTimeout as delay } from 'node:timers/promises'

import type { Database } from '../../src/db/database.ts'
import { background } from '../../test/costs/expected-costs.ts'
import {
  startStatementTap,
  type StatementTap,
  type TappedStatement,
} from '../../test/support/statement-tap.ts'
import { runAtLeisure, type RunOptions } from '../contest.ts'
import { figure, type RowOutcome } from '../figures.ts'
import { fillDatabase } from '../growth/fill-database.ts'
import { callWith, liveToken, type Process, type Rig, startBillkey } from '../rig.ts'
import { explainNewSessions, planOf, plansText, type StatementPlan } from '../statement-plans.ts'
import { addDueSchedules } from './due-schedules.ts'
import { againBody, makePayment, onetimeBody } from './requests.ts'

// A connection's first five executions are planned for their values; then the server may settle on one plan for all.
const rehearsals = 8
/** One of the pool is always busy with the process's own work. */
const poolSize = '2'
/** What a process remembers is asked for again after five seconds. */
const forgetsAfterMs = 6_000
const heardWithinMs = 60_000

export async function measurePlans(rig: Rig, options: RunOptions): Promise<RowOutcome> {
  const amounts = {
    payments: Math.round(1_000_000 * options.scale),
    billingKeys: Math.round(100_000 * options.scale),
    schedules: Math.round(100_000 * options.scale),
  }
  // Whose exchange is the pattern of all others.
  await makePayment(rig)
  await Promise.all([rig.api.stop(), rig.worker?.stop()])
  await fillDatabase(rig, amounts, options.say)
  await takeKeyUseForSealed(rig.parts.db)
  await explainNewSessions(rig.parts.db)
  const stated = `${amounts.payments} payments with exchanges and webhooks, ${amounts.billingKeys} billing keys, ${amounts.schedules} schedules; six of ten of the merchant that is asked for`
  const plansByCall = await tapped(rig, hearCalls)
  const entries = Object.entries(plansByCall)
  return {
    figures: entries.flatMap(([call, plans]) =>
      plans.map(({ name, pagesTouched }) =>
        figure(`${call}: pages touched by ${name}`, '', [pagesTouched]),
      ),
    ),
    notes: [stated, ...entries.flatMap(([call, plans]) => wholeTablesRead(call, plans))],
    errors: entries
      .filter(([, plans]) => plans.length === 0)
      .map(([call]) => `${call}: no plan was told`),
    texts: Object.fromEntries(
      entries.map(([call, plans]) => [
        `plans/${call}.txt`,
        plansText([`Every statement on the way of ${call}, on a database of`, `${stated}.`], plans),
      ]),
    ),
  }
}

/** What was put there was used by no key; a worker would seal three years of it and disturb. */
async function takeKeyUseForSealed(db: Database): Promise<void> {
  const text = `insert into key_use_seals select merchant_id, now() from merchants on conflict do nothing`
  await runAtLeisure(db, text)
}

interface Taps {
  readonly api: StatementTap
  readonly worker: StatementTap
}

/** The rig's own API node and worker, each behind a tap, for as long as `work` takes. */
async function tapped<T>(rig: Rig, work: (rig: Rig, taps: Taps) => Promise<T>): Promise<T> {
  const [api, worker] = await Promise.all([
    startStatementTap(rig.databaseUrl),
    startStatementTap(rig.databaseUrl),
  ])
  const start = (role: 'api' | 'worker', { connectionString }: StatementTap): Promise<Process> =>
    startBillkey(rig, role, { DATABASE_URL: connectionString, BILLKEY_POOL_SIZE: poolSize })
  try {
    rig.api = await start('api', api)
    rig.worker = await start('worker', worker)
    return await work(rig, { api, worker })
  } finally {
    await Promise.all([rig.api.stop(), rig.worker?.stop()])
    rig.worker = null
    await Promise.all([api.close(), worker.close()])
  }
}

type PlansByCall = Readonly<Record<string, readonly StatementPlan[]>>

/** Named as the rows that measure the same calls. */
async function hearCalls(rig: Rig, { api, worker }: Taps): Promise<PlansByCall> {
  const { again, onetime, look } = await merchantCalls(rig)
  const webhook = await hearCall(worker, again, 'record_webhook_delivered')
  const schedule = await hearCall(worker, () => addDueSchedules(rig, 1), 'settle_payment')
  const ofWebhook = plansOf(webhook, ['find_due_webhook_lanes'])
  const isOfWebhook = ({ name }: StatementPlan) => ofWebhook.some((other) => other.name === name)
  return {
    again: plansOf(await hearCall(api, again)),
    onetime: plansOf(await hearCall(api, onetime)),
    'get-payment': plansOf(await hearCall(api, look)),
    schedules: plansOf(schedule, ['find_due_schedules']).filter((plan) => !isOfWebhook(plan)),
    webhooks: ofWebhook,
  }
}

/** With one token, so that nothing of getToken is heard among them. */
async function merchantCalls(rig: Rig) {
  const token = await liveToken(rig)
  let orders = 0
  const pay = (path: string, text: string): Promise<string> => {
    orders += 1
    const body = JSON.parse(text.replace('order-{unique}', `explained-${orders}`)) as object
    return callWith(token, rig, { method: 'POST', path, body })
  }
  const again = () => pay('/subscribe/payments/again', againBody(0))
  const paid = JSON.parse(await again()) as { response: { imp_uid: string } }
  return {
    again,
    onetime: () => pay('/subscribe/payments/onetime', onetimeBody),
    look: () => callWith(token, rig, { method: 'GET', path: `/payments/${paid.response.imp_uid}` }),
  }
}

/** Calls until all is prepared, then once with what the process remembers and once without. */
async function hearCall(
  tap: StatementTap,
  call: () => Promise<unknown>,
  last?: string,
): Promise<readonly TappedStatement[]> {
  for (let time = 0; time < rehearsals; time += 1) await hearOnce(tap, call, last)
  const remembering = await hearOnce(tap, call, last)
  await delay(forgetsAfterMs)
  return [...remembering, ...(await hearOnce(tap, call, last))]
}

/** A call is over when it is answered, or when the statement of that name was carried out. */
async function hearOnce(
  tap: StatementTap,
  call: () => Promise<unknown>,
  last?: string,
): Promise<readonly TappedStatement[]> {
  tap.take()
  await call()
  const heard: TappedStatement[] = []
  const untilMs = performance.now() + heardWithinMs
  for (;;) {
    heard.push(...tap.take())
    if (last === undefined || heard.some(({ name }) => name === last)) return heard
    if (performance.now() > untilMs) throw new Error(`${last} was not carried out in time`)
    await delay(20)
  }
}

/** Each statement once, as it was heard first; of those that a process asks by itself only the named. */
function plansOf(
  heard: readonly TappedStatement[],
  looks: readonly string[] = [],
): readonly StatementPlan[] {
  const plans = new Map<string, StatementPlan>()
  for (const statement of heard) {
    const plan = planOf(statement)
    if (plan === undefined || plans.has(plan.name)) continue
    if (looks.includes(plan.name) || !Object.hasOwn(background, plan.name))
      plans.set(plan.name, plan)
  }
  return [...plans.values()]
}

/** To be looked at: right for a table of a few rows, and for no other. */
function wholeTablesRead(call: string, plans: readonly StatementPlan[]): string[] {
  return plans.flatMap(({ name, plan }) =>
    [...plan.matchAll(/Seq Scan on (\w+)/g)].map(
      ([, table]) => `${call}: ${name} reads ${table} from end to end`,
    ),
  )
}
