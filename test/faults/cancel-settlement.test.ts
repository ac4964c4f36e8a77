// What becomes of an unknown cancel: nothing by itself, and what the evidence says once somebody has looked.

import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { adHocSql } from '../../src/db/database.ts'
import { findCancel } from '../../src/payments/cancel-queries.store.ts'
import { expireLostCancels } from '../../src/payments/expire-lost-cancels.ts'
import { TestClock } from '../../src/primitives/clock.ts'
import {
  type CancelVerdict,
  settleCancelByOperator,
} from '../../src/reconciliation/settle-cancel-by-operator.ts'
import { callV1, startTestApp, type TestApp, type TestMerchant } from '../support/app.ts'
import { assertBooksAgree } from '../support/auditor.ts'
import {
  assertAnswersUnknown,
  assertMayCancel,
  assertStaysUnknown,
  cancel,
  cancelsOf,
  givenBack,
  paidWon,
  pay,
  shown,
} from './cancel-checks.ts'
import { createHeldWaits } from './held-waits.ts'
import { orderFault } from './outcome-checks.ts'

const startMs = Date.parse('2026-07-01T00:00:00Z')
const hourMs = 3_600_000

suite('an unknown cancel', () => {
  const clock = new TestClock(startMs)
  let app: TestApp
  before(async () => {
    app = await startTestApp({ clock })
  })
  after(() => app.close())

  async function unknownCancel(fault: string, fields: Record<string, unknown> = {}) {
    const paid = await pay(app.merchant)
    await orderFault(app, { match: { cancel: true, orderno: paid.imp_uid }, fault })
    const asked = { imp_uid: paid.imp_uid, amount: 300, ...fields }
    assertAnswersUnknown(await cancel(app.merchant, asked), paid)
    return paid
  }

  function settle(
    impUid: string,
    verdict: CancelVerdict['verdict'],
    cancelId: string | null = null,
  ) {
    const { merchantId } = app.merchant
    const said = { merchantId, impUid, cancelId, verdict, actor: 'test', reason: '관리자 확인' }
    return settleCancelByOperator(app.parts, said)
  }

  test('found cancelled is booked, told of when it was to be, and its evidence kept', async () => {
    const paid = await unknownCancel('answer_lost', { reason: '오배송', enable_webhook: true })
    await app.parts.db.query(
      adHocSql(`update payments set notice_url = 'https://shop.example/hook' where imp_uid = $1`),
      [paid.imp_uid],
    )
    const settled = await settle(paid.imp_uid, { kind: 'cancelled', transactionId: 'CTS-CANCEL-1' })
    assert.equal(settled.kind, 'settled')
    const payment = await shown(app.merchant, paid.imp_uid)
    assert.equal(payment.status, 'cancelled')
    assert.equal(payment.cancel_amount, 300)
    assert.equal(payment.cancel_reason, '오배송')
    assert.equal(payment.cancel_history[0]?.pg_tid, 'CTS-CANCEL-1')
    await assertBooksAgree(app.parts, app.simulator.ledger())
    const [ended] = await cancelsOf(app, paid.imp_uid)
    const kept = adHocSql(
      `select e.verdict, e.actor, e.reason, w.cancellation_id as "told" from cancel_evidence e
       left join webhooks w on w.imp_uid = $2 and w.status = 'cancelled'
       where e.cancel_id = $1`,
    )
    const { rows } = await app.parts.db.query(kept, [String(ended?.cancelId), paid.imp_uid])
    assert.deepEqual(rows, [
      { verdict: 'cancelled', actor: 'test', reason: '관리자 확인', told: ended?.cancelId },
    ])
    const rest = await cancel(app.merchant, { imp_uid: paid.imp_uid })
    assert.equal(rest.body.code, 0)
    assert.deepEqual(givenBack(app, paid.imp_uid), { won: paidWon, times: 2 })
  })

  test('found not cancelled is released and may be asked for again', async () => {
    const paid = await unknownCancel('reset_before_commit')
    assert.equal((await settle(paid.imp_uid, { kind: 'not_cancelled' })).kind, 'settled')
    const [ended] = await cancelsOf(app, paid.imp_uid)
    assert.deepEqual([ended?.state, ended?.failure], ['failed', 'evidence'])
    assert.equal((await shown(app.merchant, paid.imp_uid)).status, 'paid')
    await assertMayCancel(app, paid.imp_uid, 300)
  })

  test('is settled once', async () => {
    const paid = await unknownCancel('answer_lost')
    const verdict = { kind: 'cancelled', transactionId: null } as const
    assert.equal((await settle(paid.imp_uid, verdict)).kind, 'settled')
    assert.equal((await settle(paid.imp_uid, verdict)).kind, 'absent')
    assert.equal((await settle(paid.imp_uid, { kind: 'not_cancelled' })).kind, 'absent')
    assert.equal((await shown(app.merchant, paid.imp_uid)).cancel_amount, 300)
  })

  test('of several has to be named', async () => {
    const paid = await unknownCancel('answer_lost')
    await orderFault(app, {
      match: { cancel: true, orderno: paid.imp_uid },
      fault: 'reset_before_commit',
    })
    await cancel(app.merchant, { imp_uid: paid.imp_uid, amount: 500, checksum: 700 })
    assert.equal((await settle(paid.imp_uid, { kind: 'not_cancelled' })).kind, 'several')
    const open = await cancelsOf(app, paid.imp_uid)
    const named = open.find(({ amountWon }) => amountWon === 500)
    assert.ok(named !== undefined)
    const settled = await settle(paid.imp_uid, { kind: 'not_cancelled' }, named.cancelId)
    assert.equal(settled.kind, 'settled')
    await settle(paid.imp_uid, { kind: 'cancelled', transactionId: null })
    assert.equal((await shown(app.merchant, paid.imp_uid)).cancel_amount, 300)
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  test("is nobody else's to settle", async () => {
    const paid = await unknownCancel('answer_lost')
    const { merchantId } = await app.addMerchant()
    const settled = await settleCancelByOperator(app.parts, {
      merchantId,
      impUid: paid.imp_uid,
      cancelId: null,
      verdict: { kind: 'cancelled', transactionId: null },
      actor: 'test',
      reason: 'x',
    })
    assert.equal(settled.kind, 'absent')
    await assertStaysUnknown(app, paid.imp_uid, 300)
  })

  test('marks the schedule its payment came from', async () => {
    const paid = await pay(app.merchant)
    await app.parts.db.query(
      adHocSql(
        `insert into schedules (merchant_id, schedule_id, merchant_uid, customer_uid, state, schedule_at,
           due_at, amount, name, buyer_ip, imp_uid, payment_status, created_at, executed_at, updated_at)
         select merchant_id, gen_random_uuid(), merchant_uid, 'customer', 'executed', paid_at, paid_at, amount, 'x',
           '127.0.0.1', imp_uid, 'paid', paid_at, paid_at, paid_at
         from payments where imp_uid = $1`,
      ),
      [paid.imp_uid],
    )
    await cancel(app.merchant, { imp_uid: paid.imp_uid, amount: 1 })
    const { rows } = await app.parts.db.query<{ status: string }>(
      adHocSql(`select payment_status as "status" from schedules where imp_uid = $1`),
      [paid.imp_uid],
    )
    assert.deepEqual(rows, [{ status: 'cancelled' }])
  })

  // Last, since the tokens of the tests before it do not outlive the hours.
  test('on a live channel is not called "not cancelled" before the gateway has stopped telling', async () => {
    const paid = await unknownCancel('reset_before_commit')
    await app.parts.db.query(adHocSql(`update payments set sandbox = false where imp_uid = $1`), [
      paid.imp_uid,
    ])
    const early = await settle(paid.imp_uid, { kind: 'not_cancelled' })
    assert.deepEqual(early, { kind: 'too_early', earliestMs: clock.now() + 2 * hourMs })
    clock.advance(2 * hourMs)
    assert.equal((await settle(paid.imp_uid, { kind: 'not_cancelled' })).kind, 'settled')
  })
})

suite('a cancel whose sender dies', () => {
  const waits = createHeldWaits()
  let app: TestApp
  before(async () => {
    app = await startTestApp({ role: 'api', simulator: { delay: waits.delay } })
  })
  after(() => app.close())

  for (const fault of ['very_slow', 'late_commit'] as const) {
    test(`while the gateway is at it (${fault}) becomes unknown and is never sent again`, async () => {
      const paid = await pay(app.merchant)
      await orderFault(app, { match: { cancel: true }, fault })
      const server = await startServer(app)
      const token = await tokenAt(server.url, app.merchant)
      const underWay = callV1(server.url, 'POST', '/payments/cancel', {
        headers: { authorization: token },
        body: { imp_uid: paid.imp_uid, amount: 300 },
      })
      const held = await waits.next()
      server.kill()
      await assert.rejects(underWay)
      held.release()

      const { parts } = app
      const [sending] = await cancelsOf(app, paid.imp_uid)
      assert.equal(sending?.state, 'sending')
      assert.equal(await expireLostCancels({ db: parts.db, clock: parts.clock }), 0)
      const later = new TestClock(parts.clock.now() + hourMs)
      assert.equal(await expireLostCancels({ db: parts.db, clock: later }), 1)
      assert.equal(await expireLostCancels({ db: parts.db, clock: later }), 0)
      await assertStaysUnknown(app, paid.imp_uid, 300)

      const happened = givenBack(app, paid.imp_uid).times === 1
      const verdict = happened ? '--cancelled' : '--not-cancelled'
      const said = await runToEnd(app, [
        'payment',
        'settle-cancel',
        paid.imp_uid,
        verdict,
        '--reason',
        'seen',
      ])
      assert.deepEqual(said, {
        code: 0,
        output: happened
          ? `300 won of ${paid.imp_uid} was given back; it is cancelled\n`
          : `300 won of ${paid.imp_uid} was not given back; it is paid\n`,
      })
      const ended = await findCancel(parts.db, sending.merchantId, sending.cancelId)
      assert.equal(ended?.state, happened ? 'done' : 'failed')
      await assertBooksAgree(parts, app.simulator.ledger())
    })
  }

  test('is listed for the operator, who must say what and why', async () => {
    const paid = await pay(app.merchant)
    await orderFault(app, { match: { cancel: true }, fault: 'answer_lost' })
    assertAnswersUnknown(await cancel(app.merchant, { imp_uid: paid.imp_uid, amount: 123 }), paid)
    const [unknown] = await cancelsOf(app, paid.imp_uid)
    const listed = await runToEnd(app, ['payment', 'unknown'])
    assert.match(listed.output, new RegExp(`${paid.imp_uid} +${unknown?.cancelId} +123 +unknown`))
    const settle = ['payment', 'settle-cancel', paid.imp_uid]
    for (const args of [
      [...settle, '--reason', 'seen'],
      [...settle, '--cancelled'],
      [...settle, '--cancelled', '--not-cancelled', '--reason', 'seen'],
      ['payment', 'settle-cancel', 'imps_000000000000', '--cancelled', '--reason', 'seen'],
    ]) {
      const { code } = await runToEnd(app, args)
      assert.equal(code, 1, args.join(' '))
    }
    await assertStaysUnknown(app, paid.imp_uid, 123)
  })
})

/** `billkey` as an operator runs it, on the app's own database and master key. */
function runBillkey(app: TestApp, args: readonly string[]): ChildProcess {
  const { databaseUrl, masterKey } = app.parts.config
  const billkey = fileURLToPath(new URL('../../bin/billkey.js', import.meta.url))
  return spawn(process.execPath, [billkey, ...args], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: databaseUrl?.reveal() ?? '',
      BILLKEY_MASTER_KEY: masterKey.key?.reveal() ?? '',
      BILLKEY_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

async function runToEnd(app: TestApp, args: readonly string[]) {
  const child = runBillkey(app, args)
  let output = ''
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr?.resume()
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}

async function startServer(app: TestApp): Promise<{ readonly url: string; kill(): void }> {
  const child = runBillkey(app, ['serve', '--role', 'api'])
  child.stderr?.resume()
  assert.ok(child.stdout)
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, url } = JSON.parse(line) as { msg?: string; url?: string }
    if (msg === 'billkey serves' && url !== undefined) {
      return { url, kill: () => void child.kill('SIGKILL') }
    }
  }
  throw new Error('the server did not start')
}

async function tokenAt(url: string, { impKey, impSecret }: TestMerchant): Promise<string> {
  const body = { imp_key: impKey, imp_secret: impSecret }
  const reply = await callV1(url, 'POST', '/users/getToken', { body })
  return (reply.body.response as { access_token: string }).access_token
}
