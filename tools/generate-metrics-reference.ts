// docs/operate/metrics.md, from the list of what is measured.

import { metricList, type MetricName, sharedMetrics } from '../src/monitoring/metric-list.ts'
import { writeDocument } from './generated-document.ts'
import { generatedBy, table } from './markdown.ts'

function rowsOf(names: readonly MetricName[]): string[][] {
  return metricList
    .filter(({ name }) => names.includes(name))
    .map(({ name, kind, labels, meaning, normal }) => [
      `\`${name}\``,
      labels.length === 0 ? kind : `${kind} by ${labels.join(', ')}`,
      meaning,
      normal,
    ])
}

function renderMetricsReference(): string {
  const shared: readonly MetricName[] = sharedMetrics
  const own = metricList.map(({ name }) => name).filter((name) => !shared.includes(name))
  const heading = ['metric', 'kind', 'meaning', 'normal']
  return `${generatedBy('generate-metrics-reference.ts')}

# Metrics

\`/metrics\` speaks Prometheus's text format, on processes of every role. It tells how much business is done here, so it is closed until
you open it:

| setting | then |
|---|---|
| \`BILLKEY_METRICS_PORT=9484\` | a port of its own with \`/metrics\`, \`/healthz\` and \`/readyz\`, on 127.0.0.1 or \`BILLKEY_METRICS_HOST\`. The usual choice: only the network of Prometheus reaches it |
| \`BILLKEY_METRICS_TOKEN=…\` | \`/metrics\` also stands on the port of the API, for whoever sends \`Authorization: Bearer …\`; the port of its own asks for it too |
| neither | there is no \`/metrics\`, and nothing is read from the database for it |

\`\`\`yaml
scrape_configs:
  - job_name: billkey
    scrape_interval: 15s
    static_configs:
      - targets: ['api-1:9484', 'api-2:9484', 'worker-1:9484']
\`\`\`

Beside this page: [alerts.yml](alerts.yml) with rules for Prometheus, [grafana-dashboard.json](grafana-dashboard.json) to import into
Grafana. Every metric that they name is one of this page.

## One process's own

Each process counts what it did itself. Add them up: \`sum(rate(billkey_payments_total[5m]))\`. What commands do (\`billkey payment settle\`
and others) is counted nowhere; it shows in the gauges below.

${table(heading, rowsOf(own))}

## The same from every process

These are read from the database, every \`BILLKEY_METRICS_EVERY_MS\` by each process, of all merchants, without locks and under a time limit.
Every process shows the same value, so **take the greatest, never the sum**: \`max(billkey_schedules_due)\`,
\`max by (kind) (billkey_discrepancies_open)\`. They are absent until the first reading, and again once the last is older than three
intervals: an old 0 would look like all is well. Merchants whose clock is stopped are left out of what is due.

${table(heading, rowsOf(shared))}

## Labels

No series names a merchant, a customer or an order. An installation may have thousands of merchants, and each would multiply every
series; how much one of them sells is nobody's business who may look at a graph. \`billkey queue show\`, \`billkey payment unknown\` and
\`billkey webhooks list\` tell of one merchant. The one exception are open breakers, by channel key and at most 50, since somebody has to know
which contract is down. Codes of PAYJOA are bounded to 100.
`
}

await writeDocument('docs/operate/metrics.md', renderMetricsReference())
