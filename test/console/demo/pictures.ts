// Which pictures of the console there are, and how each is taken: its page, its language, its theme, its screen.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { Page } from 'playwright-core'

import type { OpenOptions } from '../browser-console.ts'
import { arriveAt, everyPage, isStill, type KnownPage } from '../every-page.ts'
import { type DemoShop, shopNowMs } from './shop.ts'
import { shrinkPng } from './shrink-png.ts'

/** Taller pages are cut here. */
const heightMaxPx = 1_500

type Look = Pick<OpenOptions, 'language' | 'theme' | 'isPhone'>

export interface Picture {
  readonly file: string
  readonly known: KnownPage
  readonly look: Look
  /** What is done before it is taken. */
  readonly prepare?: ((page: Page) => Promise<void>) | undefined
}

const inEnglish = ['home', 'payments', 'payment', 'calendar', 'channel-new', 'developers']
const onPhone = ['home', 'payments', 'payment', 'calendar', 'schedules', 'channel-new']

/** In the order in which they are taken. */
export function picturesOf(shop: DemoShop): Picture[] {
  const pages = everyPage(shop.landmarks)
  const named = (names: readonly string[]) => pages.filter(({ name }) => names.includes(name))
  return [
    ...pages.flatMap((known) => inBothThemes(known.name, known)),
    ...named(['payment']).flatMap((known) =>
      inBothThemes('payment-cancel', known, (page) => press(page, '결제 취소')),
    ),
    ...named(inEnglish).map((known) => ({
      file: `${known.name}-english`,
      known,
      look: { language: 'en' as const },
    })),
    ...named(onPhone).map((known) => ({
      file: `${known.name}-phone`,
      known,
      look: { isPhone: true },
    })),
    ...named(['home']).map((known) => ({
      file: 'menu-phone',
      known,
      look: { isPhone: true, theme: 'dark' as const },
      prepare: (page: Page) => press(page, '메뉴 열기'),
    })),
    // Last: from then on every page says that the clock stands still.
    ...named(['clock']).flatMap((known) => inBothThemes('clock-stopped', known, stopClock)),
  ]
}

function inBothThemes(
  name: string,
  known: KnownPage,
  prepare?: (page: Page) => Promise<void>,
): Picture[] {
  return (['light', 'dark'] as const).map((theme) => ({
    file: theme === 'light' ? name : `${name}-dark`,
    known,
    look: { theme },
    prepare,
  }))
}

async function press(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name }).first().click()
  await page.getByRole('dialog').waitFor()
}

/** Once it stands, it stands for the next picture too. */
async function stopClock(page: Page): Promise<void> {
  const stop = page.getByRole('button', { name: '시계 멈추기' })
  if ((await stop.count()) > 0) await stop.click()
  await page.getByRole('button', { name: '1일' }).waitFor()
}

/** Fails when the browser complained of anything. */
export async function take(
  shop: DemoShop,
  { file, known, look, prepare }: Picture,
  folder: string,
): Promise<void> {
  const { page, complaints, close } = await shop.console.open({
    path: known.path,
    nowMs: shopNowMs,
    ...look,
    ...(!known.isOutside && { as: shop.owner }),
  })
  await page.setViewportSize({ width: look.isPhone === true ? 390 : 1_280, height: 800 })
  await arriveAt(page, known, look.language ?? 'ko')
  if (prepare === undefined) await growToFit(page)
  else await prepare(page)
  await isStill(page)
  const png = await page.screenshot({ animations: 'disabled' })
  await writeFile(join(folder, `${file}.png`), shrinkPng(png))
  if (complaints.length > 0) throw new Error(`${file}: ${complaints.join('\n')}`)
  await close()
}

/** The part that scrolls is shown whole, up to a height. */
async function growToFit(page: Page): Promise<void> {
  const hiddenPx = await page.evaluate<number>(
    `(() => { const main = document.querySelector('main'); return main.scrollHeight - main.clientHeight })()`,
  )
  const size = page.viewportSize()
  if (size === null || hiddenPx <= 0) return
  await page.setViewportSize({ ...size, height: Math.min(heightMaxPx, size.height + hiddenPx) })
}
