// Where the books are held against PAYJOA and against themselves: discrepancies, daily files, the audit trail. Parse,
// call, render.

import type { Channel } from '../accounts/channel.ts'
import { listChannels } from '../accounts/channels.store.ts'
import type { AuditEvent } from '../audit/audit-chain.ts'
import { pageOfEvents } from '../audit/audit-events.store.ts'
import { verifyTrailBite } from '../audit/verify-trail.ts'
import { instant, instantOrNull, type Database } from '../db/database.ts'
import { type AnswerDependencies, answerInTime } from '../payments/answer-in-time.ts'
import { isKoreanDay, koreanDay } from '../primitives/korean-day.ts'
import type { MerchantId } from '../primitives/ids.ts'
import type { EvidenceDependencies } from '../reconciliation/collect-evidence.ts'
import {
  type Discrepancy,
  findDiscrepancy,
  pageOfDiscrepancies,
  resolveDiscrepancy,
} from '../reconciliation/discrepancies.store.ts'
import { reconcileByOperator } from '../reconciliation/reconcile-by-operator.ts'
import { type FetchedReport, listReports } from '../reconciliation/reports.store.ts'
import type { MasterKeys } from '../vault/master-key.ts'
import { reportCalls } from './channels-view.ts'
import { type ConsoleRoute, consoleRoute } from './console-call.ts'
import { signedIn } from './console-caller.ts'
import { badField, consoleRefusal, notFound, readInstant } from './console-error.ts'
import { pageOf, readCursor, readTrailCursor, readUuidCursor, writeTrailCursor } from './page.ts'
import { auditCalls, discrepancyCalls } from './settings-view.ts'

export interface BooksRoutesDependencies extends EvidenceDependencies, AnswerDependencies {
  readonly db: Database
  readonly masterKeys: MasterKeys
}

export function booksRoutes(deps: BooksRoutesDependencies): ConsoleRoute[] {
  return [...discrepancyRoutes(deps), ...reportRoutes(deps), ...auditRoutes(deps)]
}

function discrepancyRoutes({ db, clock, ids }: BooksRoutesDependencies): ConsoleRoute[] {
  const find = async (owner: MerchantId, discrepancyId: string) => {
    const found = await findDiscrepancy(db, owner, discrepancyId)
    if (found === undefined) throw notFound('discrepancy')
    return found
  }
  return [
    consoleRoute(discrepancyCalls.listDiscrepancies, async (input, caller) => {
      const { merchantId } = signedIn(caller)
      const { limit, cursor, state } = input
      const start = readUuidCursor(cursor)
      const wanted = { withResolved: state === 'all', before: start, limit: limit + 1 }
      const rows = await pageOfDiscrepancies(db, merchantId, wanted)
      return pageOf(rows, limit, {
        item: showDiscrepancy,
        start: ({ raisedAtMs, discrepancyId }) => ({ atMs: raisedAtMs, id: discrepancyId }),
      })
    }),
    consoleRoute(discrepancyCalls.getDiscrepancy, async ({ discrepancyId }, caller) =>
      showDiscrepancy(await find(signedIn(caller).merchantId, discrepancyId)),
    ),
    consoleRoute(discrepancyCalls.resolveDiscrepancy, async (input, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const { discrepancyId } = input
      await find(merchantId, discrepancyId)
      const resolution = input.resolution.trim()
      if (resolution === '') throw badField('resolution', 'too_short', 'Say what was done.')
      const said = { actor, resolution, atMs: clock.now(), eventId: ids.uuid() }
      const isResolved = await resolveDiscrepancy(db, { merchantId, discrepancyId }, said)
      if (!isResolved) {
        throw consoleRefusal('discrepancy_resolved', 'It has been resolved before.')
      }
      return showDiscrepancy(await find(merchantId, discrepancyId))
    }),
  ]
}

function showDiscrepancy({ raisedAtMs, resolvedAtMs, ...discrepancy }: Discrepancy) {
  return {
    ...discrepancy,
    raisedAt: instant(raisedAtMs),
    resolvedAt: instantOrNull(resolvedAtMs),
  }
}

function reportRoutes(deps: BooksRoutesDependencies): ConsoleRoute[] {
  return [
    consoleRoute(reportCalls.listReports, async ({ channelKey }, caller) => {
      const { merchantId } = signedIn(caller)
      const channels = await reportingChannels(deps, merchantId, channelKey)
      const reports = await Promise.all(
        channels.map(async (channel) => {
          const ofChannel = await listReports(deps.db, merchantId, channel.channelKey)
          return ofChannel.map((report) => showReport(channel, report))
        }),
      )
      const items = reports.flat().sort((a, b) => (a.day < b.day ? 1 : a.day > b.day ? -1 : 0))
      return { items, hasReportingChannel: channels.length > 0 }
    }),
    consoleRoute(reportCalls.fetchReport, async ({ day: text, channelKey }, caller) => {
      const { merchantId, actor } = signedIn(caller)
      const day = text.replaceAll('-', '')
      if (!isKoreanDay(day) || day > koreanDay(deps.clock.now())) {
        throw consoleRefusal('day_out_of_range', 'Name a day of the past, or today.')
      }
      const channels = await reportingChannels(deps, merchantId, channelKey)
      if (channels.length === 0) {
        throw consoleRefusal('report_unavailable', 'No such channel has a report password.')
      }
      const results = await Promise.all(
        channels.map(async (channel) => {
          // Slower than an answer may be: it goes on, and is seen in the list when it is done.
          const late = { kind: 'unread', failure: null } as const
          const work = reconcileByOperator(deps, channel, day, actor)
          return showFetch(channel, await answerInTime(deps, late, work))
        }),
      )
      return { results }
    }),
  ]
}

/** Disabled ones too: what is unknown there has to end. */
async function reportingChannels(
  { db }: BooksRoutesDependencies,
  owner: MerchantId,
  channelKey: string | undefined,
): Promise<Channel[]> {
  const channels = await listChannels(db, owner)
  return channels.filter(
    (channel) =>
      channel.reportPasswordSealed !== null &&
      (channelKey === undefined || channel.channelKey === channelKey),
  )
}

function stateOf({ failure, fetchedAtMs }: FetchedReport): 'fetched' | 'failed' | 'fetching' {
  if (failure !== null) return 'failed'
  return fetchedAtMs === null ? 'fetching' : 'fetched'
}

function showReport({ channelKey, name, pgId }: Channel, report: FetchedReport) {
  const { day, missing } = report
  return {
    channelKey,
    channelName: name,
    pgId,
    day: `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`,
    state: stateOf(report),
    attemptedAt: instant(report.attemptedAtMs),
    fetchedAt: instantOrNull(report.fetchedAtMs),
    failure: report.failure,
    approvals: report.approvals,
    cancels: report.cancels,
    unreadableLines: report.unreadable,
    missing: { keyIn: missing.key_in, billingKey: missing.billing_key, cancels: missing.cancel },
  }
}

function showFetch(
  { channelKey, pgId }: Channel,
  result: Awaited<ReturnType<typeof reconcileByOperator>>,
) {
  const isRead = result.kind === 'read'
  return {
    channelKey,
    pgId,
    isRead,
    failure: isRead ? null : result.failure,
    approvals: isRead ? result.approvals : 0,
    cancels: isRead ? result.cancels : 0,
    unreadableLines: isRead ? result.unreadable : 0,
    missingCount: isRead ? result.lacking : 0,
    settledCount: isRead ? result.settled : 0,
    raisedCount: isRead ? result.raised : 0,
  }
}

/** Of one request, so that each answers soon. */
const verifiedAtOnce = 10_000
const verifyingMaxMs = 3_000

function auditRoutes(deps: BooksRoutesDependencies): ConsoleRoute[] {
  return [
    consoleRoute(auditCalls.listAudit, async (input, caller) => {
      const { merchantId } = signedIn(caller)
      const { limit, cursor, from, to } = input
      const rows = await pageOfEvents(
        deps.db,
        merchantId,
        {
          actor: input.actor ?? null,
          action: input.action ?? null,
          subject: input.subject ?? null,
          sinceMs: from === undefined ? null : readInstant('from', from),
          untilMs: to === undefined ? null : readInstant('to', to),
        },
        { before: readCursor(cursor)?.atMs ?? null, limit: limit + 1 },
      )
      // The number of an event is all that a place in the trail needs.
      const start = ({ sequence }: AuditEvent) => ({ atMs: sequence, id: '' })
      return pageOf(rows, limit, { item: showEvent, start })
    }),
    consoleRoute(auditCalls.verifyAudit, async ({ cursor }, caller) => {
      const enoughAtMs = deps.clock.now() + verifyingMaxMs
      const { verdict, next, length } = await verifyTrailBite(
        deps,
        signedIn(caller).merchantId,
        readTrailCursor(cursor),
        (events) => events >= verifiedAtOnce || deps.clock.now() >= enoughAtMs,
      )
      return {
        length,
        nextCursor: next === null ? null : writeTrailCursor(next),
        isIntact: verdict.findings.length === 0,
        eventCount: verdict.events,
        signedUpTo: verdict.signedUpTo,
        findings: verdict.findings.map(({ sequence, text }) => ({ sequence, message: text })),
        headSequence: verdict.head.sequence,
        headHash: verdict.head.hash.toString('hex'),
      }
    }),
  ]
}

function showEvent(event: AuditEvent) {
  const { eventId, sequence, actor, action, subject } = event
  return {
    eventId,
    sequence,
    actor,
    action,
    subject,
    at: instant(event.recordedAtMs),
    detail: JSON.parse(event.detail) as unknown,
  }
}
