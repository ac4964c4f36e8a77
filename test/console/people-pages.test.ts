// Operators, settings and discrepancies in a real browser, each act held against the database.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { adHocSql } from '../../src/db/database.ts'
import { raiseDiscrepancies } from '../../src/reconciliation/discrepancies.store.ts'
import {
  type BrowserConsole,
  type BrowserOperator,
  signIn,
  startBrowserConsole,
} from './browser-console.ts'
import { skipWithoutBrowser } from '../support/browser.ts'

describe('operators, settings and discrepancies', { skip: skipWithoutBrowser }, () => {
  let console: BrowserConsole
  let owner: BrowserOperator
  before(async () => {
    console = await startBrowserConsole({ tells: true })
    owner = await console.addOperator()
  })
  after(() => console?.close())

  const rowOf = async <Row extends object>(text: string, values: readonly string[] = []) => {
    const { merchantId } = console.app.merchant
    const { rows } = await console.app.parts.db.query<Row>(adHocSql(text), [merchantId, ...values])
    return rows[0]
  }
  const operatorOf = (email: string) =>
    rowOf<{ role: string; isDisabled: boolean; hasTotp: boolean }>(
      `select role, disabled_at is not null as "isDisabled",
         totp_confirmed_at is not null as "hasTotp"
       from operators where merchant_id = $1 and email = $2`,
      [email],
    )

  test('an operator comes in, gets another role, loses TOTP, and is shut out', async () => {
    const { page, assertSound, close } = await console.open({ as: owner, path: '/operators' })
    await page.getByRole('button', { name: '운영자 추가' }).click()
    const dialog = page.getByRole('dialog')
    const email = 'lee@shop.example'
    await dialog.getByLabel('이메일').fill(email)
    await dialog.getByLabel('이름').fill('이순신')
    await dialog.getByRole('button', { name: '운영자 추가' }).click()
    const notice = dialog.getByRole('alert')
    await notice.waitFor()
    const password = /비밀번호:\s*(\S+)/.exec(await notice.innerText())?.[1] ?? ''
    await dialog.getByRole('button', { name: '닫기' }).last().click()
    assert.equal((await operatorOf(email))?.role, 'viewer')

    const lee = await console.open({ language: 'en' })
    await lee.page.getByLabel('E-mail').fill(email)
    await lee.page.getByLabel('Password').fill(password)
    await lee.page.getByRole('button', { name: 'Sign in' }).click()
    await lee.page.getByRole('heading', { name: 'Choose a password of your own' }).waitFor()
    await lee.page.getByLabel('Present password').fill(password)
    await lee.page.getByLabel('New password', { exact: true }).fill('eleven turtles went north')
    await lee.page.getByLabel('New password, again').fill('eleven turtles went north')
    await lee.page.getByRole('button', { name: 'Change password' }).click()
    await lee.page.getByRole('heading', { name: 'Revenue' }).waitFor()

    await page.getByRole('button', { name: '이순신 변경' }).click()
    await dialog.getByLabel('이순신 권한').selectOption('operator')
    assert.equal((await operatorOf(email))?.role, 'viewer')
    await dialog.getByRole('button', { name: '권한 변경' }).click()
    await page
      .getByRole('row')
      .filter({ hasText: email })
      .getByText('운영자', { exact: true })
      .waitFor()
    assert.equal((await operatorOf(email))?.role, 'operator')
    await assertSound()
    // Whoever's role was changed signs in anew.
    await lee.page.getByRole('link', { name: 'Payments', exact: true }).click()
    await lee.page.getByText('Your session has ended').waitFor()

    await dialog.getByRole('button', { name: '사용 중지' }).click()
    await page.getByRole('row').filter({ hasText: email }).getByText('사용 중지').waitFor()
    assert.equal((await operatorOf(email))?.isDisabled, true)
    await lee.page.getByLabel('E-mail').fill(email)
    await lee.page.getByLabel('Password').fill('eleven turtles went north')
    await lee.page.getByRole('button', { name: 'Sign in' }).click()
    await lee.page.getByRole('alert').getByText('E-mail or password is wrong.').waitFor()
    await dialog.getByRole('button', { name: '다시 사용' }).click()
    await dialog.getByRole('button', { name: '사용 중지' }).waitFor()

    // Set up by hand: what matters is that it is gone afterwards.
    await rowOf(
      `update operators set totp_secret_sealed = '\\x00', totp_confirmed_at = created_at
       where merchant_id = $1 and email = $2 returning 1 as one`,
      [email],
    )
    await page.reload()
    await page.getByRole('button', { name: '이순신 변경' }).click()
    await dialog.getByRole('button', { name: '2단계 인증 초기화' }).click()
    await dialog.getByRole('button', { name: '2단계 인증 초기화' }).waitFor({ state: 'detached' })
    assert.equal((await operatorOf(email))?.hasTotp, false)
    await signIn(lee.page, { email, password: 'eleven turtles went north' })
    await lee.close()
    await close()
  })

  test('settings are kept and hold', async () => {
    const { page, assertSound, close } = await console.open({
      as: owner,
      path: '/settings',
      language: 'en',
    })
    await page.getByLabel('Name of the merchant').fill('한글 가게')
    await page.getByLabel(/Do not delete the key/).check()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { level: 2, name: '한글 가게' }).waitFor()
    await page.reload()
    assert.equal(await page.getByLabel(/Do not delete the key/).isChecked(), true)
    const kept = await rowOf<{ name: string; policy: string }>(
      `select name, pending_schedules_on_delete as policy from merchants where merchant_id = $1`,
    )
    assert.deepEqual(kept, { name: '한글 가게', policy: 'refuse' })
    await assertSound()
    const viewer = await console.addOperator('viewer')
    const looking = await console.open({ as: viewer, path: '/settings' })
    assert.equal(await looking.page.getByRole('button', { name: '저장' }).isDisabled(), true)
    await looking.close()
    await close()
  })

  test('a discrepancy is resolved once, and a daily file is fetched', async () => {
    const { merchantId, channel } = console.app.merchant
    const found = {
      kind: 'foreign_charge',
      channelKey: channel.channelKey,
      impUid: null,
      orderNumber: 'order-of-nobody',
      transactionId: 'T1',
      amountWon: 12_300,
      detail: 'found in the file',
    } as const
    await raiseDiscrepancies(console.app.parts.db, merchantId, [found], Date.now())
    const { page, assertSound, close } = await console.open({ as: owner, path: '/discrepancies' })
    const row = page.getByRole('row').filter({ hasText: 'order-of-nobody' })
    await row.getByText('12,300원').waitFor()
    await row.getByText('장부에 없는 결제').waitFor()
    await row.getByRole('button', { name: 'order-of-nobody 처리' }).click()
    const dialog = page.getByRole('dialog')
    await assertSound()
    await dialog.getByLabel('처리 내용').fill('페이조아에서 환불함')
    await dialog.getByRole('button', { name: '처리' }).click()
    await page.getByText('장부가 일치합니다').waitFor()
    const resolved = await rowOf<{ resolution: string; resolvedBy: string }>(
      `select resolution, resolved_by as "resolvedBy" from discrepancies
       where merchant_id = $1 and order_number = 'order-of-nobody'`,
    )
    assert.deepEqual(resolved, {
      resolution: '페이조아에서 환불함',
      resolvedBy: `operator:${owner.email}`,
    })
    await page.getByText('전체', { exact: true }).click()
    await row.getByText('처리됨').waitFor()

    await page.getByRole('button', { name: '날짜 지정해 받기' }).click()
    await page
      .getByRole('alert')
      .getByText(/완료했습니다/)
      .waitFor()
    const files = page.getByRole('table', { name: '거래 대사 파일' })
    await files.getByText('완료').first().waitFor()
    const report = await rowOf<{ count: number }>(
      `select count(*) as count from report_fetches where merchant_id = $1`,
    )
    assert.equal(report?.count, 1)
    await assertSound()
    await close()
  })
})
