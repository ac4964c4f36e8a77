// The whole way in a real browser, by clicking: a contract is set up, the commands of the developers' page are copied from it
// and run, the clock is moved to the scheduled payment, and that is given back. What really happened is read from the
// simulator's ledger and from the database.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'

import type { Page } from 'playwright-core'

import { adHocSql } from '../../src/db/database.ts'
import {
  type BrowserConsole,
  type BrowserOperator,
  type ConsolePage,
  signIn,
  startBrowserConsole,
} from './browser-console.ts'
import { isStill } from './every-page.ts'
import { skipWithoutBrowser } from '../support/browser.ts'

const run = promisify(execFile)
const cpid = 'CTS00201'
const linkKey = '00000201'.repeat(8)
const customerUid = 'your-customer-unique-id'

describe('the whole way', { skip: skipWithoutBrowser }, () => {
  let console: BrowserConsole
  let owner: BrowserOperator
  let opened: ConsolePage
  let page: Page
  before(async () => {
    console = await startBrowserConsole({}, 'asSeen')
    owner = await console.addOperator()
    opened = await console.open()
    page = opened.page
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  })
  after(() => console?.close())

  const press = (name: string) => page.getByRole('button', { name, exact: true }).click()
  async function goTo(name: string): Promise<void> {
    await page.getByRole('navigation').getByRole('link', { name, exact: true }).click()
    await page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
    await isStill(page)
  }

  /** Copies a command of the guide as a developer does. */
  async function copyCommand(step: string): Promise<string> {
    await press(`${step} 명령 복사`)
    return page.evaluate<string>('navigator.clipboard.readText()')
  }

  /** Runs it in a shell, and gives the response of V1's envelope. */
  async function runCommand(command: string, token = '') {
    const { stdout } = await run('sh', ['-c', command], { env: { ...process.env, TOKEN: token } })
    const { code, message, response } = JSON.parse(stdout)
    assert.equal(code, 0, message)
    return response
  }

  test('a contract is set up with the wizard, and PAYJOA answers', async () => {
    await signIn(page, owner)
    await goTo('채널')
    await page.getByRole('link', { name: '계약 추가' }).click()
    await page.getByLabel('CPID', { exact: true }).fill(cpid)
    await page.getByLabel('결제연동키', { exact: true }).fill(linkKey)
    await page.getByLabel('PG 주소').fill(console.app.simulator.url)
    await press('다음')
    await page.getByLabel('수기결제: 생년월일·비밀번호 포함 (BILLTYPE 13)').check()
    await page.getByLabel('수기결제: 카드번호·유효기간 (BILLTYPE 18)').check()
    await page.getByLabel('빌링키 (BILLTYPE 14)').check()
    await page.getByLabel('채널을 지정하지 않은 요청에 사용').check()
    await press('다음')
    await press('계약 저장')
    await press('연결 확인')
    await page.getByText('페이조아가 응답하며 CPID와 연동키를 확인했습니다.').waitFor()
    await page.getByRole('link', { name: '완료' }).click()
    await page.getByRole('heading', { level: 1, name: cpid }).waitFor()
    assert.deepEqual(console.app.simulator.ledger().entries, [])
  })

  test('the commands copied from the page take payments, issue a key and reserve', async () => {
    await goTo('개발자')
    await press('키 만들기')
    const shown = await page.getByRole('alert').filter({ hasText: 'imp_secret' }).innerText()
    const [, impKey = ''] = /imp_key:\s*(\S+)/.exec(shown) ?? []
    const [, impSecret = ''] = /imp_secret:\s*(\S+)/.exec(shown) ?? []
    const login = (await copyCommand('1. 액세스 토큰 발급'))
      // The page names the merchant's first key, and no secret: that is for the developer to put in.
      .replace(/"imp_key":"[^"]+"/, `"imp_key":"${impKey}"`)
      .replace('your-imp-secret', impSecret)
    const { access_token: token } = await runCommand(login)
    const first = await runCommand(await copyCommand('4. 결제와 빌링키 발급'), token)
    assert.deepEqual([first.status, first.customer_uid], ['paid', customerUid])
    const again = await runCommand(await copyCommand('5. 빌링키 결제'), token)
    assert.deepEqual([again.status, again.amount], ['paid', 3000])
    const [reserved] = await runCommand(await copyCommand('6. 결제 예약'), token)
    assert.equal(reserved.schedule_status, 'scheduled')
    await goTo('결제')
    for (const { merchant_uid: merchantUid } of [first, again]) {
      const row = page.getByRole('row').filter({ hasText: merchantUid })
      await row.getByText('결제완료').waitFor()
    }
  })

  test('the clock is moved past the schedule, which is charged', async () => {
    await goTo('테스트 시계')
    await press('시계 멈추기')
    await press('30일')
    await page.getByRole('button', { name: '30일', exact: true, disabled: false }).waitFor()
    await goTo('예약 결제')
    const row = page.getByRole('row').filter({ hasText: customerUid })
    await row.getByText('결제완료').waitFor()
    await row.getByRole('link').first().click()
    const attempts = page.getByRole('table', { name: '시도 내역' })
    await attempts.getByText('결제완료').waitFor()
    await attempts.getByRole('link').first().click()
    await page.getByRole('heading', { level: 1, name: '3,000원 결제' }).waitFor()
  })

  test('its payment is given back, at PAYJOA and in the books', async () => {
    const impUid = new URL(page.url()).pathname.split('/').at(-1) ?? ''
    await press('결제 취소')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('사유').fill('고객 요청')
    await dialog.getByRole('button', { name: '3,000원 취소' }).click()
    await dialog.waitFor({ state: 'hidden' })
    await page.getByRole('main').getByText('취소', { exact: true }).first().waitFor()

    const { totals, entries } = console.app.simulator.ledger()
    assert.deepEqual(
      entries.map((entry) => [entry.kind, entry.amount, entry.cpid]),
      [
        ['key_issue', 0, cpid],
        ['approval', 3000, cpid],
        ['approval', 3000, cpid],
        ['approval', 3000, cpid],
        ['cancel', 3000, cpid],
      ],
    )
    assert.equal(entries.at(-1)?.daoutrx, entries.at(-2)?.daoutrx)
    assert.equal(entries.at(-1)?.orderno, impUid)
    assert.equal(totals.repeatedOrders, 0)
    const { rows } = await console.app.parts.db.query(
      adHocSql(`select p.state, p.amount::int, p.cancel_amount::int as cancelled, s.state as schedule
        from payments p left join schedules s using (merchant_id, imp_uid)
        where p.merchant_id = $1 order by p.started_at`),
      [console.app.merchant.merchantId],
    )
    assert.deepEqual(rows, [
      { state: 'paid', amount: 3000, cancelled: 0, schedule: null },
      { state: 'paid', amount: 3000, cancelled: 0, schedule: null },
      { state: 'cancelled', amount: 3000, cancelled: 3000, schedule: 'executed' },
    ])
    assert.deepEqual(opened.complaints, [])
    assert.deepEqual(opened.strayRequests, [])
  })
})
