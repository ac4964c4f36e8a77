// PAYJOA's notifications over real HTTP: they end what is unknown, once, whatever their number and order, and what
// they cannot be right about is raised, not booked.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { expireLostSenders } from '../../src/payments/expire-lost-senders.ts'
import { assertBooksAgree, auditBooks } from '../support/auditor.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'
import { setEndpoint } from '../../src/webhooks/set-endpoint.ts'
import { eventually } from '../faults/eventually.ts'
import { assertPaidOnce, orderFault, paymentOf } from '../faults/outcome-checks.ts'
import {
  again,
  amountWon,
  newAttempt,
  onetime,
  onetimeWithKey,
  waysToCharge,
} from '../faults/ways-to-charge.ts'
import {
  becomes,
  cancelInAdmin,
  chargeInAdmin,
  discrepanciesOf,
  isRaised,
  orderNotification,
  sendWaiting,
  setSimulator,
} from './told.ts'

suite('a notification', () => {
  let app: TestApp
  let shop: WebhookReceiver
  before(async () => {
    shop = await startWebhookReceiver()
    app = await startTestApp({ tells: true, channel: { report: null } })
    const name = { merchantId: app.merchant.merchantId, sandbox: true }
    const set = await setEndpoint(app.parts, name, { url: `${shop.url}/hook`, actor: 'test' })
    assert.equal(set.kind, 'set')
    // Long enough that a repetition is this file's doing.
    await setSimulator(app, { notificationEveryMs: 3_600_000, notificationWindowMs: 7_200_000 })
  })
  after(async () => {
    await app.close()
    await shop.close()
  })

  for (const way of waysToCharge) {
    for (const fault of ['answer_lost', 'truncated', 'wrong_token', 'uncertain_after_commit']) {
      test(`ends ${way.name} whose answer was spoilt by ${fault}, and the merchant is told once`, async () => {
        const attempt = newAttempt()
        await way.prepare(app.merchant, attempt)
        await orderFault(app, { match: { paymethod: way.payMethod }, fault })
        await way.charge(app.merchant, attempt)
        const payment = await becomes(app, attempt, 'paid')
        assert.match(payment.applyNum ?? '', /^\d{8}$/)
        await assertPaidOnce(app, attempt.merchantUid)
        await sendWaiting(app)
        await eventually('the one webhook', async () =>
          shop.received.some(({ body }) => body.includes(payment.impUid)) ? true : undefined,
        )
        const events = shop.received.filter(({ body }) => body.includes(payment.impUid))
        assert.equal(new Set(events.map(({ headers }) => headers['webhook-id'])).size, 1)
      })
    }
  }

  test('that comes before the answer and again after it changes nothing more', async () => {
    await setSimulator(app, { notificationTiming: 'before' })
    try {
      for (const way of waysToCharge) {
        const attempt = newAttempt()
        await way.prepare(app.merchant, attempt)
        await orderNotification(app, 'duplicated')
        const reply = await way.charge(app.merchant, attempt)
        assert.equal(reply.body.response.status, 'paid')
        await assertPaidOnce(app, attempt.merchantUid)
      }
    } finally {
      await setSimulator(app, { notificationTiming: 'after' })
    }
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  test('sent ten times at once ends an unknown payment once, with one event', async () => {
    const attempt = newAttempt()
    await orderNotification(app, 'dropped')
    await orderFault(app, { match: {}, fault: 'answer_lost' })
    await onetime.charge(app.merchant, attempt)
    const { impUid } = await becomes(app, attempt, 'unknown')
    const { daoutrx } = approvalOf(impUid)
    const query = queryOf({ ORDERNO: impUid, DAOUTRX: daoutrx })
    const replies = await Promise.all(Array.from({ length: 10 }, () => notify(query)))
    assert.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]))
    assert.ok(replies.every(({ page }) => page.includes('<RESULT>SUCCESS</RESULT>')))
    await assertPaidOnce(app, attempt.merchantUid)
    const { rows } = await app.parts.db.query<{ events: number; evidence: number }>(
      adHocSql(
        `select (select count(*) from webhooks where imp_uid = $1) as events,
           (select count(*) from payment_evidence where imp_uid = $1) as evidence`,
      ),
      [impUid],
    )
    assert.deepEqual(rows[0], { events: 1, evidence: 1 })
  })

  test('ends a payment whose sender was lost, without waiting for its lease', async () => {
    const attempt = newAttempt()
    await orderNotification(app, 'dropped')
    await onetime.charge(app.merchant, attempt)
    const paid = await paymentOf(app, attempt.merchantUid)
    // As a process leaves it that was killed before it could settle.
    await app.parts.db.query(
      adHocSql(
        `update payments set state = 'sending', paid_at = null, pg_tid = null,
           lease_until = started_at + interval '1 hour' where imp_uid = $1`,
      ),
      [paid.impUid],
    )
    await sendWaiting(app)
    await becomes(app, attempt, 'paid')
    await assertPaidOnce(app, attempt.merchantUid)
  })

  test('of another amount or another contract settles nothing; the amount is raised', async () => {
    const attempt = newAttempt()
    await orderFault(app, { match: {}, fault: 'answer_lost' })
    await orderNotification(app, 'altered_amount')
    await onetime.charge(app.merchant, attempt)
    const { impUid } = await becomes(app, attempt, 'unknown')
    await isRaised(app, 'amount_differs', impUid)
    const foreign = await notify(queryOf({ ORDERNO: impUid, DAOUTRX: 'CTS1', CPID: 'CTS00013' }))
    assert.equal(foreign.status, 400)
    assert.ok(!foreign.page.includes('SUCCESS'))
    assert.equal((await paymentOf(app, attempt.merchantUid)).state, 'unknown')
    assert.equal(await sendWaiting(app), 0)
    await becomes(app, attempt, 'paid')
  })

  test('that nobody of ours is meant by is taken, and raised once', async () => {
    const daoutrx = await chargeInAdmin(app, 'made-in-admin', 7_000)
    await isRaised(app, 'foreign_charge', 'made-in-admin')
    await notify(queryOf({ ORDERNO: 'made-in-admin', DAOUTRX: daoutrx, AMOUNT: '7000' }))
    const raised = await discrepanciesOf(app)
    assert.equal(raised.filter(({ orderNumber }) => orderNumber === 'made-in-admin').length, 1)
  })

  test('of a second approval under one order number is raised as charged twice', async () => {
    const attempt = newAttempt()
    await onetime.charge(app.merchant, attempt)
    const { impUid } = await paymentOf(app, attempt.merchantUid)
    await notify(queryOf({ ORDERNO: impUid, DAOUTRX: 'CTS99' }))
    await isRaised(app, 'charged_twice', impUid)
  })

  test('of a cancel ends the unknown one, and a cancel that nobody asked for is raised', async () => {
    const attempt = newAttempt()
    await onetime.charge(app.merchant, attempt)
    const { impUid } = await paymentOf(app, attempt.merchantUid)
    await orderFault(app, { match: { cancel: true }, fault: 'answer_lost' })
    const unknown = await app.merchant.call('POST', '/payments/cancel', {
      imp_uid: impUid,
      amount: 1_000,
    })
    assert.equal(unknown.body.code, 0)
    const cancelled = await becomes(app, attempt, 'cancelled')
    assert.equal(cancelled.cancelAmountWon, 1_000)
    await app.merchant.call('POST', '/payments/cancel', { imp_uid: impUid, amount: 1_000 })
    assert.equal((await paymentOf(app, attempt.merchantUid)).cancelAmountWon, 2_000)
    await sendWaiting(app)
    assert.ok((await discrepanciesOf(app)).every(({ orderNumber }) => orderNumber !== impUid))
    await assertOneAgrees(impUid)

    await cancelInAdmin(app, approvalOf(impUid).daoutrx, 500)
    await isRaised(app, 'foreign_cancel', impUid)
    assert.equal((await paymentOf(app, attempt.merchantUid)).cancelAmountWon, 2_000)
  })

  test('of a payment that had failed makes it paid and is raised, since somebody was told otherwise', async () => {
    const attempt = newAttempt()
    await onetime.charge(app.merchant, attempt)
    const { impUid } = await paymentOf(app, attempt.merchantUid)
    await failByHand(impUid)
    await notify(queryOf({ ORDERNO: impUid, DAOUTRX: approvalOf(impUid).daoutrx }))
    await becomes(app, attempt, 'paid')
    await isRaised(app, 'late_approval', impUid)
  })

  test('of a failed payment whose order was paid again is raised, and nothing is booked', async () => {
    const attempt = newAttempt()
    await onetime.charge(app.merchant, attempt)
    const first = await paymentOf(app, attempt.merchantUid)
    await failByHand(first.impUid)
    await onetime.charge(app.merchant, attempt)
    await notify(queryOf({ ORDERNO: first.impUid, DAOUTRX: approvalOf(first.impUid).daoutrx }))
    await isRaised(app, 'late_approval', first.impUid)
    assert.equal(await stateOf(first.impUid), 'failed')
  })

  test('from a foreign address, unreadable, or for no channel is refused and costs nothing', async () => {
    const path = `/notifications/daou/${app.merchant.channel.channelKey}`
    for (const query of [
      '',
      'CPID=',
      'PAYMETHOD=CARD&CPID=CTS00001&AMOUNT=-1',
      '%zz=%&&&=',
      'x'.repeat(9_000),
    ]) {
      const reply = await fetch(`${app.url}${path}?${query}`)
      assert.equal(reply.status, 400, query.slice(0, 40))
      assert.ok(!(await reply.text()).includes('SUCCESS'))
    }
    assert.equal((await fetch(`${app.url}/notifications/daou/nobody?${queryOf({})}`)).status, 403)
    const live = await app.addMerchant({ baseUrl: 'https://payjoa.invalid', pgId: 'CTS00002' })
    const elsewhere = `/notifications/daou/${live.channel.channelKey}?${queryOf({ CPID: 'CTS00002' })}`
    assert.equal((await fetch(app.url + elsewhere)).status, 403)
    // Behind an egress proxy of this machine, say; every caller may have this machine's address then.
    const tunnelled = await app.addMerchant({ sandbox: false, pgId: 'CTS00003', report: null })
    const here = `/notifications/daou/${tunnelled.channel.channelKey}?${queryOf({ CPID: 'CTS00003' })}`
    assert.equal((await fetch(app.url + here)).status, 403)
  })

  test('that waits for a lease is judged when that has lapsed', async () => {
    const merchant = await app.addMerchant({ lateApprovals: 'cancel' })
    const attempt = newAttempt()
    await again.prepare(merchant, attempt)
    await again.charge(merchant, attempt)
    const { rows } = await app.parts.db.query<{ impUid: string }>(
      adHocSql(
        `update payments set state = 'sending', paid_at = null, pg_tid = null, lease_until = started_at
         where merchant_id = $1 returning imp_uid as "impUid"`,
      ),
      [merchant.merchantId],
    )
    const impUid = rows[0]?.impUid ?? ''
    const query = queryOf({ ORDERNO: impUid, DAOUTRX: approvalOf(impUid).daoutrx })
    const reply = await fetch(
      `${app.url}/notifications/daou/${merchant.channel.channelKey}?${query}`,
    )
    assert.equal(reply.status, 200)
    await expireLostSenders(app.parts)
    // Nobody waits for it any more and the channel keeps no late approvals: it goes back.
    await eventuallyState(impUid, 'cancelled')
    assert.equal(approvalOf(impUid).cancelledAmount, amountWon)
    await assertOneAgrees(impUid)
  })

  test('about guide §4 keeps the key that waits for its payment', async () => {
    const attempt = newAttempt()
    await orderFault(app, { match: { paymethod: 'CARD-BATCH' }, fault: 'answer_lost' })
    await onetimeWithKey.charge(app.merchant, attempt)
    await becomes(app, attempt, 'paid')
    const next = { ...newAttempt(), customerUid: attempt.customerUid }
    const { body } = await again.charge(app.merchant, next)
    assert.equal(body.response.status, 'paid')
  })

  function approvalOf(impUid: string) {
    const { entries } = app.simulator.ledger()
    const found = entries.find(({ kind, orderno }) => kind === 'approval' && orderno === impUid)
    assert.ok(found !== undefined, `no approval of ${impUid}`)
    return found
  }

  // Not of the whole books: other tests of this file leave what an operator has to look at.
  async function assertOneAgrees(impUid: string): Promise<void> {
    const breaches = await auditBooks(app.parts, app.simulator.ledger())
    assert.deepEqual(
      breaches.filter(({ subject }) => subject === impUid),
      [],
    )
  }

  function queryOf(fields: Record<string, string>): string {
    const all = {
      PAYMETHOD: 'CARD',
      CPID: 'CTS00001',
      DAOUTRX: 'CTS0',
      ORDERNO: 'x',
      AMOUNT: `${amountWon}`,
    }
    return new URLSearchParams({ ...all, SETTDATE: '20260101120000', ...fields }).toString()
  }

  async function notify(query: string) {
    const path = `/notifications/daou/${app.merchant.channel.channelKey}`
    const reply = await fetch(`${app.url}${path}?${query}`)
    return { status: reply.status, page: await reply.text() }
  }

  async function failByHand(impUid: string): Promise<void> {
    await app.parts.db.query(
      adHocSql(
        `update payments set state = 'failed', paid_at = null, pg_tid = null, failure = 'evidence',
           failed_at = started_at where imp_uid = $1`,
      ),
      [impUid],
    )
  }

  async function stateOf(impUid: string): Promise<string | undefined> {
    const { rows } = await app.parts.db.query<{ state: string }>(
      adHocSql('select state from payments where imp_uid = $1'),
      [impUid],
    )
    return rows[0]?.state
  }

  async function eventuallyState(impUid: string, state: string): Promise<void> {
    await eventually(`${impUid} becoming ${state}`, async () =>
      (await stateOf(impUid)) === state ? true : undefined,
    )
  }
})
