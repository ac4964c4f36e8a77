// What watching costs on the way of a charge, in processor time: npm exec -- node bench/metrics-cost.ts

import { metricList } from '../src/monitoring/metric-list.ts'
import { beginSpan, within } from '../src/telemetry/activity.ts'
import { createMetrics } from '../src/telemetry/metrics.ts'

const rounds = 100_000
const metrics = createMetrics(metricList)

async function measure(what: string, work: () => unknown): Promise<void> {
  for (let round = 0; round < rounds / 10; round += 1) await work()
  const before = process.cpuUsage()
  for (let round = 0; round < rounds; round += 1) await work()
  const { user, system } = process.cpuUsage(before)
  const each = (user + system) / rounds
  process.stdout.write(`${what.padEnd(44)} ${each.toFixed(2)} µs\n`)
}

const paid = { method: 'key_in', origin: 'api', outcome: 'approved' }
const step = { call: 'charge_card', step: 'execute', outcome: 'approved' }
await measure('nothing but the loop', () => undefined)
await measure('a counter with three labels', () => metrics.count('billkey_payments_total', paid))
await measure('a histogram with three labels', () =>
  metrics.observe('billkey_gateway_step_duration_seconds', 0.3, step),
)
await measure('a histogram without labels', () =>
  metrics.observe('billkey_db_statement_duration_seconds', 0.003),
)
await measure('a statement’s span that nobody records', () => beginSpan('insert_intent')())
await measure('an activity that nobody records', () =>
  within('charge', { impUid: 'imps_1', merchantId: 1 }, async () => undefined),
)
