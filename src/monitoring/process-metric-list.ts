// What is measured of one process, whatever it does. The rest of the list is in metric-list.ts.

import type { MetricDefinition } from '../telemetry/metrics.ts'

const none: readonly string[] = []
const secondsOfRequests = [0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25]
const secondsOfStatements = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10]

export const metricsOfRequests = [
  {
    name: 'billkey_http_requests_total',
    kind: 'counter',
    labels: ['method', 'route', 'status'],
    meaning: 'Requests answered, by pattern of route; `none` is a path that there is not.',
    normal: 'Few 5xx. 401 rises when a client does not renew its token.',
  },
  {
    name: 'billkey_http_request_duration_seconds',
    kind: 'histogram',
    labels: ['method', 'route'],
    buckets: secondsOfRequests,
    meaning: 'From the head of a request to the end of its answer.',
    normal: 'Charges take what PAYJOA takes; all answers leave within BILLKEY_ANSWER_WITHIN_MS.',
  },
  {
    name: 'billkey_http_requests_in_flight',
    kind: 'gauge',
    labels: none,
    meaning: 'Requests that have come and are not answered.',
    normal: 'Requests per second times their duration.',
  },
] as const satisfies readonly MetricDefinition[]

const ofBillkey = [
  {
    name: 'billkey_db_pool_connections',
    kind: 'gauge',
    labels: ['state'],
    meaning: 'Connections of this process: max, open, idle.',
    normal: 'idle above 0 most of the time.',
  },
  {
    name: 'billkey_db_pool_waiting',
    kind: 'gauge',
    labels: none,
    meaning: 'Statements and transactions that wait for a connection.',
    normal: '0, or briefly a few.',
  },
  {
    name: 'billkey_db_pool_longest_wait_seconds',
    kind: 'gauge',
    labels: none,
    meaning: 'How long the one that waits longest has waited.',
    normal: '0, or milliseconds.',
  },
  {
    name: 'billkey_db_statement_duration_seconds',
    kind: 'histogram',
    labels: none,
    buckets: secondsOfStatements,
    meaning: 'A statement and its answer, without the wait for a connection.',
    normal: 'One to ten milliseconds.',
  },
  {
    name: 'billkey_db_statement_errors_total',
    kind: 'counter',
    labels: ['class'],
    meaning:
      'Statements that failed, by class of SQLSTATE (its first two characters); `lost`: no answer came.',
    normal: '23 counts refused duplicates and is harmless; 08, 57 and lost are outages.',
  },
  {
    name: 'billkey_worker_rounds_total',
    kind: 'counter',
    labels: ['worker', 'result'],
    meaning: 'Rounds of each worker of this process: good, failed.',
    normal: 'good goes on.',
  },
  {
    name: 'billkey_worker_last_good_age_seconds',
    kind: 'gauge',
    labels: ['worker'],
    meaning: 'Since the last good round.',
    normal: 'Seconds; a minute for keys.',
  },
  {
    name: 'billkey_clock_ahead_seconds',
    kind: 'gauge',
    labels: none,
    meaning:
      "How far this machine's clock is ahead of the database's, whose time is used instead; below 0: behind.",
    normal: '0, which stands for less than 0.02.',
  },
  {
    name: 'billkey_ready',
    kind: 'gauge',
    labels: ['check'],
    meaning: '1 while a check of /readyz holds, 0 while it does not.',
    normal: '1.',
  },
  {
    name: 'billkey_backlog_age_seconds',
    kind: 'gauge',
    labels: none,
    meaning:
      'Since the values that are read from the database were read. Older than three intervals they are not shown at all.',
    normal: 'Under BILLKEY_METRICS_EVERY_MS.',
  },
  {
    name: 'billkey_backlog_failures_total',
    kind: 'counter',
    labels: none,
    meaning: 'Times they could not be read.',
    normal: '0.',
  },
  {
    name: 'billkey_build_info',
    kind: 'gauge',
    labels: ['version', 'node', 'role'],
    meaning: 'Always 1; what runs here.',
    normal: 'One version, but while upgrading.',
  },
] as const

// As every other Prometheus client names them, so that dashboards made for Node find them.
const ofNode = [
  {
    name: 'process_cpu_seconds_total',
    kind: 'counter',
    labels: none,
    meaning: 'Processor time used.',
    normal: 'Rises by less than 0.8 a second.',
  },
  {
    name: 'process_resident_memory_bytes',
    kind: 'gauge',
    labels: none,
    meaning: 'Memory used.',
    normal: '100 to 300 MB, and level.',
  },
  {
    name: 'process_start_time_seconds',
    kind: 'gauge',
    labels: none,
    meaning: 'When the process started, since 1970.',
    normal: 'Changes with deployments only.',
  },
  {
    name: 'nodejs_heap_size_used_bytes',
    kind: 'gauge',
    labels: none,
    meaning: 'Heap in use.',
    normal: 'A saw-tooth that does not climb.',
  },
  {
    name: 'nodejs_eventloop_lag_max_seconds',
    kind: 'gauge',
    labels: none,
    meaning: 'The longest that the event loop was held up in the last ten to twenty seconds.',
    normal: 'Under 0.1.',
  },
] as const

export const metricsOfProcess = [
  ...ofBillkey,
  ...ofNode,
] as const satisfies readonly MetricDefinition[]
