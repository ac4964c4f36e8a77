// What befalls a session while pages are open, in a real browser: TOTP that becomes due, another merchant, another tab,
// idleness, and a token for changes that was replaced.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import type { Page } from 'playwright-core'
import { decodeQR } from 'qr/decode.js'

import { adHocSql } from '../../src/db/database.ts'
import { addOperator } from '../../src/operators/manage-operators.ts'
import { totpCode, totpStepOf } from '../../src/operators/totp.ts'
import { Secret } from '../../src/primitives/secret.ts'
import type { TestMerchant } from '../support/app.ts'
import { type BrowserConsole, signIn, startBrowserConsole } from './browser-console.ts'
import { skipWithoutBrowser } from '../support/browser.ts'

describe('a session in the browser', { skip: skipWithoutBrowser }, () => {
  let console: BrowserConsole
  before(async () => {
    console = await startBrowserConsole()
  })
  after(() => console?.close())

  const nameOf = async ({ merchantId }: TestMerchant) => {
    const { rows } = await console.app.parts.db.query<{ name: string }>(
      adHocSql('select name from merchants where merchant_id = $1'),
      [merchantId],
    )
    return rows[0]?.name
  }
  const rename = ({ merchantId }: TestMerchant, name: string) =>
    console.app.parts.db.query(adHocSql('update merchants set name = $2 where merchant_id = $1'), [
      merchantId,
      name,
    ])

  test('changes over to another merchant, and nothing of the one before stays', async () => {
    const owner = await console.addOperator()
    const other = await console.app.addMerchant({ pgId: 'CTS00099' })
    await rename(console.app.merchant, '첫째 가게')
    await rename(other, '둘째 가게')
    const password = 'another quiet river 8'
    const { merchantId } = other
    const { email } = owner
    const wanted = {
      merchantId,
      email,
      name: 'Kim',
      role: 'viewer',
      password: new Secret(password),
    } as const
    await addOperator(console.app.parts, wanted, 'test')
    const { page, close } = await console.open({ as: owner, path: '/developers' })
    const firstKey = console.app.merchant.impKey
    await page.getByRole('table', { name: 'API 키' }).getByText(firstKey).waitFor()
    await page.getByRole('button', { name: '키 만들기' }).click()
    await page.getByRole('alert').filter({ hasText: 'imp_secret' }).waitFor()
    await page.getByRole('button', { name: /계정/ }).click()
    await page.getByRole('menuitem', { name: '보안' }).click()
    await page.getByRole('button', { name: '둘째 가게(으)로 전환' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('비밀번호', { exact: true }).fill('not that river')
    await dialog.getByRole('button', { name: '전환', exact: true }).click()
    await dialog.getByRole('alert').waitFor()
    await dialog.getByLabel('비밀번호', { exact: true }).fill(password)
    await dialog.getByRole('button', { name: '전환', exact: true }).click()
    await page.getByRole('button', { name: '첫째 가게(으)로 전환' }).waitFor()
    assert.equal(await page.getByRole('dialog').count(), 0)
    await page.getByRole('link', { name: '개발자' }).click()
    await page.getByRole('table', { name: 'API 키' }).getByText(other.impKey).waitFor()
    const content = await page.content()
    assert.ok(!content.includes(firstKey) && !content.includes('imp_secret:'))
    assert.equal(await page.getByRole('button', { name: '키 만들기' }).isDisabled(), true)
    await close()
  })

  test('follows another tab that changes over, and acts for nobody else meanwhile', async () => {
    const owner = await console.addOperator()
    const other = await console.app.addMerchant({ pgId: 'CTS00098' })
    const { merchantId } = other
    const password = new Secret(owner.password)
    const wanted = { merchantId, email: owner.email, name: 'Kim', role: 'owner', password } as const
    const added = await addOperator(console.app.parts, wanted, 'test')
    assert.equal(added.kind, 'added')
    await rename(console.app.merchant, 'First shop')
    await rename(other, 'Second shop')
    const { page, close } = await console.open({ as: owner, path: '/settings', language: 'en' })
    await page.getByLabel('Name of the merchant').fill('Third shop')
    // As another tab does it, whose word does not reach this page before it is saved.
    const csrf = `await fetch('/console/api/session').then((r) => r.json())`
    const answer = await page.evaluate(`(async () => {
      const { csrfToken } = ${csrf}
      const reply = await fetch('/console/api/session/merchant', {
        method: 'PUT',
        headers: { 'content-type': 'application/json', 'x-billkey-csrf': csrfToken },
        body: JSON.stringify({ merchantId: ${merchantId}, password: ${JSON.stringify(owner.password)} }),
      })
      return reply.status
    })()`)
    assert.equal(answer, 200)
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { level: 2, name: 'Second shop' }).waitFor()
    assert.equal(await nameOf(other), 'Second shop')
    assert.equal(await nameOf(console.app.merchant), 'First shop')
    assert.equal(await page.getByLabel('Name of the merchant').inputValue(), 'Second shop')

    const second = await page.context().newPage()
    await second.goto(`${console.app.url}/console/security`)
    await second.getByRole('button', { name: 'Change over to First shop' }).click()
    const dialog = second.getByRole('dialog')
    await dialog.getByLabel('Password', { exact: true }).fill(owner.password)
    await dialog.getByRole('button', { name: 'Change over', exact: true }).click()
    await second.getByRole('button', { name: 'Change over to Second shop' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { level: 2, name: 'First shop' }).waitFor()
    await second.getByRole('button', { name: 'Change over to Second shop' }).click()
    await dialog.getByLabel('Password', { exact: true }).fill(owner.password)
    await dialog.getByRole('button', { name: 'Change over', exact: true }).click()
    // Without a word or a click in this tab.
    await page.getByRole('heading', { level: 2, name: 'Second shop' }).waitFor()
    await close()
  })

  test('repeats a change whose token was replaced by a new sign-in of the same operator', async () => {
    const owner = await console.addOperator()
    const { page, close } = await console.open({ as: owner, path: '/settings', language: 'en' })
    await page.getByLabel('Name of the merchant').waitFor()
    const value = await owner.startSession()
    const { hostname } = new URL(console.app.url)
    await page
      .context()
      .addCookies([{ name: 'billkey', value, domain: hostname, path: '/console', httpOnly: true }])
    const statuses: number[] = []
    page.on('response', (response) => {
      if (response.request().method() === 'PATCH') statuses.push(response.status())
    })
    await page.getByLabel('Name of the merchant').fill('After the sign-in')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { level: 2, name: 'After the sign-in' }).waitFor()
    assert.deepEqual(statuses, [403, 200])
    assert.equal(await nameOf(console.app.merchant), 'After the sign-in')
    await close()
  })

  test('ends when nothing was done for half an hour, and says why', async () => {
    const viewer = await console.addOperator('viewer')
    const { page, close } = await console.open({ as: viewer, path: '/audit' })
    await page.clock.install()
    await page.reload()
    await page.getByRole('heading', { level: 1, name: '감사 기록' }).waitFor()
    await page.clock.fastForward('29:00')
    await page.getByRole('heading', { level: 1, name: '감사 기록' }).click()
    await page.clock.fastForward('29:00')
    assert.equal(await page.getByRole('heading', { name: '로그인' }).count(), 0)
    await page.clock.fastForward('02:00')
    await page.getByText('한동안 사용하지 않아 로그아웃되었습니다.').waitFor()
    assert.equal(await page.getByRole('navigation').count(), 0)
    const { rows } = await console.app.parts.db.query<{ action: string }>(
      adHocSql(`select action from audit_events where subject = $1 order by sequence desc limit 1`),
      [viewer.email],
    )
    assert.equal(rows[0]?.action, 'operator.signed_out')
    await page.clock.resume()
    await signIn(page, viewer)
    await page.getByRole('heading', { level: 1, name: '감사 기록' }).waitFor()
    await close()
  })

  // Last, since it holds for every operator from then on.
  test('sees nothing but the set-up of TOTP once the merchant demands it, by a QR code too', async () => {
    const owner = await console.addOperator()
    const settings = { as: owner, path: '/settings', language: 'en' } as const
    const { page, assertSound, close } = await console.open(settings)
    await page.getByLabel('Demand two-factor sign-in').check()
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Set up two-factor sign-in' }).waitFor()
    assert.equal(await page.getByRole('navigation').count(), 0)
    await page.goto(`${console.app.url}/console/payments`)
    await page.getByRole('heading', { name: 'Set up two-factor sign-in' }).waitFor()

    await page.getByLabel('Password', { exact: true }).fill(owner.password)
    await page.getByRole('button', { name: 'Next' }).click()
    const code = page.getByRole('img', { name: 'The secret, to be scanned' })
    await code.waitFor()
    const link = page.getByRole('link', { name: 'Open in the authenticator app' })
    const uri = (await link.getAttribute('href')) ?? ''
    assert.match(uri, /^otpauth:\/\/totp\//)
    assert.equal(await readQrCode(page), uri)
    await assertSound()

    await page.getByLabel('Code').fill(codeFor(uri))
    await page.getByRole('button', { name: 'Switch on' }).click()
    await page.getByRole('button', { name: 'I have kept them' }).click()
    await page.getByRole('heading', { level: 1, name: 'Payments' }).waitFor()
    await close()
  })
})

/** What a phone would read off the page. */
async function readQrCode(page: Page): Promise<string> {
  const { width, height, data } = await page.evaluate<{
    width: number
    height: number
    data: number[]
  }>(`(async () => {
    const svg = document.querySelector('svg[role="img"]')
    const squares = Number(svg.getAttribute('viewBox').split(' ')[2])
    const dark = [...svg.querySelector('path').getAttribute('d').matchAll(/M(\\d+) (\\d+)/g)]
    const scale = 6
    const width = squares * scale
    const data = new Array(width * width * 4).fill(255)
    for (const [, x, y] of dark)
      for (let dy = 0; dy < scale; dy += 1)
        for (let dx = 0; dx < scale; dx += 1)
          data.fill(0, ((y * scale + dy) * width + x * scale + dx) * 4, ((y * scale + dy) * width + x * scale + dx) * 4 + 3)
    return { width, height: width, data }
  })()`)
  return decodeQR({ width, height, data: Uint8ClampedArray.from(data) })
}

/** The code that an app shows for what it has scanned. */
function codeFor(uri: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const base32 = new URL(uri).searchParams.get('secret') ?? ''
  const bits = [...base32].map((it) => letters.indexOf(it).toString(2).padStart(5, '0')).join('')
  const bytes = (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))
  return totpCode(Uint8Array.from(bytes), totpStepOf(Date.now()))
}
