// What keeps the world going: rounds of the workers when there is something to do, and an operator who looks in once a
// day, resumes endpoints and settles what is unknown for long by what the gateway's admin shows.

import { adHocSql } from '../../src/db/database.ts'
import { settleByOperator } from '../../src/reconciliation/settle-by-operator.ts'
import { settleCancelByOperator } from '../../src/reconciliation/settle-cancel-by-operator.ts'
import type { MerchantId } from '../../src/primitives/ids.ts'
import { findEndpoint } from '../../src/webhooks/endpoints.store.ts'
import { replayWebhooks } from '../../src/webhooks/replay-webhooks.ts'
import { resumeEndpoint } from '../../src/webhooks/resume-endpoint.ts'
import { everyWebhook } from '../../src/webhooks/webhook-queries.store.ts'
import type { World } from './world.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** What is in the database, by the worker whose it is: when its next thing is due, null when there is none. */
interface Outlook {
  readonly schedules: number | null
  readonly courier: number | null
  readonly lost: number | null
  /** These have no time: they are looked for again and again while there are any. */
  readonly unknown: number
  /** When the last of the unknown was begun. */
  readonly freshMs: number | null
  readonly giveBack: number
  readonly breakers: number
}

const epochMs = (instant: string) => `(extract(epoch from ${instant}) * 1000)::float8`

const outlookStatement = adHocSql(
  `select ${epochMs("(select min(due_at) from schedules where state = 'scheduled')")} as schedules,
     ${epochMs(`(select min(greatest(due_at, coalesce(lease_until, due_at))) from webhooks where state = 'pending')`)}
       as courier,
     ${epochMs(`least((select min(lease_until) from payments where state = 'sending'),
       (select min(lease_until) from cancels where state = 'sending'))`)} as lost,
     (select count(*) from payments where state = 'unknown')
       + (select count(*) from cancels where state = 'unknown') as unknown,
     ${epochMs(`greatest((select max(started_at) from payments where state = 'unknown'),
       (select max(started_at) from cancels where state = 'unknown'))`)} as "freshMs",
     (select count(*) from payments where give_back is not null and cancel_amount < amount) as "giveBack",
     (select count(*) from gateway_breakers) as breakers`,
)

/** Rounds of workers from now on, as often as there is something for them to do. */
export function planRounds(world: World, waitMs: number): void {
  world.plan(waitMs, 'rounds', async () => {
    const { rows } = await world.parts.db.query<Outlook>(outlookStatement)
    const outlook = rows[0] as Outlook
    beginRounds(world, outlook)
    planRounds(world, nextRoundsMs(world, outlook))
  })
}

// Those that have work mostly on several nodes at once; the others now and then.
function beginRounds({ nodes, choice, time }: World, outlook: Outlook): void {
  const isDue = (atMs: number | null) => atMs !== null && atMs <= time.nowMs + 1_000
  const busy: Readonly<Record<string, boolean>> = {
    schedules: isDue(outlook.schedules),
    webhooks: isDue(outlook.courier),
    lost_senders: isDue(outlook.lost),
    evidence: outlook.unknown > 0,
    give_back: outlook.giveBack > 0,
    breakers: outlook.breakers > 0,
  }
  for (const node of nodes) {
    if (node.life.isOver) continue
    for (const worker of node.workers) {
      if (choice.below(100) < (busy[worker] === true ? 70 : 10)) node.beginRound(worker)
    }
  }
}

function nextRoundsMs({ choice, time }: World, outlook: Outlook): number {
  const { schedules, courier, lost, unknown, freshMs, giveBack, breakers } = outlook
  const idleMs = 4 * hourMs + choice.below(12 * hourMs)
  const isFresh = freshMs !== null && time.nowMs - freshMs < 3 * hourMs
  const isOpen = unknown + giveBack + breakers > 0
  const openMs = isFresh
    ? minuteMs / 3 + choice.below(choice.once(4) ? 2 * minuteMs : 25 * minuteMs)
    : isOpen
      ? choice.below(10 * hourMs)
      : idleMs
  const dueMs = [schedules, courier, lost].flatMap((atMs) =>
    atMs === null ? [] : [atMs - time.nowMs + choice.below(3_000)],
  )
  return Math.max(500 + choice.below(1_000), Math.min(idleMs, openMs, ...dueMs))
}

/** The operator's daily look, from now on. */
export function planOperator(world: World): void {
  world.plan(dayMs / 2 + world.choice.below(dayMs), 'the operator looks in', async () => {
    for (const { merchantId } of world.merchants) await lookAfter(world, merchantId)
    planOperator(world)
  })
}

async function lookAfter(world: World, merchantId: MerchantId): Promise<void> {
  const { parts, shop } = world
  if (shop.isUp()) {
    const name = { merchantId, sandbox: false }
    const endpoint = await findEndpoint(parts.db, name)
    if (endpoint?.pausedAtMs !== null) {
      await resumeEndpoint(parts, name, { actor: 'simulation' })
      world.count('endpoints resumed')
    }
    await replayWebhooks(parts, {
      merchantId,
      actor: 'simulation',
      filter: { ...everyWebhook, state: 'given_up' },
    })
  }
  await settleOld(world, merchantId)
}

/** What evidence has not ended by itself in so many days. */
const oldMs = 4 * dayMs

const oldStatement = adHocSql(
  `select imp_uid as "impUid", null as "cancelId" from payments
     where merchant_id = $1 and state = 'unknown' and started_at < $2
   union all
   select imp_uid, cancel_id::text from cancels where merchant_id = $1 and state = 'unknown' and started_at < $2
   order by 1, 2`,
)

async function settleOld(world: World, merchantId: MerchantId): Promise<void> {
  const { parts, time } = world
  const { rows } = await parts.db.query<{ impUid: string; cancelId: string | null }>(oldStatement, [
    merchantId,
    new Date(time.nowMs - oldMs).toISOString(),
  ])
  for (const { impUid, cancelId } of rows) {
    world.count('settled by the operator')
    if (cancelId === null) await settlePayment(world, merchantId, impUid)
    else await settleCancel(world, merchantId, { impUid, cancelId })
  }
}

const said = { actor: 'simulation', reason: "as the gateway's admin shows it" }

async function settlePayment(world: World, merchantId: MerchantId, impUid: string): Promise<void> {
  const approval = world.simulator
    .ledger()
    .entries.find(({ kind, orderno }) => kind === 'approval' && orderno === impUid)
  const verdict =
    approval === undefined
      ? ({ kind: 'not_charged' } as const)
      : ({ kind: 'charged', transactionId: approval.daoutrx, approvalNumber: null } as const)
  world.history.note(`the operator settles ${impUid}: ${verdict.kind}`)
  await settleByOperator(world.parts, { merchantId, impUid, verdict, ...said })
}

const givenBackStatement = adHocSql(
  `select p.cancel_amount as "bookedWon", c.amount as "amountWon" from payments p
   join cancels c using (merchant_id, imp_uid)
   where p.merchant_id = $1 and p.imp_uid = $2 and c.cancel_id = $3`,
)

async function settleCancel(
  world: World,
  merchantId: MerchantId,
  { impUid, cancelId }: { readonly impUid: string; readonly cancelId: string },
): Promise<void> {
  const { rows } = await world.parts.db.query<{ bookedWon: number; amountWon: number }>(
    givenBackStatement,
    [merchantId, impUid, cancelId],
  )
  const approval = world.simulator
    .ledger()
    .entries.find(({ kind, orderno }) => kind === 'approval' && orderno === impUid)
  const isGivenBack =
    rows[0] !== undefined &&
    (approval?.cancelledAmount ?? 0) >= rows[0].bookedWon + rows[0].amountWon
  const verdict = isGivenBack
    ? ({ kind: 'cancelled', transactionId: null } as const)
    : ({ kind: 'not_cancelled' } as const)
  world.history.note(`the operator settles a cancel of ${impUid}: ${verdict.kind}`)
  await settleCancelByOperator(world.parts, { merchantId, impUid, cancelId, verdict, ...said })
}
