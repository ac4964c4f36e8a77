// A process that is stopped between its commit and its request, as a container is frozen or a machine sleeps, and goes on
// when it has long been taken for dead: it sends nothing any more.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { registerCard } from '../api/reservations.ts'
import { eventually } from '../faults/eventually.ts'
import { blockedBackends, withSaboteur } from '../faults/database-sabotage.ts'
import { approvalsOf, paymentOf } from '../faults/outcome-checks.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import { createBalancedClient } from './balanced-client.ts'
import { startNode, stopNode } from './node-process.ts'

/** A lease of 2 × (4 × 100 + 2 × 200 + 1200) + 1 ms: half of it is over after two seconds. */
const environment = {
  BILLKEY_PAYJOA_CONNECT_MS: '100',
  BILLKEY_PAYJOA_READY_MS: '200',
  BILLKEY_PAYJOA_EXECUTE_MS: '1200',
  BILLKEY_LEASE_MARGIN_MS: '1',
}
const halfLeaseMs = 2_001

const isWindows = process.platform === 'win32'

suite('a sender that stood still', { skip: isWindows && 'Windows has no SIGSTOP' }, () => {
  let app: TestApp
  before(async () => {
    app = await startTestApp({ role: 'api' })
    await registerCard(app.merchant, 'subscriber')
  })
  after(() => app.close())

  test('sends nothing, and its payment has failed', async () => {
    const node = await startNode(app, { role: 'api', environment })
    const client = createBalancedClient(app, [node.url])
    await eventually('ready', async () => (client.isReady(node.url) ? true : undefined))
    const order = { customer_uid: 'subscriber', merchant_uid: 'late', amount: 1_000, name: '구독' }
    const before = app.simulator.ledger().totals.entries
    let charging: Promise<unknown> | undefined
    let stoppedMs = 0
    await withSaboteur(app, async (saboteur) => {
      await saboteur.query('begin')
      await saboteur.query('lock table exchanges in share mode')
      charging = client.call('POST', '/subscribe/payments/again', order, 'late')
      await blockedBackends(saboteur, 1)
      // The commit comes while the node stands still.
      node.signal('SIGSTOP')
      stoppedMs = performance.now()
      await saboteur.query('rollback')
      await eventually('the commit', async () =>
        paymentOf(app, 'late').then(
          () => true,
          () => undefined,
        ),
      )
    })
    await eventually('half of a lease', async () =>
      performance.now() - stoppedMs > halfLeaseMs ? true : undefined,
    )
    node.signal('SIGCONT')
    await eventually('its end', async () =>
      (await paymentOf(app, 'late')).state === 'failed' ? true : undefined,
    )
    const { impUid } = await paymentOf(app, 'late')
    assert.equal(approvalsOf(app, impUid), 0)
    assert.equal(app.simulator.ledger().totals.entries, before)
    await charging
    await client.close()
    assert.equal(await stopNode(node), 0)
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })
})
