// How long 36 monthly charges for 100 customers take on the sandbox clock, and whether the same seed gives the
// same history. Real database, real HTTP to the simulator.
//
//     npm exec -- node bench/sandbox-clock.ts

import { createHash } from 'node:crypto'

import { seededIds } from '../src/primitives/seeded-ids.ts'
import { callV1, startTestApp } from '../test/support/app.ts'

const customers = 100
const months = 36
const startAt = Date.UTC(2027, 0, 1) / 1000

interface Run {
  readonly reserveSeconds: number
  readonly advanceSeconds: number
  readonly approvals: number
  readonly digest: string
}

async function run(seed: string): Promise<Run> {
  const app = await startTestApp({
    ids: seededIds(seed),
    logLevel: 'warn',
    simulator: { seed: 1, now: () => startAt * 1000 },
  })
  try {
    const { merchant, url } = app
    const post = async (path: string, body: unknown) => {
      const keys = { imp_key: merchant.impKey, imp_secret: merchant.impSecret }
      const login = await callV1(url, 'POST', '/users/getToken', { body: keys })
      const { access_token: token } = login.body.response as { access_token: string }
      const reply = await callV1(url, 'POST', path, { body, headers: { authorization: token } })
      if (reply.body.code !== 0) throw new Error(`${path}: ${reply.body.message ?? ''}`)
      return reply.body.response as { now: number; advancing_to: number }
    }
    await post('/sandbox/clock/freeze', { at: startAt })
    const begunAt = performance.now()
    for (let customer = 0; customer < customers; customer += 1) await reserve(post, customer)
    const reservedAt = performance.now()
    let clock = await post('/sandbox/clock/advance', { to: monthly(months) })
    while (clock.advancing_to !== 0) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      clock = await readClock(app)
    }
    const doneAt = performance.now()
    const { entries, totals } = app.simulator.ledger()
    const facts = entries.map(({ orderno, amount, kind, daoutrx }) => [
      orderno,
      amount,
      kind,
      daoutrx,
    ])
    return {
      reserveSeconds: (reservedAt - begunAt) / 1000,
      advanceSeconds: (doneAt - reservedAt) / 1000,
      approvals: totals.approvals,
      digest: createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16),
    }
  } finally {
    await app.close()
  }
}

async function readClock(app: Awaited<ReturnType<typeof startTestApp>>) {
  const { rows } = await app.parts.db.query<{ isAdvancing: boolean }>({
    name: null,
    text: 'select target_at is not null as "isAdvancing" from merchant_clocks',
  })
  return { now: 0, advancing_to: rows[0]?.isAdvancing === true ? 1 : 0 }
}

async function reserve(
  post: (path: string, body: unknown) => Promise<unknown>,
  customer: number,
): Promise<void> {
  const uid = `customer-${customer}`
  const card = {
    card_number: '1234-1234-1234-1234',
    expiry: '2040-12',
    birth: '820213',
    pwd_2digit: '00',
  }
  const schedules = Array.from({ length: months }, (_, month) => ({
    merchant_uid: `order-${customer}-${month}`,
    schedule_at: monthly(month + 1),
    amount: 9900,
    name: '정기구독',
  }))
  await post('/subscribe/payments/schedule', { customer_uid: uid, ...card, schedules })
}

function monthly(month: number): number {
  return Date.UTC(2027, month, 1) / 1000
}

const runs = [await run('seed'), await run('seed'), await run('other')]
for (const { reserveSeconds, advanceSeconds, approvals, digest } of runs) {
  const line = `reserved in ${reserveSeconds.toFixed(1)} s, ${approvals} charges in ${advanceSeconds.toFixed(1)} s, history ${digest}`
  process.stdout.write(`${line}\n`)
}
const [first, second, other] = runs
const isRepeatable = first?.digest === second?.digest && first?.digest !== other?.digest
process.stdout.write(isRepeatable ? 'the same seed gives the same history\n' : 'NOT REPEATABLE\n')
process.exitCode = isRepeatable ? 0 : 1
