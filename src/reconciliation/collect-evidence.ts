// What a worker does about the unknown: judges anew what was told of before its time, fetches the daily files that are
// wanted, and ends what they prove did not happen. Any number of workers may do it; each file is fetched by one.

import type { Channel } from '../accounts/channel.ts'
import { listChannels, listReportingChannels } from '../accounts/channels.store.ts'
import { openReportContract } from '../accounts/open-channel.ts'
import type { EvidenceSource } from '../gateways/evidence.ts'
import { settleCancelByEvidence } from '../payments/cancels.store.ts'
import { settleByEvidence } from '../payments/payments.store.ts'
import { boundsOfKoreanDay } from '../primitives/korean-day.ts'
import type { Vault } from '../vault/vault.ts'
import { applyFact, type FactDependencies } from './apply-fact.ts'
import {
  type EvidenceRules,
  mayConcludeNotHappened,
  possibleDays,
  type ReportProof,
} from './evidence-rule.ts'
import { findWaitingFacts } from './facts.store.ts'
import { type MatchedReport, matchReport } from './match-report.ts'
import {
  claimReport,
  type FetchedReport,
  listReports,
  recordReport,
  recordReportFailure,
} from './reports.store.ts'
import { notChargedReason } from './settle-by-operator.ts'
import { notCancelledReason } from './settle-cancel-by-operator.ts'
import { findUnknowns, type UnknownItem } from './unknowns.store.ts'
import { wantedReports } from './wanted-reports.ts'

export interface EvidenceDependencies extends FactDependencies {
  readonly vault: Vault
  readonly evidence: EvidenceSource
  readonly evidenceRules: EvidenceRules
  /** How often today's file is fetched while something of today is unknown. */
  readonly reportEveryMs: number
}

const unknownsMax = 5_000
const waitingMax = 500
/** Longer than a download may take, twice. */
const leaseMs = 20 * 60_000
const retryAfterMs = 60_000
/** Rows of a live file may lag behind by this much; nobody has said how far they do. */
const reportLagMs = 30 * 60_000
// No money moves in a sandbox: everything is twenty times quicker there.
const sandboxHaste = 20

/** One round. Gives how many unknown payments and cancels it ended. */
export async function collectEvidence(deps: EvidenceDependencies): Promise<number> {
  let ended = await judgeWaiting(deps)
  const unknowns = await findUnknowns(deps.db, unknownsMax)
  const byChannel = Map.groupBy(
    unknowns,
    ({ merchantId, channelKey }) => `${merchantId} ${channelKey}`,
  )
  for (const channel of await listReportingChannels(deps.db)) {
    const mine = byChannel.get(`${channel.merchantId} ${channel.channelKey}`) ?? []
    // One channel's trouble must not keep another's unknown payments open.
    try {
      ended += await collectForChannel(deps, channel, mine)
    } catch (error) {
      deps.log.warn(
        { err: error, channelKey: channel.channelKey },
        'evidence could not be collected',
      )
    }
  }
  return ended
}

async function judgeWaiting(deps: EvidenceDependencies): Promise<number> {
  const waiting = await findWaitingFacts(deps.db, waitingMax)
  if (waiting.length === 0) return 0
  const channels = await listPolicies(deps, waiting)
  let settled = 0
  for (const fact of waiting) {
    const channel = channels.get(`${fact.merchantId} ${fact.channelKey}`)
    if (channel === undefined) continue
    const source = { name: 'notification', words: 'PAYJOA notification' } as const
    if ((await applyFact(deps, channel, fact, source)) === 'settled') settled += 1
  }
  return settled
}

async function collectForChannel(
  deps: EvidenceDependencies,
  channel: Channel,
  unknowns: readonly UnknownItem[],
): Promise<number> {
  const haste = channel.sandbox ? sandboxHaste : 1
  const options = { rules: deps.evidenceRules, everyMs: deps.reportEveryMs / haste }
  let settled = 0
  for (const { day, neededSinceMs } of wantedReports(unknowns, deps.clock.now(), options)) {
    const matched = await fetchReport(deps, channel, {
      day,
      neededSinceMs,
      retryAfterMs: retryAfterMs / haste,
    })
    settled += matched?.settled ?? 0
  }
  return settled + (await concludeAbsent(deps, channel, unknowns))
}

export interface WantedFetch {
  readonly day: string
  readonly neededSinceMs: number
  /** A try that failed is not repeated sooner. */
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
  const isOurs = await claimReport(deps.db, name, {
    nowMs,
    leaseUntilMs: nowMs + leaseMs,
    neededSinceMs,
    triedBeforeMs: nowMs - waitMs,
  })
  if (!isOurs) return null
  const contract = await openReportContract(deps.vault, channel)
  if (contract === null) return null
  const answer = await deps.evidence.fetchReport(contract, day)
  if (answer.kind === 'unavailable') {
    await recordReportFailure(deps.db, name, answer.reason)
    deps.log.warn({ channelKey, day, reason: answer.reason }, 'a daily file could not be had')
    return null
  }
  const lagMs = channel.sandbox
    ? Math.min(reportLagMs, deps.evidenceRules.sandboxWindowMs / 2)
    : reportLagMs
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

async function concludeAbsent(
  deps: EvidenceDependencies,
  channel: Channel,
  unknowns: readonly UnknownItem[],
): Promise<number> {
  const open = unknowns.filter(({ isContradicted }) => !isContradicted)
  if (open.length === 0) return 0
  const reports = await listReports(deps.db, channel.merchantId, channel.channelKey)
  let ended = 0
  for (const unknown of open) {
    const witness = { kind: 'reports', reports: proofsFor(unknown, reports) } as const
    const ruling = mayConcludeNotHappened(unknown, witness, deps.clock.now(), deps.evidenceRules)
    if (ruling.kind === 'allowed' && (await endAsAbsent(deps, unknown))) ended += 1
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
  { db, clock, ids, log }: EvidenceDependencies,
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
  log.info({ impUid, cancelId }, 'evidence: it did not happen')
  if (cancelId !== null) {
    const settlement = { ...failed, failReason: notCancelledReason }
    return settleCancelByEvidence(db, { merchantId, cancelId }, settlement, {
      ...by,
      verdict: 'not_cancelled',
    })
  }
  const settlement = { ...failed, ...nothingOfCard, failReason: notChargedReason, applyNum: null }
  const payment = { merchantId, impUid }
  const settled = await settleByEvidence(db, payment, settlement, { ...by, verdict: 'not_charged' })
  return settled !== undefined
}

const nothingOfCard = { from: ['unknown'], giveBack: null, cardCode: null, cardName: null } as const

async function listPolicies(
  { db }: EvidenceDependencies,
  facts: readonly { readonly merchantId: Channel['merchantId'] }[],
): Promise<Map<string, Channel>> {
  const merchants = [...new Set(facts.map(({ merchantId }) => merchantId))]
  const lists = await Promise.all(merchants.map((merchantId) => listChannels(db, merchantId)))
  return new Map(
    lists.flat().map((channel) => [`${channel.merchantId} ${channel.channelKey}`, channel]),
  )
}
