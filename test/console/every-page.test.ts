// Every page of the console in a real browser, with a shop's business in it: in both languages and both themes, on a desk and
// on a phone. Nothing that axe calls serious, no complaint of the browser, no breach of the policy, no request to another
// host, nothing wider than the screen.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import type { Page } from 'playwright-core'

import { eventually } from '../faults/eventually.ts'
import { type ConsolePage, findBarriers } from './browser-console.ts'
import { type DemoShop, openDemoShop, shopNowMs } from './demo/shop.ts'
import { arriveAt, everyPage, isStill, type KnownPage } from './every-page.ts'
import { skipWithoutBrowser } from '../support/browser.ts'

const languages = ['ko', 'en'] as const

// The pages are known before the shop is there; only their addresses are not.
const names = everyPage({
  partlyCancelled: '',
  unknown: '',
  declined: '',
  customerUid: '',
  scheduleId: '',
  webhookId: '',
  channelKey: '',
}).map(({ name }) => name)

describe('every page', { skip: skipWithoutBrowser }, () => {
  let shop: DemoShop
  const browsers = new Map<string, ConsolePage>()
  before(async () => {
    shop = await openDemoShop({ days: 14, customers: 12 })
  })
  after(() => shop?.close())

  // One for all pages of a language, as a person has it: what is loaded once stays.
  async function browserOf(known: KnownPage, language: 'ko' | 'en'): Promise<ConsolePage> {
    const name = `${language} ${known.isOutside}`
    const opened =
      browsers.get(name) ??
      (await shop.console.open({
        path: known.path,
        language,
        // One theme each: colours and words do not depend on each other, and axe takes its time.
        theme: language === 'en' ? 'dark' : 'light',
        nowMs: shopNowMs,
        ...(!known.isOutside && { as: shop.owner }),
      }))
    browsers.set(name, opened)
    return opened
  }

  for (const name of names) {
    test(`${name} is sound in both languages, both themes and on a phone`, async () => {
      const known = everyPage(shop.landmarks).find((one) => one.name === name) as KnownPage
      for (const language of languages) {
        const { page, complaints, strayRequests } = await browserOf(known, language)
        await page.setViewportSize({ width: 1280, height: 860 })
        await page.goto(`${shop.console.app.url}/console${known.path}`)
        await arriveAt(page, known, language)
        assert.equal(await page.getByRole('alert').count(), 0)
        assert.deepEqual(await findBarriers(page), [])
        if (language === 'ko') await lookOnPhone(page, known)
        assert.deepEqual(complaints, [])
        assert.deepEqual(strayRequests, [])
      }
    })
  }
})

async function lookOnPhone(page: Page, { isOutside, name }: KnownPage): Promise<void> {
  await page.setViewportSize({ width: 390, height: 844 })
  await isStill(page)
  // Charts are drawn anew for the new width a moment later.
  const fits = async () => ((await whatIsTooWide(page)).length === 0 ? true : undefined)
  await eventually('a page that fits', fits).catch(async () => {
    assert.deepEqual(await whatIsTooWide(page), [])
  })
  // The menu is the same on all of them.
  if (!isOutside && name === 'home') await goElsewhereByMenu(page)
}

/** What reaches beyond the right edge of the screen and cannot be scrolled to inside its own box. */
async function whatIsTooWide(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const width = document.documentElement.clientWidth
    const boxes = [document.documentElement, document.querySelector('main')].filter(Boolean)
    return boxes
      .filter((box) => box.scrollWidth > box.clientWidth)
      .flatMap((box) => [...box.querySelectorAll('*')])
      .filter((element) => element.getBoundingClientRect().right > width + 1)
      .slice(0, 5)
      .map((element) => element.outerHTML.slice(0, 200))
  })()`)
}

async function goElsewhereByMenu(page: Page): Promise<void> {
  await page.getByRole('button', { name: '메뉴 열기' }).click()
  const menu = page.getByRole('dialog')
  await menu.getByRole('link', { name: '결제', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: '결제', exact: true }).waitFor()
  await menu.waitFor({ state: 'hidden' })
}
