// The page for the merchant's developers in a real browser: its keys open the API, its commands run as they stand, and
// its log shows each request once.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'

import { adHocSql } from '../../src/db/database.ts'
import { shownTestCards } from '../../src/sandbox/test-cards.ts'
import { callV1 } from '../support/app.ts'
import {
  type BrowserConsole,
  type BrowserOperator,
  type ConsolePage,
  startBrowserConsole,
} from './browser-console.ts'
import { skipWithoutBrowser } from '../support/browser.ts'

const run = promisify(execFile)

describe('the page for developers', { skip: skipWithoutBrowser }, () => {
  let console: BrowserConsole
  let owner: BrowserOperator
  before(async () => {
    console = await startBrowserConsole()
    owner = await console.addOperator()
  })
  after(() => console?.close())

  const signIn = async (imp_key: string, imp_secret: string) => {
    const body = { imp_key, imp_secret }
    return (await callV1(console.app.url, 'POST', '/users/getToken', { body })).status
  }
  const secretOn = async ({ page }: ConsolePage) => {
    const notice = page.getByRole('alert').filter({ hasText: 'imp_secret' })
    await notice.waitFor()
    return /imp_secret:\s*(\S+)/.exec(await notice.innerText())?.[1] ?? ''
  }

  test('makes a key, gives it a new secret and revokes it', async () => {
    const opened = await console.open({ as: owner, path: '/developers', language: 'en' })
    const { page, assertSound, close } = opened
    const keys = page.getByRole('table', { name: 'API keys' })
    await keys.waitFor()
    const before = await keys.getByRole('rowheader').allInnerTexts()
    await page.getByRole('button', { name: 'Make a key' }).click()
    const first = await secretOn(opened)
    const impKey = (await keys.getByRole('rowheader').allInnerTexts()).find(
      (name) => !before.includes(name),
    )
    assert.ok(impKey !== undefined)
    assert.equal(await signIn(impKey, first), 200)

    await page.getByRole('button', { name: `New secret for ${impKey}` }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'New secret' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    const second = await secretOn(opened)
    assert.equal(await signIn(impKey, first), 401)
    assert.equal(await signIn(impKey, second), 200)
    await assertSound()

    await page.getByRole('button', { name: `Revoke ${impKey}` }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await keys.getByRole('row').filter({ hasText: impKey }).getByText('Revoked').waitFor()
    assert.equal(await signIn(impKey, second), 401)
    const { rows } = await console.app.parts.db.query<{ action: string }>(
      adHocSql(`select action from audit_events where subject = $1 order by sequence`),
      [impKey],
    )
    assert.deepEqual(
      rows.map(({ action }) => action),
      ['api_key.created', 'api_key.secret_replaced', 'api_key.revoked'],
    )
    await close()
  })

  test('shows commands that run in a shell as they stand', async () => {
    const { page, close } = await console.open({ as: owner, path: '/developers' })
    const guide = page.getByRole('region', { name: '첫 호출' })
    await guide.locator('pre').nth(5).waitFor()
    const commands = await guide.locator('pre').allInnerTexts()
    assert.equal(commands.length, 6)
    let token = ''
    const { impKey, impSecret } = console.app.merchant
    for (const command of commands) {
      const said = command.replace('your-imp-secret', impSecret)
      // Loopback, whatever proxy the machine has.
      const shell = `curl() { command curl --silent --noproxy '*' "$@"; }\n${said}`
      const { stdout } = await run('sh', ['-c', shell], { env: { ...process.env, TOKEN: token } })
      const answer = JSON.parse(stdout) as {
        code: number
        message: string | null
        response: { access_token?: string; status?: string }
      }
      assert.equal(answer.code, 0, `${command}\n${stdout}`)
      token ||= answer.response.access_token ?? ''
      if (/payments\/(?:onetime|again)/.test(command)) assert.equal(answer.response.status, 'paid')
    }
    assert.ok(commands[0]?.includes(impKey))
    await close()
  })

  test('names each test card and what it does, in the language of the page', async () => {
    const { page, close } = await console.open({ as: owner, path: '/developers' })
    const cards = page.getByRole('table', { name: '테스트 카드' })
    await cards.getByRole('rowheader').first().waitFor()
    assert.deepEqual(
      await cards.getByRole('rowheader').allInnerTexts(),
      shownTestCards.map(({ cardNumber }) => cardNumber),
    )
    for (const effect of await cards.locator('tbody tr > td:nth-of-type(2)').allInnerTexts()) {
      assert.match(effect, /[가-힣]/)
    }
    await close()
  })

  test('follows the log of requests, and shows each request once', async () => {
    const { page, close } = await console.open({ as: owner, path: '/developers', language: 'en' })
    const log = page.getByRole('table', { name: 'Request log' })
    const answers: string[] = []
    page.on('response', (response) => {
      if (response.url().includes('/console/api/requests?')) answers.push(response.url())
    })
    const ask = async (path: string) => {
      const { headers } = await console.app.merchant.call('GET', path)
      assert.ok(headers.get('x-request-id'))
    }
    await ask('/payments/imp_100000000001')
    await log.getByText('GET /payments/:imp_uid').first().waitFor()
    await ask('/payments/find/order_nobody')
    await log
      .getByText(/GET \/payments\/find\//)
      .first()
      .waitFor()
    // Another answer that holds the last minute once more.
    const seen = answers.length
    await page.waitForResponse((one) => one.url().includes('after='))
    assert.ok(answers.length > seen)
    const rows = await log.getByRole('row').allInnerTexts()
    assert.equal(rows.filter((row) => /GET \/payments\/:imp_uid/.test(row)).length, 1)
    assert.equal(rows.filter((row) => /GET \/payments\/find\//.test(row)).length, 1)
    await close()
  })
})
