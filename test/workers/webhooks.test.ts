import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'

import {
  dropOldWebhookSecret,
  rotateWebhookSecret,
} from '../../src/webhooks/rotate-webhook-secret.ts'
import { sendTestWebhook } from '../../src/webhooks/send-test-webhook.ts'
import {
  clearTable,
  declinedCard,
  onlyWebhook,
  openBranch,
  openShop,
  type Shop,
  verifiedBy,
} from './webhook-shop.ts'

let first: Shop
let shop: Shop

before(async () => {
  first = await openShop()
})
after(async () => {
  await first.close()
})
beforeEach(() => clearTable(first))

describe('what is told of', () => {
  it('an approval, as JSON, with the three keys of V1 and nothing else', async () => {
    shop = await openBranch(first)
    await shop.setEndpoint()
    const impUid = await shop.pay({ merchant_uid: '주문 1 & "둘"' })
    await shop.deliver()
    const [received, ...others] = shop.receiver.received
    assert.equal(others.length, 0)
    assert.equal(received?.method, 'POST')
    assert.equal(received?.target, '/hook')
    assert.equal(received?.headers['content-type'], 'application/json')
    assert.equal(
      received?.body,
      `{"imp_uid":"${impUid}","merchant_uid":"주문 1 & \\"둘\\"","status":"paid"}`,
    )
    assert.match(String(received?.headers['user-agent']), /^billkey\/\d+\.\d+\.\d+$/)
    assert.equal(received?.headers['content-length'], String(Buffer.byteLength(received?.body)))
  })

  it('an approval as a form, when the merchant chose forms', async () => {
    shop = await openBranch(first)
    await shop.setEndpoint({ format: 'form' })
    const impUid = await shop.pay({ merchant_uid: '주문 1&2' })
    await shop.deliver()
    const [received] = shop.receiver.received
    assert.equal(received?.headers['content-type'], 'application/x-www-form-urlencoded')
    assert.equal(
      received?.body,
      `imp_uid=${impUid}&merchant_uid=%EC%A3%BC%EB%AC%B8+1%262&status=paid`,
    )
  })

  it('a cancel that asks for it, with its cancellation_id, in both formats', async () => {
    shop = await openBranch(first)
    await shop.setEndpoint()
    const impUid = await shop.pay({ merchant_uid: 'cancelled-order' })
    await shop.deliver()
    const cancellationIds: string[] = []
    for (const format of ['json', 'form'] as const) {
      await shop.setEndpoint({ format })
      const { body } = await shop.merchant.call('POST', '/payments/cancel', {
        imp_uid: impUid,
        amount: 1_000,
        enable_webhook: true,
      })
      const { cancel_history: history } = body.response as {
        cancel_history: { cancellation_id: string }[]
      }
      cancellationIds.push(history.at(-1)?.cancellation_id ?? '')
      await shop.deliver()
    }
    const [one, two] = cancellationIds
    assert.notEqual(one, two)
    assert.deepEqual(
      shop.receiver.received.slice(1).map(({ body }) => body),
      [
        `{"imp_uid":"${impUid}","merchant_uid":"cancelled-order","status":"cancelled","cancellation_id":"${one}"}`,
        `imp_uid=${impUid}&merchant_uid=cancelled-order&status=cancelled&cancellation_id=${two}`,
      ],
    )
  })

  it('an ordinary failure only when the merchant asked for failures', async () => {
    shop = await openBranch(first)
    await shop.setEndpoint()
    await shop.pay({ card_number: declinedCard })
    await shop.deliver()
    assert.deepEqual(await shop.webhooks(), [])
    await shop.setEndpoint({ sendsFailures: true })
    const impUid = await shop.pay({ card_number: declinedCard, merchant_uid: 'refused' })
    await shop.deliver()
    assert.deepEqual(
      shop.receiver.received.map(({ body }) => body),
      [`{"imp_uid":"${impUid}","merchant_uid":"refused","status":"failed"}`],
    )
  })

  it('nothing, when there is neither an endpoint nor a notice_url', async () => {
    shop = await openBranch(first)
    await shop.pay()
    assert.deepEqual(await shop.webhooks(), [])
  })
})

describe('where it goes', () => {
  it('a notice_url goes before the endpoint', async () => {
    shop = await openBranch(first)
    await shop.setEndpoint()
    await shop.pay({ notice_url: `${shop.receiver.url}/notice?order=5` })
    await shop.deliver()
    assert.deepEqual(
      shop.receiver.received.map(({ target }) => target),
      ['/notice?order=5'],
    )
  })

  it('a merchant without an endpoint gets what its notice_url asks for, signed', async () => {
    shop = await openBranch(first)
    await shop.pay({ notice_url: `${shop.receiver.url}/notice` })
    await shop.deliver()
    const [received] = shop.receiver.received
    assert.ok(received !== undefined)
    const [secret = ''] = await shop.secrets()
    assert.equal(verifiedBy(received, secret), 0)
    assert.equal((await onlyWebhook(shop)).state, 'delivered')
  })

  it('a notice_url that is no URL is given up without a word to anybody', async () => {
    shop = await openBranch(first)
    await shop.pay({ notice_url: 'not a url' })
    await shop.deliver()
    const webhook = await onlyWebhook(shop)
    assert.equal(webhook.state, 'given_up')
    const [attempt] = await shop.attempts(webhook)
    assert.match(attempt?.error ?? '', /not a URL/)
  })

  it('a notice_url as long as a caller may send does not disturb the payment', async () => {
    shop = await openBranch(first)
    await shop.pay({ notice_url: `https://${'가'.repeat(1_900)}.invalid/` })
    await shop.deliver()
    assert.equal((await onlyWebhook(shop)).attemptCount, 1)
  })
})

describe('signatures', () => {
  it('are those of Standard Webhooks, over the very bytes of the body', async () => {
    shop = await openBranch(first)
    await shop.setEndpoint()
    await shop.pay()
    await shop.deliver()
    const [received] = shop.receiver.received
    assert.ok(received !== undefined)
    const [secret = ''] = await shop.secrets()
    assert.match(secret, /^whsec_[A-Za-z0-9+/]+=*$/)
    assert.equal(verifiedBy(received, secret), 0)
    assert.equal(verifiedBy({ ...received, body: `${received.body} ` }, secret), -1)
    assert.equal(received.headers['webhook-id'], (await onlyWebhook(shop)).webhookId)
    assert.equal(received.headers['webhook-timestamp'], String(shop.clock.now() / 1000))
  })

  it('come from both secrets while one is replaced, and from the new one alone after', async () => {
    shop = await openBranch(first)
    await shop.setEndpoint()
    const name = { merchantId: shop.merchant.merchantId, sandbox: true }
    const [old = ''] = await shop.secrets()
    const rotated = await rotateWebhookSecret(shop.deps, name, 'test')
    assert.ok(rotated.kind === 'rotated')
    const fresh = rotated.secret.reveal()
    assert.deepEqual(await rotateWebhookSecret(shop.deps, name, 'test'), {
      kind: 'old_secret_live',
    })
    await shop.pay()
    await shop.deliver()
    assert.equal(await dropOldWebhookSecret(shop.deps, name, 'test'), true)
    assert.equal(await dropOldWebhookSecret(shop.deps, name, 'test'), false)
    await shop.pay()
    await shop.deliver()
    const [during, afterwards] = shop.receiver.received
    assert.ok(during !== undefined && afterwards !== undefined)
    assert.equal(verifiedBy(during, fresh), 0)
    assert.equal(verifiedBy(during, old), 1)
    assert.equal(verifiedBy(afterwards, fresh), 0)
    assert.equal(verifiedBy(afterwards, old), -1)
  })

  it('of two merchants are made with different secrets', async () => {
    const one = await openBranch(first)
    const two = await openBranch(first)
    assert.notDeepEqual(await one.secrets(), await two.secrets())
  })
})

describe('the test event (호출 테스트)', () => {
  it('goes to the saved address, signed, and is not kept', async () => {
    shop = await openBranch(first)
    await shop.setEndpoint()
    const name = { merchantId: shop.merchant.merchantId, sandbox: true }
    const sent = await sendTestWebhook(shop.deps, name, AbortSignal.timeout(60_000))
    assert.deepEqual(sent, {
      kind: 'sent',
      url: `${shop.receiver.url}/hook`,
      result: { kind: 'answered', status: 200, retryAfter: null, body: 'OK' },
    })
    const [received] = shop.receiver.received
    assert.equal(
      received?.body,
      '{"imp_uid":"imp_1234567890","merchant_uid":"merchant_1234567890","status":"ready"}',
    )
    const [secret = ''] = await shop.secrets()
    assert.ok(received !== undefined && verifiedBy(received, secret) === 0)
    assert.deepEqual(await shop.webhooks(), [])
  })

  it('needs a saved address', async () => {
    shop = await openBranch(first)
    const name = { merchantId: shop.merchant.merchantId, sandbox: true }
    const sent = await sendTestWebhook(shop.deps, name, AbortSignal.timeout(60_000))
    assert.deepEqual(sent, { kind: 'no_address' })
  })
})
