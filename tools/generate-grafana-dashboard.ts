// docs/operate/grafana-dashboard.json: rows of panels, each with the queries it draws. Written by a program because
// Grafana wants the place and the wiring of every panel spelt out.

import type { MetricName } from '../src/monitoring/metric-list.ts'
import { writeDocument } from './generated-document.ts'

type Unit = 'short' | 's' | 'reqps' | 'bytes' | 'percentunit'

interface Panel {
  readonly title: string
  readonly unit: Unit
  readonly kind?: 'timeseries' | 'stat'
  /** Red from here on, for a stat. */
  readonly redFrom?: number
  readonly queries: readonly { readonly expr: string; readonly legend: string }[]
}

// A misspelt metric does not compile.
const of = (name: MetricName, labels = '') =>
  `${name}{job="$job"${labels === '' ? '' : `,${labels}`}}`
const bucket = (name: MetricName, labels = '') => of(name, labels).replace(name, `${name}_bucket`)
const perSecond = (series: string, by: string) => `sum by (${by}) (rate(${series}[5m]))`
const quantile = (share: number, name: MetricName, by = '') =>
  `histogram_quantile(${share}, sum by (le${by === '' ? '' : `, ${by}`}) (rate(${bucket(name)}[5m])))`

const stat = (title: string, unit: Unit, expr: string, redFrom = 1): Panel => ({
  title,
  unit,
  kind: 'stat',
  redFrom,
  queries: [{ expr, legend: '' }],
})
const graph = (title: string, unit: Unit, ...queries: Panel['queries']): Panel => ({
  title,
  unit,
  queries,
})

const rows: readonly { readonly title: string; readonly panels: readonly Panel[] }[] = [
  {
    title: 'At a glance',
    panels: [
      stat('Unknown payments', 'short', `max(${of('billkey_unknown', 'what="payment"')})`),
      stat('Unknown cancels', 'short', `max(${of('billkey_unknown', 'what="cancel"')})`),
      stat(
        'Open discrepancies',
        'short',
        `sum(max by (kind) (${of('billkey_discrepancies_open')}))`,
      ),
      stat(
        'Oldest due schedule',
        's',
        `max(${of('billkey_schedules_oldest_due_age_seconds')})`,
        60,
      ),
      stat('Oldest due webhook', 's', `max(${of('billkey_webhooks_oldest_due_age_seconds')})`, 60),
      stat('Gateways down', 'short', `max(${of('billkey_gateway_breakers_open')})`),
    ],
  },
  {
    title: 'Money',
    panels: [
      graph('Payments by outcome', 'reqps', {
        expr: perSecond(of('billkey_payments_total'), 'outcome'),
        legend: '{{outcome}}',
      }),
      graph('Cancels by outcome', 'reqps', {
        expr: perSecond(of('billkey_cancels_total'), 'outcome'),
        legend: '{{outcome}}',
      }),
      graph('Age of the oldest unknown', 's', {
        expr: `max by (what) (${of('billkey_unknown_oldest_age_seconds')})`,
        legend: '{{what}}',
      }),
    ],
  },
  {
    title: 'PAYJOA',
    panels: [
      graph(
        'Time of its steps',
        's',
        {
          expr: quantile(0.5, 'billkey_gateway_step_duration_seconds', 'step'),
          legend: '{{step}} half',
        },
        {
          expr: quantile(0.99, 'billkey_gateway_step_duration_seconds', 'step'),
          legend: '{{step}} 99 %',
        },
      ),
      graph('What it says', 'reqps', {
        expr: `topk(10, ${perSecond(of('billkey_gateway_results_total'), 'outcome, code')})`,
        legend: '{{outcome}} {{code}}',
      }),
      graph('Waiting for a turn', 's', {
        expr: quantile(0.99, 'billkey_rate_wait_seconds', 'urgency'),
        legend: '{{urgency}} 99 %',
      }),
    ],
  },
  {
    title: 'Schedules and webhooks',
    panels: [
      graph(
        'Schedules',
        'short',
        { expr: `max(${of('billkey_schedules_due')})`, legend: 'due' },
        { expr: `max(${of('billkey_schedules_executing')})`, legend: 'executing' },
      ),
      graph(
        'Webhooks waiting',
        'short',
        { expr: `max(${of('billkey_webhooks_pending')})`, legend: 'pending' },
        { expr: `max(${of('billkey_webhooks_due')})`, legend: 'due' },
        { expr: `max(${of('billkey_webhooks_held')})`, legend: 'held' },
      ),
      graph('Webhook attempts', 'reqps', {
        expr: perSecond(of('billkey_webhook_attempts_total'), 'status, became'),
        legend: '{{status}} {{became}}',
      }),
    ],
  },
  {
    title: 'Evidence',
    panels: [
      graph('Notifications', 'reqps', {
        expr: perSecond(of('billkey_notifications_total'), 'verdict'),
        legend: '{{verdict}}',
      }),
      graph('Discrepancies', 'short', {
        expr: `max by (kind) (${of('billkey_discrepancies_open')})`,
        legend: '{{kind}}',
      }),
      graph('Channels with daily files', 'short', {
        expr: `max by (state) (${of('billkey_daily_file_channels')})`,
        legend: '{{state}}',
      }),
    ],
  },
  {
    title: 'API',
    panels: [
      graph('Requests', 'reqps', {
        expr: perSecond(of('billkey_http_requests_total'), 'status'),
        legend: '{{status}}',
      }),
      graph('Time to answer', 's', {
        expr: quantile(0.99, 'billkey_http_request_duration_seconds', 'route'),
        legend: '{{route}} 99 %',
      }),
      graph('Charges in flight', 'short', {
        expr: of('billkey_charges_in_flight'),
        legend: '{{instance}}',
      }),
    ],
  },
  {
    title: 'Processes',
    panels: [
      graph(
        'Database',
        's',
        { expr: quantile(0.99, 'billkey_db_statement_duration_seconds'), legend: 'statement 99 %' },
        {
          expr: `max(${of('billkey_db_pool_longest_wait_seconds')})`,
          legend: 'wait for a connection',
        },
      ),
      graph('Statements that failed', 'reqps', {
        expr: perSecond(of('billkey_db_statement_errors_total'), 'class'),
        legend: '{{class}}',
      }),
      graph('Since the last good round', 's', {
        expr: `max by (worker) (${of('billkey_worker_last_good_age_seconds')})`,
        legend: '{{worker}}',
      }),
      graph('Memory', 'bytes', {
        expr: of('process_resident_memory_bytes'),
        legend: '{{instance}}',
      }),
      graph('Processor', 'percentunit', {
        expr: `rate(${of('process_cpu_seconds_total')}[5m])`,
        legend: '{{instance}}',
      }),
      graph("Clock off the database's", 's', {
        expr: `abs(${of('billkey_clock_ahead_seconds')})`,
        legend: '{{instance}}',
      }),
      graph('Event loop held up', 's', {
        expr: of('nodejs_eventloop_lag_max_seconds'),
        legend: '{{instance}}',
      }),
    ],
  },
]

const datasource = { type: 'prometheus', uid: '${datasource}' }
const columns = 24

function render(): string {
  const panels: object[] = []
  let y = 0
  const add = (panel: object) => panels.push({ id: panels.length + 1, ...panel })
  for (const row of rows) {
    add({
      type: 'row',
      title: row.title,
      collapsed: false,
      panels: [],
      gridPos: place(y, 0, columns, 1),
    })
    y += 1
    const width = columns / (row.panels[0]?.kind === 'stat' ? 6 : 3)
    const height = row.panels[0]?.kind === 'stat' ? 4 : 8
    for (const [at, panel] of row.panels.entries()) {
      const perLine = columns / width
      const top = y + Math.floor(at / perLine) * height
      add(panelOf(panel, place(top, (at % perLine) * width, width, height)))
    }
    y += Math.ceil((row.panels.length * width) / columns) * height
  }
  return `${JSON.stringify(dashboardOf(panels), null, 2)}\n`
}

function place(y: number, x: number, w: number, h: number) {
  return { h, w, x, y }
}

function panelOf({ title, unit, kind = 'timeseries', redFrom, queries }: Panel, gridPos: object) {
  const steps = [
    { color: 'green', value: null },
    ...(redFrom === undefined ? [] : [{ color: 'red', value: redFrom }]),
  ]
  return {
    type: kind,
    title,
    datasource,
    gridPos,
    fieldConfig: {
      defaults: { unit, min: 0, thresholds: { mode: 'absolute', steps } },
      overrides: [],
    },
    options:
      kind === 'stat' ? { colorMode: 'background', reduceOptions: { calcs: ['lastNotNull'] } } : {},
    targets: queries.map(({ expr, legend }, at) => ({
      refId: String.fromCharCode(65 + at),
      datasource,
      expr,
      legendFormat: legend,
    })),
  }
}

function dashboardOf(panels: readonly object[]) {
  const variable = { hide: 0, multi: false, includeAll: false }
  return {
    uid: 'billkey',
    title: 'billkey',
    description:
      'Meanings: docs/operate/metrics.md. Written by tools/generate-grafana-dashboard.ts.',
    tags: ['billkey'],
    editable: true,
    schemaVersion: 39,
    version: 1,
    refresh: '30s',
    timezone: 'browser',
    time: { from: 'now-6h', to: 'now' },
    templating: {
      list: [
        {
          ...variable,
          name: 'datasource',
          label: 'Data source',
          type: 'datasource',
          query: 'prometheus',
        },
        {
          ...variable,
          name: 'job',
          label: 'Job',
          type: 'query',
          datasource,
          query: 'label_values(billkey_build_info, job)',
          refresh: 1,
        },
      ],
    },
    annotations: { list: [] },
    links: [],
    panels,
  }
}

await writeDocument('docs/operate/grafana-dashboard.json', render())
