// A server as a process of its own, told by one setting where traces go: what arrives there is decoded as a collector
// would, and read as a tree.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, suite, test } from 'node:test'

import { setEndpoint } from '../../src/webhooks/set-endpoint.ts'
import { startServeProcess, type ServeProcess } from '../faults/serve-process.ts'
import { goodCard, newAttempt, onetime } from '../faults/ways-to-charge.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly attributes: readonly { key: string; value: Record<string, unknown> }[]
}

interface Collector {
  readonly url: string
  readonly spans: Span[]
  readonly resources: string[]
  readonly text: () => string
  close(): Promise<void>
}

/** The OTLP/HTTP receiver of a collector, for JSON. */
async function startCollector(): Promise<Collector> {
  const spans: Span[] = []
  const resources: string[] = []
  let text = ''
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      assert.equal(request.url, '/v1/traces')
      const body = Buffer.concat(chunks).toString('utf8')
      text += body
      const sent = JSON.parse(body) as {
        resourceSpans: { resource: object; scopeSpans: { spans: Span[] }[] }[]
      }
      for (const { resource, scopeSpans } of sent.resourceSpans) {
        resources.push(JSON.stringify(resource))
        for (const scope of scopeSpans) spans.push(...scope.spans)
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    resources,
    text: () => text,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const callerSpan = '00f067aa0ba902b7'

suite('traces', () => {
  let app: TestApp
  let receiver: WebhookReceiver
  let collector: Collector
  let serving: ServeProcess
  const masterKey = randomBytes(32).toString('base64')
  before(async () => {
    collector = await startCollector()
    receiver = await startWebhookReceiver()
    app = await startTestApp({ role: 'api', environment: { BILLKEY_MASTER_KEY: masterKey } })
    const name = { merchantId: app.merchant.merchantId, sandbox: true }
    await setEndpoint(app.parts, name, { url: `${receiver.url}/hook`, actor: 'test' })
    serving = await startServeProcess(app, masterKey, {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      BILLKEY_WEBHOOK_ALLOW: '127.0.0.1',
      BILLKEY_LOG_LEVEL: 'debug',
    })
  })
  after(async () => {
    await serving.stop()
    await app.close()
    await receiver.close()
    await collector.close()
  })

  test('a charge is a tree of spans under its caller’s trace, down to statements and both steps', async () => {
    const attempt = newAttempt()
    const traced = {
      call: (method: string, path: string, body?: unknown) =>
        serving.merchant.call(method, path, body, {
          traceparent: `00-${traceId}-${callerSpan}-01`,
        }),
    }
    const reply = await onetime.charge(traced, attempt)
    assert.equal(reply.body.code, 0, reply.body.message ?? '')
    await receiver.arrived(1)
    // The rest leaves when the process does.
    await serving.stop()

    const ours = collector.spans.filter((span) => span.traceId === traceId)
    const named = (name: string) => {
      const found = ours.find((span) => span.name === name)
      assert.ok(found !== undefined, `${name} among ${ours.map((span) => span.name).join(', ')}`)
      return found
    }
    const request = named('POST /subscribe/payments/onetime')
    assert.equal(request.parentSpanId, callerSpan)
    const charge = named('charge')
    assert.equal(charge.parentSpanId, request.spanId)
    assert.equal(valueOf(charge, 'billkey.imp_uid'), reply.body.response.imp_uid)
    assert.equal(named('insert_intent').parentSpanId, request.spanId)
    assert.equal(named('payjoa ready').parentSpanId, charge.spanId)
    assert.equal(named('payjoa execute').parentSpanId, charge.spanId)
    assert.equal(named('settle_payment').parentSpanId, charge.spanId)
    assert.match(collector.resources[0] ?? '', /"billkey"/)
  })

  test('a webhook takes the trace of its delivery along, and the gateway is told of none', () => {
    const delivery = collector.spans.find(({ name }) => name === 'deliver webhook')
    assert.ok(delivery !== undefined)
    const header = String(receiver.received[0]?.headers['traceparent'])
    assert.equal(header, `00-${delivery.traceId}-${delivery.spanId}-01`)
    const exchanged = JSON.stringify(app.simulator.ledger())
    assert.ok(!exchanged.includes(traceId))
  })

  test('no card, no order’s text and no key is in them', () => {
    for (const secret of [goodCard, 'order-', '정기구독', app.merchant.impSecret, '880101']) {
      assert.ok(!collector.text().includes(secret), secret)
    }
  })

  test('a collector that is away harms no payment and holds up no stop', async () => {
    const alone = await startServeProcess(app, masterKey, {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    })
    try {
      const reply = await onetime.charge(alone.merchant, newAttempt())
      assert.equal(reply.body.response.status, 'paid')
    } finally {
      await alone.stop()
    }
    assert.ok(alone.stdout().includes('exchange with PAYJOA'))
  })
})

function valueOf({ attributes }: Span, key: string): unknown {
  return attributes.find((attribute) => attribute.key === key)?.value['stringValue']
}
