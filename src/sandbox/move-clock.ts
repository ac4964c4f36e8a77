// A sandbox merchant's time: stopped, moved from event to event, released. Moving runs everything that falls due on
// the way, in the order of its time and one after another, so that the same seed gives the same history.

import { listChannels } from '../accounts/channels.store.ts'
import type { MerchantClock } from '../accounts/merchant-clock.ts'
import { newAct } from '../audit/audit-event.ts'
import { recordAct } from '../audit/audit-events.store.ts'
import type { ChargeDependencies } from '../payments/charge.ts'
import { instant } from '../db/database.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { executeDueSchedule } from '../schedules/execute-schedule.ts'
import type { Courier } from '../webhooks/deliver-due-webhooks.ts'
import {
  beginAdvance,
  endAdvance,
  findDueSchedulesOf,
  findNextEvent,
  findStoppedClock,
  stepClock,
} from './sandbox-clock.store.ts'

export interface ClockDependencies extends ChargeDependencies {
  readonly clock: MerchantClock
  readonly courier: Courier
}

export interface ClockReading {
  readonly nowMs: number
  readonly isFrozen: boolean
  readonly advancingToMs: number | null
}

export type ClockRefusal =
  | { readonly kind: 'has_live_channel' }
  | { readonly kind: 'not_frozen' }
  | { readonly kind: 'advancing' }
  /** Time does not run backwards, and not further than a decade at once. */
  | { readonly kind: 'out_of_range'; readonly nowMs: number }

/** How far one advance may go. */
const advanceMsMax = 3_660 * 86_400_000
// A runner that dies is replaced by the next advance after this.
const leaseMs = 60_000
const schedulesPerRead = 100

export async function readClock(
  deps: Pick<ClockDependencies, 'db' | 'clock'>,
  owner: MerchantId,
): Promise<ClockReading> {
  const stopped = await findStoppedClock(deps.db, owner, deps.clock.now())
  return stopped === undefined
    ? { nowMs: deps.clock.now(), isFrozen: false, advancingToMs: null }
    : { nowMs: stopped.nowMs, isFrozen: true, advancingToMs: stopped.targetMs }
}

/** Stops the merchant's time, now or at a later instant. Impossible with a live channel. */
export async function freezeClock(
  deps: ClockDependencies,
  owner: MerchantId,
  atMs: number | undefined,
  actor: string,
): Promise<ClockReading | ClockRefusal> {
  const channels = await listChannels(deps.db, owner)
  if (channels.some(({ sandbox, disabledAtMs }) => !sandbox && disabledAtMs === null)) {
    return { kind: 'has_live_channel' }
  }
  const { nowMs, advancingToMs } = await readClock(deps, owner)
  if (advancingToMs !== null) return { kind: 'advancing' }
  const wantedMs = atMs ?? nowMs
  if (wantedMs < nowMs || wantedMs > nowMs + advanceMsMax) return { kind: 'out_of_range', nowMs }
  await deps.clock.stopAt(owner, wantedMs)
  await recordMove(deps, owner, actor, { action: 'clock.frozen', atMs: wantedMs })
  return { nowMs: wantedMs, isFrozen: true, advancingToMs: null }
}

/** Lets time run again, at the real instant. What is due by then is run by the workers. */
export async function releaseClock(
  deps: ClockDependencies,
  owner: MerchantId,
  actor: string,
): Promise<ClockReading | ClockRefusal> {
  const { advancingToMs } = await readClock(deps, owner)
  if (advancingToMs !== null) return { kind: 'advancing' }
  await deps.clock.release(owner)
  await recordMove(deps, owner, actor, { action: 'clock.released', atMs: deps.clock.now() })
  return { nowMs: deps.clock.now(), isFrozen: false, advancingToMs: null }
}

export interface Advance {
  readonly kind: 'advance'
  readonly targetMs: number
  /** Ends when the clock stands at its target; gives how many schedules were attempted. */
  readonly done: Promise<number>
}

export type AdvanceWish =
  | { readonly kind: 'to'; readonly atMs: number }
  | { readonly kind: 'next_event' }

/** Begins to move a stopped clock. Everything due on the way is run; `done` ends when it has been. */
export async function advanceClock(
  deps: ClockDependencies,
  owner: MerchantId,
  wish: AdvanceWish,
  actor: string,
): Promise<Advance | ClockRefusal> {
  const reading = await readClock(deps, owner)
  if (!reading.isFrozen) return { kind: 'not_frozen' }
  if (reading.advancingToMs !== null) return { kind: 'advancing' }
  const { nowMs } = reading
  const targetMs =
    wish.kind === 'to' ? wish.atMs : Math.max(nowMs, (await findNextEvent(deps.db, owner)) ?? nowMs)
  if (targetMs < nowMs || targetMs > nowMs + advanceMsMax) return { kind: 'out_of_range', nowMs }
  const begun = await beginAdvance(deps.db, owner, targetMs, lease(deps))
  if (begun === undefined) return { kind: 'advancing' }
  await recordMove(deps, owner, actor, { action: 'clock.advanced', atMs: targetMs })
  return { kind: 'advance', targetMs, done: deps.inFlight.track(run(deps, owner, targetMs)) }
}

function recordMove(
  deps: ClockDependencies,
  owner: MerchantId,
  actor: string,
  { action, atMs }: { readonly action: string; readonly atMs: number },
): Promise<void> {
  const detail = { to: instant(atMs) }
  return recordAct(deps.db, owner, { action, subject: 'clock', detail }, newAct(deps, actor))
}

async function run(deps: ClockDependencies, owner: MerchantId, targetMs: number): Promise<number> {
  let attempted = 0
  try {
    for (;;) {
      const nextMs = await findNextEvent(deps.db, owner)
      const toMs = nextMs === null ? targetMs : Math.min(nextMs, targetMs)
      await moveTo(deps, owner, Math.max(toMs, deps.clock.now(owner)))
      attempted += await runDue(deps, owner)
      if (nextMs === null || nextMs > targetMs) return attempted
    }
  } finally {
    await endAdvance(deps.db, owner, deps.clock.now())
  }
}

async function moveTo(deps: ClockDependencies, owner: MerchantId, toMs: number): Promise<void> {
  await stepClock(deps.db, owner, toMs, lease(deps))
  await deps.clock.refresh()
}

/** Runs what is due at the clock's present instant: schedules in order, then the webhooks that follow. */
async function runDue(deps: ClockDependencies, owner: MerchantId): Promise<number> {
  // Nobody waits for an answer: an attempt is seen through.
  const patient = { ...deps, answerWithinMs: deps.leaseMs }
  const nowMs = deps.clock.now(owner)
  let attempted = 0
  for (;;) {
    const due = await findDueSchedulesOf(deps.db, owner, nowMs, schedulesPerRead)
    for (const schedule of due) {
      const end = await executeDueSchedule(patient, schedule)
      if (end === 'executed') attempted += 1
    }
    await stepClock(deps.db, owner, nowMs, lease(deps))
    if (due.length < schedulesPerRead) break
  }
  while ((await deps.courier.pass()) > 0) await deps.courier.idle()
  return attempted
}

function lease({ clock }: ClockDependencies) {
  const machineMs = clock.now()
  return { machineMs, leaseUntilMs: machineMs + leaseMs }
}
