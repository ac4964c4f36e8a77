// Payments, billing keys and schedules as an operator works with them, by clicking. What really happened is read from the
// simulator's ledger and from the database.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { cardFields, cardOf, cardThat, newMerchantUid, newOrder } from '../api/orders.ts'
import { skipWithoutBrowser } from '../support/browser.ts'
import {
  type BrowserConsole,
  type BrowserOperator,
  type ConsolePage,
  startBrowserConsole,
} from './browser-console.ts'

const dayMs = 86_400_000

describe('the pages of the business', { skip: skipWithoutBrowser }, () => {
  let console: BrowserConsole
  let operator: BrowserOperator
  let opened: ConsolePage
  before(async () => {
    console = await startBrowserConsole({ simulator: { delay: async () => undefined } })
    operator = await console.addOperator('operator')
    opened = await console.open({ as: operator })
  })
  after(() => console?.close())

  const goTo = (path: string) => opened.page.goto(`${console.app.url}/console${path}`)
  const press = (name: string) =>
    opened.page.getByRole('main').getByRole('button', { name, exact: true }).click()
  const pressInDialog = (name: string) =>
    opened.page.getByRole('dialog').getByRole('button', { name, exact: true }).click()
  const dialogGone = () => opened.page.getByRole('dialog').waitFor({ state: 'hidden' })

  async function pay(fields: Readonly<Record<string, unknown>>): Promise<string> {
    const order = newOrder(fields)
    const { body } = await console.app.merchant.call('POST', '/subscribe/payments/onetime', order)
    return body.response.imp_uid as string
  }

  /** A key with payments reserved for so many days from now. */
  async function reserve(customerUid: string, days: readonly number[]): Promise<string[]> {
    const { merchant } = console.app
    const issued = await merchant.call('POST', `/subscribe/customers/${customerUid}`, {
      ...cardFields(cardOf('삼성카드')),
      customer_name: '김하늘',
    })
    assert.equal(issued.body.code, 0, issued.body.message ?? '')
    const schedules = days.map((day) => ({
      merchant_uid: newMerchantUid(),
      schedule_at: Math.floor((Date.now() + day * dayMs) / 1_000),
      amount: 5_000,
      name: '월 구독',
    }))
    const reserved = await merchant.call('POST', '/subscribe/payments/schedule', {
      customer_uid: customerUid,
      schedules,
    })
    assert.equal(reserved.body.code, 0, reserved.body.message ?? '')
    return schedules.map(({ merchant_uid: uid }) => uid)
  }

  async function schedulesOf(customerUid: string) {
    const { rows } = await console.app.parts.db.query<{
      merchantUid: string
      state: string
      paymentStatus: string | null
      at: number
    }>(
      adHocSql(
        `select merchant_uid as "merchantUid", state, payment_status as "paymentStatus", schedule_at as at
         from schedules where merchant_id = $1 and customer_uid = $2 order by created_at, merchant_uid`,
      ),
      [console.app.merchant.merchantId, customerUid],
    )
    return rows
  }

  const ledgerOf = (orderNumber: string) =>
    console.app.simulator
      .ledger()
      .entries.filter(({ orderno }) => orderno === orderNumber)
      .map(({ kind, amount }) => [kind, amount])

  test('an unknown payment is resolved with evidence, and given back within its balance', async () => {
    const { page } = opened
    const impUid = await pay({ card_number: cardThat('answer_lost') })
    const approval = console.app.simulator
      .ledger()
      .entries.find(({ kind, orderno }) => kind === 'approval' && orderno === impUid)
    await goTo(`/payments/${impUid}`)
    await page.getByText('결제 여부를 아직 알 수 없습니다').waitFor()
    await press('확인 처리')
    const dialog = page.getByRole('dialog')
    await dialog.getByText(impUid).waitFor()
    await dialog.getByLabel('결제되었습니다').check()
    await dialog.getByLabel('어디에서 무엇을 확인했는지').fill('관리자 화면에서 승인 확인')
    await pressInDialog('확인 처리')
    await dialog.getByRole('alert').first().waitFor()
    await dialog.getByLabel('페이조아 거래번호').fill(approval?.daoutrx ?? '')
    await pressInDialog('확인 처리')
    await dialogGone()
    await page.getByRole('main').getByText('결제완료', { exact: true }).first().waitFor()

    await press('결제 취소')
    await dialog.getByText('부분 취소').click()
    const amount = dialog.getByRole('textbox', { name: '취소 금액' })
    await amount.fill('3001')
    await dialog.getByText('최대 3,000원입니다.').waitFor()
    await amount.fill('1000')
    await dialog.getByLabel('사유').fill('일부 반품')
    await pressInDialog('1,000원 취소')
    await dialogGone()
    await page.getByRole('main').getByText('부분 취소', { exact: true }).first().waitFor()
    assert.deepEqual(ledgerOf(impUid), [
      ['approval', 3_000],
      ['cancel', 1_000],
    ])
    await opened.assertSound()
  })

  test('payments are found by what the filters say, in columns that stay chosen', async () => {
    const { page } = opened
    await pay({ amount: 7_700 })
    await goTo('/payments')
    await page.getByRole('row').filter({ hasText: '7,700원' }).waitFor()
    await page.getByLabel('상태', { exact: true }).selectOption('partly_cancelled')
    await page.getByText('1건, ').waitFor()
    assert.equal(await page.getByRole('row').filter({ hasText: '7,700원' }).count(), 0)
    assert.match(page.url(), /state=partly_cancelled/)

    const head = page.getByRole('columnheader', { name: '취소 금액' })
    assert.equal(await head.count(), 0)
    await page.getByRole('button', { name: '열 선택' }).click()
    await page.getByRole('menuitemcheckbox', { name: '취소 금액' }).click()
    await head.waitFor()
    await opened.assertSound()
    await page.reload()
    await head.waitFor()
    await page.getByRole('row').filter({ hasText: '1,000원' }).waitFor()
  })

  test('a billing key is charged as a test, and deleted with what was reserved on it', async () => {
    const { page } = opened
    const customerUid = 'leaves soon'
    await reserve(customerUid, [3, 4])
    await goTo('/billing-keys')
    await page.getByRole('link', { name: customerUid }).click()
    await page.getByRole('heading', { level: 1, name: customerUid }).waitFor()
    await page.getByText('삼성카드').first().waitFor()
    await page.getByText('김하늘').waitFor()
    await opened.assertSound()

    await press('테스트 결제')
    await page.getByRole('dialog').getByRole('textbox', { name: '금액' }).fill('1500')
    await pressInDialog('1,500원 결제')
    await page.getByRole('heading', { level: 1, name: '1,500원 결제' }).waitFor()
    const impUid = new URL(page.url()).pathname.split('/').at(-1) ?? ''
    assert.deepEqual(ledgerOf(impUid), [['approval', 1_500]])

    await goTo(`/billing-keys/${encodeURIComponent(customerUid)}`)
    await press('삭제')
    await page.getByRole('dialog').getByText('예약된 결제가 2건 있습니다.').waitFor()
    await page.getByRole('dialog').getByLabel('예약 해지하기').check()
    await pressInDialog('삭제')
    await page.getByText(`${customerUid}의 빌링키를 삭제했습니다.`).waitFor()
    assert.equal(await page.getByRole('link', { name: customerUid }).count(), 0)
    assert.deepEqual(
      (await schedulesOf(customerUid)).map(({ state }) => state),
      ['revoked', 'revoked'],
    )
  })

  test('a schedule is revoked, and charged by hand after that', async () => {
    const { page } = opened
    const [, uid = ''] = await reserve('changes its mind', [5, 6])
    await goTo(`/schedules?q=${uid}`)
    await page.getByRole('row').filter({ hasText: uid }).getByRole('link').first().click()
    await press('해지')
    await page.getByRole('dialog').getByLabel('사유').fill('고객 요청')
    await pressInDialog('해지')
    await dialogGone()
    await page.getByRole('main').getByText('해지', { exact: true }).first().waitFor()
    await press('지금 결제')
    await page.getByRole('dialog').getByText('지금 5,000원을 결제할까요?').waitFor()
    await pressInDialog('지금 결제')
    await dialogGone()
    await page.getByRole('main').getByText('결제완료', { exact: true }).first().waitFor()
    const states = (await schedulesOf('changes its mind')).map(
      ({ state, paymentStatus }) => `${state} ${paymentStatus}`,
    )
    assert.deepEqual(states.toSorted(), ['executed paid', 'scheduled null'])
    await opened.assertSound()
  })

  test('many schedules are moved after a preview, and the calendar shows where they went', async () => {
    const { page } = opened
    const customerUid = 'goes on holiday'
    const uids = await reserve(customerUid, [9, 8, 10])
    const before = await schedulesOf(customerUid)
    const filters = `customerUid=${encodeURIComponent(JSON.stringify(customerUid).slice(1, -1))}`
    await goTo(`/schedules?state=scheduled&${filters}`)
    const rows = page.getByRole('row').filter({ hasText: 'order_' })
    await rows.nth(2).waitFor()
    const shown = await rows.allInnerTexts()
    const order = [uids[1], uids[0], uids[2]]
    for (const [at, uid] of order.entries())
      assert.ok(shown[at]?.includes(uid ?? '?'), shown.join('\n'))

    await press('조건에 맞는 전체 변경')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('시각 변경').check()
    await dialog.getByRole('textbox', { name: '일수' }).fill('2')
    await pressInDialog('미리보기')
    await dialog.getByText('3건 중 3건, 총 15,000원에 적용됩니다.').waitFor()
    assert.deepEqual(await schedulesOf(customerUid), before, 'a preview changes nothing')
    await pressInDialog('3건 시각 변경')
    await dialog.getByText('3건을 처리했습니다.').waitFor()
    await page.keyboard.press('Escape')
    await dialogGone()
    const moved = await schedulesOf(customerUid)
    assert.deepEqual(
      moved.map(({ at }) => at),
      before.map(({ at }) => at + 2 * dayMs),
    )

    const day = new Date((moved[0]?.at ?? 0) + 9 * 3_600_000).toISOString().slice(0, 10)
    await goTo(`/schedules?view=calendar&month=${day.slice(0, 7)}`)
    await page.getByRole('button', { name: day }).click()
    await page
      .getByRole('region', { name: `${day} 예약` })
      .getByText(customerUid)
      .waitFor()
    await page.getByText('금액', { exact: true }).first().click()
    await page.getByRole('button', { name: day }).getByText('5천').first().waitFor()
    await opened.assertSound()
  })
})
