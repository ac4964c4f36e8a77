// What happens to money moves the right series, on a server that is scraped as Prometheus scrapes it.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, suite, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { metricList } from '../../src/monitoring/metric-list.ts'
import { setEndpoint } from '../../src/webhooks/set-endpoint.ts'
import { eventually } from '../faults/eventually.ts'
import { orderFault, shownPayment } from '../faults/outcome-checks.ts'
import { again, newAttempt, onetime } from '../faults/ways-to-charge.ts'
import { sendWaiting, setSimulator } from '../reconciliation/told.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'
import { type Scrape, scrape } from './scrape.ts'

const token = 'metrics-token-of-a-test'
const declinedCard = '9366000000202001'

suite('the series of a server', () => {
  let app: TestApp
  let receiver: WebhookReceiver
  before(async () => {
    receiver = await startWebhookReceiver()
    app = await startTestApp({
      tells: true,
      channel: { rateCapPerSecond: 100 },
      environment: { BILLKEY_METRICS_PORT: '0', BILLKEY_METRICS_EVERY_MS: '100' },
    })
    const { merchantId } = app.merchant
    const wanted = { url: `${receiver.url}/hook`, actor: 'test' }
    await setEndpoint(app.parts, { merchantId, sandbox: true }, wanted)
  })
  after(async () => {
    await app.close()
    await receiver.close()
  })

  const look = () => scrape(app.server.metricsUrl ?? '')

  /** Waits for a scrape that shows it. */
  const shows = (what: string, isShown: (scraped: Scrape) => boolean) =>
    eventually(what, async () => {
      const scraped = await look()
      return isShown(scraped) ? scraped : undefined
    })

  /** What a piece of work adds to a series. */
  async function added(work: () => Promise<unknown>) {
    const before = await look()
    await work()
    const now = await look()
    return (name: string, labels?: Record<string, string>) =>
      now.sum(name, labels) - before.sum(name, labels)
  }

  test('a charge by card counts as a request, a payment and two steps of the gateway', async () => {
    const more = await added(() => onetime.charge(app.merchant, newAttempt()))
    const route = '/subscribe/payments/onetime'
    assert.equal(more('billkey_http_requests_total', { method: 'POST', route, status: '200' }), 1)
    assert.equal(more('billkey_http_request_duration_seconds_count', { route }), 1)
    const paid = { method: 'key_in', origin: 'api', outcome: 'approved' }
    assert.equal(more('billkey_payments_total', paid), 1)
    const call = { call: 'charge_card', outcome: 'approved' }
    assert.equal(more('billkey_gateway_results_total', { ...call, code: '0000' }), 1)
    for (const step of ['ready', 'execute']) {
      assert.equal(more('billkey_gateway_step_duration_seconds_count', { ...call, step }), 1)
    }
    assert.ok(more('billkey_db_statement_duration_seconds_count') >= 2)
  })

  test('a declined charge counts by its code, and a billing key waits for its turn', async () => {
    const attempt = newAttempt(declinedCard)
    await again.prepare(app.merchant, attempt)
    const more = await added(() => again.charge(app.merchant, attempt))
    const declined = { outcome: 'declined' }
    assert.equal(more('billkey_payments_total', { method: 'billing_key', ...declined }), 1)
    assert.equal(more('billkey_gateway_results_total', { code: 'S201', ...declined }), 1)
    const turn = { urgency: 'interactive', result: 'passed' }
    assert.equal(more('billkey_rate_wait_seconds_count', turn), 1)
  })

  test('an unknown payment is a gauge with its age until evidence ends it', async () => {
    // Told of only when this test says so; its file cannot be had either.
    await setSimulator(app, { notificationDelayMs: 3_600_000, reportStatus: 503 })
    // Answered long before it is told of, so its notification tells what is known.
    await onetime.charge(app.merchant, newAttempt())
    await orderFault(app, { match: { step: 'execute' }, fault: 'answer_lost' })
    const more = await added(() => onetime.charge(app.merchant, newAttempt()))
    assert.equal(more('billkey_payments_total', { outcome: 'unknown' }), 1)
    assert.equal(more('billkey_gateway_results_total', { outcome: 'unknown', code: 'reset' }), 1)
    const payment = { what: 'payment' }
    const unknown = await shows('an unknown payment', ({ value }) => {
      return value('billkey_unknown', payment) === 1
    })
    assert.ok((unknown.value('billkey_unknown_oldest_age_seconds', payment) ?? 0) > 0)
    await shows('a file that failed', ({ sum }) => {
      return sum('billkey_daily_files_total', { result: 'failed' }) >= 1
    })
    await setSimulator(app, { notificationDelayMs: 0 })
    await sendWaiting(app)
    const ended = await shows('its end', ({ value }) => value('billkey_unknown', payment) === 0)
    assert.equal(ended.value('billkey_unknown_oldest_age_seconds', payment), 0)
    const by = { what: 'payment', happened: 'true', source: 'notification' }
    // On a busy machine a charge before this one may have been settled by its notification too.
    const settled = { verdict: 'settled' }
    const since = (of: (scraped: Scrape) => number | undefined) =>
      (of(ended) ?? 0) - (of(unknown) ?? 0)
    assert.equal(
      since(({ value }) => value('billkey_evidence_settled_total', by)),
      1,
    )
    assert.equal(
      since(({ sum }) => sum('billkey_notifications_total', settled)),
      1,
    )
    await shows('what was known before', ({ sum }) => {
      return sum('billkey_notifications_total', { verdict: 'known' }) >= 1
    })
  })

  test('a cancel counts by its outcome', async () => {
    const { imp_uid } = shownPayment(await onetime.charge(app.merchant, newAttempt()))
    const more = await added(() => app.merchant.call('POST', '/payments/cancel', { imp_uid }))
    assert.equal(more('billkey_cancels_total', { outcome: 'approved' }), 1)
    assert.equal(more('billkey_gateway_results_total', { call: 'cancel', code: '0000' }), 1)
  })

  test('a webhook that is not taken counts by its status and waits as pending', async () => {
    await shows('no event left', ({ value }) => value('billkey_webhooks_due') === 0)
    receiver.answer(500)
    await onetime.charge(app.merchant, newAttempt())
    const failing = { status: '5xx', became: 'pending' }
    await shows('a failed attempt', ({ value, sum }) => {
      const pending = value('billkey_webhooks_pending') ?? 0
      return sum('billkey_webhook_attempts_total', failing) >= 1 && pending >= 1
    })
    receiver.answer(200)
  })

  test('a schedule counts with its lateness, and one far ahead is not due', async () => {
    const attempt = newAttempt()
    await again.prepare(app.merchant, attempt)
    const at = Math.floor(Date.now() / 1000)
    const schedules = [
      { merchant_uid: 'monitoring-now', schedule_at: at + 1, amount: 1000, name: '구독' },
      { merchant_uid: 'monitoring-later', schedule_at: at + 9_999, amount: 1000, name: '구독' },
    ]
    const { body } = await app.merchant.call('POST', '/subscribe/payments/schedule', {
      customer_uid: attempt.customerUid,
      schedules,
    })
    assert.equal(body.code, 0, body.message ?? '')
    const executed = { result: 'executed' }
    const seen = await shows('an executed schedule', ({ sum }) => {
      return sum('billkey_schedule_attempts_total', executed) === 1
    })
    assert.equal(seen.value('billkey_schedule_lateness_seconds_count'), 1)
    assert.equal(seen.sum('billkey_payments_total', { origin: 'schedule' }), 1)
    await shows('nothing due', ({ value }) => value('billkey_schedules_due') === 0)
  })

  test('a merchant that is held after a restore is counted until it is released', async () => {
    const hold = `'2026-01-01Z', '00000000-0000-4000-8000-000000000000', '2026-01-01Z'`
    await app.parts.db.query(
      adHocSql(
        `insert into restore_holds (merchant_id, restored_at, backup_id, snapshot_at)
         values ($1, ${hold})`,
      ),
      [app.merchant.merchantId],
    )
    await shows('one that is held', ({ value }) => value('billkey_merchants_held') === 1)
    await app.parts.db.query(adHocSql('delete from restore_holds'))
    await shows('none that is held', ({ value }) => value('billkey_merchants_held') === 0)
  })

  test('workers, pool, build and readiness are shown', async () => {
    const seen = await shows('rounds of the workers', ({ sum }) => {
      return sum('billkey_worker_rounds_total', { worker: 'webhooks', result: 'good' }) > 0
    })
    assert.equal(seen.value('billkey_build_info', { role: 'all' }), 1)
    assert.equal(seen.value('billkey_db_pool_connections', { state: 'max' }), 10)
    assert.equal(seen.value('billkey_ready', { check: 'database' }), 1)
    assert.equal(seen.value('billkey_http_requests_in_flight'), 0)
    assert.equal(seen.value('billkey_gateway_breakers_open'), 0)
    assert.ok((seen.value('process_cpu_seconds_total') ?? 0) > 0)
    assert.ok((seen.value('billkey_backlog_age_seconds') ?? 99) < 20)
  })

  test('what is exported is what is listed, and no label names a merchant or an order', async () => {
    const { names, samples } = await look()
    assert.deepEqual([...names].sort(), metricList.map(({ name }) => name).sort())
    const allowed = new Set<string>([
      ...metricList.flatMap(({ labels }) => labels as readonly string[]),
      'le',
    ])
    for (const { labels } of samples) {
      for (const [label, value] of Object.entries(labels)) {
        assert.ok(allowed.has(label), label)
        assert.doesNotMatch(value, /order-|imps_|customer-|\d{6,}/)
      }
    }
  })

  test('alerts and dashboard name only what is exported', async () => {
    const { names } = await look()
    for (const file of ['alerts.yml', 'grafana-dashboard.json']) {
      const text = await readFile(new URL(`../../docs/operate/${file}`, import.meta.url), 'utf8')
      const used = [...text.matchAll(/\b(?:billkey|process|nodejs)_[a-z_]+/g)].map(([name]) => name)
      const ofExport = used.map((name) => name.replace(/_(?:bucket|count|sum)$/, ''))
      assert.ok(ofExport.length > 20, file)
      assert.deepEqual(
        ofExport.filter((name) => !names.has(name)),
        [],
        file,
      )
    }
  })

  test('every alert has a summary, a severity and a page with its heading', async () => {
    const home = new URL('../../', import.meta.url)
    const text = await readFile(new URL('docs/operate/alerts.yml', home), 'utf8')
    const rules = text.split('- alert: ').slice(1)
    assert.ok(rules.length > 15)
    for (const rule of rules) {
      assert.match(rule, /summary: '/)
      assert.match(rule, /severity: (?:page|ticket)/)
      const [, page = '', , anchor] =
        /runbook: (docs\/operate\/[\w-]+\.md)(#(\S+))?/.exec(rule) ?? []
      const headings = [...(await readFile(new URL(page, home), 'utf8')).matchAll(/^#+ (.+)$/gm)]
      const anchors = headings.map(([, heading = '']) =>
        heading
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N}\s-]/gu, '')
          .replaceAll(' ', '-'),
      )
      if (anchor !== undefined) assert.ok(anchors.includes(anchor), `${page}#${anchor}`)
    }
  })

  test('the port of the API has no /metrics without a token', async () => {
    assert.equal((await fetch(`${app.url}/metrics`)).status, 404)
  })
})

suite('a server with a token for its series', () => {
  let app: TestApp
  before(async () => {
    app = await startTestApp({
      role: 'api',
      environment: { BILLKEY_METRICS_PORT: '0', BILLKEY_METRICS_TOKEN: token },
    })
  })
  after(() => app.close())

  test('both ports ask for it', async () => {
    for (const url of [app.url, app.server.metricsUrl ?? '']) {
      const wrong = [{}, { authorization: 'Bearer wrong' }, { authorization: token }]
      for (const headers of wrong) {
        const reply = await fetch(`${url}/metrics`, { headers: headers as Record<string, string> })
        assert.equal(reply.status, 401)
        assert.ok(!(await reply.text()).includes('billkey_'))
      }
      const read = await scrape(url, { authorization: `Bearer ${token}` })
      assert.equal(read.value('billkey_build_info', { role: 'api' }), 1)
    }
    assert.ok(!app.logged().includes(token))
  })
})
