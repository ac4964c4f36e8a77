// What the features report, turned into series. Each port is the feature's own; here they meet.

import { pgErrorCode } from '../db/pg-errors.ts'
import type { StatementObserver } from '../db/database.ts'
import type { HttpObserver } from '../http/server.ts'
import type { ChargeObserver } from '../payments/charge.ts'
import type { RateObserver } from '../rate/rate-gates.ts'
import type { EvidenceObserver } from '../reconciliation/apply-fact.ts'
import type { NotificationVerdict } from '../reconciliation/receive-notification.ts'
import type { ScheduleObserver } from '../schedules/run-due-schedules.ts'
import { beginSpan } from '../telemetry/activity.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { WebhookObserver } from '../webhooks/deliver-webhook.ts'
import type { MetricName } from './metric-list.ts'

export interface Observer
  extends
    HttpObserver,
    RateObserver,
    ChargeObserver,
    ScheduleObserver,
    WebhookObserver,
    EvidenceObserver {
  notificationAnswered(verdict: NotificationVerdict): void
}

export function createObserver(metrics: Metrics<MetricName>): Observer {
  beginAtZero(metrics)
  return { ...observeRequests(metrics), ...observeMoney(metrics), ...observeTelling(metrics) }
}

// A series that begins with its first event hides that event from `increase`; those that alarm somebody begin at 0.
function beginAtZero(metrics: Metrics<MetricName>): void {
  const zero = (name: MetricName, label: string, values: readonly string[]) => {
    for (const value of values) metrics.count(name, { [label]: value }, 0)
  }
  zero('billkey_cancels_total', 'outcome', ['approved', 'declined', 'unsent', 'unknown'])
  zero('billkey_schedule_attempts_total', 'result', ['executed', 'not_claimed', 'broken'])
  zero('billkey_leases_lapsed_total', 'what', ['payment', 'cancel'])
  zero('billkey_daily_files_total', 'result', ['fetched', 'failed'])
  zero('billkey_webhook_pauses_total', 'reason', ['failing', 'gone'])
  for (const method of ['key_in', 'billing_key']) {
    for (const outcome of ['approved', 'declined', 'unsent', 'unknown']) {
      metrics.count('billkey_payments_total', { method, origin: 'api', outcome }, 0)
    }
  }
}

function observeRequests(metrics: Metrics<MetricName>): HttpObserver & RateObserver {
  let inFlight = 0
  const waiting = { interactive: 0, scheduled: 0 }
  metrics.beforeScrape(() => {
    metrics.set('billkey_http_requests_in_flight', inFlight)
    for (const [urgency, count] of Object.entries(waiting)) {
      metrics.set('billkey_rate_waiting', count, { urgency })
    }
  })
  return {
    requestBegun() {
      inFlight += 1
    },
    requestEnded({ method, route, status, ms }) {
      inFlight -= 1
      metrics.count('billkey_http_requests_total', { method, route, status })
      metrics.observe('billkey_http_request_duration_seconds', ms / 1000, { method, route })
    },
    turnAsked(urgency) {
      waiting[urgency] += 1
    },
    turnEnded({ urgency, passed, waitedMs }) {
      waiting[urgency] -= 1
      const result = passed ? 'passed' : 'refused'
      metrics.observe('billkey_rate_wait_seconds', waitedMs / 1000, { urgency, result })
    },
  }
}

function observeMoney(metrics: Metrics<MetricName>): ChargeObserver & ScheduleObserver {
  return {
    chargeEnded({ method, origin, outcome }) {
      metrics.count('billkey_payments_total', { method, origin, outcome })
    },
    cancelEnded(outcome) {
      metrics.count('billkey_cancels_total', { outcome })
    },
    settlementWaits() {
      metrics.count('billkey_settlement_waits_total')
    },
    scheduleAttempted({ result, latenessMs }) {
      metrics.count('billkey_schedule_attempts_total', { result })
      if (result !== 'executed') return
      metrics.observe('billkey_schedule_lateness_seconds', Math.max(0, latenessMs) / 1000)
    },
  }
}

function observeTelling(
  metrics: Metrics<MetricName>,
): WebhookObserver & Pick<Observer, 'evidenceSettled' | 'notificationAnswered'> {
  return {
    webhookAttempted({ status, became, ms }) {
      metrics.count('billkey_webhook_attempts_total', { status: classOf(status), became })
      metrics.observe('billkey_webhook_attempt_duration_seconds', Math.max(0, ms) / 1000)
    },
    endpointPaused(reason) {
      metrics.count('billkey_webhook_pauses_total', { reason })
    },
    evidenceSettled({ what, happened, source }) {
      const labels = { what, happened: String(happened), source }
      metrics.count('billkey_evidence_settled_total', labels)
    },
    notificationAnswered(verdict) {
      metrics.count('billkey_notifications_total', { verdict })
    },
  }
}

/** A receiver may answer any number that fits three digits. */
function classOf(status: number | null): string {
  const hundreds = status === null ? 0 : Math.floor(status / 100)
  return hundreds >= 1 && hundreds <= 5 ? `${hundreds}xx` : 'none'
}

/** Times statements and makes each a span; what they are called is in the span only, there are hundreds. */
export function observeStatements(metrics: Metrics<MetricName>): StatementObserver {
  return {
    begin(name) {
      const startedMs = performance.now()
      const endSpan = beginSpan(name ?? 'statement')
      return (error) => {
        const seconds = (performance.now() - startedMs) / 1000
        metrics.observe('billkey_db_statement_duration_seconds', seconds)
        if (error !== undefined) {
          const kind = pgErrorCode(error)?.slice(0, 2) ?? 'lost'
          metrics.count('billkey_db_statement_errors_total', { class: kind })
        }
        endSpan(error)
      }
    },
  }
}
