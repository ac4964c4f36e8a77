// A merchant with a receiver for its webhooks and a courier that moves only when told to, on a clock of the test's.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'

import { deliverDependencies } from '../../src/compose/dependencies.ts'
import { adHocSql } from '../../src/db/database.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import type { DeliverDependencies } from '../../src/webhooks/deliver-webhook.ts'
import { type Courier, createCourier } from '../../src/webhooks/deliver-due-webhooks.ts'
import { readWebhookSecrets } from '../../src/webhooks/rotate-webhook-secret.ts'
import { setEndpoint, type WantedEndpoint } from '../../src/webhooks/set-endpoint.ts'
import {
  everyWebhook,
  listAttempts,
  listWebhooks,
  type WebhookAttempt,
} from '../../src/webhooks/webhook-queries.store.ts'
import type { Webhook } from '../../src/webhooks/webhook.ts'
import { newMerchantUid } from '../api/orders.ts'
import { callV1, startTestApp, type TestApp, type TestMerchant } from '../support/app.ts'
import {
  type ReceivedWebhook,
  startWebhookReceiver,
  type WebhookReceiver,
} from '../support/webhook-receiver.ts'

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs

/** A card of the simulator's that approves, and one that is declined when charged. */
export const goodCard = '9366000000900000'
export const declinedCard = '9366000000202001'

export interface Shop {
  readonly app: TestApp
  readonly merchant: TestMerchant
  readonly receiver: WebhookReceiver
  readonly clock: TestClock
  readonly deps: DeliverDependencies
  readonly courier: Courier
  /** Sends all that is due, and waits until it is done. */
  deliver(): Promise<void>
  setEndpoint(wanted?: Partial<WantedEndpoint>): Promise<void>
  /** Pays with a card; gives the imp_uid. */
  pay(fields?: Record<string, unknown>): Promise<string>
  secrets(): Promise<string[]>
  webhooks(): Promise<Webhook[]>
  attempts(webhook: Webhook): Promise<WebhookAttempt[]>
  close(): Promise<void>
}

export async function openShop(
  options: {
    readonly deps?: Partial<DeliverDependencies>
    readonly environment?: Record<string, string>
    readonly startsAt?: string
  } = {},
): Promise<Shop> {
  const clock = new TestClock(Date.parse(options.startsAt ?? '2026-03-02T00:00:00Z'))
  const app = await startTestApp({
    clock,
    role: 'api',
    environment: options.environment ?? {},
  })
  const receiver = await startWebhookReceiver()
  return shopOf({ app, receiver, clock, merchant: app.merchant }, options.deps)
}

/** The same app and receiver for another merchant. */
export async function openBranch(shop: Shop, deps?: Partial<DeliverDependencies>): Promise<Shop> {
  return shopOf({ ...shop, merchant: await shop.app.addMerchant() }, deps)
}

function shopOf(
  parts: Pick<Shop, 'app' | 'receiver' | 'clock' | 'merchant'>,
  overrides: Partial<DeliverDependencies> = {},
): Shop {
  const { app, receiver, merchant } = parts
  const deps = { ...deliverDependencies(app.parts), ...overrides }
  const courier = createCourier(deps)
  const name = { merchantId: merchant.merchantId, sandbox: true }
  return {
    ...parts,
    deps,
    courier,
    async deliver() {
      while ((await courier.pass()) > 0) await courier.idle()
    },
    async setEndpoint(wanted = {}) {
      const result = await setEndpoint(deps, name, {
        url: `${receiver.url}/hook`,
        actor: 'test',
        ...wanted,
      })
      assert.equal(result.kind, 'set')
    },
    async pay(fields = {}) {
      // A token of this moment: the clock goes days ahead.
      const { body: login } = await callV1(app.url, 'POST', '/users/getToken', {
        body: { imp_key: merchant.impKey, imp_secret: merchant.impSecret },
      })
      const { access_token: token } = login.response as { access_token: string }
      const { body } = await callV1(app.url, 'POST', '/subscribe/payments/onetime', {
        headers: { authorization: token },
        body: {
          merchant_uid: newMerchantUid(),
          amount: 3_000,
          card_number: goodCard,
          expiry: '2031-12',
          birth: '820213',
          pwd_2digit: '00',
          ...fields,
        },
      })
      assert.equal(body.code, 0, String(body.message))
      return (body.response as { imp_uid: string }).imp_uid
    },
    secrets: async () => (await readWebhookSecrets(deps, name)).map((secret) => secret.reveal()),
    webhooks: () =>
      listWebhooks(app.parts.db, merchant.merchantId, everyWebhook, { limit: 1000, offset: 0 }),
    attempts: (webhook) => listAttempts(app.parts.db, webhook),
    async close() {
      await courier.stop(0)
      await app.close()
      await receiver.close()
    },
  }
}

/** Takes what earlier tests left out of the queue, and out of the receiver's memory; it answers 200 again. */
export async function clearTable({ app, receiver }: Shop): Promise<void> {
  await app.parts.db.query(adHocSql('delete from webhooks'))
  receiver.received.length = 0
  receiver.answer(200)
}

/** The only event there is. */
export async function onlyWebhook(shop: Shop): Promise<Webhook> {
  const [webhook, ...others] = await shop.webhooks()
  assert.ok(webhook !== undefined && others.length === 0)
  return webhook
}

/**
 * Verifies a signature as the Standard Webhooks specification tells a receiver to, with nothing of ours: says which
 * of the signatures the secret made, -1 when none.
 */
export function verifiedBy(webhook: ReceivedWebhook, secret: string): number {
  const { headers, body } = webhook
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  assert.ok(key.length >= 24 && key.length <= 64, 'the specification wants 24 to 64 bytes')
  const expected = createHmac('sha256', key).update(signed).digest('base64')
  const given = String(headers['webhook-signature']).split(' ')
  return given.indexOf(`v1,${expected}`)
}
