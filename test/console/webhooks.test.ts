// Webhooks in the console: where they go, what was sent, and sending it again.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { everyWebhook } from '../../src/webhooks/webhook-queries.store.ts'
import { countEndedWebhooks, searchWebhooks } from '../../src/webhooks/webhook-search.store.ts'
import { newOrder } from '../api/orders.ts'
import { eventually } from '../faults/eventually.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'
import { type ConsoleClient, signedInAs } from './console-client.ts'
import { explain } from '../support/explain.ts'

let app: TestApp
let receiver: WebhookReceiver
let viewer: ConsoleClient
let operator: ConsoleClient
let owner: ConsoleClient
before(async () => {
  receiver = await startWebhookReceiver()
  app = await startTestApp()
  viewer = await signedInAs(app, 'viewer')
  operator = await signedInAs(app, 'operator')
  owner = await signedInAs(app, 'owner')
})
after(async () => {
  await app?.close()
  await receiver.close()
})

const endpoint = '/webhooks/endpoints/sandbox'

async function actsOf({ email }: ConsoleClient): Promise<string[]> {
  const { rows } = await app.parts.db.query<{ action: string }>(
    adHocSql('select action from audit_events where actor = $1 order by sequence'),
    [`operator:${email}`],
  )
  return rows.map(({ action }) => action)
}

async function pay(): Promise<string> {
  const { body } = await app.merchant.call('POST', '/subscribe/payments/onetime', newOrder())
  return body.response.imp_uid as string
}

/** The newest event of a payment, once it is so. */
async function stateOf(impUid: string, state: string) {
  return eventually(`an event that is ${state}`, async () => {
    const { items } = await viewer.ok('GET', `/webhooks/deliveries?impUid=${impUid}`)
    return items[0]?.state === state ? items[0] : undefined
  })
}

describe('an endpoint', () => {
  it('is set, tested, and its secrets change hands without a gap', async () => {
    await operator.refused('webhook_no_address', 'POST', `${endpoint}/test`)
    const settings = { url: `${receiver.url}/hook`, format: 'form', sendsFailures: true }
    await operator.refused('forbidden', 'PUT', endpoint, settings)
    const inside = { ...settings, url: 'ftp://shop.example/hook' }
    await owner.refused('webhook_address_refused', 'PUT', endpoint, inside)
    const set = await owner.ok('PUT', endpoint, settings)
    assert.equal(set.endpoint.url, settings.url)
    assert.equal(set.endpoint.format, 'form')
    assert.equal(set.endpoint.secretCount, 1)
    const tested = await operator.ok('POST', `${endpoint}/test`)
    assert.deepEqual([tested.isTaken, tested.httpStatus], [true, 200])
    assert.match(receiver.received.at(-1)?.body ?? '', /^imp_uid=imp_1234567890&/)
    receiver.answer(500)
    const refused = await operator.ok('POST', `${endpoint}/test`)
    assert.deepEqual([refused.isTaken, refused.httpStatus], [false, 500])
    receiver.answer(200)

    const rotated = await owner.ok('POST', `${endpoint}/rotate-secret`)
    assert.equal(rotated.endpoint.secretCount, 2)
    await owner.refused('webhook_old_secret_live', 'POST', `${endpoint}/rotate-secret`)
    await operator.refused('forbidden', 'POST', `${endpoint}/reveal-secret`)
    const { secrets } = await owner.ok('POST', `${endpoint}/reveal-secret`)
    assert.equal(secrets.length, 2)
    assert.equal(secrets[0], rotated.secret)
    assert.equal((await owner.ok('POST', `${endpoint}/drop-old-secret`)).secretCount, 1)
    await owner.refused('webhook_no_old_secret', 'POST', `${endpoint}/drop-old-secret`)
    const { items } = await viewer.ok('GET', '/webhooks/endpoints')
    assert.deepEqual(
      items.map(({ mode }: { mode: string }) => mode),
      ['live', 'sandbox'],
    )
    assert.ok(!app.logged().includes(rotated.secret as string))
    assert.deepEqual(await actsOf(owner), [
      'webhook_endpoint.set',
      'webhook_endpoint.secret_rotated',
      'webhook_endpoint.secret_shown',
      'webhook_endpoint.old_secret_dropped',
    ])
  })

  it('that is paused holds what waits until it is resumed', async () => {
    await operator.refused('webhook_endpoint_not_paused', 'POST', `${endpoint}/resume`)
    receiver.answer(410)
    const gone = await stateOf(await pay(), 'given_up')
    assert.equal(gone.lastHttpStatus, 410)
    receiver.answer(200)
    const impUid = await pay()
    const held = await stateOf(impUid, 'held')
    const [, paused] = (await viewer.ok('GET', '/webhooks/endpoints')).items
    assert.equal(paused.pauseReason, 'gone')
    assert.deepEqual(paused.waiting, { count: 1, isExact: true })
    const path = `/webhooks/deliveries/${held.webhookId}/replay`
    await operator.refused('webhook_endpoint_paused', 'POST', path)
    const resumed = await operator.ok('POST', `${endpoint}/resume`)
    assert.equal(resumed.releasedCount, 1)
    await stateOf(impUid, 'delivered')
  })
})

describe('deliveries', () => {
  it('are shown with their bodies, and sent again one and many', async () => {
    const impUid = await pay()
    const { webhookId } = await stateOf(impUid, 'delivered')
    const detail = await viewer.ok('GET', `/webhooks/deliveries/${webhookId}`)
    assert.equal(detail.attempts.length, 1)
    assert.match(detail.attempts[0].requestBody, new RegExp(`imp_uid=${impUid}`))
    await operator.ok('POST', `/webhooks/deliveries/${webhookId}/replay`)
    await eventually('a second attempt', async () => {
      const seen = await viewer.ok('GET', `/webhooks/deliveries/${webhookId}`)
      return seen.attempts.length === 2 && seen.delivery.state === 'delivered' ? seen : undefined
    })
    const filter = { impUid, state: 'delivered' }
    const preview = await operator.ok('POST', '/webhooks/replay', { isPreview: true, filter })
    assert.deepEqual(preview, {
      matched: { count: 1, isExact: true },
      doneCount: 0,
      nextCursor: null,
    })
    const before = receiver.received.length
    const sent = await operator.ok('POST', '/webhooks/replay', { isPreview: false, filter })
    assert.equal(sent.doneCount, 1)
    await receiver.arrived(before + 1)
    assert.ok((await actsOf(operator)).includes('webhook.replay_begun'))
  })

  it('of another merchant look absent, and viewers send nothing', async () => {
    const { webhookId } = await stateOf(await pay(), 'delivered')
    const other = await app.addMerchant()
    const stranger = await signedInAs(app, 'owner', other.merchantId)
    await stranger.refused('not_found', 'GET', `/webhooks/deliveries/${webhookId}`)
    await stranger.refused('not_found', 'POST', `/webhooks/deliveries/${webhookId}/replay`)
    const all = { isPreview: false, filter: {} }
    assert.equal((await stranger.ok('POST', '/webhooks/replay', all)).doneCount, 0)
    assert.deepEqual((await stranger.ok('GET', '/webhooks/deliveries')).items, [])
    await viewer.refused('forbidden', 'POST', `/webhooks/deliveries/${webhookId}/replay`)
    await viewer.refused('forbidden', 'POST', '/webhooks/replay', all)
    await viewer.refused('forbidden', 'POST', `${endpoint}/test`)
  })

  it('by the thousand are read along an index and sent again in bites, each once', async () => {
    const other = await app.addMerchant()
    const { merchantId } = other
    const many = await signedInAs(app, 'operator', merchantId)
    await app.parts.db.query(
      adHocSql(`insert into webhooks (merchant_id, webhook_id, sandbox, imp_uid, merchant_uid, status, state,
         attempt_count, due_at, created_at, delivered_at, updated_at)
       select ${merchantId}, ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, true, 'imps_' || n,
         'order_' || n, 'paid', 'delivered', 1, null, t, t, t
       from (select n, to_timestamp(1790000000 + n / 10) as t from generate_series(1, 4000) n) s`),
    )
    await app.parts.db.query(adHocSql('analyze webhooks'))
    const plans = await explain(app.parts.db, async (db) => {
      const page = { order: 'newest', after: undefined, limit: 50 } as const
      await searchWebhooks(db, merchantId, everyWebhook, page)
      await searchWebhooks(db, merchantId, { ...everyWebhook, state: 'given_up' }, page)
      await searchWebhooks(db, merchantId, { ...everyWebhook, impUid: 'imps_7' }, page)
      await countEndedWebhooks(db, merchantId, everyWebhook)
    })
    const nodes = plans.flatMap((plan) => plan.nodes)
    assert.ok(!nodes.some(({ type }) => /Seq Scan|Sort/.test(type)), JSON.stringify(plans))
    assert.ok(nodes.some(({ index }) => index === 'webhooks_by_time'))
    assert.ok(nodes.some(({ index }) => index === 'webhooks_by_payment'))
    let cursor: string | null = null
    let done = 0
    let bites = 0
    do {
      const body = {
        isPreview: false,
        filter: { status: 'paid' },
        ...(cursor !== null && { cursor }),
      }
      const bite = await many.ok('POST', '/webhooks/replay', body)
      done += bite.doneCount as number
      cursor = bite.nextCursor
      bites += 1
    } while (cursor !== null)
    assert.equal(done, 4_000)
    assert.equal(bites, 8)
    await many.refused('bad_cursor', 'POST', '/webhooks/replay', {
      isPreview: false,
      filter: {},
      cursor: 'nonsense',
    })
  })
})

describe('an address that is taken away', () => {
  it('gets nothing more, and what waited for it goes to the next one', async () => {
    receiver.answer(503)
    const waiting = await pay()
    await eventually('a try that failed', async () => {
      const event = await stateOf(waiting, 'pending')
      return event.lastHttpStatus === 503 ? event : undefined
    })
    await operator.refused('forbidden', 'DELETE', endpoint)
    const removed = await owner.ok('DELETE', endpoint)
    assert.equal(removed.endpoint.url, null)
    assert.equal(removed.endpoint.secretCount, 1)
    await owner.refused('webhook_no_address', 'DELETE', endpoint)
    await owner.refused('webhook_no_address', 'POST', `${endpoint}/test`)
    receiver.answer(200)
    const known = receiver.received.length
    const untold = await pay()
    const settings = { url: `${receiver.url}/next`, format: 'json', sendsFailures: false }
    assert.ok((await owner.ok('PUT', endpoint, settings)).releasedCount >= 1)
    assert.equal((await stateOf(waiting, 'delivered')).impUid, waiting)
    const later = receiver.received.slice(known)
    assert.ok(later.some(({ body }) => body.includes(waiting)))
    const { items } = await viewer.ok('GET', `/webhooks/deliveries?impUid=${untold}`)
    assert.deepEqual(items, [])
    const acts = (await actsOf(owner)).slice(-2)
    assert.deepEqual(acts, ['webhook_endpoint.address_removed', 'webhook_endpoint.set'])
  })
})
