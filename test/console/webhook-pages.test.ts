// The pages of webhooks in a real browser: what an operator sees and sets is held against what arrives at the receiver
// and what the API says.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { newOrder } from '../api/orders.ts'
import { eventually } from '../faults/eventually.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'
import {
  type BrowserConsole,
  type BrowserOperator,
  startBrowserConsole,
} from './browser-console.ts'
import { skipWithoutBrowser } from '../support/browser.ts'

describe('the pages of webhooks', { skip: skipWithoutBrowser }, () => {
  let console: BrowserConsole
  let owner: BrowserOperator
  let receiver: WebhookReceiver
  before(async () => {
    receiver = await startWebhookReceiver()
    console = await startBrowserConsole()
    owner = await console.addOperator()
  })
  after(async () => {
    await console?.close()
    await receiver.close()
  })

  const pay = async () => {
    const { body } = await console.app.merchant.call(
      'POST',
      '/subscribe/payments/onetime',
      newOrder(),
    )
    return body.response.imp_uid as string
  }
  const rowOf = async <Row extends object>(text: string, values: readonly string[] = []) => {
    const { merchantId } = console.app.merchant
    const { rows } = await console.app.parts.db.query<Row>(adHocSql(text), [merchantId, ...values])
    return rows[0]
  }

  test('an endpoint is set in its format, tested, and its secret changes hands', async () => {
    const { page, assertSound, close } = await console.open({
      as: owner,
      path: '/webhooks',
      language: 'en',
    })
    const panel = page.getByRole('region', { name: 'Endpoint of test payments' })
    assert.equal(await page.getByRole('region', { name: /^Endpoint of live/ }).count(), 0)
    await panel.getByLabel('Address').fill('ftp://shop.example/hook')
    await panel.getByRole('button', { name: 'Save' }).click()
    await panel.getByRole('alert').getByText('may not be sent to this address').waitFor()
    await panel.getByLabel('Address').fill(`${receiver.url}/hook`)
    await panel.getByLabel('Body').selectOption('form')
    await panel.getByRole('button', { name: 'Save' }).click()
    await panel.getByRole('button', { name: 'Send a test' }).click()
    await panel.getByRole('alert').getByText('The receiver took it: HTTP 200.').waitFor()
    assert.match(receiver.received.at(-1)?.body ?? '', /^imp_uid=/)

    receiver.answer(503)
    await panel.getByRole('button', { name: 'Send a test' }).click()
    await panel
      .getByRole('alert')
      .getByText(/did not take it: .*503/)
      .waitFor()
    receiver.answer(200)

    await panel.getByRole('button', { name: 'Show the secret' }).click()
    const notice = panel.getByRole('alert').filter({ hasText: 'Signing secret' })
    const secretOf = async () => /whsec_\S+/.exec(await notice.innerText())?.[0]
    await notice.waitFor()
    const first = await secretOf()
    await panel.getByRole('button', { name: 'New secret' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'New secret' }).click()
    await panel.getByRole('button', { name: 'Drop the old secret' }).waitFor()
    const second = await secretOf()
    assert.notEqual(first, second)
    await assertSound()

    const sent = receiver.received.length
    await panel.getByRole('button', { name: 'Send a test' }).click()
    await receiver.arrived(sent + 1)
    const both = String(receiver.received.at(-1)?.headers['webhook-signature'])
    assert.equal(both.split(' ').length, 2)
    await panel.getByRole('button', { name: 'Drop the old secret' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Drop the old secret' }).click()
    await panel.getByRole('button', { name: 'New secret' }).waitFor()
    assert.ok(!(await page.content()).includes(second ?? 'whsec_'))
    await close()
  })

  test('the log shows what was sent and answered, and sends one again', async () => {
    const { page, assertSound, close } = await console.open({ as: owner, path: '/webhooks' })
    await page.getByLabel('본문 형식').selectOption('json')
    await page.getByRole('button', { name: '저장' }).click()
    await page.getByText(/저장했습니다/).waitFor()
    receiver.answer((response) => void response.writeHead(200).end('고맙습니다'))
    const impUid = await pay()
    await eventually('its delivery', () =>
      rowOf(
        `select 1 from webhooks where merchant_id = $1 and imp_uid = $2 and state = 'delivered'`,
        [impUid],
      ),
    )
    await page.getByRole('button', { name: '새로고침' }).click()
    const row = page.getByRole('row').filter({ hasText: impUid })
    await row.getByText('전달됨').waitFor()
    await row.getByText('HTTP 200').waitFor()
    await row.getByRole('link').click()
    const attempt = page.getByRole('region', { name: '1번째 시도' })
    await attempt.getByText('고맙습니다').waitFor()
    await attempt.getByText(`"imp_uid":"${impUid}"`).waitFor()
    await assertSound()

    const known = receiver.received.length
    await page.getByRole('button', { name: '다시 보내기' }).click()
    await receiver.arrived(known + 1)
    const again = receiver.received.at(-1)
    assert.equal(again?.body, receiver.received[known - 1]?.body)
    assert.equal(again?.headers['webhook-id'], receiver.received[known - 1]?.headers['webhook-id'])
    // The page follows by itself.
    await page.getByRole('region', { name: '2번째 시도' }).getByText('고맙습니다').waitFor()
    await close()
  })

  test('those that fit the filters are sent again, after it was said how many', async () => {
    receiver.answer(200)
    const impUids = [await pay(), await pay()]
    await eventually('their deliveries', async () => {
      const row = await rowOf<{ count: number }>(
        `select count(*) as count from webhooks
         where merchant_id = $1 and imp_uid = any(string_to_array($2, ',')) and state = 'delivered'`,
        [impUids.join(',')],
      )
      return row?.count === 2 ? row : undefined
    })
    const { page, close } = await console.open({
      as: owner,
      path: `/webhooks?impUid=${impUids[0]}`,
      language: 'en',
    })
    await page
      .getByRole('row')
      .filter({ hasText: impUids[0] as string })
      .waitFor()
    assert.equal(
      await page
        .getByRole('row')
        .filter({ hasText: impUids[1] as string })
        .count(),
      0,
    )
    const known = receiver.received.length
    await page.getByRole('button', { name: 'Send these again' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('1 events fit the filters').waitFor()
    await dialog.getByRole('button', { name: 'Send again' }).click()
    await page.getByText('1 events are sent again.').waitFor()
    await receiver.arrived(known + 1)
    assert.match(receiver.received.at(-1)?.body ?? '', new RegExp(impUids[0] as string))
    const act = await rowOf<{ action: string }>(
      `select action from audit_events where merchant_id = $1 and actor = $2
       order by sequence desc limit 1`,
      [`operator:${owner.email}`],
    )
    assert.match(act?.action ?? '', /^webhook.*replay/)

    // The address goes last: nothing is told after it.
    await page.getByRole('button', { name: 'Remove the address' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove the address' }).click()
    await page.getByText('The address is removed.').waitFor()
    assert.equal(await page.getByRole('textbox', { name: 'Address' }).inputValue(), '')
    assert.equal(await page.getByRole('button', { name: 'Send a test' }).count(), 0)
    const endpoint = await rowOf<{ url: string | null }>(
      'select url from webhook_endpoints where merchant_id = $1 and sandbox',
    )
    assert.equal(endpoint?.url, null)
    await close()
  })
})
