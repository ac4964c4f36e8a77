// The courier among others of its kind, and among endpoints that do not answer.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { after, before, beforeEach, describe, it } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { systemClock } from '../../src/primitives/clock.ts'
import { settleByOperator } from '../../src/reconciliation/settle-by-operator.ts'
import { findNextEvent } from '../../src/sandbox/sandbox-clock.store.ts'
import { courierLimits, createCourier } from '../../src/webhooks/deliver-due-webhooks.ts'
import { createOutboundGuard } from '../../src/webhooks/outbound-guard.ts'
import { replayWebhook, replayWebhooks } from '../../src/webhooks/replay-webhooks.ts'
import { everyWebhook } from '../../src/webhooks/webhook-queries.store.ts'
import type { Answering } from '../support/webhook-receiver.ts'
import { eventually } from '../faults/eventually.ts'
import { orderFault } from '../faults/outcome-checks.ts'
import {
  clearTable,
  declinedCard,
  hourMs,
  minuteMs,
  onlyWebhook,
  openBranch,
  openShop,
  type Shop,
} from './webhook-shop.ts'

let first: Shop
let shop: Shop

before(async () => {
  first = await openShop()
})
after(async () => {
  await first.close()
})
beforeEach(async () => {
  await clearTable(first)
  shop = await openBranch(first)
})

const silence: Answering = () => undefined

function receivedIds(): unknown[] {
  return first.receiver.received.map(({ headers }) => headers['webhook-id'])
}

async function payTimes(times: number): Promise<void> {
  await Promise.all(Array.from({ length: times }, () => shop.pay()))
}

describe('an unknown payment', () => {
  const unknown = { fault: 'uncertain_before_commit' }

  for (const [verdict, status] of [
    [{ kind: 'not_charged' }, 'failed'],
    [{ kind: 'charged', transactionId: 'CTS26030209000000001', approvalNumber: null }, 'paid'],
  ] as const)
    it(`is told of once it is known to be ${status}, and not before`, async () => {
      await shop.setEndpoint()
      await orderFault(shop.app, unknown)
      const impUid = await shop.pay()
      await shop.deliver()
      assert.deepEqual(await shop.webhooks(), [])
      const { merchantId } = shop.merchant
      const settled = await settleByOperator(
        { ...shop.app.parts, clock: shop.clock },
        { merchantId, impUid, verdict, actor: 'test', reason: 'looked it up' },
      )
      assert.equal(settled.kind, 'settled')
      await shop.deliver()
      const webhook = await onlyWebhook(shop)
      assert.deepEqual([webhook.state, webhook.status], ['delivered', status])
    })
})

describe('events of one payment', () => {
  it('arrive in their order: a later one waits while the earlier is tried again', async () => {
    await shop.setEndpoint()
    shop.receiver.answer(500)
    const impUid = await shop.pay()
    await shop.deliver()
    await shop.merchant.call('POST', '/payments/cancel', { imp_uid: impUid, enable_webhook: true })
    shop.receiver.answer(200)
    await shop.deliver()
    assert.equal(shop.receiver.received.length, 1)
    // A sandbox clock that goes from event to event must not stop at the one that cannot be sent yet.
    const [waiting, failed] = await shop.webhooks()
    assert.ok((failed?.dueAtMs ?? 0) > (waiting?.dueAtMs ?? 0))
    assert.equal(await findNextEvent(shop.app.parts.db, shop.merchant.merchantId), failed?.dueAtMs)
    shop.clock.advance(2 * minuteMs)
    await shop.deliver()
    assert.deepEqual(
      shop.receiver.received.map(({ body }) => (JSON.parse(body) as { status: string }).status),
      ['paid', 'paid', 'cancelled'],
    )
  })

  it('that was given up holds up no later one', async () => {
    await shop.setEndpoint()
    const notice = { notice_url: `${shop.receiver.url}/notice` }
    shop.receiver.answer(410)
    const impUid = await shop.pay(notice)
    await shop.deliver()
    shop.receiver.answer(200)
    await shop.merchant.call('POST', '/payments/cancel', { imp_uid: impUid, enable_webhook: true })
    await shop.deliver()
    assert.equal(shop.receiver.received.length, 2)
  })

  it('is sent for a cancel only when the cancel asks for it', async () => {
    await shop.setEndpoint()
    const impUid = await shop.pay()
    await shop.merchant.call('POST', '/payments/cancel', { imp_uid: impUid })
    await shop.deliver()
    assert.equal((await onlyWebhook(shop)).status, 'paid')
  })
})

describe('an endpoint that answers', () => {
  it('gets all that is due for it with one pass, a few at a time', async () => {
    await shop.setEndpoint()
    await payTimes(3 * courierLimits.handsPerLane)
    const courier = createCourier(shop.deps)
    assert.equal(await courier.pass(), courierLimits.handsPerLane)
    await courier.idle()
    assert.equal(new Set(receivedIds()).size, 3 * courierLimits.handsPerLane)
    assert.ok((await shop.webhooks()).every(({ state }) => state === 'delivered'))
  })

  it('gets no more of it once the process is told to stop', async () => {
    const { courier, answerAll } = await withFullHands()
    const stopped = courier.stop(10_000)
    answerAll()
    await stopped
    assert.equal(receivedIds().length, courierLimits.handsPerLane)
  })

  it('gets no more of it once another process has paused it', async () => {
    const { courier, answerAll } = await withFullHands()
    await shop.app.parts.db.query(
      adHocSql(
        "update webhook_endpoints set paused_at = now(), pause_reason = 'gone' where merchant_id = $1",
      ),
      [shop.merchant.merchantId],
    )
    answerAll()
    await courier.idle()
    assert.equal(receivedIds().length, courierLimits.handsPerLane)
  })

  /** A courier with all hands at one endpoint that has not answered yet, and more that is due for it. */
  async function withFullHands() {
    await shop.setEndpoint()
    await payTimes(3 * courierLimits.handsPerLane)
    const courier = createCourier(shop.deps)
    const waiting: (() => void)[] = []
    shop.receiver.answer((response) => {
      waiting.push(() => void response.writeHead(200).end())
    })
    await courier.pass()
    await shop.receiver.arrived(courierLimits.handsPerLane)
    return { courier, answerAll: () => waiting.forEach((answer) => answer()) }
  }
})

describe('an endpoint that does not answer', () => {
  it('holds up nobody else, however much is due for it', async () => {
    await shop.setEndpoint()
    shop.receiver.answer((response, { target }) => {
      if (target === '/well') response.writeHead(200).end()
    })
    await payTimes(courierLimits.handsPerLane + 4)
    const well = await openBranch(first)
    await well.setEndpoint({ url: `${well.receiver.url}/well` })
    await well.pay()
    const courier = createCourier(shop.deps)
    const taken = await courier.pass()
    assert.equal(taken, courierLimits.handsPerLane + 1)
    await shop.receiver.arrived(taken)
    await eventually('the delivery to the other endpoint', async () =>
      (await onlyWebhook(well)).state === 'delivered' ? true : undefined,
    )
    assert.ok((await shop.webhooks()).every(({ state }) => state === 'pending'))
    await courier.stop(0)
  })

  it('is tried by one hand at a time once it has failed', async () => {
    await shop.setEndpoint()
    shop.receiver.answer(500)
    const courier = createCourier(shop.deps)
    await shop.pay()
    await courier.pass()
    await courier.idle()
    shop.receiver.answer(silence)
    await payTimes(5)
    assert.equal(await courier.pass(), 1)
    assert.equal(await courier.pass(), 0)
    await courier.stop(0)
  })

  it('and others like it leave half of the hands to those that do', async () => {
    const guard = createOutboundGuard({
      allow: ['127.0.0.1'],
      allowsInsideForSandbox: false,
      resolve: async () => ['127.0.0.1'],
    })
    shop = await openBranch(first, { guard })
    const courier = createCourier(shop.deps, { ...courierLimits, hands: 4 })
    shop.receiver.answer(500)
    const dead = ['a', 'b', 'c', 'd'].map((name) => `http://${name}.example:${shop.receiver.port}/`)
    for (const notice_url of dead) await shop.pay({ notice_url })
    await courier.pass()
    await courier.idle()
    shop.receiver.answer(silence)
    for (const notice_url of dead) await shop.pay({ notice_url })
    assert.equal(await courier.pass(), 2)
    await shop.receiver.arrived(6)
    shop.receiver.answer(200)
    await shop.setEndpoint()
    await shop.pay()
    assert.equal(await courier.pass(), 1)
    await courier.stop(0)
  })
})

describe('two processes', () => {
  it('do not send the same event while a lease is live', async () => {
    await shop.setEndpoint()
    await payTimes(40)
    const couriers = Array.from({ length: 4 }, () => createCourier(shop.deps))
    for (let round = 0; round < 12; round += 1) {
      await Promise.all(couriers.map((courier) => courier.pass()))
      await Promise.all(couriers.map((courier) => courier.idle()))
    }
    assert.equal(receivedIds().length, 40)
    assert.equal(new Set(receivedIds()).size, 40)
    assert.ok((await shop.webhooks()).every(({ state }) => state === 'delivered'))
  })

  it('send it again when the first has not come back by the end of its lease, and delivered stays', async () => {
    await shop.setEndpoint()
    let releaseFirst = (): void => undefined
    shop.receiver.answer((response) => {
      releaseFirst = () => void response.writeHead(200).end()
    })
    await shop.pay()
    const slow = createCourier(shop.deps)
    await slow.pass()
    await shop.receiver.arrived(1)
    const quick = createCourier(shop.deps)
    shop.clock.advance(courierLimits.leaseMs - 1)
    assert.equal(await quick.pass(), 0)
    shop.receiver.answer(500)
    shop.clock.advance(1)
    assert.equal(await quick.pass(), 1)
    await quick.idle()
    assert.equal((await onlyWebhook(shop)).state, 'pending')
    releaseFirst()
    await slow.idle()
    assert.equal((await onlyWebhook(shop)).state, 'delivered')
    assert.equal(new Set(receivedIds()).size, 1)
  })
})

describe('a process that ends', () => {
  it('by kill −9 between sending and recording: the event is sent again under the same webhook-id', async () => {
    await shop.setEndpoint()
    await shop.pay()
    shop.receiver.answer(silence)
    const { databaseUrl, masterKey } = shop.app.parts.config
    const worker = spawn(
      process.execPath,
      [
        fileURLToPath(new URL('../../bin/billkey.js', import.meta.url)),
        'serve',
        '--role',
        'worker',
      ],
      {
        env: {
          ...process.env,
          DATABASE_URL: databaseUrl?.reveal() ?? '',
          BILLKEY_MASTER_KEY: masterKey.key?.reveal() ?? '',
          BILLKEY_PORT: '0',
          BILLKEY_WEBHOOK_ALLOW: '127.0.0.1',
        },
        stdio: 'ignore',
      },
    )
    const ended = once(worker, 'exit')
    await Promise.race([
      shop.receiver.arrived(1),
      ended.then(() => assert.fail('the worker ended before it sent anything')),
    ])
    worker.kill('SIGKILL')
    await ended
    const [interrupted] = await shop.attempts(await onlyWebhook(shop))
    assert.deepEqual([interrupted?.status, interrupted?.durationMs], [null, null])
    shop.receiver.answer(200)
    // The worker lived in real time.
    shop.clock.advance(systemClock.now() - shop.clock.now() + courierLimits.leaseMs + minuteMs)
    await shop.deliver()
    const webhook = await onlyWebhook(shop)
    assert.equal(webhook.state, 'delivered')
    assert.deepEqual(receivedIds(), [webhook.webhookId, webhook.webhookId])
  })

  it('on request: what is cut off is due again at once and costs no try', async () => {
    await shop.setEndpoint()
    await shop.pay()
    shop.receiver.answer(silence)
    const courier = createCourier(shop.deps)
    await courier.pass()
    await shop.receiver.arrived(1)
    await courier.stop(0)
    const webhook = await onlyWebhook(shop)
    assert.deepEqual([webhook.state, webhook.dueAtMs], ['pending', shop.clock.now()])
    assert.equal(webhook.retryStep, 0)
    shop.receiver.answer(200)
    await shop.deliver()
    assert.equal((await onlyWebhook(shop)).state, 'delivered')
  })
})

describe('replay', () => {
  it('sends one event again whatever became of it, under the same id', async () => {
    await shop.setEndpoint()
    await shop.pay()
    await shop.deliver()
    const { webhookId } = await onlyWebhook(shop)
    const replay = () =>
      replayWebhook(shop.deps, { merchantId: shop.merchant.merchantId, webhookId, actor: 'test' })
    assert.deepEqual(await replay(), { kind: 'due' })
    await shop.deliver()
    assert.deepEqual(receivedIds(), [webhookId, webhookId])
    const other = await openBranch(first)
    assert.deepEqual(
      await replayWebhook(shop.deps, {
        merchantId: other.merchant.merchantId,
        webhookId,
        actor: 'test',
      }),
      {
        kind: 'absent',
      },
    )
    assert.deepEqual(
      await replayWebhook(shop.deps, {
        merchantId: shop.merchant.merchantId,
        webhookId: 'no uuid',
        actor: 'test',
      }),
      {
        kind: 'absent',
      },
    )
  })

  it('of one that is being sent, or whose endpoint is paused, says so', async () => {
    await shop.setEndpoint()
    await shop.pay()
    shop.receiver.answer(silence)
    const courier = createCourier(shop.deps)
    await courier.pass()
    await shop.receiver.arrived(1)
    const { webhookId } = await onlyWebhook(shop)
    const replay = () =>
      replayWebhook(shop.deps, { merchantId: shop.merchant.merchantId, webhookId, actor: 'test' })
    assert.deepEqual(await replay(), { kind: 'being_sent' })
    await courier.stop(0)
    shop.receiver.answer(410)
    await shop.deliver()
    assert.deepEqual(await replay(), { kind: 'endpoint_paused' })
  })

  it('sends by filter what has ended, oldest first, in batches', async () => {
    await shop.setEndpoint({ sendsFailures: true })
    await payTimes(3)
    await shop.deliver()
    shop.clock.advance(hourMs)
    const sinceMs = shop.clock.now()
    const impUids: string[] = []
    for (let index = 0; index < 4; index += 1) impUids.push(await shop.pay())
    await shop.pay({ card_number: declinedCard })
    await shop.deliver()
    first.receiver.received.length = 0
    const progress: number[] = []
    const replayed = await replayWebhooks(shop.deps, {
      merchantId: shop.merchant.merchantId,
      actor: 'test',
      filter: { ...everyWebhook, sinceMs, status: 'paid' },
      onProgress: (done) => progress.push(done),
    })
    assert.deepEqual([replayed, progress], [4, [4]])
    await shop.deliver()
    assert.deepEqual(
      shop.receiver.received
        .map(({ body }) => (JSON.parse(body) as { imp_uid: string }).imp_uid)
        .toSorted(),
      impUids.toSorted(),
    )
  })

  it('of what was given up leaves the delivered alone', async () => {
    await shop.setEndpoint()
    await shop.pay()
    await shop.deliver()
    shop.receiver.answer(410)
    const lost = await shop.pay({ notice_url: `${shop.receiver.url}/lost` })
    await shop.deliver()
    shop.receiver.answer(200)
    first.receiver.received.length = 0
    const filter = { ...everyWebhook, state: 'given_up' } as const
    const { merchantId } = shop.merchant
    assert.equal(await replayWebhooks(shop.deps, { merchantId, actor: 'test', filter }), 1)
    await shop.deliver()
    assert.deepEqual(
      shop.receiver.received.map(({ body }) => (JSON.parse(body) as { imp_uid: string }).imp_uid),
      [lost],
    )
  })
})
