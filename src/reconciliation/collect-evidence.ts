// What a worker does about the unknown: judges anew what was told of before its time, fetches the daily files that are
// wanted, and ends what they prove did not happen. Any number of workers may do it; each file is fetched by one.

import type { Channel } from '../accounts/channel.ts'
import { listChannels } from '../accounts/channels.store.ts'
import { openReportContract } from '../accounts/open-channel.ts'
import type { EvidenceSource } from '../gateways/evidence.ts'
import type { NodeClock } from '../db/database-clock.ts'
import { settleCancelByEvidence } from '../payments/cancels.store.ts'
import { settleByEvidence } from '../payments/payments.store.ts'
import { isHeld } from '../payments/hold.ts'
import type { MerchantId } from '../primitives/ids.ts'
import { boundsOfKoreanDay } from '../primitives/korean-day.ts'
import type { Vault } from '../vault/vault.ts'
import { applyFact, byNotification, type FactDependencies } from './apply-fact.ts'
import {
  type EvidenceRules,
  mayConcludeNotHappened,
  possibleDays,
  type ReportProof,
  sandboxHaste,
} from './evidence-rule.ts'
import { endWait, findWaitingFacts } from './facts.store.ts'
import { type MatchedReport, matchReport } from './match-report.ts'
import {
  claimReport,
  type FetchedReport,
  listLacking,
  listReports,
  recordReport,
  recordReportFailure,
  type ReportName,
} from './reports.store.ts'
import { recoverSchedules } from './recover-schedules.ts'
import { reportsOfHold, type RestoreHold } from './restore-hold.ts'
import { listHolds } from './restore-holds.store.ts'
import { notChargedReason } from './settle-by-operator.ts'
import { notCancelledReason } from './settle-cancel-by-operator.ts'
import { findUnknownAgain, findUnknowns, type UnknownItem } from './unknowns.store.ts'
import { evidenceAgeMaxMs, wantedOfYesterday, wantedReports } from './wanted-reports.ts'

export interface EvidenceDependencies extends FactDependencies {
  readonly vault: Vault
  readonly evidence: EvidenceSource
  readonly evidenceRules: EvidenceRules
  readonly nodeClock: Pick<NodeClock, 'aheadMs'>
  /** How often today's file is fetched while something of today is unknown. */
  readonly reportEveryMs: number
}

/** As many as a round can hold; the rest comes when these have ended. */
const unknownsMax = 20_000
const waitingMax = 500
/** How many channels' files are on their way at once. */
const channelsAtOnce = 4
// A worker that dies leaves its lease. Should a download take longer, another one beside it does no harm.
const leaseMs = 5 * 60_000
const retryAfterMs = 60_000
/** Rows of a live file may lag behind by this much; nobody has said how far they do. */
const reportLagMs = 30 * 60_000
// Silence proves something only after a time, so two clocks have to say that it has passed: the database's and our own.
const clocksAgreeWithinMs = 60_000

/** One round, which takes up no further channel once it is told to stop. Gives how many it ended. */
export async function collectEvidence(
  deps: EvidenceDependencies,
  stopping?: AbortSignal,
): Promise<number> {
  let ended = await judgeWaiting(deps)
  const nowMs = deps.clock.now()
  const range = { sinceMs: nowMs - evidenceAgeMaxMs, limit: unknownsMax }
  const byChannel = Map.groupBy(await findUnknowns(deps.db, range), nameOf)
  const lacking = await channelsOfYesterday(deps, nowMs)
  const holds = new Map((await listHolds(deps.db)).map((hold) => [hold.merchantId, hold]))
  const named = [...[...byChannel.values()].flat(), ...lacking]
  const channels = await findChannels(deps, named, [...holds.keys()])
  const queue = [...channels.values()]
  const work = async () => {
    for (let channel = queue.shift(); channel !== undefined; channel = queue.shift()) {
      if (stopping?.aborted === true) return
      const unknowns = byChannel.get(nameOf(channel)) ?? []
      ended += await collectSafely(deps, channel, { unknowns, hold: holds.get(channel.merchantId) })
    }
  }
  await Promise.all(Array.from({ length: channelsAtOnce }, work))
  return ended
}

type ChannelName = Omit<ReportName, 'day'>

function nameOf({ merchantId, channelKey }: ChannelName): string {
  return `${merchantId} ${channelKey}`
}

async function channelsOfYesterday(
  { db }: EvidenceDependencies,
  nowMs: number,
): Promise<ChannelName[]> {
  const wanted = wantedOfYesterday(nowMs)
  if (wanted === null) return []
  return listLacking(db, wanted.day, { ...wanted, nowMs, retryAfterMs })
}

interface Wanting {
  readonly unknowns: readonly UnknownItem[]
  /** After a restore every day since the backup is wanted, whatever is unknown. */
  readonly hold: RestoreHold | undefined
}

// One channel's trouble must not keep another's unknown payments open.
async function collectSafely(
  deps: EvidenceDependencies,
  channel: Channel,
  wanting: Wanting,
): Promise<number> {
  try {
    return await collectForChannel(deps, channel, wanting)
  } catch (error) {
    const { channelKey } = channel
    deps.log.warn({ err: error, channelKey }, 'evidence could not be collected')
    return 0
  }
}

// What was told of while its payment or cancel was being sent.
async function judgeWaiting(deps: EvidenceDependencies): Promise<number> {
  let settled = 0
  for (const fact of await findWaitingFacts(deps.db, waitingMax)) {
    const source =
      fact.source === 'notification'
        ? byNotification
        : ({ name: 'daily_file', words: 'a daily file' } as const)
    const applied = await applyFact(deps, fact, fact, source)
    if (applied === 'settled') settled += 1
    if (applied !== 'waits') await endWait(deps.db, fact, fact, fact.source)
  }
  return settled
}

async function collectForChannel(
  deps: EvidenceDependencies,
  channel: Channel,
  { unknowns, hold }: Wanting,
): Promise<number> {
  const haste = channel.sandbox ? sandboxHaste : 1
  const options = { rules: deps.evidenceRules, everyMs: deps.reportEveryMs / haste }
  const nowMs = deps.clock.now()
  const wanted = [
    ...(hold === undefined
      ? []
      : reportsOfHold(hold, nowMs, reportLagOf(channel, deps.evidenceRules))),
    ...wantedReports(unknowns, nowMs, options),
  ]
  let settled = 0
  for (const { day, neededSinceMs } of wanted) {
    const matched = await fetchReport(deps, channel, {
      day,
      neededSinceMs,
      retryAfterMs: retryAfterMs / haste,
    })
    settled += matched?.settled ?? 0
  }
  return settled + (await concludeAbsent(deps, channel, unknowns))
}

export interface Reconciled {
  /** Null: the file could not be had, or somebody else fetches it at this moment. */
  readonly matched: MatchedReport | null
  /** What the files proved not to have happened. */
  readonly ended: number
}

/** What an operator orders: one day's file now, and what follows from it. */
export async function reconcileNow(
  deps: EvidenceDependencies,
  channel: Channel,
  day: string,
): Promise<Reconciled> {
  const nowMs = deps.clock.now()
  const matched = await fetchReport(deps, channel, { day, neededSinceMs: nowMs, retryAfterMs: 0 })
  const range = { sinceMs: nowMs - evidenceAgeMaxMs, limit: unknownsMax }
  const mine = (await findUnknowns(deps.db, range)).filter(
    (unknown) => nameOf(unknown) === nameOf(channel),
  )
  return { matched, ended: await concludeAbsent(deps, channel, mine) }
}

export interface WantedFetch {
  readonly day: string
  readonly neededSinceMs: number
  /** A first try that failed is not repeated sooner. */
  readonly retryAfterMs: number
}

/** Fetches one day's file and brings it into the books. Null when it is not needed, not to be had, or claimed. */
export async function fetchReport(
  deps: EvidenceDependencies,
  channel: Channel,
  { day, neededSinceMs, retryAfterMs: waitMs }: WantedFetch,
): Promise<MatchedReport | null> {
  const { merchantId, channelKey } = channel
  const name = { merchantId, channelKey, day }
  const nowMs = deps.clock.now()
  const isClaimed = await claimReport(deps.db, name, {
    nowMs,
    leaseUntilMs: nowMs + (channel.sandbox ? leaseMs / sandboxHaste : leaseMs),
    neededSinceMs,
    retryAfterMs: waitMs,
  })
  if (!isClaimed) return null
  const contract = await openReportContract(deps.vault, channel)
  if (contract === null) return null
  const answer = await deps.evidence.fetchReport(contract, day)
  if (answer.kind === 'unavailable') {
    await recordReportFailure(deps.db, name, answer.reason)
    deps.log.warn({ channelKey, day, reason: answer.reason }, 'a daily file could not be had')
    return null
  }
  if (await isHeld(deps.db, merchantId)) {
    await recoverSchedules(deps, channel, { facts: answer.facts, day })
  }
  const lagMs = reportLagOf(channel, deps.evidenceRules)
  const matched = await matchReport(
    deps,
    {
      channel,
      day,
      coversUntilMs: nowMs - lagMs,
      isComplete: nowMs > boundsOfKoreanDay(day).toMs + lagMs,
    },
    answer,
  )
  await recordReport(deps.db, name, nowMs, matched.findings)
  deps.log.info(
    { channelKey, day, settled: matched.settled, raised: matched.raised },
    'a daily file was read',
  )
  return matched
}

/** By how much a channel's files may lag behind. */
export function reportLagOf({ sandbox }: Pick<Channel, 'sandbox'>, rules: EvidenceRules): number {
  return sandbox ? Math.min(reportLagMs, rules.sandboxWindowMs / 2) : reportLagMs
}

async function concludeAbsent(
  deps: EvidenceDependencies,
  channel: Channel,
  unknowns: readonly UnknownItem[],
): Promise<number> {
  const open = unknowns.filter(({ isContradicted }) => !isContradicted)
  const isSureOfTime = Math.abs(deps.nodeClock.aheadMs()) <= clocksAgreeWithinMs
  if (open.length === 0 || !isSureOfTime) return 0
  const reports = await listReports(deps.db, channel.merchantId, channel.channelKey)
  let ended = 0
  for (const unknown of open) {
    const witness = { kind: 'reports', reports: proofsFor(unknown, reports) } as const
    const ruling = mayConcludeNotHappened(unknown, witness, deps.clock.now(), deps.evidenceRules)
    if (ruling.kind !== 'allowed') continue
    // Reading the files took its time, in which the gateway may have told of it.
    const current = await findUnknownAgain(deps.db, unknown)
    if (current?.isContradicted === false && (await endAsAbsent(deps, current))) ended += 1
  }
  return ended
}

/** Only files that were read when nobody was to bring its answer any more: all they told of is in the books. */
function proofsFor(unknown: UnknownItem, reports: readonly FetchedReport[]): ReportProof[] {
  const line = unknown.what === 'cancel' ? 'cancel' : unknown.method
  return reports.flatMap(({ day, fetchedAtMs, unreadable, lists, missing }) =>
    fetchedAtMs === null || fetchedAtMs < unknown.unknownSinceMs
      ? []
      : [{ day, fetchedAtMs, unreadable, listsMethod: lists[line], lacksKnown: missing[line] > 0 }],
  )
}

async function endAsAbsent(
  { db, clock, ids, log, observer }: EvidenceDependencies,
  { merchantId, impUid, cancelId, ...unknown }: UnknownItem,
): Promise<boolean> {
  const words = `in no daily file of ${possibleDays(unknown).join(', ')}`
  const by = {
    evidenceId: ids.uuid(),
    source: 'daily_file',
    actor: 'payjoa',
    reason: words,
  } as const
  const failed = {
    state: 'failed',
    atMs: clock.now(merchantId),
    pgTid: null,
    failure: 'evidence',
    webhookId: ids.uuid(),
  } as const
  log.info({ merchantId, impUid, cancelId }, 'evidence: it did not happen')
  const ended = { happened: false, source: by.source } as const
  if (cancelId !== null) {
    const settlement = { ...failed, failReason: notCancelledReason }
    const name = { merchantId, cancelId }
    const evidence = { ...by, verdict: 'not_cancelled' } as const
    const isOurs = await settleCancelByEvidence(db, name, settlement, evidence)
    if (isOurs) observer.evidenceSettled({ ...ended, what: 'cancel' })
    return isOurs
  }
  const settlement = { ...failed, ...nothingOfCard, failReason: notChargedReason, applyNum: null }
  const payment = { merchantId, impUid }
  const settled = await settleByEvidence(db, payment, settlement, { ...by, verdict: 'not_charged' })
  if (settled !== undefined) observer.evidenceSettled({ ...ended, what: 'payment' })
  return settled !== undefined
}

const nothingOfCard = { from: ['unknown'], giveBack: null, cardCode: null, cardName: null } as const

async function findChannels(
  { db }: EvidenceDependencies,
  names: readonly ChannelName[],
  held: readonly MerchantId[],
): Promise<Map<string, Channel>> {
  const wanted = new Set(names.map(nameOf))
  const found = new Map<string, Channel>()
  for (const merchantId of new Set([...names.map((name) => name.merchantId), ...held])) {
    for (const channel of await listChannels(db, merchantId)) {
      if (held.includes(merchantId) || wanted.has(nameOf(channel)))
        found.set(nameOf(channel), channel)
    }
  }
  return found
}
