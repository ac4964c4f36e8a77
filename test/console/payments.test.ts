// One payment and what operators do about it: its whole story, cancels, verdicts, telling the merchant again. And who
// may do it, and whose payments they see.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { setEndpoint } from '../../src/webhooks/set-endpoint.ts'
import { cardThat, newOrder } from '../api/orders.ts'
import { eventually } from '../faults/eventually.ts'
import { orderFault } from '../faults/outcome-checks.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'
import { type ConsoleClient, signedInAs } from './console-client.ts'

let app: TestApp
let receiver: WebhookReceiver
let viewer: ConsoleClient
let operator: ConsoleClient
before(async () => {
  receiver = await startWebhookReceiver()
  app = await startTestApp({ simulator: { delay: async () => undefined } })
  viewer = await signedInAs(app, 'viewer')
  operator = await signedInAs(app, 'operator')
  const name = { merchantId: app.merchant.merchantId, sandbox: true }
  await setEndpoint(app.parts, name, { url: `${receiver.url}/hook`, actor: 'test' })
})
after(async () => {
  await app?.close()
  await receiver.close()
})

async function pay(fields: Record<string, unknown> = {}): Promise<string> {
  const { body } = await app.merchant.call('POST', '/subscribe/payments/onetime', newOrder(fields))
  return body.response.imp_uid as string
}

async function payUnknown(): Promise<string> {
  return pay({ card_number: cardThat('answer_lost') })
}

function approvalOf(impUid: string): string {
  const { entries } = app.simulator.ledger()
  const approval = entries.find(({ kind, orderno }) => kind === 'approval' && orderno === impUid)
  assert.ok(approval !== undefined)
  return approval.daoutrx
}

async function actsOn(subject: string): Promise<{ actor: string; action: string }[]> {
  const { rows } = await app.parts.db.query<{ actor: string; action: string }>(
    adHocSql('select actor, action from audit_events where subject = $1 order by sequence'),
    [subject],
  )
  return rows
}

const entriesOf = (timeline: { entries: { kind: string }[] }, kind: string) =>
  // oxlint-disable-next-line typescript/no-explicit-any -- entries are looked into by name
  timeline.entries.filter((entry) => entry.kind === kind) as any[]

describe('a payment', () => {
  it('is told from unknown over evidence and cancel to a webhook that had to be sent again', async () => {
    const impUid = await payUnknown()
    const unknown = await viewer.ok('GET', `/payments/${impUid}`)
    assert.equal(unknown.state, 'unknown')
    assert.equal(unknown.v1Status, 'ready')
    assert.deepEqual(unknown.acts, {
      cancel: false,
      resolve: true,
      notChargedFrom: null,
      resendWebhook: false,
    })
    const charged = { verdict: 'charged', reason: '관리자 화면에서 승인 확인' }
    await operator.refused('transaction_id_missing', 'POST', `/payments/${impUid}/resolve`, charged)
    const paid = await operator.ok('POST', `/payments/${impUid}/resolve`, {
      ...charged,
      transactionId: approvalOf(impUid),
      approvalNumber: '12345678',
    })
    assert.equal(paid.state, 'paid')
    assert.equal(paid.cancellableWon, 3_000)
    await operator.refused('payment_not_unknown', 'POST', `/payments/${impUid}/resolve`, {
      ...charged,
      transactionId: 'CTS1',
    })
    await receiver.arrived(1)
    receiver.answer(500)
    const cancelled = await operator.ok('POST', `/payments/${impUid}/cancel`, {
      amountWon: 1_000,
      checksumWon: 3_000,
      reason: '고객 요청',
    })
    assert.equal(cancelled.outcome, 'cancelled')
    assert.equal(cancelled.payment.isPartlyCancelled, true)
    assert.equal(cancelled.payment.cancellableWon, 2_000)
    assert.equal(cancelled.payment.cancels[0].cancelId, cancelled.cancelId)
    await receiver.arrived(2)
    const failing = await eventually('a failed attempt', async () => {
      const timeline = await viewer.ok('GET', `/payments/${impUid}/timeline`)
      return entriesOf(timeline, 'webhook_attempt').some(({ httpStatus }) => httpStatus === 500)
        ? timeline
        : undefined
    })
    const waiting = entriesOf(failing, 'webhook').at(-1)
    assert.equal(waiting.state, 'pending')
    assert.ok(waiting.nextAttemptAt !== null)
    receiver.answer(200)
    const resent = await operator.ok('POST', `/payments/${impUid}/webhooks/resend`)
    assert.equal(resent.webhookId, waiting.webhookId)
    await receiver.arrived(3)
    const timeline = await eventually('the end', async () => {
      const seen = await viewer.ok('GET', `/payments/${impUid}/timeline`)
      return entriesOf(seen, 'webhook').every(({ state }) => state === 'delivered')
        ? seen
        : undefined
    })
    assert.deepEqual(
      entriesOf(timeline, 'state').map(({ state }) => state),
      ['unknown', 'paid', 'cancelled'],
    )
    const [evidence] = entriesOf(timeline, 'evidence')
    assert.equal(evidence.actor, `operator:${operator.email}`)
    assert.equal(evidence.reason, charged.reason)
    const exchanges = entriesOf(timeline, 'exchange').map(({ exchange }) => exchange)
    assert.deepEqual(
      exchanges.map(({ purpose }) => purpose),
      ['charge', 'cancel'],
    )
    const sent = new Map(
      exchanges[0].execute.request.map((field: { name: string; value: string }) => [
        field.name,
        field.value,
      ]),
    )
    assert.match(sent.get('CARDNO') as string, /^\d{6}\*+\d{4}$/)
    assert.equal(timeline.entries[0].kind, 'requested')
    assert.equal(timeline.isComplete, true)
    const acts = entriesOf(timeline, 'act')
    assert.deepEqual(
      acts.map(({ action }) => action),
      ['payment.settled_by_evidence', 'payment.cancel_begun'],
    )
    assert.ok(acts.every(({ actor }) => actor === `operator:${operator.email}`))
    assert.equal((await actsOn(resent.webhookId)).at(-1)?.action, 'webhook.replayed')
  })

  it('says that nothing was charged, and that nothing can be sent again', async () => {
    const impUid = await pay({ card_number: cardThat('reset_before_commit') })
    const failed = await operator.ok('POST', `/payments/${impUid}/resolve`, {
      verdict: 'not_charged',
      reason: '승인 내역 없음',
    })
    assert.equal(failed.state, 'failed')
    assert.equal(failed.failure, 'evidence')
    const cancel = { checksumWon: 0, reason: '-' }
    await operator.refused('payment_not_paid', 'POST', `/payments/${impUid}/cancel`, cancel)
  })
})

describe('a cancel', () => {
  it('gives back no more than there is, and only what was seen', async () => {
    const impUid = await pay()
    const path = `/payments/${impUid}/cancel`
    const reason = '고객 요청'
    await operator.refused('cancel_checksum_mismatch', 'POST', path, { checksumWon: 1, reason })
    const over = { amountWon: 3_001, checksumWon: 3_000, reason }
    await operator.refused('cancel_over_balance', 'POST', path, over)
    const unfit = { amountWon: 500, taxFreeWon: 501, checksumWon: 3_000, reason }
    await operator.refused('cancel_tax_free_unfit', 'POST', path, unfit)
    await operator.refused('bad_request', 'POST', path, { checksumWon: 3_000, reason: ' ' })
    // Two at once: what one of them saw is not so any more.
    const both = await Promise.all(
      [1, 2].map(() =>
        operator.call('POST', path, { amountWon: 2_000, checksumWon: 3_000, reason }),
      ),
    )
    assert.deepEqual(
      both.map(({ status }) => status).toSorted((a, b) => a - b),
      [200, 409],
    )
    const rest = await operator.ok('POST', path, {
      checksumWon: 1_000,
      reason,
      tellMerchant: false,
    })
    assert.equal(rest.payment.cancelledWon, 3_000)
    assert.equal(rest.payment.isPartlyCancelled, false)
    await operator.refused('cancel_fully_cancelled', 'POST', path, { checksumWon: 0, reason })
    const begun = (await actsOn(impUid)).filter(({ action }) => action === 'payment.cancel_begun')
    assert.equal(begun.length, 2)
  })

  it('that nobody knows the end of is settled by an operator, once', async () => {
    const impUid = await pay()
    await orderFault(app, { match: { cancel: true }, fault: 'answer_lost' })
    const asked = { checksumWon: 3_000, reason: '고객 요청' }
    const { outcome, cancelId, payment } = await operator.ok(
      'POST',
      `/payments/${impUid}/cancel`,
      asked,
    )
    assert.equal(outcome, 'unknown')
    assert.equal(payment.reservedWon, 3_000)
    assert.equal(payment.cancels[0].resolvable, true)
    const path = `/payments/${impUid}/cancels/${cancelId}/resolve`
    const said = { verdict: 'cancelled', reason: '관리자 화면에서 취소 확인' }
    const settled = await operator.ok('POST', path, said)
    assert.equal(settled.cancelledWon, 3_000)
    await operator.refused('cancel_not_unknown', 'POST', path, said)
    const nobody = '00000000-0000-4000-8000-000000000000'
    await operator.refused(
      'not_found',
      'POST',
      `/payments/${impUid}/cancels/${nobody}/resolve`,
      said,
    )
  })
})

describe('payments', () => {
  it('of another merchant look absent, and viewers change nothing', async () => {
    const impUid = await pay()
    const other = await app.addMerchant()
    const stranger = await signedInAs(app, 'owner', other.merchantId)
    const cancel = { checksumWon: 3_000, reason: '-' }
    const verdict = { verdict: 'not_charged', reason: '-' }
    await stranger.refused('not_found', 'GET', `/payments/${impUid}`)
    await stranger.refused('not_found', 'GET', `/payments/${impUid}/timeline`)
    await stranger.refused('not_found', 'POST', `/payments/${impUid}/cancel`, cancel)
    await stranger.refused('not_found', 'POST', `/payments/${impUid}/resolve`, verdict)
    await stranger.refused('not_found', 'POST', `/payments/${impUid}/webhooks/resend`)
    assert.deepEqual((await stranger.ok('GET', `/payments?q=${impUid}`)).items, [])
    await viewer.refused('forbidden', 'POST', `/payments/${impUid}/cancel`, cancel)
    await viewer.refused('forbidden', 'POST', `/payments/${impUid}/resolve`, verdict)
    await viewer.refused('forbidden', 'POST', `/payments/${impUid}/webhooks/resend`)
    assert.equal((await viewer.ok('GET', `/payments/${impUid}`)).state, 'paid')
  })
})
