// What a merchant's server can do to a delivery, and what becomes of the event.

import assert from 'node:assert/strict'
import { after, beforeEach, before, describe, it } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { type PostLimits, v1PostLimits } from '../../src/webhooks/post-webhook.ts'
import { resumeEndpoint } from '../../src/webhooks/resume-endpoint.ts'
import { pauseAfterMs, retryDelaysMs } from '../../src/webhooks/retry-schedule.ts'
import { findEndpoint } from '../../src/webhooks/endpoints.store.ts'
import type { Webhook } from '../../src/webhooks/webhook.ts'
import { type Answering, answerWith } from '../support/webhook-receiver.ts'
import {
  clearTable,
  hourMs,
  minuteMs,
  onlyWebhook,
  openBranch,
  openShop,
  type Shop,
} from './webhook-shop.ts'

// V1's limits, made short; what they are is tested by itself below.
const shortLimits: PostLimits = {
  first: { kind: 'by_phase', connectMs: 2_000, readMs: 500 },
  resend: { kind: 'in_all', totalMs: 2_000 },
  bodyMs: 50,
}

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
  shop = await openBranch(first, { limits: shortLimits })
})

async function afterFirstAttempt(answering: number | Answering): Promise<Webhook> {
  shop.receiver.answer(answering)
  await shop.setEndpoint()
  await shop.pay()
  await shop.deliver()
  return onlyWebhook(shop)
}

async function lastAttempt(webhook: Webhook) {
  const attempts = await shop.attempts(webhook)
  const last = attempts.at(-1)
  assert.ok(last !== undefined)
  return last
}

interface Audited {
  readonly actor: string
  readonly action: string
  readonly subject: string
}

async function auditOf({ app, merchant }: Shop): Promise<Audited[]> {
  const statement = adHocSql(
    `select actor, action, subject from audit_events
     where merchant_id = $1 and action like 'webhook_endpoint.%' order by sequence`,
  )
  return (await app.parts.db.query<Audited>(statement, [merchant.merchantId])).rows
}

/** Never answers, and lets go of the connection when the other side does. */
const silence: Answering = () => undefined

describe('an answer that is not 2xx', () => {
  for (const status of [301, 302, 307, 308, 400, 401, 404, 429, 500, 502, 503])
    it(`${status} is tried again a minute later`, async () => {
      const webhook = await afterFirstAttempt(answerWith(status, { location: '/elsewhere' }))
      assert.equal(webhook.state, 'pending')
      const waitMs = (webhook.dueAtMs ?? 0) - shop.clock.now()
      assert.ok(waitMs >= minuteMs && waitMs <= 1.2 * minuteMs, String(waitMs))
      assert.equal(shop.receiver.received.length, 1)
      const attempt = await lastAttempt(webhook)
      assert.equal(attempt.status, status)
      assert.equal(attempt.responseBody, `answered ${status}`)
    })

  for (const status of [200, 201, 202, 204, 299])
    it(`${status} is delivered`, async () => {
      const webhook = await afterFirstAttempt(answerWith(status))
      assert.equal(webhook.state, 'delivered')
      assert.equal(webhook.deliveredAtMs, shop.clock.now())
    })
})

describe('a redirect', () => {
  it('is not followed, least of all to the inside', async () => {
    const location = 'http://169.254.169.254/latest/meta-data/'
    const webhook = await afterFirstAttempt(answerWith(302, { location }))
    assert.equal(webhook.state, 'pending')
    const attempts = await shop.attempts(webhook)
    assert.deepEqual(
      attempts.map(({ url, status }) => [url, status]),
      [[`${shop.receiver.url}/hook`, 302]],
    )
  })
})

describe('410', () => {
  it('gives the event up, pauses the endpoint, and says so in the log', async () => {
    const webhook = await afterFirstAttempt(410)
    assert.equal(webhook.state, 'given_up')
    const endpoint = await findEndpoint(shop.app.parts.db, webhook)
    assert.equal(endpoint?.pauseReason, 'gone')
    assert.equal(endpoint?.pausedAtMs, shop.clock.now())
    const warnings = shop.app
      .logged()
      .split('\n')
      .filter((line) => line.includes(webhook.webhookId) && line.includes('"warn"'))
    assert.equal(warnings.length, 1)
    assert.deepEqual(await auditOf(shop), [
      { actor: 'test', action: 'webhook_endpoint.set', subject: 'sandbox' },
      { actor: 'worker', action: 'webhook_endpoint.paused', subject: 'sandbox' },
    ])
  })

  it('of a notice_url gives up that event alone', async () => {
    shop.receiver.answer(410)
    await shop.setEndpoint()
    await shop.pay({ notice_url: `${shop.receiver.url}/notice` })
    await shop.deliver()
    const webhook = await onlyWebhook(shop)
    assert.equal(webhook.state, 'given_up')
    assert.equal((await findEndpoint(shop.app.parts.db, webhook))?.pausedAtMs, null)
  })
})

describe('Retry-After', () => {
  it('in seconds puts the next try off', async () => {
    const webhook = await afterFirstAttempt(answerWith(503, { 'retry-after': '3600' }))
    assert.equal(webhook.dueAtMs, shop.clock.now() + hourMs)
  })

  it('as a date does too', async () => {
    const date = new Date(shop.clock.now() + 2 * hourMs).toUTCString()
    const webhook = await afterFirstAttempt(answerWith(429, { 'retry-after': date }))
    assert.equal(webhook.dueAtMs, shop.clock.now() + 2 * hourMs)
  })

  it('cannot put it off for more than a day, nor bring it forward', async () => {
    const far = await afterFirstAttempt(answerWith(503, { 'retry-after': '99999999' }))
    assert.equal(far.dueAtMs, shop.clock.now() + 24 * hourMs)
    shop = await openBranch(first, { limits: shortLimits })
    const near = await afterFirstAttempt(answerWith(503, { 'retry-after': '0' }))
    assert.ok((near.dueAtMs ?? 0) >= shop.clock.now() + minuteMs)
  })
})

describe('a connection that goes wrong', () => {
  const faults: Readonly<Record<string, { readonly answer: Answering; readonly error: RegExp }>> = {
    'no answer': { answer: silence, error: /no answer within 500 ms/ },
    'a reset': {
      answer: ({ socket }) => void socket?.resetAndDestroy(),
      error: /ECONNRESET|hang up/,
    },
    'an end without an answer': {
      answer: ({ socket }) => void socket?.destroy(),
      error: /hang up/,
    },
    'headers that do not end': {
      answer: ({ socket }) => void socket?.write('HTTP/1.1 200 OK\r\nx-slow: 1'),
      error: /no answer within 500 ms/,
    },
    'no HTTP': {
      answer: ({ socket }) => void socket?.end('220 mail.example ESMTP\r\n\r\n'),
      error: /HPE_|Parse Error/,
    },
    'headers without measure': {
      answer: ({ socket }) =>
        void socket?.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(200_000)}\r\n\r\n`),
      error: /HPE_HEADER_OVERFLOW/,
    },
    'another protocol': {
      answer: ({ socket }) =>
        void socket?.write(
          'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
        ),
      error: /switch protocols/,
    },
  }
  for (const [name, { answer, error }] of Object.entries(faults))
    it(`${name}: tried again`, async () => {
      const webhook = await afterFirstAttempt(answer)
      assert.equal(webhook.state, 'pending')
      const attempt = await lastAttempt(webhook)
      assert.equal(attempt.status, null)
      assert.match(attempt.error ?? '', error)
      shop.receiver.answer(200)
      shop.clock.advance(2 * minuteMs)
      await shop.deliver()
      assert.equal((await onlyWebhook(shop)).state, 'delivered')
    })

  it('nobody listens: tried again', async () => {
    await shop.setEndpoint({ url: 'http://127.0.0.1:1/hook' })
    await shop.pay()
    await shop.deliver()
    const webhook = await onlyWebhook(shop)
    assert.equal(webhook.state, 'pending')
    assert.match((await lastAttempt(webhook)).error ?? '', /ECONNREFUSED/)
  })
})

describe('a body after 200', () => {
  const bodies: Readonly<Record<string, Answering>> = {
    'that never ends': (response) => void response.writeHead(200).write('so far'),
    'that is huge': (response) => {
      response.writeHead(200)
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      }
      response.on('drain', more)
      more()
    },
    'that breaks off': (response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('half', () => response.socket?.resetAndDestroy())
    },
    'with bytes that are no text': (response) =>
      void response.writeHead(200).end(Buffer.from([0x00, 0xff, 0xfe, 0x00, 0xed, 0xa0, 0x80])),
  }
  for (const [name, answer] of Object.entries(bodies))
    it(`${name} changes nothing: delivered`, async () => {
      const webhook = await afterFirstAttempt(answer)
      assert.equal(webhook.state, 'delivered')
      const attempt = await lastAttempt(webhook)
      assert.equal(attempt.status, 200)
      assert.ok(Buffer.byteLength(attempt.responseBody ?? '') <= 8_192)
      assert.ok((attempt.responseBody ?? '').length <= 2_048)
    })
})

describe('time limits', () => {
  it('are V1’s: 10 s to connect and 30 s to read at first, 15 s in all for a re-send', () => {
    assert.deepEqual(v1PostLimits.first, { kind: 'by_phase', connectMs: 10_000, readMs: 30_000 })
    assert.deepEqual(v1PostLimits.resend, { kind: 'in_all', totalMs: 15_000 })
  })

  it('the first delivery and a re-send each keep their own', async () => {
    const limits: PostLimits = {
      ...shortLimits,
      first: { kind: 'by_phase', connectMs: 2_000, readMs: 101 },
      resend: { kind: 'in_all', totalMs: 102 },
    }
    shop = await openBranch(first, { limits })
    const webhook = await afterFirstAttempt(silence)
    shop.clock.advance(2 * minuteMs)
    await shop.deliver()
    assert.deepEqual(
      (await shop.attempts(webhook)).map(({ error }) => error),
      ['no answer within 101 ms', 'no answer within 102 ms'],
    )
  })

  it('a name server that does not answer is part of connecting', async () => {
    const limits: PostLimits = {
      ...shortLimits,
      first: { kind: 'by_phase', connectMs: 103, readMs: 2_000 },
    }
    const never = new Promise<never>(() => undefined)
    shop = await openBranch(first, { limits, guard: { check: () => never } })
    await shop.pay({ notice_url: 'https://slow.example/' })
    await shop.deliver()
    const attempt = await lastAttempt(await onlyWebhook(shop))
    assert.equal(attempt.error, 'no connection within 103 ms')
  })
})

describe('an endpoint that takes nothing for days', () => {
  it('is tried for more than four days, then paused with its events held, and resumed', async () => {
    const startMs = shop.clock.now()
    await afterFirstAttempt(500)
    let webhook = await onlyWebhook(shop)
    let attempts = 1
    while (webhook.state === 'pending') {
      shop.clock.advance((webhook.dueAtMs ?? 0) - shop.clock.now())
      await shop.deliver()
      attempts += 1
      webhook = await onlyWebhook(shop)
    }
    assert.equal(webhook.state, 'held')
    assert.equal(attempts, retryDelaysMs.length + 1)
    assert.ok(shop.clock.now() - startMs > pauseAfterMs)
    const paused = await findEndpoint(shop.app.parts.db, webhook)
    assert.equal(paused?.pauseReason, 'failing')
    assert.equal(paused?.failingSinceMs, startMs)
    // What happens meanwhile is kept for it too, and not sent.
    const before = shop.receiver.received.length
    await shop.pay()
    await shop.deliver()
    assert.deepEqual(
      (await shop.webhooks()).map(({ state }) => state),
      ['held', 'held'],
    )
    assert.equal(shop.receiver.received.length, before)
    shop.receiver.answer(200)
    const name = { merchantId: shop.merchant.merchantId, sandbox: true }
    assert.deepEqual(await resumeEndpoint(shop.deps, name, { actor: 'test' }), {
      kind: 'resumed',
      released: 2,
    })
    assert.deepEqual(await resumeEndpoint(shop.deps, name, { actor: 'test' }), {
      kind: 'not_paused',
    })
    await shop.deliver()
    assert.deepEqual(
      (await shop.webhooks()).map(({ state }) => state),
      ['delivered', 'delivered'],
    )
    assert.equal(shop.receiver.received.length, before + 2)
    assert.equal((await findEndpoint(shop.app.parts.db, webhook))?.failingSinceMs, null)
  })

  it('is not paused when something got through in between', async () => {
    const stubborn = await afterFirstAttempt(500)
    for (let day = 0; day < 6; day += 1) {
      shop.clock.advance(24 * hourMs)
      shop.receiver.answer((response, { body }) => {
        response.writeHead(body.includes(stubborn.impUid) ? 500 : 200).end()
      })
      await shop.pay()
      await shop.deliver()
    }
    assert.equal((await findEndpoint(shop.app.parts.db, stubborn))?.pausedAtMs, null)
  })

  it('gets what waited at once when its address is set anew', async () => {
    await afterFirstAttempt(410)
    await shop.pay()
    await shop.deliver()
    assert.equal((await shop.webhooks())[0]?.state, 'held')
    shop.receiver.answer(200)
    await shop.setEndpoint({ url: `${shop.receiver.url}/new` })
    await shop.deliver()
    assert.equal(shop.receiver.received.at(-1)?.target, '/new')
    assert.equal((await shop.webhooks())[0]?.state, 'delivered')
  })
})

describe('an event that one endpoint never takes', () => {
  it('is given up at the end of the schedule', async () => {
    const stubborn = await afterFirstAttempt(500)
    shop.receiver.answer((response, { body }) => {
      response.writeHead(body.includes(stubborn.impUid) ? 500 : 200).end()
    })
    for (const delayMs of retryDelaysMs) {
      shop.clock.advance(1.2 * delayMs)
      await shop.pay()
      await shop.deliver()
    }
    const oldest = (await shop.webhooks()).at(-1)
    assert.equal(oldest?.webhookId, stubborn.webhookId)
    assert.equal(oldest?.state, 'given_up')
    assert.equal(oldest?.attemptCount, retryDelaysMs.length + 1)
  })
})
