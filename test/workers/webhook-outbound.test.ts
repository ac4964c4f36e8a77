// Where a delivery connects to, and whom it believes: the addresses that were judged, and the certificate of the
// host that was named.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, beforeEach, before, describe, it } from 'node:test'
import { setDefaultCACertificates } from 'node:tls'

import { createOutboundGuard } from '../../src/webhooks/outbound-guard.ts'
import { makeTestCertificate } from '../support/test-certificate.ts'
import {
  clearTable,
  minuteMs,
  onlyWebhook,
  openBranch,
  openShop,
  type Shop,
} from './webhook-shop.ts'

let first: Shop

before(async () => {
  first = await openShop()
})
after(async () => {
  await first.close()
})
beforeEach(() => clearTable(first))

async function errorOf(shop: Shop): Promise<string | null> {
  const attempts = await shop.attempts(await onlyWebhook(shop))
  return attempts.at(-1)?.error ?? null
}

describe('a name that changes its mind (DNS rebinding)', () => {
  it('is asked once per delivery, and only the address that was judged is connected to', async () => {
    const answers = [['127.0.0.1'], ['169.254.169.254'], ['127.0.0.1']]
    let asked = 0
    const guard = createOutboundGuard({
      allow: ['127.0.0.1'],
      allowsInsideForSandbox: false,
      resolve: async () => answers[asked++] ?? [],
    })
    const shop = await openBranch(first, { guard })
    shop.receiver.answer(503)
    await shop.pay({ notice_url: `http://rebind.example:${shop.receiver.port}/x` })
    await shop.deliver()
    assert.equal(asked, 1)
    assert.equal(shop.receiver.received[0]?.headers.host, `rebind.example:${shop.receiver.port}`)
    shop.receiver.answer(200)
    shop.clock.advance(2 * minuteMs)
    await shop.deliver()
    assert.equal(asked, 2)
    assert.equal(shop.receiver.received.length, 1)
    assert.match((await errorOf(shop)) ?? '', /169\.254\.169\.254 is a metadata address/)
    shop.clock.advance(2 * minuteMs)
    await shop.deliver()
    assert.equal(asked, 3)
    assert.equal((await onlyWebhook(shop)).state, 'delivered')
  })

  it('is connected to at its second address when the first does not answer', async () => {
    const guard = createOutboundGuard({
      allow: ['127.0.0.0/8'],
      allowsInsideForSandbox: false,
      // The receiver listens on the second alone.
      resolve: async () => ['127.0.0.2', '127.0.0.1'],
    })
    const shop = await openBranch(first, { guard })
    await shop.pay({ notice_url: `http://two.example:${shop.receiver.port}/x` })
    await shop.deliver()
    assert.equal((await onlyWebhook(shop)).state, 'delivered')
  })
})

describe('the inside', () => {
  it('gets nothing from a server that is no sandbox, unless it is on the allow-list', async () => {
    const guard = createOutboundGuard({ allow: [], allowsInsideForSandbox: false })
    const shop = await openBranch(first, { guard })
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:7f00:1]', '2130706433'])
      await shop.pay({ notice_url: `http://${host}:${shop.receiver.port}/x` })
    await shop.deliver()
    assert.equal(shop.receiver.received.length, 0)
    for (const webhook of await shop.webhooks()) {
      const [attempt] = await shop.attempts(webhook)
      assert.match(attempt?.error ?? '', /loopback address|does not resolve/)
    }
  })

  it('is no endpoint either', async () => {
    const guard = createOutboundGuard({ allow: [], allowsInsideForSandbox: false })
    const shop = await openBranch(first, { guard })
    await assert.rejects(shop.setEndpoint({ url: 'http://10.0.0.1/hook' }))
    await assert.rejects(shop.setEndpoint({ url: 'ftp://shop.example/hook' }))
  })
})

describe('TLS', () => {
  const certificate = makeTestCertificate('shop.example')
  const server = createServer(certificate, (_, response) => response.end('OK'))
  let port: number
  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  })
  after(() => server.close())

  const guard = createOutboundGuard({
    allow: ['127.0.0.1'],
    allowsInsideForSandbox: false,
    resolve: async () => ['127.0.0.1'],
  })

  it('is verified even where the environment says not to', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    try {
      const shop = await openBranch(first, { guard })
      await shop.pay({ notice_url: `https://shop.example:${port}/x` })
      await shop.deliver()
      assert.match((await errorOf(shop)) ?? '', /SELF_SIGNED_CERT/)
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    }
  })

  it('believes a trusted certificate for the host that was named, and for no other', async () => {
    setDefaultCACertificates([certificate.cert])
    const shop = await openBranch(first, { guard })
    await shop.pay({ notice_url: `https://shop.example:${port}/x` })
    await shop.deliver()
    assert.equal((await onlyWebhook(shop)).state, 'delivered')
    const other = await openBranch(first, { guard })
    await other.pay({ notice_url: `https://other.example:${port}/x` })
    await other.deliver()
    assert.match((await errorOf(other)) ?? '', /ERR_TLS_CERT_ALTNAME_INVALID/)
  })
})
