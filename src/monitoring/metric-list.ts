// Everything that is measured, once, with its meaning; docs/operate/metrics.md is written from this list. Labels take
// few values that are known beforehand. Merchants are none of them: an installation may have thousands, each would
// multiply every series, and who pays whom is nobody's business who may read a graph.

import type { MetricDefinition } from '../telemetry/metrics.ts'
import { metricsOfProcess, metricsOfRequests } from './process-metric-list.ts'

const none: readonly string[] = []
const secondsOfCalls = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60]

const ofPayments = [
  {
    name: 'billkey_payments_total',
    kind: 'counter',
    labels: ['method', 'origin', 'outcome'],
    meaning:
      'Attempts to take money that ended here. `method`: key_in, billing_key. `origin`: api, schedule, card_check. `outcome`: approved, declined, unsent, unknown.',
    normal: 'unknown stays 0 for hours; unsent is rare.',
  },
  {
    name: 'billkey_cancels_total',
    kind: 'counter',
    labels: ['outcome'],
    meaning: 'Attempts to give money back that ended here, by outcome as above.',
    normal: 'unknown stays 0.',
  },
  {
    name: 'billkey_charges_in_flight',
    kind: 'gauge',
    labels: none,
    meaning: 'Charges and cancels of this process whose end is not recorded yet.',
    normal: 'Falls to 0 when nobody pays; a stop waits for it.',
  },
  {
    name: 'billkey_settlement_waits_total',
    kind: 'counter',
    labels: none,
    meaning: 'An outcome could not be written at once and was tried again.',
    normal: '0, but while the database fails over.',
  },
  {
    name: 'billkey_leases_lapsed_total',
    kind: 'counter',
    labels: ['what'],
    meaning: 'Payments and cancels (`what`) whose sender died and that this worker ended.',
    normal: '0. Each was a kill, or a process without time to stop.',
  },
  {
    name: 'billkey_merchants_held',
    kind: 'gauge',
    labels: none,
    meaning:
      'Merchants whose rows came out of a backup and for whom no money moves before they are released.',
    normal: '0.',
  },
  {
    name: 'billkey_unknown',
    kind: 'gauge',
    labels: ['what'],
    meaning: 'Payments and cancels (`what`) of which nobody knows whether they happened.',
    normal: '0.',
  },
  {
    name: 'billkey_unknown_oldest_age_seconds',
    kind: 'gauge',
    labels: ['what'],
    meaning: 'Since when the oldest of them was begun; 0: there is none.',
    normal: 'Evidence ends most within three hours.',
  },
  {
    name: 'billkey_sending_lapsed',
    kind: 'gauge',
    labels: ['what'],
    meaning: 'Payments and cancels whose lease has lapsed and that no worker has ended yet.',
    normal: '0 within seconds, or no worker runs.',
  },
] as const

const ofGateway = [
  {
    name: 'billkey_gateway_step_duration_seconds',
    kind: 'histogram',
    labels: ['call', 'step', 'outcome'],
    buckets: secondsOfCalls,
    meaning:
      'A request to PAYJOA and its answer. `call`: issue, charge_card, charge_billing_key, cancel, report. `step`: ready, execute; of a report: report. `outcome` is that of the whole call.',
    normal: 'ready well under a second, execute one to three.',
  },
  {
    name: 'billkey_gateway_results_total',
    kind: 'counter',
    labels: ['call', 'outcome', 'code'],
    meaning:
      "Calls by what PAYJOA said: its RESULTCODE, or our word for why there is none (timeout, connect, gateway_down …). At most 100 different codes; later ones are `other`. The file's failures are `unavailable`.",
    normal: '0000 for most. A new code that rises is news.',
  },
  {
    name: 'billkey_gateway_breakers_open',
    kind: 'gauge',
    labels: none,
    meaning: 'Channels on which nothing is sent, because PAYJOA has stopped to answer.',
    normal: '0.',
  },
  {
    name: 'billkey_gateway_breaker_open',
    kind: 'gauge',
    labels: ['channel'],
    meaning: 'The same by channel key: 1 while open, no series otherwise; the first 50.',
    normal: 'No series.',
  },
  {
    name: 'billkey_rate_wait_seconds',
    kind: 'histogram',
    labels: ['urgency', 'result'],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    meaning:
      'How long a call waited for its turn under the cap of its contract. `urgency`: interactive, scheduled. `result`: passed, refused.',
    normal: 'interactive under a second, none refused.',
  },
  {
    name: 'billkey_rate_waiting',
    kind: 'gauge',
    labels: ['urgency'],
    meaning: 'Calls of this process that wait for their turn.',
    normal: 'A few while schedules are due.',
  },
] as const

const ofSchedules = [
  {
    name: 'billkey_schedule_attempts_total',
    kind: 'counter',
    labels: ['result'],
    meaning:
      'Attempts of the worker: executed, not_claimed (another had it), database_away (tried again), broken (an error of ours; tried again).',
    normal: 'broken stays 0.',
  },
  {
    name: 'billkey_schedule_lateness_seconds',
    kind: 'histogram',
    labels: none,
    buckets: [0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 900, 3600],
    meaning: 'From when a schedule was due to when its attempt began.',
    normal: 'Under 0.05 where no cap holds it up.',
  },
  {
    name: 'billkey_schedules_due',
    kind: 'gauge',
    labels: none,
    meaning: 'Schedules that are due and not begun; counted up to 100000.',
    normal: 'Near 0; after a rush it falls by the caps.',
  },
  {
    name: 'billkey_schedules_oldest_due_age_seconds',
    kind: 'gauge',
    labels: none,
    meaning: 'How long the oldest of them has been due; 0: there is none.',
    normal: 'Under a second, or what the cap makes of a rush.',
  },
  {
    name: 'billkey_schedules_executing',
    kind: 'gauge',
    labels: none,
    meaning: 'Schedules whose payment is under way or unknown; counted up to 100000.',
    normal: 'As many as are being charged.',
  },
] as const

const ofWebhooks = [
  {
    name: 'billkey_webhook_attempts_total',
    kind: 'counter',
    labels: ['status', 'became'],
    meaning:
      'Deliveries tried, by class of status (2xx … 5xx, none: no answer) and by what the event became: delivered, pending (again later), held, given_up, interrupted (we stopped).',
    normal: 'Nearly all 2xx, delivered.',
  },
  {
    name: 'billkey_webhook_attempt_duration_seconds',
    kind: 'histogram',
    labels: none,
    buckets: secondsOfCalls,
    meaning: 'How long a delivery took.',
    normal: 'What the merchants’ servers take.',
  },
  {
    name: 'billkey_webhooks_pending',
    kind: 'gauge',
    labels: none,
    meaning: 'Events that are to be delivered, now or later; counted up to 100000.',
    normal: 'Those that wait for their next try.',
  },
  {
    name: 'billkey_webhooks_due',
    kind: 'gauge',
    labels: none,
    meaning: 'Of these, those that could be sent now and are not; counted up to 100000.',
    normal: 'Near 0.',
  },
  {
    name: 'billkey_webhooks_oldest_due_age_seconds',
    kind: 'gauge',
    labels: none,
    meaning: 'How long the oldest of them has been due; 0: there is none.',
    normal: 'Under a few seconds.',
  },
  {
    name: 'billkey_webhooks_held',
    kind: 'gauge',
    labels: none,
    meaning: 'Events that wait for a paused endpoint to be resumed; counted up to 100000.',
    normal: '0.',
  },
  {
    name: 'billkey_webhook_endpoints_paused',
    kind: 'gauge',
    labels: none,
    meaning: 'Endpoints that are paused, because they failed for days or answered 410.',
    normal: '0.',
  },
  {
    name: 'billkey_webhook_pauses_total',
    kind: 'counter',
    labels: ['reason'],
    meaning: 'Endpoints that this worker paused: failing, gone.',
    normal: '0.',
  },
] as const

const ofEvidence = [
  {
    name: 'billkey_notifications_total',
    kind: 'counter',
    labels: ['verdict'],
    meaning:
      'Notifications that arrived: known, settled (ended something unknown), waits (judged later), raised (a discrepancy); refused: foreign_address, foreign_contract, unreadable, unknown_channel; broken_off (not acknowledged, comes again).',
    normal: 'One known for each approval and cancel. None at all: PAYJOA does not send them.',
  },
  {
    name: 'billkey_evidence_settled_total',
    kind: 'counter',
    labels: ['what', 'happened', 'source'],
    meaning:
      'Unknown payments and cancels that evidence ended here: `happened` true or false, `source` notification or daily_file.',
    normal: 'Follows what became unknown.',
  },
  {
    name: 'billkey_discrepancies_open',
    kind: 'gauge',
    labels: ['kind'],
    meaning: 'Money that moved in a way our books cannot explain, until an operator resolves it.',
    normal: '0 of every kind.',
  },
  {
    name: 'billkey_facts_waiting',
    kind: 'gauge',
    labels: none,
    meaning:
      'Facts PAYJOA told of while their payment was being sent, to be judged again; counted up to 100000.',
    normal: '0 within seconds.',
  },
  {
    name: 'billkey_daily_files_total',
    kind: 'counter',
    labels: ['result'],
    meaning: 'Daily files asked for: fetched, failed.',
    normal: 'failed stays 0.',
  },
  {
    name: 'billkey_daily_file_channels',
    kind: 'gauge',
    labels: ['state'],
    meaning:
      'Channels that have daily files: all of them (`total`), those whose last try failed (`failing`), and those that never gave one (`never`).',
    normal: 'failing and never are 0.',
  },
  {
    name: 'billkey_daily_file_oldest_age_seconds',
    kind: 'gauge',
    labels: none,
    meaning: 'Since when the channel that is furthest behind has had its newest file; 0: no files.',
    normal: 'Under 36 hours: yesterday’s is always fetched.',
  },
] as const

export const metricList = [
  ...metricsOfRequests,
  ...ofPayments,
  ...ofGateway,
  ...ofSchedules,
  ...ofWebhooks,
  ...ofEvidence,
  ...metricsOfProcess,
] as const satisfies readonly MetricDefinition[]

export type MetricName = (typeof metricList)[number]['name']

/** Read from the database by every process: the same value from each, so take the greatest and never the sum. */
export const sharedMetrics = [
  'billkey_unknown',
  'billkey_unknown_oldest_age_seconds',
  'billkey_sending_lapsed',
  'billkey_schedules_due',
  'billkey_schedules_oldest_due_age_seconds',
  'billkey_schedules_executing',
  'billkey_webhooks_pending',
  'billkey_webhooks_due',
  'billkey_webhooks_oldest_due_age_seconds',
  'billkey_webhooks_held',
  'billkey_webhook_endpoints_paused',
  'billkey_discrepancies_open',
  'billkey_facts_waiting',
  'billkey_daily_file_channels',
  'billkey_daily_file_oldest_age_seconds',
] as const satisfies readonly MetricName[]
