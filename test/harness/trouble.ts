// What goes wrong beside the crash points: processes killed at any moment, a database that falls over, a gateway and a
// shop in trouble, notifications that are lost, late or twice.

import { setTimeout as delay } from 'node:timers/promises'

import { adHocSql } from '../../src/db/database.ts'
import type { Choice } from '../compat/fuzz/random-choice.ts'
import type { Rig } from './rig.ts'

export type Injected = Record<string, number>

type Trouble = (rig: Rig, choice: Choice) => Promise<void>

const troubles: Readonly<Record<string, Trouble>> = {
  'node killed at random': async ({ nodes }, choice) => choice.of(nodes).kill(),
  'simulator killed': async ({ simulator }) => simulator.kill(),
  'shop killed': async ({ shop }) => shop.kill(),
  'shop answers 503': (rig, choice) => shopIn(rig, 'error', 500 + choice.below(2_000)),
  'shop hangs': (rig, choice) => shopIn(rig, 'hang', 500 + choice.below(1_500)),
  'database crashes': crashDatabase,
  'database connections cut': cutConnections,
  'answers lost': (rig, choice) =>
    script(rig, { match: {}, fault: choice.of(executeFaults), times: 1 + choice.below(4) }),
  'ready step fails': (rig, choice) =>
    script(rig, {
      match: { step: 'ready' },
      fault: choice.of(readyFaults),
      times: 1 + choice.below(3),
    }),
  'cancel answer lost': (rig, choice) =>
    script(rig, { match: { cancel: true }, fault: choice.of(executeFaults), times: 1 }),
  'notifications spoilt': (rig, choice) =>
    script(rig, {
      match: { step: 'notification' },
      fault: choice.of(notificationFaults),
      times: 1 + choice.below(6),
    }),
  'notifications late': (rig, choice) =>
    script(rig, {
      match: { step: 'notification' },
      fault: 'late',
      times: 1 + choice.below(4),
      delayMs: 1_000 + choice.below(4_000),
    }),
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

/** One trouble after the other until it is over. Counts what it did. */
export async function makeTrouble(
  rig: Rig,
  {
    choice,
    injected,
    everyMs,
  }: { readonly choice: Choice; readonly injected: Injected; readonly everyMs: number },
  isOver: () => boolean,
): Promise<void> {
  const names = Object.keys(troubles)
  while (!isOver()) {
    await delay(everyMs / 2 + choice.below(everyMs))
    const name = choice.of(names)
    // The one in trouble may itself be down at this moment; then nothing is injected.
    const isDone = await troubles[name]?.(rig, choice).then(
      () => true,
      () => false,
    )
    if (isDone === true) injected[name] = (injected[name] ?? 0) + 1
  }
}

/** Back to normal: shop and gateway do as they should. */
export async function endTrouble({ simulatorUrl, shopUrl }: Rig): Promise<void> {
  await fetch(`${simulatorUrl}/_faults`, { method: 'DELETE' })
  await setShop(shopUrl, 'ok')
}

async function shopIn({ shopUrl }: Rig, mode: string, forMs: number): Promise<void> {
  await setShop(shopUrl, mode)
  await delay(forMs)
  await setShop(shopUrl, 'ok').catch(() => undefined) // killed meanwhile: a new one is well
}

async function setShop(url: string, mode: string): Promise<void> {
  await fetch(`${url}/_mode`, { method: 'POST', body: JSON.stringify({ mode }) })
}

// A backend that dies of SIGKILL makes the postmaster end all sessions and recover from the log.
async function crashDatabase({ parts }: Rig): Promise<void> {
  const { rows } = await parts.db.query<{ pid: number }>(
    adHocSql(
      `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() limit 1`,
    ),
  )
  const pid = rows[0]?.pid
  if (pid !== undefined) process.kill(pid, 'SIGKILL')
}

async function cutConnections({ parts }: Rig): Promise<void> {
  await parts.db.query(
    adHocSql(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    ),
  )
}

interface FaultScript {
  readonly match: object
  readonly fault: string
  readonly times: number
  readonly delayMs?: number
}

/** The next exchanges of the simulator go wrong in this way. */
async function script({ simulatorUrl }: Rig, faults: FaultScript): Promise<void> {
  const reply = await fetch(`${simulatorUrl}/_faults`, {
    method: 'POST',
    body: JSON.stringify(faults),
  })
  if (!reply.ok) throw new Error(await reply.text())
}
