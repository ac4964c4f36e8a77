// The pages on which a merchant is set up and looked after, in a real browser: contract, keys, sign-in, operators,
// settings, clock, books and audit trail.

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, describe, test } from 'node:test'

import {
  type BrowserConsole,
  type BrowserOperator,
  findBarriers,
  startBrowserConsole,
} from './browser-console.ts'
import { skipWithoutBrowser } from '../support/browser.ts'

describe('the pages that set a merchant up', { skip: skipWithoutBrowser }, () => {
  let console: BrowserConsole
  let owner: BrowserOperator
  before(async () => {
    console = await startBrowserConsole()
    owner = await console.addOperator()
  })
  after(() => console?.close())

  test('a contract is set up by the wizard, and its connection tested', async () => {
    const { page, assertSound, close } = await console.open({
      as: owner,
      path: '/channels/new',
      language: 'en',
    })
    const linkKey = '00000201'.repeat(8)
    await page.getByLabel('CPID', { exact: true }).fill('CTS00201')
    await page.getByLabel('Link key', { exact: true }).fill(linkKey)
    await page.getByLabel('Address of the PG').fill(console.app.simulator.url)
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByLabel('Payments a second, each method').fill('5')
    await page.getByRole('button', { name: 'Save the contract' }).click()
    await page.getByRole('button', { name: 'Test the connection' }).click()
    await page.getByRole('alert').getByText('PAYJOA answers').waitFor()
    await page.getByRole('table', { name: 'Test the connection' }).waitFor()
    await assertSound()
    await page.getByRole('link', { name: 'Done' }).click()
    await page.getByRole('heading', { level: 1, name: 'CTS00201' }).waitFor()
    assert.equal(await page.getByLabel('New link key').inputValue(), '')
    assert.ok(!(await page.content()).includes(linkKey))
    await assertSound()

    const months = page.getByLabel('Instalment months')
    const companies = page.getByLabel('Companies with months of their own')
    const saved = async (ofMonths: string, ofCompanies: string) => {
      await months.fill(ofMonths)
      await companies.fill(ofCompanies)
      const answer = page.waitForResponse((one) => one.request().method() === 'PATCH')
      await page.getByRole('button', { name: 'Save', exact: true }).click()
      const { instalments } = (await (await answer).json()) as {
        instalments: { others: number[]; byCompany: object[] }
      }
      return instalments
    }
    // Nothing was said of them in the wizard, which is not the same as none.
    assert.equal(await months.inputValue(), '2-12')
    assert.deepEqual(await saved('none', '361: 2-4, 6'), {
      others: [],
      byCompany: [{ cardCode: '361', months: [2, 3, 4, 6] }],
    })
    await page.reload()
    assert.equal(await months.inputValue(), 'none')
    assert.equal(await companies.inputValue(), '361: 2-4, 6')
    await companies.fill('41: 2')
    await page.getByText('Each line has to look like 361: 2-6').waitFor()
    assert.deepEqual((await saved('', '')).others, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    await close()
  })

  test('an API key is made, with a secret that is gone with the page', async () => {
    const { page, close } = await console.open({ as: owner, path: '/developers', language: 'en' })
    await page.getByRole('button', { name: 'Make a key' }).click()
    const notice = page.getByRole('alert').filter({ hasText: 'imp_secret' })
    await notice.waitFor()
    assert.deepEqual(await findBarriers(page), [])
    const secret = /imp_secret:\s*(\S+)/.exec(await notice.innerText())?.[1] ?? ''
    assert.ok(secret.length >= 32)
    await page.reload()
    await page.getByRole('table', { name: 'API keys' }).waitFor()
    assert.ok(!(await page.content()).includes(secret))
    await close()
  })

  test('an operator is added, with a password that is shown once', async () => {
    const { page, assertSound, close } = await console.open({
      as: owner,
      path: '/operators',
      language: 'en',
    })
    await page.getByRole('button', { name: 'Add an operator' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('E-mail').fill('new-one@shop.example')
    await dialog.getByLabel('Name').fill('Lee New')
    await dialog.getByRole('button', { name: 'Add an operator' }).click()
    await dialog.getByText('Hand over this password').waitFor()
    await assertSound()
    await dialog.getByRole('button', { name: 'Close' }).last().click()
    await page.getByRole('rowheader', { name: 'new-one@shop.example' }).waitFor()
    assert.equal(await page.getByText('Hand over this password').count(), 0)
    await close()
  })

  test('the audit trail shows what was done and is whole', async () => {
    const { page, assertSound, close } = await console.open({
      as: owner,
      path: '/audit',
      language: 'en',
    })
    await page
      .getByRole('cell', { name: `operator:${owner.email}` })
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Check the chain' }).click()
    await page
      .getByRole('alert')
      .getByText(/The chain of .* events is whole/)
      .waitFor()
    await assertSound()
    await close()
  })

  test('two-factor sign-in is set up, with the code that an app would show', async () => {
    const operator = await console.addOperator('viewer')
    const { page, assertSound, close } = await console.open({
      as: operator,
      path: '/security',
      language: 'en',
    })
    await page.getByRole('button', { name: 'Set up' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Password', { exact: true }).fill(operator.password)
    await dialog.getByRole('button', { name: 'Next' }).click()
    const link = dialog.getByRole('link', { name: 'Open in the authenticator app' })
    const uri = new URL((await link.getAttribute('href')) ?? '')
    await assertSound()
    await dialog.getByLabel('Code').fill(totpOf(uri.searchParams.get('secret') ?? ''))
    await dialog.getByRole('button', { name: 'Switch on' }).click()
    await dialog.getByRole('button', { name: 'I have kept them' }).click()
    await page.getByText(/recovery codes left/).waitFor()
    await close()
  })
})

/** RFC 6238 with its usual values, written apart from the code under test. */
function totpOf(base32: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...base32].map((it) => letters.indexOf(it).toString(2).padStart(5, '0')).join('')
  const bytes = (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)))
  const digest = createHmac('sha1', Buffer.from(bytes)).update(counter).digest()
  const offset = (digest.at(-1) ?? 0) & 15
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
