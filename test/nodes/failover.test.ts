// The database fails over while several nodes charge: its server dies, the address leads to a standby that can only be
// read for a while, and then the standby is promoted. Whatever was committed is there, and what the gateway answered
// meanwhile is settled afterwards.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { newEntry, registerCard, reserve, schedulesOf } from '../api/reservations.ts'
import { eventually } from '../faults/eventually.ts'
import { createHeldWaits } from '../faults/held-waits.ts'
import { orderFault } from '../faults/outcome-checks.ts'
import { callV1, startTestApp, type TestApp } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { openSchedules } from '../workers/scheduled-work.ts'
import { type BalancedClient, createBalancedClient, startLoad } from './balanced-client.ts'
import { type NodeProcess, startNode, stopNode } from './node-process.ts'
import { type PostgresPair, startPostgresPair } from './postgres-pair.ts'

const isWindows = process.platform === 'win32'

suite('a database that fails over', { skip: isWindows && 'needs Unix sockets and signals' }, () => {
  const waits = createHeldWaits()
  let pair: PostgresPair
  let app: TestApp
  let apis: NodeProcess[]
  let worker: NodeProcess
  let client: BalancedClient

  before(async () => {
    pair = await startPostgresPair()
    // The one test file that brings its own server; each file is a process of its own.
    process.env['BILLKEY_TEST_DATABASE_URL'] = pair.connectionString
    const settings = { latencyMs: { p50: 40, p99: 200 } }
    app = await startTestApp({ role: 'api', simulator: { delay: delayOrHold, settings } })
    await registerCard(app.merchant, 'subscriber')
    apis = [await startNode(app, { role: 'api' }), await startNode(app, { role: 'api' })]
    worker = await startNode(app, { role: 'worker' })
    client = createBalancedClient(
      app,
      apis.map(({ url }) => url),
    )
  })
  after(async () => {
    await client?.close()
    for (const node of [...(apis ?? []), worker]) if (node !== undefined) await stopNode(node)
    await app?.close()
    await pair?.close()
  })

  async function delayOrHold(ms: number, stop: AbortSignal): Promise<void> {
    if (ms < 10_000) await new Promise((resolve) => setTimeout(resolve, ms))
    await waits.delay(ms, stop)
  }

  const more = (load: { readonly answered: number }, count: number) => {
    const soFar = load.answered
    return eventually(`${count} more answers`, async () =>
      load.answered >= soFar + count ? true : undefined,
    )
  }

  /** Every order was answered as the books have it: paid, or refused with nothing sent. */
  async function assertAccounted(answers: Awaited<ReturnType<typeof end>>): Promise<void> {
    await openSchedules(app)
    await eventually('the end of all charges', async () => {
      const { rows } = await app.parts.db.query<{ n: number }>(
        adHocSql(`select count(*) as n from payments where state in ('sending', 'unknown')`),
      )
      return rows[0]?.n === 0 ? true : undefined
    })
    for (const [merchantUid, { body }] of answers) {
      const { rows } = await app.parts.db.query<{ state: string }>(
        adHocSql(`select state from payments where merchant_uid = '${merchantUid}'`),
      )
      const states = rows.map(({ state }) => state)
      if (body.code === 0) assert.deepEqual(states, ['paid'], merchantUid)
      else assert.ok(!states.includes('paid'), `${merchantUid}: ${body.message}`)
    }
    assert.equal(app.simulator.ledger().totals.repeatedOrders, 0)
    await assertBooksAgree(app.parts, app.simulator.ledger())
  }

  const end = (load: ReturnType<typeof startLoad>) => load.end()

  async function reserveSoon(count: number): Promise<void> {
    const at = Math.ceil(Date.now() / 1000)
    const entries = Array.from({ length: count }, (_, index) => newEntry(at + (index % 5)))
    assert.equal(schedulesOf(await reserve(app.merchant, 'subscriber', entries)).length, count)
  }

  test('is restarted: every order is paid once or was not sent', async () => {
    await reserveSoon(20)
    const load = startLoad(client, 'subscriber', 4)
    await more(load, 5)
    await pair.restartFirst()
    await more(load, 10)
    await assertAccounted(await end(load))
  })

  test('dies, can only be read, and is promoted: nothing is lost and nothing is made twice', async () => {
    await reserveSoon(20)
    const load = startLoad(client, 'subscriber', 4)
    await more(load, 5)
    await orderFault(app, { fault: 'slow', delayMs: 60_000 })
    const held = await waits.next()
    await pair.loseFirst()
    held.release()
    const nodes = [...apis, worker]
    await eventually('an outcome that waits for the standby', async () =>
      nodes.some((node) => /can only be read.*settling waits/.test(node.logged()))
        ? true
        : undefined,
    )
    const refused = await callV1(apis[0]?.url as string, 'GET', '/readyz', {}).catch(() => null)
    assert.notEqual(refused?.status, 200)
    await pair.promoteSecond()
    await more(load, 10)
    await assertAccounted(await end(load))
  })
})
