// The test clock in a real browser: stopped, moved, and a schedule that falls due on the way.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { readClock } from '../../src/sandbox/move-clock.ts'
import { cardFields } from '../api/orders.ts'
import { eventually } from '../faults/eventually.ts'
import {
  type BrowserConsole,
  type BrowserOperator,
  startBrowserConsole,
} from './browser-console.ts'
import { skipWithoutBrowser } from '../support/browser.ts'

const dayMs = 86_400_000

describe('the page of the test clock', { skip: skipWithoutBrowser }, () => {
  let console: BrowserConsole
  let operator: BrowserOperator
  before(async () => {
    console = await startBrowserConsole()
    operator = await console.addOperator('operator')
  })
  after(() => console?.close())

  const reserve = async (merchantUid: string, inMs: number) => {
    const { merchant } = console.app
    await merchant.call('POST', '/subscribe/customers/clock_customer', cardFields())
    const schedules = [
      {
        merchant_uid: merchantUid,
        schedule_at: Math.floor((Date.now() + inMs) / 1000),
        amount: 7_700,
      },
    ]
    const body = { customer_uid: 'clock_customer', schedules }
    const reply = await merchant.call('POST', '/subscribe/payments/schedule', body)
    assert.equal(reply.body.code, 0, JSON.stringify(reply.body))
  }
  // Not by the API: a token of half an hour does not outlive what the clock skips.
  const paidOf = async (merchantUid: string) => {
    const { rows } = await console.app.parts.db.query<{
      state: string
      amount: number
      paidAtMs: number
    }>(
      adHocSql(`select state, amount, paid_at as "paidAtMs" from payments
                where merchant_id = $1 and merchant_uid = $2`),
      [console.app.merchant.merchantId, merchantUid],
    )
    return rows[0]
  }
  const stoppedAt = async () => {
    const { nowMs, isFrozen } = await readClock(console.app.parts, console.app.merchant.merchantId)
    return isFrozen ? nowMs : null
  }

  test('cannot be moved by who may only look, and says so in Korean', async () => {
    const viewer = await console.addOperator('viewer')
    const { page, assertSound, close } = await console.open({ as: viewer, path: '/clock' })
    const stop = page.getByRole('button', { name: '시계 멈추기' })
    await stop.waitFor()
    assert.equal(await stop.isDisabled(), true)
    await assertSound()
    await close()
  })

  test('stops the time, takes a schedule on the way, and lets time run again', async () => {
    await reserve('order_by_clock', 2 * dayMs)
    const { page, assertSound, close } = await console.open({
      as: operator,
      path: '/clock',
      language: 'en',
    })
    await page.getByRole('button', { name: 'Stop the clock' }).click()
    await page.getByRole('button', { name: 'One day', exact: true }).waitFor()
    const mark = page.getByRole('complementary', { name: 'Test mode' })
    await mark.getByText(/Clock stopped at/).waitFor()
    await assertSound()
    const stoppedAtMs = await stoppedAt()
    assert.ok(stoppedAtMs !== null)

    await page.getByRole('button', { name: 'One day', exact: true }).click()
    await eventually('the end of the move', async () => {
      const { merchantId } = console.app.merchant
      const { nowMs, advancingToMs } = await readClock(console.app.parts, merchantId)
      return advancingToMs === null && nowMs === stoppedAtMs + dayMs ? true : undefined
    })
    assert.equal(await paidOf('order_by_clock'), undefined)
    await page.getByRole('button', { name: 'To the next event' }).click()
    await page.getByRole('link', { name: 'Payments', exact: true }).click()
    const row = page.getByRole('row').filter({ hasText: 'order_by_clock' })
    await row.getByText('₩7,700').waitFor()
    await row.getByText('Paid').waitFor()
    const paid = await paidOf('order_by_clock')
    assert.deepEqual([paid?.state, paid?.amount], ['paid', 7_700])
    assert.ok((paid?.paidAtMs ?? 0) > stoppedAtMs + dayMs)

    await page.getByRole('link', { name: 'Test clock' }).click()
    await page.getByRole('button', { name: 'Let it run again' }).click()
    await page.getByRole('button', { name: 'Stop the clock' }).waitFor()
    await mark.getByText(/Clock stopped/).waitFor({ state: 'detached' })
    assert.equal(await stoppedAt(), null)
    const { rows } = await console.app.parts.db.query<{ action: string }>(
      adHocSql(`select action from audit_events where actor = $1 order by sequence`),
      [`operator:${operator.email}`],
    )
    const acts = rows.map(({ action }) => action).filter((action) => action.startsWith('clock.'))
    assert.equal(acts[0], 'clock.frozen')
    assert.equal(acts.at(-1), 'clock.released')
    await close()
  })
})
