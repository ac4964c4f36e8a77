// Values that only the database knows, read once per interval and process, never per scrape. One connection at most,
// each statement under a time limit; what could not be read for three intervals is not shown any more, since an old 0
// would look like all is well.

import type { Database, Transaction } from '../db/database.ts'
import { countLapsed } from '../payments/lapsed-counts.store.ts'
import type { Clock } from '../primitives/clock.ts'
import type { DiscrepancyKind } from '../reconciliation/judge-fact.ts'
import {
  countOpenDiscrepancies,
  countUnknowns,
  countWaitingFacts,
  readReportsState,
} from '../reconciliation/evidence-counts.store.ts'
import { readScheduleBacklog } from '../schedules/queue.store.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { readWebhookBacklog } from '../webhooks/webhook-backlog.store.ts'
import { type MetricName, sharedMetrics } from './metric-list.ts'

export interface CollectorDependencies {
  readonly db: Database
  readonly clock: Clock
  readonly metrics: Metrics<MetricName>
  readonly everyMs: number
}

/** Beyond it a count tells an operator nothing more. */
const countMax = 100_000
const statementTimeoutMs = 2_000
const staleAfterIntervals = 3

/** To be called once per interval. Rejects when the values could not be read. */
export function createBacklogCollector(deps: CollectorDependencies): () => Promise<void> {
  const { db, clock, metrics, everyMs } = deps
  let readAtMs: number | null = null
  metrics.beforeScrape(() => {
    if (readAtMs === null) return
    const ageMs = Math.max(0, clock.now() - readAtMs)
    metrics.set('billkey_backlog_age_seconds', ageMs / 1000)
    if (ageMs > staleAfterIntervals * everyMs + statementTimeoutMs) forget(metrics)
  })
  return async () => {
    try {
      await db.transaction((tx) => collect(deps, tx), { statementTimeoutMs })
      readAtMs = clock.now()
    } catch (error) {
      metrics.count('billkey_backlog_failures_total')
      throw error
    }
  }
}

function forget(metrics: Metrics<MetricName>): void {
  for (const name of sharedMetrics) metrics.clear(name)
}

async function collect({ clock, metrics }: CollectorDependencies, tx: Transaction): Promise<void> {
  const nowMs = clock.now()
  const ageOf = (sinceMs: number | null) =>
    sinceMs === null ? 0 : Math.max(0, nowMs - sinceMs) / 1000
  for (const { what, count, oldestStartedAtMs } of await countUnknowns(tx, countMax)) {
    metrics.set('billkey_unknown', count, { what })
    metrics.set('billkey_unknown_oldest_age_seconds', ageOf(oldestStartedAtMs), { what })
  }
  const lapsed = await countLapsed(tx, nowMs, countMax)
  metrics.set('billkey_sending_lapsed', lapsed.payments, { what: 'payment' })
  metrics.set('billkey_sending_lapsed', lapsed.cancels, { what: 'cancel' })
  const schedules = await readScheduleBacklog(tx, nowMs, countMax)
  metrics.set('billkey_schedules_due', schedules.due)
  metrics.set('billkey_schedules_oldest_due_age_seconds', ageOf(schedules.oldestDueAtMs))
  metrics.set('billkey_schedules_executing', schedules.executing)
  const webhooks = await readWebhookBacklog(tx, nowMs, countMax)
  metrics.set('billkey_webhooks_pending', webhooks.pending)
  metrics.set('billkey_webhooks_due', webhooks.due)
  metrics.set('billkey_webhooks_oldest_due_age_seconds', ageOf(webhooks.oldestDueAtMs))
  metrics.set('billkey_webhooks_held', webhooks.held)
  metrics.set('billkey_webhook_endpoints_paused', webhooks.pausedEndpoints)
  await collectEvidence(metrics, tx, ageOf)
}

async function collectEvidence(
  metrics: Metrics<MetricName>,
  tx: Transaction,
  ageOf: (sinceMs: number | null) => number,
): Promise<void> {
  const open = new Map(
    (await countOpenDiscrepancies(tx, countMax)).map(({ kind, count }) => [kind, count]),
  )
  for (const kind of discrepancyKinds) {
    metrics.set('billkey_discrepancies_open', open.get(kind) ?? 0, { kind })
  }
  metrics.set('billkey_facts_waiting', await countWaitingFacts(tx, countMax))
  const reports = await readReportsState(tx)
  metrics.set('billkey_daily_file_channels', reports.channels, { state: 'total' })
  metrics.set('billkey_daily_file_channels', reports.failing, { state: 'failing' })
  metrics.set('billkey_daily_file_channels', reports.neverFetched, { state: 'never' })
  metrics.set('billkey_daily_file_oldest_age_seconds', ageOf(reports.oldestFetchedAtMs))
}

const kindsPresent: Readonly<Record<DiscrepancyKind, true>> = {
  late_approval: true,
  charged_twice: true,
  foreign_charge: true,
  foreign_cancel: true,
  amount_differs: true,
  missing_at_gateway: true,
}
const discrepancyKinds = Object.keys(kindsPresent) as DiscrepancyKind[]
