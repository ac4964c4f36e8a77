// Holds a day's file against our books, both ways: what it tells of is applied like any other fact, and what we say
// was paid and it lacks is counted, since that shows whether its silence means anything.

import type { Channel } from '../accounts/channel.ts'
import type { GatewayFact, TransactionReport } from '../gateways/evidence.ts'
import { boundsOfKoreanDay } from '../primitives/korean-day.ts'
import {
  applyFact,
  type FactApplied,
  type FactChannel,
  type FactDependencies,
} from './apply-fact.ts'
import { type NewDiscrepancy, raiseDiscrepancies } from './discrepancies.store.ts'
import { dayMarginsOf, possibleDays } from './evidence-rule.ts'
import { findOwnersOfOrders, keepFact, type OwnerOfOrder, type ToldFact } from './facts.store.ts'
import {
  type BookedCancel,
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
  const tally: Tally = { known: { key_in: 0, billing_key: 0, cancel: 0 }, settled: 0, raised: 0 }
  const byOrder = Map.groupBy(report.facts, ({ orderNumber }) => orderNumber)
  const orders = [...byOrder.keys()]
  for (let at = 0; at < orders.length; at += batch) {
    const some = orders.slice(at, at + batch)
    await matchOrders(deps, of, {
      facts: new Map(some.map((order) => [order, byOrder.get(order) ?? []])),
      tally,
    })
  }
  const missing = await findMissing(deps, of, byOrder)
  const raisable = of.isComplete
    ? missing.filter((line) => isRaisable(line, of.channel, tally.known))
    : []
  tally.raised += await raiseMissing(deps, of, raisable.slice(0, raisedMax))
  return {
    settled: tally.settled,
    raised: tally.raised,
    findings: {
      approvals: report.facts.filter(({ kind }) => kind === 'approval').length,
      cancels: report.facts.filter(({ kind }) => kind === 'cancel').length,
      unreadable: report.unreadableLines,
      digest: report.digest,
      known: tally.known,
      missing: count(missing),
    },
  }
}

interface Tally {
  readonly known: Record<ReportLine, number>
  settled: number
  raised: number
}

interface SomeOrders {
  readonly facts: ReadonlyMap<string, readonly GatewayFact[]>
  readonly tally: Tally
}

async function matchOrders(
  deps: FactDependencies,
  of: ReportOfDay,
  { facts, tally }: SomeOrders,
): Promise<void> {
  const { channel } = of
  const orders = [...facts.keys()]
  const booked = await findBooked(deps.db, channel.merchantId, orders, rangeOf(of))
  const strange = orders.filter((order) => !booked.has(order))
  // A contract may be shared by merchants of this installation, as the sandbox's is.
  const others = await findOwnersOfOrders(deps.db, channel, strange)
  const ownerOf = new Map(others.map((owner) => [owner.orderNumber, owner]))
  for (const [order, told] of facts) {
    const ours = booked.get(order)
    const owner = ours === undefined ? ownerOf.get(order) : channel
    if (owner !== undefined) await matchOrder(deps, of, { facts: told, booked: ours, owner, tally })
  }
  const foreign = strange.filter((order) => !ownerOf.has(order))
  const found = foreign.flatMap((order) =>
    (facts.get(order) ?? []).map((fact) => foreignOf(of, fact)),
  )
  const raised = await raiseDiscrepancies(deps.db, channel.merchantId, found, deps.clock.now())
  tally.raised += raised
  if (raised > 0)
    deps.log.warn({ raised, day: of.day }, 'a daily file has transactions that are not ours')
}

function foreignOf({ channel, day }: ReportOfDay, fact: GatewayFact): NewDiscrepancy {
  const { kind, orderNumber, transactionId, amountWon } = fact
  return {
    kind: kind === 'approval' ? 'foreign_charge' : 'foreign_cancel',
    channelKey: channel.channelKey,
    impUid: null,
    orderNumber,
    transactionId,
    amountWon,
    detail: `in the file of ${day}; no payment of ours has this order number`,
  }
}

interface MatchedOrder {
  readonly facts: readonly GatewayFact[]
  readonly booked: BookedPayment | undefined
  readonly owner: FactChannel | OwnerOfOrder
  readonly tally: Tally
}

async function matchOrder(
  deps: FactDependencies,
  { day }: ReportOfDay,
  { facts, booked, owner, tally }: MatchedOrder,
): Promise<void> {
  const amountsWon = facts.filter(({ kind }) => kind === 'cancel').map(({ amountWon }) => amountWon)
  const areCancelsKnown =
    booked !== undefined && lackingOf(amountsWon, booked.cancelledWon).length === 0
  const source = {
    name: 'daily_file',
    words: `daily file of ${day}`,
    cancelsTold: { amountsWon, day },
  } as const
  for (const fact of facts) {
    const isKnown = fact.kind === 'approval' ? isBooked(fact, booked) : areCancelsKnown
    const told: ToldFact = { ...fact, approvalNumber: null, issuer: null, record: { report: day } }
    const applied = isKnown ? 'known' : await applyFact(deps, owner, told, source)
    countApplied(tally, applied, fact.kind === 'approval' ? booked?.method : booked && 'cancel')
    if (!isKnown && isToBeKept(fact, applied)) {
      // Cancels are counted anew when the file is read again; kept, they forbid to conclude the contrary.
      const waits = fact.kind === 'approval'
      await keepFact(deps.db, owner, told, { source: 'daily_file', waits, nowMs: deps.clock.now() })
    }
  }
}

/** `line`: what a line of ours shows that the file lists; undefined for another merchant's. */
function countApplied(tally: Tally, applied: FactApplied, line: ReportLine | undefined): void {
  if (line !== undefined && (applied === 'known' || applied === 'settled')) tally.known[line] += 1
  if (applied === 'settled') tally.settled += 1
  if (applied === 'raised') tally.raised += 1
}

/** An approval that could not be judged yet, and a cancel of which we cannot say which it is. */
function isToBeKept({ kind }: GatewayFact, applied: FactApplied): boolean {
  return kind === 'approval' ? applied === 'waits' : applied !== 'settled'
}

function isBooked(fact: GatewayFact, booked: BookedPayment | undefined): boolean {
  return (
    (booked?.state === 'paid' || booked?.state === 'cancelled') &&
    booked.pgTid === fact.transactionId &&
    booked.amountWon === fact.amountWon
  )
}

/** What of the one list has no like in the other. */
function lackingOf(amountsWon: readonly number[], among: readonly number[]): number[] {
  const left = [...among]
  return amountsWon.filter((amountWon) => {
    const at = left.indexOf(amountWon)
    if (at !== -1) left.splice(at, 1)
    return at === -1
  })
}

/** In which whatever was begun can only be of this day: near midnight the gateway may have booked it on the other. */
function rangeOf({ day, channel }: Pick<ReportOfDay, 'day' | 'channel'>) {
  const { fromMs, toMs } = boundsOfKoreanDay(day)
  const { beforeMs, afterMs } = dayMarginsOf(channel)
  return { fromMs: fromMs + beforeMs, toMs: toMs - afterMs }
}

type FactsByOrder = ReadonlyMap<string, readonly GatewayFact[]>

// A cancelled approval may be listed as a cancel only, so any line of its order number shows that it is not missing.
async function findMissing(
  { db }: FactDependencies,
  { channel, day, coversUntilMs }: ReportOfDay,
  byOrder: FactsByOrder,
): Promise<(BookedLine | BookedCancel)[]> {
  const { fromMs, toMs: dayToMs } = rangeOf({ day, channel })
  const toMs = Math.min(dayToMs, coversUntilMs)
  const missing: (BookedLine | BookedCancel)[] = []
  let from = { fromMs, afterImpUid: '' }
  for (;;) {
    const page = await pageOfBooked(db, channel, { ...from, toMs }, batch)
    missing.push(...page.filter(({ impUid }) => !byOrder.has(impUid)))
    const last = page.at(-1)
    if (last === undefined || page.length < batch) break
    from = { fromMs: last.startedAtMs, afterImpUid: last.impUid }
  }
  const cancels = await listBookedCancels(db, channel, { fromMs, toMs })
  return [...missing, ...missingCancels(cancels, byOrder)]
}

function missingCancels(cancels: readonly BookedCancel[], byOrder: FactsByOrder): BookedCancel[] {
  return [...Map.groupBy(cancels, ({ impUid }) => impUid)].flatMap(([impUid, ours]) => {
    const told = (byOrder.get(impUid) ?? []).filter(({ kind }) => kind === 'cancel')
    const lacking = lackingOf(
      ours.map(({ amountWon }) => amountWon),
      told.map(({ amountWon }) => amountWon),
    )
    return lacking.flatMap((amountWon) => ours.find((one) => one.amountWon === amountWon) ?? [])
  })
}

// A file that lists none of a method at all does not list the method. And nobody has said whether a cancel of an
// earlier day's approval stands in its own day's file or in the other, so such a one counts but is not raised.
function isRaisable(
  line: BookedLine | BookedCancel,
  { sandbox }: ReportOfDay['channel'],
  known: Tally['known'],
): boolean {
  if (known[line.line] === 0) return false
  if (!('paymentStartedAtMs' in line)) return true
  const [day] = possibleDays({ startedAtMs: line.startedAtMs, sandbox })
  const others = possibleDays({ startedAtMs: line.paymentStartedAtMs, sandbox })
  return others.some((other) => other === day)
}

function count(lines: readonly BookedLine[]): Record<ReportLine, number> {
  const counts = { key_in: 0, billing_key: 0, cancel: 0 }
  for (const { line } of lines) counts[line] += 1
  return counts
}

function raiseMissing(
  { db, clock }: FactDependencies,
  { channel, day }: ReportOfDay,
  lines: readonly BookedLine[],
): Promise<number> {
  const found = lines.map(({ line, impUid, amountWon, transactionId }) => ({
    kind: 'missing_at_gateway' as const,
    channelKey: channel.channelKey,
    impUid,
    orderNumber: impUid,
    transactionId,
    amountWon,
    detail: `we say ${line === 'cancel' ? 'given back' : 'paid'}, and the file of ${day} does not have it`,
  }))
  return raiseDiscrepancies(db, channel.merchantId, found, clock.now())
}
