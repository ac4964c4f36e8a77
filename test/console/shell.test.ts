// The console's frame in a real browser: signing in and out, languages, themes, the keyboard, the policy.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import {
  type BrowserConsole,
  type BrowserOperator,
  signIn,
  startBrowserConsole,
} from './browser-console.ts'
import { skipWithoutBrowser } from '../support/browser.ts'

describe('the console in a browser', { skip: skipWithoutBrowser }, () => {
  let console: BrowserConsole
  let owner: BrowserOperator
  before(async () => {
    console = await startBrowserConsole()
    owner = await console.addOperator()
  })
  after(() => console?.close())

  test('refuses a wrong password, and leads who signs in to the page that was asked for', async () => {
    const { page, assertSound, close } = await console.open({ path: '/schedules', language: 'en' })
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await assertSound()
    await page.getByLabel('E-mail').fill(owner.email)
    await page.getByLabel('Password').fill('not that river')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').getByText('E-mail or password is wrong.').waitFor()
    await signIn(page, owner)
    await page.getByRole('heading', { name: 'Schedules' }).waitFor()
    assert.match(page.url(), /\/console\/schedules$/)
    await close()
  })

  test('shows the home page in both languages and themes, without a barrier or a breach of its policy', async () => {
    for (const theme of ['light', 'dark'] as const) {
      const { page, assertSound, close } = await console.open({ as: owner, theme })
      await page.getByRole('heading', { name: '매출' }).waitFor()
      await page.getByText('테스트 모드').waitFor()
      await assertSound()
      await page.getByRole('button', { name: /언어/ }).click()
      await page.getByRole('menuitem', { name: 'English' }).click()
      await page.getByRole('heading', { name: 'Revenue' }).waitFor()
      assert.equal(await page.locator('html').getAttribute('lang'), 'en')
      await assertSound()
      await page.getByRole('button', { name: /Language/ }).click()
      await page.getByRole('menuitem', { name: '한국어' }).click()
      await page.getByRole('heading', { name: '매출' }).waitFor()
      await close()
    }
  })

  test('keeps a theme that was chosen', async () => {
    const { page, close } = await console.open({ as: owner })
    await page.getByRole('button', { name: /화면 테마/ }).click()
    await page.getByRole('menuitem', { name: '어둡게' }).click()
    await page.reload()
    await page.getByRole('heading', { name: '매출' }).waitFor()
    const scheme = await page.locator('html').getAttribute('data-mantine-color-scheme')
    assert.equal(scheme, 'dark')
    await close()
  })

  test('can be gone through by keyboard, and says where one has arrived', async () => {
    const { page, close } = await console.open({ as: owner })
    await page.getByRole('heading', { name: '매출' }).waitFor()
    await page.locator('body').press('Tab')
    const skip = page.getByRole('link', { name: '본문으로 건너뛰기' })
    assert.ok(await skip.evaluate((link) => link === link.ownerDocument.activeElement))
    await page.getByRole('link', { name: '빌링키', exact: true }).focus()
    await page.keyboard.press('Enter')
    const heading = page.getByRole('heading', { level: 1, name: '빌링키' })
    await heading.waitFor()
    await page.waitForFunction(`document.activeElement.tagName === 'H1'`)
    assert.equal(await page.title(), '빌링키 · billkey')
    await close()
  })

  test('fits a phone, with the menu behind a button', async () => {
    const { page, assertSound, close } = await console.open({ as: owner, isPhone: true })
    await page.getByRole('heading', { name: '매출' }).waitFor()
    const overhang = await page
      .locator('html')
      .evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)
    assert.ok(overhang <= 0, `${overhang} points too wide`)
    await page.getByRole('button', { name: '메뉴 열기' }).click()
    const menu = page.getByRole('dialog')
    await menu.waitFor()
    await assertSound()
    await menu.getByRole('link', { name: '결제', exact: true }).click()
    await page.getByRole('heading', { level: 1, name: '결제' }).waitFor()
    await close()
  })

  test('shows nothing any more once the session has ended, and goes on where one was', async () => {
    const { page, close } = await console.open({ as: owner, path: '/billing-keys' })
    await page.getByRole('button', { name: /계정/ }).click()
    await page.getByRole('menuitem', { name: '로그아웃' }).click()
    await page.getByRole('heading', { name: '로그인' }).waitFor()
    assert.equal(await page.getByRole('navigation').count(), 0)
    await signIn(page, owner)
    await page.getByRole('heading', { level: 1, name: '빌링키' }).waitFor()
    // Ended elsewhere: the next call is refused.
    await page.context().clearCookies()
    await page.getByRole('link', { name: '홈' }).click()
    await page.getByText('로그인이 만료되었습니다').waitFor()
    assert.equal(await page.getByRole('navigation').count(), 0)
    await close()
  })

  test('says so at an address that leads nowhere', async () => {
    const { page, close } = await console.open({ as: owner, path: '/no-such-page' })
    await page.getByRole('heading', { name: '페이지를 찾을 수 없습니다' }).waitFor()
    await close()
  })
})
