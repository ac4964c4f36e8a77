// What a daily file proves over several days, at midnight, for several merchants, and what it shows to be missing.

import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'

import { chargeDependencies } from '../../src/compose/dependencies.ts'
import { adHocSql } from '../../src/db/database.ts'
import { cancelPayment } from '../../src/payments/cancel-payment.ts'
import { boundsOfKoreanDay, koreanDay } from '../../src/primitives/korean-day.ts'
import { collectEvidence, reconcileNow } from '../../src/reconciliation/collect-evidence.ts'
import {
  countOpenDiscrepancies,
  countUnknowns,
  readReportsState,
} from '../../src/reconciliation/evidence-counts.store.ts'
import { listReports } from '../../src/reconciliation/reports.store.ts'
import { settleByOperator } from '../../src/reconciliation/settle-by-operator.ts'
import { assertBooksAgree, auditBooks } from '../support/auditor.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { approvalsOf, orderFault, paymentOf } from '../faults/outcome-checks.ts'
import { newAttempt, onetime } from '../faults/ways-to-charge.ts'
import { discrepanciesOf, notifyByHand, setSimulator, approvalOf } from './told.ts'

const windowMs = 60_000
const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** A server and a gateway whose common clock can be set on to a time of day in Korea. */
async function startClocked() {
  let skewMs = 0
  const clock = { now: () => Date.now() + skewMs }
  const app = await startTestApp({
    role: 'api',
    tells: true,
    clock,
    simulator: { now: clock.now },
    environment: { BILLKEY_SANDBOX_EVIDENCE_MS: String(windowMs) },
  })
  await setSimulator(app, { notificationUrls: {} })
  return {
    app,
    clock,
    advance: (byMs: number) => void (skewMs += byMs),
    /** To the next time that it is so many milliseconds after midnight. */
    advanceTo(ofDayMs: number): void {
      const { fromMs } = boundsOfKoreanDay(koreanDay(clock.now()))
      const todayMs = fromMs + ofDayMs - clock.now()
      skewMs += todayMs > 0 ? todayMs : todayMs + dayMs
    },
    collect: () => collectEvidence({ ...app.parts, reportEveryMs: 20 }),
  }
}

suite('daily files', () => {
  let app: TestApp
  let clocked: Awaited<ReturnType<typeof startClocked>>
  before(async () => {
    clocked = await startClocked()
    app = clocked.app
  })
  after(() => app.close())

  /** With a token of its own: one lives half an hour, these tests go on for days. */
  async function pay(fault: string | null) {
    const attempt = newAttempt()
    if (fault !== null) await orderFault(app, { match: {}, fault })
    const { impKey: imp_key, impSecret: imp_secret } = app.merchant
    const token = await fetch(`${app.url}/users/getToken`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ imp_key, imp_secret }),
    })
    const { response } = (await token.json()) as { response: { access_token: string } }
    await onetime.charge(
      {
        call: (method, path, body) =>
          app.merchant.call(method, path, body, { authorization: response.access_token }),
      },
      attempt,
    )
    return paymentOf(app, attempt.merchantUid)
  }

  async function cancel(impUid: string, fault: string | null) {
    if (fault !== null) await orderFault(app, { match: { cancel: true }, fault })
    const { merchantId } = app.merchant
    const wanted = { merchantId, impUid, amountWon: 1_000, reason: null, enableWebhook: false }
    return (await cancelPayment(chargeDependencies(app.parts), wanted)).kind
  }

  test('never take the cancel of one day for that of another day', async () => {
    clocked.advanceTo(12 * hourMs)
    const { impUid } = await pay(null)
    // A cancel of the same day shows that the file lists cancels.
    const other = await pay(null)
    assert.equal(await cancel(other.impUid, null), 'cancelled')
    clocked.advance(2 * windowMs)
    await clocked.collect()

    clocked.advanceTo(12 * hourMs)
    assert.equal(await cancel(impUid, null), 'cancelled')
    clocked.advance(2 * windowMs)
    await clocked.collect()

    clocked.advanceTo(12 * hourMs)
    assert.equal(await cancel(impUid, 'answer_lost'), 'unknown')
    clocked.advance(2 * windowMs)
    assert.equal(await clocked.collect(), 1)
    assert.equal((await amountsOf(impUid)).cancelledWon, 2_000)

    // And one that did not happen is not taken for either of them.
    clocked.advanceTo(12 * hourMs)
    assert.equal(await cancel(impUid, 'reset_before_commit'), 'unknown')
    clocked.advance(2 * windowMs)
    assert.equal(await clocked.collect(), 1)
    assert.deepEqual(await amountsOf(impUid), { cancelledWon: 2_000, reservedWon: 0 })
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  test('of both days are needed for what was begun near midnight', async () => {
    clocked.advanceTo(23 * hourMs + 59 * 60_000)
    await pay(null)
    const lost = await pay('answer_lost')
    const never = await pay('reset_before_commit')
    clocked.advance(59_000)
    await clocked.collect()
    assert.equal((await stateOf(lost.impUid)).state, 'paid')
    assert.equal((await stateOf(never.impUid)).state, 'unknown')
    // Past midnight, when the file of the new day can be had as well.
    clocked.advance(2 * 60_000)
    assert.equal(await clocked.collect(), 1)
    assert.equal((await stateOf(never.impUid)).state, 'failed')
    await assertBooksAgree(app.parts, app.simulator.ledger())
  })

  test('of yesterday show what the gateway does not have, once', async () => {
    clocked.advanceTo(12 * hourMs)
    await pay(null)
    const { impUid, merchantId } = await pay('reset_before_commit')
    await settleByOperator(app.parts, {
      merchantId,
      impUid,
      verdict: { kind: 'charged', transactionId: 'CTS-NEVER', approvalNumber: null },
      actor: 'test',
      reason: 'looked up the wrong line',
    })
    clocked.advanceTo(hourMs + 60_000)
    await clocked.collect()
    await clocked.collect()
    const raised = (await discrepanciesOf(app)).filter(({ orderNumber }) => orderNumber === impUid)
    assert.deepEqual(raised, [{ kind: 'missing_at_gateway', orderNumber: impUid }])
    assert.deepEqual(await countOpenDiscrepancies(app.parts.db, 9), [
      { kind: 'missing_at_gateway', count: 1 },
    ])
  })

  test('that lack what we know prove nothing by what else they lack', async () => {
    clocked.advanceTo(12 * hourMs)
    await pay(null)
    const never = await pay('reset_before_commit')
    const known = await pay(null)
    await app.parts.db.query(
      adHocSql(`insert into payments select (jsonb_populate_record(p, jsonb_build_object(
          'imp_uid', 'imps_000000000001', 'merchant_uid', 'never-there'))).*
        from payments p where imp_uid = $1`),
      [known.impUid],
    )
    clocked.advance(2 * windowMs)
    assert.equal(await clocked.collect(), 0)
    assert.equal((await stateOf(never.impUid)).state, 'unknown')
    await app.parts.db.query(adHocSql("delete from payments where imp_uid = 'imps_000000000001'"))
    clocked.advance(2 * windowMs)
    assert.equal(await clocked.collect(), 1)
  })

  test('that cannot be had are asked for ever more rarely, and at once by hand', async () => {
    clocked.advanceTo(12 * hourMs)
    const lost = await pay('answer_lost')
    await setSimulator(app, { reportStatus: 503 })
    const { merchantId, channel } = app.merchant
    const attemptedAt = async () => {
      const [report] = await listReports(app.parts.db, merchantId, channel.channelKey)
      return report?.attemptedAtMs
    }
    await clocked.collect()
    const first = await attemptedAt()
    clocked.advance(1_000)
    await clocked.collect()
    assert.equal(await attemptedAt(), first)
    clocked.advance(60_000)
    await clocked.collect()
    assert.notEqual(await attemptedAt(), first)
    assert.equal((await readReportsState(app.parts.db)).failing, 1)
    await setSimulator(app, { reportStatus: 200 })
    const deps = { ...app.parts, reportEveryMs: 20 }
    const { matched } = await reconcileNow(deps, channel, koreanDay(clocked.clock.now()))
    assert.equal(matched?.settled, 1)
    assert.equal((await stateOf(lost.impUid)).state, 'paid')
    assert.deepEqual(await countUnknowns(app.parts.db, 9), [
      { what: 'payment', count: 0, oldestStartedAtMs: null },
      { what: 'cancel', count: 0, oldestStartedAtMs: null },
    ])
    assert.equal((await readReportsState(app.parts.db)).failing, 0)
  })

  async function stateOf(impUid: string) {
    const { rows } = await app.parts.db.query<{ state: string }>(
      adHocSql('select state from payments where imp_uid = $1'),
      [impUid],
    )
    return rows[0] ?? { state: 'absent' }
  }

  async function amountsOf(impUid: string) {
    const { rows } = await app.parts.db.query<{ cancelledWon: number; reservedWon: number }>(
      adHocSql(
        `select cancel_amount as "cancelledWon", cancel_reserved as "reservedWon"
         from payments where imp_uid = $1`,
      ),
      [impUid],
    )
    return rows[0] ?? { cancelledWon: -1, reservedWon: -1 }
  }
})

suite('merchants that share a contract', () => {
  let app: TestApp
  before(async () => {
    app = await startTestApp({ role: 'api', tells: true })
    await setSimulator(app, { notificationUrls: {} })
  })
  after(() => app.close())

  test('each find their own in its notifications and files', async () => {
    const other = await app.addMerchant()
    const ofOther = async (fault: string | null) => {
      const attempt = newAttempt()
      if (fault !== null) await orderFault(app, { match: {}, fault })
      await onetime.charge(other, attempt)
      const { body } = await other.call('GET', `/payments/find/${attempt.merchantUid}`)
      return (body.response as { imp_uid: string }).imp_uid
    }
    const told = await ofOther('answer_lost')
    const listed = await ofOther('answer_lost')
    await ofOther(null)
    // At the first one's address: PAYJOA has one for each contract.
    const { daoutrx: DAOUTRX } = approvalOf(app, told)
    assert.equal((await notifyByHand(app, { ORDERNO: told, DAOUTRX })).isTaken, true)
    await onetime.charge(app.merchant, newAttempt())
    await collectEvidence({ ...app.parts, reportEveryMs: 20 })
    const { channel } = app.merchant
    await reconcileNow({ ...app.parts, reportEveryMs: 20 }, channel, koreanDay(Date.now()))
    for (const impUid of [told, listed]) {
      const { body } = await other.call('GET', `/payments/${impUid}`)
      assert.equal((body.response as { status: string }).status, 'paid')
      assert.equal(approvalsOf(app, impUid), 1)
    }
    assert.deepEqual(await discrepanciesOf(app), [])
    assert.deepEqual(await auditBooks(app.parts, app.simulator.ledger()), [])
  })
})
