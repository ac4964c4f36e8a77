// Every page of the console with its address and its heading, for who looks at all of them.

import type { Page } from 'playwright-core'

import { eventually } from '../faults/eventually.ts'
import type { Landmarks } from './demo/last-days.ts'

export interface KnownPage {
  /** Names its picture. */
  readonly name: string
  readonly path: string
  /** Of the first heading, in Korean and in English. */
  readonly titles: { readonly ko: string | RegExp; readonly en: string | RegExp }
  /** Looked at by who has not signed in. */
  readonly isOutside: boolean
}

/** Waits until a page is there and whole: its heading, its data, its fonts. */
export async function arriveAt(page: Page, { titles }: KnownPage, language: 'ko' | 'en') {
  await page.getByRole('heading', { level: 1, name: titles[language] }).waitFor()
  await isStill(page)
}

/** Waits until nothing is being loaded any more. */
export async function isStill(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle')
  await eventually('the page being still', async () => {
    const busy = await page.locator('.mantine-Loader-root, [aria-busy="true"]').count()
    return busy === 0 ? true : undefined
  })
  await page.evaluate('document.fonts.ready.then(() => true)')
}

/** All that has an address, in the order of the navigation. */
export function everyPage(landmarks: Landmarks): readonly KnownPage[] {
  return [
    page('sign-in', '/', ['로그인', 'Sign in'], true),
    page('home', '/', ['홈', 'Home']),
    ...moneyPages(landmarks),
    ...schedulePages(landmarks),
    ...buildPages(landmarks),
    page('discrepancies', '/discrepancies', ['대사 불일치', 'Discrepancies']),
    page('audit', '/audit', ['감사 기록', 'Audit trail']),
    page('operators', '/operators', ['운영자', 'Operators']),
    page('settings', '/settings', ['설정', 'Settings']),
    page('security', '/security', ['보안', 'Security']),
    page('missing', '/no-such-page', [/찾을 수 없/, /not found|no such/i]),
  ]
}

type Title = string | RegExp

function page(
  name: string,
  path: string,
  [ko, en]: readonly [Title, Title],
  isOutside = false,
): KnownPage {
  return { name, path, titles: { ko, en }, isOutside }
}

function moneyPages({
  partlyCancelled,
  unknown,
  declined,
  customerUid,
}: Landmarks): readonly KnownPage[] {
  return [
    page('payments', '/payments', ['결제', 'Payments']),
    page('payment', `/payments/${partlyCancelled}`, [/68,000원/, /₩68,000/]),
    page('payment-unknown', `/payments/${unknown}`, [/원/, /₩/]),
    page('payment-declined', `/payments/${declined}`, [/원/, /₩/]),
    page('billing-keys', '/billing-keys', ['빌링키', 'Billing keys']),
    page('billing-key', `/billing-keys/${customerUid}`, [customerUid, customerUid]),
  ]
}

function schedulePages({ scheduleId }: Landmarks): readonly KnownPage[] {
  return [
    page('schedules', '/schedules', ['예약 결제', 'Schedules']),
    page('calendar', '/schedules?view=calendar', ['예약 결제', 'Schedules']),
    page('schedule', `/schedules/${scheduleId}`, [/모닝브루/, /모닝브루/]),
  ]
}

function buildPages({ channelKey, webhookId }: Landmarks): readonly KnownPage[] {
  return [
    page('channels', '/channels', ['채널', 'Channels']),
    page('channel-new', '/channels/new', ['페이조아 계약 설정', 'Set up a PAYJOA contract']),
    page('channel', `/channels/${channelKey}`, [/./, /./]),
    page('webhooks', '/webhooks', ['웹훅', 'Webhooks']),
    page('webhook', `/webhooks/${webhookId}`, [/./, /./]),
    page('developers', '/developers', ['개발자', 'Developers']),
    page('clock', '/clock', ['테스트 시계', 'Test clock']),
  ]
}
