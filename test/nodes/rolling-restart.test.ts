// Every node is stopped and started again, one after the other, while merchants charge and schedules fall due: nothing
// is cut off, nothing is lost, nothing happens twice.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { newEntry, registerCard, reserve, schedulesOf } from '../api/reservations.ts'
import { eventually } from '../faults/eventually.ts'
import { createHeldWaits } from '../faults/held-waits.ts'
import { orderFault } from '../faults/outcome-checks.ts'
import { callV1, startTestApp, type TestApp } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { freePort } from '../support/child-program.ts'
import { openSchedules } from '../workers/scheduled-work.ts'
import { checkEveryMs, createBalancedClient, startLoad } from './balanced-client.ts'
import { type NodeProcess, startNode, stopNode } from './node-process.ts'

/** Time enough for the balancer to notice on a machine that is busy with other tests. */
const environment = { BILLKEY_DRAIN_DELAY_MS: String(20 * checkEveryMs) }

suite('a rolling restart of all nodes under load', () => {
  const latencyMs = { p50: 30, p99: 200 }
  let app: TestApp
  before(async () => {
    app = await startTestApp({ role: 'api', simulator: { settings: { latencyMs } } })
  })
  after(() => app.close())

  test('cuts no call off, and every payment and schedule is made once', async () => {
    await registerCard(app.merchant, 'subscriber')
    const ports = [await freePort(), await freePort()]
    const start = (port: number) => startNode(app, { role: 'api', port, environment })
    const startWorker = () => startNode(app, { role: 'worker' })
    const apis = await Promise.all(ports.map(start))
    const workers = await Promise.all([startWorker(), startWorker()])
    const client = createBalancedClient(
      app,
      apis.map(({ url }) => url),
    )
    const untilReady = ({ url }: NodeProcess, wanted: boolean) =>
      eventually(`${url} ${wanted ? '' : 'not '}ready`, async () =>
        client.isReady(url) === wanted ? true : undefined,
      )
    await Promise.all(apis.map((node) => untilReady(node, true)))

    const at = Math.ceil(Date.now() / 1000)
    const entries = Array.from({ length: 90 }, (_, index) => newEntry(at + (index % 6)))
    assert.equal(schedulesOf(await reserve(app.merchant, 'subscriber', entries)).length, 90)
    const load = startLoad(client, 'subscriber', 6)
    for (const [index, node] of apis.entries()) {
      const worker = workers[index] as NodeProcess
      assert.deepEqual(await Promise.all([stopNode(node), stopNode(worker)]), [0, 0])
      await untilReady(node, false)
      apis[index] = await start(ports[index] as number)
      workers[index] = await startWorker()
      await untilReady(apis[index], true)
      const soFar = load.answered
      await eventually('more answers', async () => (load.answered > soFar ? true : undefined))
    }
    const answers = await load.end()
    await openSchedules(app)
    for (const node of [...apis, ...workers]) assert.equal(await stopNode(node), 0)
    await client.close()

    assert.deepEqual([client.cut, client.failed], [[], []])
    for (const [merchantUid, { body }] of answers) {
      assert.equal(body.response?.status, 'paid', `${merchantUid}: ${JSON.stringify(body)}`)
    }
    const { rows } = await app.parts.db.query<{ state: string; n: number }>(
      adHocSql('select state, count(*) as n from payments group by state'),
    )
    const paid = answers.size + entries.length
    assert.deepEqual(rows, [{ state: 'paid', n: paid }])
    const { approvals, repeatedOrders } = app.simulator.ledger().totals
    assert.deepEqual({ approvals, repeatedOrders }, { approvals: paid, repeatedOrders: 0 })
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })
})

suite('a node that is told to stop', () => {
  const waits = createHeldWaits()
  let app: TestApp
  before(async () => {
    app = await startTestApp({ role: 'api', simulator: { delay: waits.delay } })
    await registerCard(app.merchant, 'subscriber')
  })
  after(() => app.close())

  const order = (merchantUid: string) => ({
    customer_uid: 'subscriber',
    merchant_uid: merchantUid,
    amount: 1_000,
    name: '구독',
  })

  test('says so, serves on, closes politely, and ends when its last charge is settled', async () => {
    const node = await startNode(app, {
      role: 'api',
      environment: { BILLKEY_DRAIN_DELAY_MS: '3000', BILLKEY_ANSWER_WITHIN_MS: '1' },
    })
    const client = createBalancedClient(app, [node.url])
    await eventually('ready', async () => (client.isReady(node.url) ? true : undefined))
    await orderFault(app, { fault: 'slow', delayMs: 60_000 })
    const charge = (uid: string) =>
      client.call('POST', '/subscribe/payments/again', order(uid), uid)
    assert.equal((await charge('held')).body.response?.status, 'ready')
    const held = await waits.next()
    node.signal('SIGTERM')
    await eventually('draining', async () => {
      const reply = await fetch(`${node.url}/readyz`)
      const { status } = (await reply.json()) as { status: string }
      if (reply.status === 200) return undefined
      assert.deepEqual([reply.status, status], [503, 'draining'])
      return true
    })
    const served = await callV1(node.url, 'GET', '/healthz', {})
    assert.equal(served.status, 200)
    assert.equal(served.headers.get('connection'), 'close')
    await client.close()
    await eventually('the end of listening', async () =>
      fetch(`${node.url}/healthz`).then(
        () => undefined,
        () => true,
      ),
    )
    held.release()
    assert.equal(await node.ended, 0)
    const { body } = await app.merchant.call('GET', '/payments/find/held')
    assert.equal(body.response?.status, 'paid')
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  test('ends at once when it is told again, and its charge becomes unknown by its lease', async () => {
    const node = await startNode(app, {
      role: 'api',
      environment: { BILLKEY_ANSWER_WITHIN_MS: '1' },
    })
    const client = createBalancedClient(app, [node.url])
    await eventually('ready', async () => (client.isReady(node.url) ? true : undefined))
    await orderFault(app, { fault: 'slow', delayMs: 60_000 })
    await client.call('POST', '/subscribe/payments/again', order('dropped'), 'dropped')
    const held = await waits.next()
    await client.close()
    let code: number | null | undefined
    void node.ended.then((ended) => (code = ended))
    await eventually('it gives in', async () => {
      if (code === undefined) node.signal('SIGTERM')
      return code
    })
    assert.equal(code, 130)
    held.release()
    const { rows } = await app.parts.db.query(
      adHocSql(`select state from payments where merchant_uid = 'dropped'`),
    )
    assert.deepEqual(rows, [{ state: 'sending' }])
  })
})
