// How late scheduled charges are: 500 schedules, 50 due in each of ten seconds, through one worker. Real database, real
// HTTP to the simulator, whose answers take about as long as a gateway's.
//
//     npm exec -- node bench/schedule-lateness.ts [schedules per second] [seconds]

import { adHocSql } from '../src/db/database.ts'
import { startTestApp, type TestApp } from '../test/support/app.ts'

const perSecond = Number(process.argv[2] ?? 50)
const seconds = Number(process.argv[3] ?? 10)
const leadSeconds = 3
const settings = { latencyMs: { p50: 120, p99: 380 }, readyLatencyMs: { p50: 20, p99: 60 } }

async function reserve({ merchant }: TestApp): Promise<void> {
  const card = {
    card_number: '1234-1234-1234-1234',
    expiry: '2035-12',
    birth: '820213',
    pwd_2digit: '00',
  }
  const from = Math.ceil(Date.now() / 1000) + leadSeconds
  const schedules = Array.from({ length: perSecond * seconds }, (_, index) => ({
    merchant_uid: `late-${index}`,
    schedule_at: from + Math.floor(index / perSecond),
    amount: 9900,
  }))
  for (let at = 0; at < schedules.length; at += 500) {
    const body = { customer_uid: 'late', schedules: schedules.slice(at, at + 500), ...card }
    const reply = await merchant.call('POST', '/subscribe/payments/schedule', body)
    if (reply.body.code !== 0) throw new Error(String(reply.body.message))
  }
}

interface Lateness {
  readonly intentMs: number
  readonly paidMs: number
}

const measure = adHocSql(
  `select (extract(epoch from p.started_at - s.schedule_at) * 1000)::int as "intentMs",
     (extract(epoch from p.paid_at - s.schedule_at) * 1000)::int as "paidMs"
   from schedules s join payments p using (merchant_id, imp_uid) where p.state = 'paid'`,
)

async function waitForAll({ parts }: TestApp): Promise<Lateness[]> {
  for (;;) {
    const { rows } = await parts.db.query<Lateness>(measure)
    if (rows.length === perSecond * seconds) return rows
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
}

function percentiles(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)
  return `min ${at(0)}  p50 ${at(0.5)}  p99 ${at(0.99)}  max ${Math.round(sorted.at(-1) ?? 0)}`
}

const app = await startTestApp({ simulator: { settings }, logLevel: 'warn' })
try {
  await reserve(app)
  const lateness = await waitForAll(app)
  const { approvals, repeatedOrders } = app.simulator.ledger().totals
  const lines = [
    `${perSecond} due each second for ${seconds} s, one worker`,
    `begun after its time, ms:  ${percentiles(lateness.map(({ intentMs }) => intentMs))}`,
    `paid after its time, ms:   ${percentiles(lateness.map(({ paidMs }) => paidMs))}`,
    `approvals ${approvals}, repeated ${repeatedOrders}`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
} finally {
  await app.close()
}
