// Holds a day's file against our books, both ways: what it tells of is applied like any other fact, and what we say
// was paid and it lacks is counted, since that shows whether its silence means anything.

import type { Channel } from '../accounts/channel.ts'
import type { GatewayFact, TransactionReport } from '../gateways/evidence.ts'
import { boundsOfKoreanDay } from '../primitives/korean-day.ts'
import { applyFact, type FactDependencies } from './apply-fact.ts'
import { raiseDiscrepancy } from './discrepancies.store.ts'
import { dayMarginAfterMs, dayMarginBeforeMs } from './evidence-rule.ts'
import { keepFact, type ToldFact } from './facts.store.ts'
import {
  type BookedLine,
  type BookedPayment,
  findBooked,
  listBookedCancels,
  pageOfBooked,
  type ReportFindings,
  type ReportLine,
} from './reports.store.ts'

export interface ReportOfDay {
  readonly channel: Channel
  readonly day: string
  /** Ours that were begun after this may not be in it yet. */
  readonly coversUntilMs: number
  /** The day is over, so what it lacks is missing for good. */
  readonly isComplete: boolean
}

const batch = 500
/** A file that lacks more than this is not the file of these books; the count says enough. */
const raisedMax = 1_000

export interface MatchedReport {
  readonly findings: ReportFindings
  readonly settled: number
  readonly raised: number
}

export async function matchReport(
  deps: FactDependencies,
  of: ReportOfDay,
  report: TransactionReport,
): Promise<MatchedReport> {
  const tally = createTally()
  const byOrder = Map.groupBy(report.facts, ({ orderNumber }) => orderNumber)
  const orders = [...byOrder.keys()]
  for (let at = 0; at < orders.length; at += batch) {
    const some = orders.slice(at, at + batch)
    const booked = await findBooked(deps.db, of.channel.merchantId, some)
    for (const order of some) {
      await matchOrder(deps, of, {
        facts: byOrder.get(order) ?? [],
        booked: booked.get(order),
        tally,
      })
    }
  }
  const missing = await findMissing(deps, of, byOrder)
  const lines = count(missing)
  for (const line of of.isComplete ? missing.slice(0, raisedMax) : []) {
    // A file that lists none of a method at all does not list the method.
    if (line.line === 'cancel' || tally.known[line.line] === 0) continue
    if (await raiseMissing(deps, of, line)) tally.raised += 1
  }
  return {
    settled: tally.settled,
    raised: tally.raised,
    findings: {
      approvals: report.facts.filter(({ kind }) => kind === 'approval').length,
      cancels: report.facts.filter(({ kind }) => kind === 'cancel').length,
      unreadable: report.unreadableLines,
      digest: report.digest,
      known: tally.known,
      missing: lines,
    },
  }
}

function createTally() {
  return { known: { key_in: 0, billing_key: 0, cancel: 0 }, settled: 0, raised: 0 }
}

interface MatchedOrder {
  readonly facts: readonly GatewayFact[]
  readonly booked: BookedPayment | undefined
  readonly tally: ReturnType<typeof createTally>
}

async function matchOrder(
  deps: FactDependencies,
  of: ReportOfDay,
  { facts, booked, tally }: MatchedOrder,
): Promise<void> {
  const cancelsTold = facts
    .filter(({ kind }) => kind === 'cancel')
    .map(({ amountWon }) => amountWon)
  const areCancelsKnown = booked !== undefined && isCovered(cancelsTold, booked.cancelled)
  for (const fact of facts) {
    const isKnown = fact.kind === 'approval' ? isBooked(fact, booked) : areCancelsKnown
    if (isKnown && booked !== undefined) {
      tally.known[fact.kind === 'approval' ? booked.method : 'cancel'] += 1
      continue
    }
    const told: ToldFact = {
      ...fact,
      approvalNumber: null,
      issuer: null,
      record: { report: of.day },
    }
    const source = { name: 'daily_file', words: `daily file of ${of.day}`, cancelsTold } as const
    const applied = await applyFact(deps, of.channel, told, source)
    if (applied === 'settled') tally.settled += 1
    if (applied === 'raised') tally.raised += 1
    // Judged anew when its lease has lapsed. Cancels are counted by what notifications told, so not from here.
    if (applied === 'waits' && fact.kind === 'approval') {
      await keepFact(deps.db, of.channel, told, deps.clock.now())
    }
  }
}

function isBooked(fact: GatewayFact, booked: BookedPayment | undefined): boolean {
  return (
    (booked?.state === 'paid' || booked?.state === 'cancelled') &&
    booked.pgTid === fact.transactionId &&
    booked.amountWon === fact.amountWon
  )
}

/** Every amount of the one list has its like in the other. */
function isCovered(told: readonly number[], booked: readonly number[]): boolean {
  const left = [...booked]
  return told.every((amountWon) => {
    const at = left.indexOf(amountWon)
    if (at === -1) return false
    left.splice(at, 1)
    return true
  })
}

async function findMissing(
  { db }: FactDependencies,
  { channel, day, coversUntilMs }: ReportOfDay,
  byOrder: ReadonlyMap<string, readonly GatewayFact[]>,
): Promise<BookedLine[]> {
  const bounds = boundsOfKoreanDay(day)
  // Near midnight the gateway may have booked it on the other day.
  const toMs = Math.min(bounds.toMs - dayMarginAfterMs, coversUntilMs)
  const lacks = (kind: GatewayFact['kind']) => (line: BookedLine) =>
    !(byOrder.get(line.impUid)?.some((fact) => fact.kind === kind) ?? false)
  const missing: BookedLine[] = []
  let from = { fromMs: bounds.fromMs + dayMarginBeforeMs, afterImpUid: '' }
  for (;;) {
    const page = await pageOfBooked(db, channel, { ...from, toMs }, batch)
    missing.push(...page.filter(lacks('approval')))
    const last = page.at(-1)
    if (last === undefined || page.length < batch) break
    from = { fromMs: last.startedAtMs, afterImpUid: last.impUid }
  }
  const cancels = await listBookedCancels(db, channel, {
    fromMs: bounds.fromMs + dayMarginBeforeMs,
    toMs,
  })
  return [...missing, ...cancels.filter(lacks('cancel'))]
}

function count(lines: readonly BookedLine[]): Record<ReportLine, number> {
  const counts = { key_in: 0, billing_key: 0, cancel: 0 }
  for (const { line } of lines) counts[line] += 1
  return counts
}

function raiseMissing(
  { db, clock }: FactDependencies,
  { channel, day }: ReportOfDay,
  { impUid, amountWon, transactionId }: BookedLine,
): Promise<boolean> {
  const detail = `we say paid, and the file of ${day} does not have it`
  const found = {
    impUid,
    orderNumber: impUid,
    transactionId,
    amountWon,
    detail,
    kind: 'missing_at_gateway',
  } as const
  return raiseDiscrepancy(
    db,
    channel.merchantId,
    { ...found, channelKey: channel.channelKey },
    clock.now(),
  )
}
