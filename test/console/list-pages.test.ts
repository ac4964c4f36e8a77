// Lists in a real browser: when they cannot be read, when few rows match, and when they are saved as a file.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'

import { newOrder } from '../api/orders.ts'
import { eventually } from '../faults/eventually.ts'
import {
  type BrowserConsole,
  type BrowserOperator,
  startBrowserConsole,
} from './browser-console.ts'
import { addPayments } from './many-rows.ts'
import { skipWithoutBrowser } from '../support/browser.ts'

/** Address, what is asked for, and what the page says of an empty list. */
const lists = [
  ['/payments', '**/console/api/payments?*', 'No payment yet'],
  ['/billing-keys', '**/console/api/billing-keys?*', 'No billing key yet'],
  ['/schedules', '**/console/api/schedules?*', 'Nothing is scheduled yet'],
  ['/webhooks', '**/console/api/webhooks/deliveries?*', 'Nothing was sent yet'],
  ['/discrepancies', '**/console/api/discrepancies?*', 'The books agree'],
  ['/audit?actor=nobody', '**/console/api/audit?*', 'Nothing matches'],
] as const

describe('lists', { skip: skipWithoutBrowser }, () => {
  let console: BrowserConsole
  let owner: BrowserOperator
  before(async () => {
    console = await startBrowserConsole()
    owner = await console.addOperator()
  })
  after(() => console?.close())

  test('that cannot be read say so, and not that they are empty', async () => {
    for (const [path, calls, empty] of lists) {
      const { page, close } = await console.open({ as: owner, path, language: 'en' })
      await page.getByText(empty).waitFor()
      // As a proxy answers when the server behind it is gone.
      await page.route(calls, (route) =>
        route.fulfill({ status: 502, body: '<h1>Bad gateway</h1>' }),
      )
      await page.reload()
      await page.getByRole('alert').getByText('an answer that cannot be read').waitFor()
      assert.equal(await page.getByText(empty).count(), 0, path)
      await page.unroute(calls)
      await page.getByRole('button', { name: 'Try again' }).click()
      await page.getByText(empty).waitFor()
      assert.equal(await page.getByRole('alert').count(), 0, path)
      await close()
    }
  })

  test('are saved as a file with what the filters show, and are told apart from what broke off', async () => {
    const order = newOrder({ amount: 4_200, buyer_name: '=cmd|calc' })
    await console.app.merchant.call('POST', '/subscribe/payments/onetime', order)
    await console.app.merchant.call('POST', '/subscribe/payments/onetime', newOrder())
    const { page, assertSound, close } = await console.open({
      as: owner,
      path: '/payments?amountMin=4200&amountMax=4200',
      language: 'ko',
    })
    await page.getByRole('button', { name: '내보내기' }).click()
    const dialog = page.getByRole('dialog')
    const downloading = page.waitForEvent('download')
    await dialog.getByRole('button', { name: 'CSV 저장' }).click()
    const download = await downloading
    assert.match(download.suggestedFilename(), /^payments-\d{4}-\d{2}-\d{2}\.csv$/)
    const text = await readFile(await download.path(), 'utf8')
    const lines = text.trimEnd().split('\r\n')
    assert.equal(lines.length, 2)
    assert.ok(text.startsWith('\uFEFF') && /[가-힣]/.test(lines[0] ?? ''))
    assert.ok(lines[1]?.includes(order.merchant_uid) && lines[1].includes("'=cmd|calc"))
    await dialog.getByText('1건을 저장했습니다').waitFor()
    await assertSound()
    await close()
  })

  test('go on searching where few match, say how far, and stop and go on when told to', async () => {
    const { app } = console
    const merchant = await app.addMerchant()
    const endMs = Date.UTC(2026, 6, 1)
    const wanted = { count: 45_000, endMs, prefix: 'many_' }
    await addPayments(app.parts.db, merchant.merchantId, wanted)
    const viewer = await console.addOperator('viewer', { merchantId: merchant.merchantId })
    // Nobody paid so much; each answer is held back until it is let through.
    const { page, assertSound, close } = await console.open({ as: viewer, language: 'en' })
    const held: (() => void)[] = []
    await page.route('**/console/api/payments?*', async (route) => {
      await new Promise<void>((resolve) => held.push(resolve))
      await route.continue()
    })
    await page.goto(`${console.app.url}/console/payments?amountMin=9999`)
    const search = page.getByText(/Searched as far as/)
    const letOneThrough = async () => {
      const answer = page.waitForResponse('**/console/api/payments?*')
      const letThrough = await eventually('a request', async () => held.shift())
      letThrough()
      await answer
    }
    await letOneThrough()
    await page.getByText(/Few match\. Searched as far as 2026-07-01 06:13/).waitFor()
    assert.equal(await page.getByText('Nothing matches').count(), 0)
    await page.getByRole('button', { name: 'Stop searching' }).click()
    await letOneThrough()
    await page.getByRole('button', { name: 'Search on' }).waitFor()
    assert.match(await search.innerText(), /There may be more beyond/)
    await assertSound()
    await page.unroute('**/console/api/payments?*')
    await page.getByRole('button', { name: 'Search on' }).click()
    await page.getByText('Nothing matches').waitFor()
    assert.equal(await search.count(), 0)
    await close()
    // Of as many as there are it is said that there are so many and more.
    for (const [language, counted] of [
      ['en', /^1,000\+ payments, .* or more$/],
      ['ko', /^1,000건 이상, .* 이상$/],
    ] as const) {
      const shown = await console.open({ as: viewer, path: '/payments', language })
      await shown.page.getByText(counted).waitFor()
      await shown.close()
    }
  })
})
